"""Enphase's clouds, v2 and v4."""
