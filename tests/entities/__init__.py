"""Tests of the entities."""
