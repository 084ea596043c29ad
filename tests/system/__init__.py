"""Tests of systems in a whole Home Assistant."""
