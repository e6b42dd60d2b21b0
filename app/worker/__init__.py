"""The worker: whoever wished is its audience, and it commits once a wish."""
