"""Tests of the client of Enphase's API v2."""
