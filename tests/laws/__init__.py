"""Scenarios of the simulator against the laws of a value."""
