"""Tests of the automation blueprints: each is imported into a Home Assistant, and run there."""
