"""Administrative units through time, and coordinates as officers enter them."""
