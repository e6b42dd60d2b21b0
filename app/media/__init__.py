"""Files of the register: kept as they came, read by decoding, shown as renditions."""
