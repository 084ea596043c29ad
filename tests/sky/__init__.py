"""Tests of the sun."""
