"""What the public may see: projected from the register, redacted, rendered once, journalled, and asked."""
