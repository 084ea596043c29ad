"""Fixtures for all tests."""

# Must be imported before the first `hass`: the test plugin has a package of the same name, which would win.
import custom_components  # noqa: F401
