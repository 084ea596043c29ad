"""What Home Assistant sees of the integration, whatever its release: a custom one, that does as it expects."""

import logging

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers.frame import ReportBehavior, report_usage
import pytest

from custom_components.solar_cloud.const import DOMAIN

from .conftest import Cloud, add_account, enphase_input, settle
from .life import life


async def test_a_life_knows_that_the_integration_is_a_custom_one(cloud: Cloud, hass_config_dir: str) -> None:
    for _ in range(2):
        async with life(hass_config_dir) as hass:
            if not hass.config_entries.async_entries(DOMAIN):
                await add_account(hass, "enphase_v2", enphase_input(cloud), ["67"])
            (entry,) = hass.config_entries.async_entries(DOMAIN)
            assert entry.state is ConfigEntryState.LOADED
            # Raises for anything but a custom integration.
            report_usage(
                "does what only a custom integration may",
                core_behavior=ReportBehavior.ERROR,
                core_integration_behavior=ReportBehavior.ERROR,
                custom_integration_behavior=ReportBehavior.IGNORE,
                integration_domain=DOMAIN,
            )


async def test_home_assistant_has_nothing_to_say_about_set_up_and_unload(
    hass: HomeAssistant, cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud), ["67"])
    assert await hass.config_entries.async_reload(entry.entry_id)
    await settle(hass)
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert entry.state is ConfigEntryState.NOT_LOADED
    speakers = ("homeassistant.config_entries", "homeassistant.helpers", "custom_components")
    said = [record for record in caplog.records if record.name.startswith(speakers)]
    assert [record.getMessage() for record in said if record.levelno >= logging.WARNING] == []
