"""Enphase's Monitoring API v4."""
