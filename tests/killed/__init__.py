"""Processes that are killed for good while Home Assistant works in them."""

# Before anything of Home Assistant: it lets freezegun find its clocks.
import pytest_homeassistant_custom_component.patch_time  # noqa: F401
