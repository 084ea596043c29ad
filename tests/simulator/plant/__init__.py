"""Tests of the plants."""
