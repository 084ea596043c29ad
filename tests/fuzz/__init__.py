"""What the three clients make of answers that no cloud has ever given."""
