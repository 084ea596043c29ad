"""Tests of the simulated SolarEdge."""
