"""What visitors come for beside the sites: events, itineraries, visitor places, notices."""
