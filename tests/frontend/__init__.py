"""Tests of the dashboard: how it is served, and what its JavaScript makes of a Home Assistant."""
