"""Tests of the device registry and the notices in a whole Home Assistant."""
