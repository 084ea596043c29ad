"""What the test plugin needs on a Home Assistant that is newer than the one it was made for.

pytest loads this before the plugin: see `addopts` in pyproject.toml. It goes when there is a plugin for that release.
"""

# Home Assistant 2026.11 replaces httpx as it is imported, and does not start when a tool of the plugin was quicker.
from homeassistant.const import MAJOR_VERSION, MINOR_VERSION

if (MAJOR_VERSION, MINOR_VERSION) >= (2026, 11):
    # What the plugin replaces has to be replaced before anything else of Home Assistant is imported, in this order.
    from pytest_homeassistant_custom_component import patch_json, patch_recorder, patch_time  # noqa: F401, I001
    from homeassistant.components import logger
    from homeassistant.components.logger import helpers

    # The plugin imports it from where it was until then.
    logger._clear_logger_overwrites = helpers._clear_logger_overwrites  # type: ignore[attr-defined]
