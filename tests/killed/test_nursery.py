"""The Home Assistant that is there to be killed comes up at all; quick, as most runs leave the killing out."""

import logging
from pathlib import Path

from homeassistant.loader import async_get_integration
import pytest

from custom_components.solar_cloud.const import DOMAIN

from .nursery import SetUpFailed, home_assistant, set_up


async def test_the_nurserys_home_assistant_has_all_that_the_manifest_names(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    try:
        async with home_assistant(str(tmp_path)) as hass:
            named = (await async_get_integration(hass, DOMAIN)).dependencies
            assert {DOMAIN, "recorder", *named} <= hass.config.components
    except SetUpFailed as failure:
        pytest.fail(f"{failure}\n{caplog.text}", pytrace=False)


async def test_what_cannot_be_set_up_in_the_nursery_is_named(tmp_path: Path) -> None:
    async with home_assistant(str(tmp_path)) as hass:
        with pytest.raises(SetUpFailed, match="could not set up no_such_thing;"):
            await set_up(hass, "no_such_thing", {})
