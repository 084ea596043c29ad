"""A system's hours in the statistic of another sensor: planned, written, recorded, and taken back."""
