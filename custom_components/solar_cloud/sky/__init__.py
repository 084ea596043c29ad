"""Where the sun stands at a place. Pure."""
