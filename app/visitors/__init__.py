"""What comes from the public without an account: reports that something is wrong, and counts of visits."""
