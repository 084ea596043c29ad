"""Enphase's Enlighten Systems API v2."""
