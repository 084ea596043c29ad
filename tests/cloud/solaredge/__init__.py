"""Tests of the client of SolarEdge's API."""
