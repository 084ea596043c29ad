"""Tests of the jobs of SolarEdge's cloud."""
