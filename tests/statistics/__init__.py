"""Tests of the statistics, with a real recorder."""
