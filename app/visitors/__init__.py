"""What visitors send us without an account: reports of damage, and how often pages are looked at."""
