"""Tests of the simulated Enphase."""
