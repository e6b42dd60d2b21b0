"""Dumps: the whole publication as files, for mirrors, spreadsheets and GIS, with a manifest and a catalogue."""
