"""What comes in from files: sheets read, coerced, validated by the register's schemas, and imported as changesets."""
