"""The first steps where Home Assistant has no recorder: there is nothing to ask for."""

from homeassistant.core import HomeAssistant

from ..home.conftest import Cloud, settle
from .first_steps import add_residence, reopen, repairs


async def test_without_a_recorder_no_dialog_follows_and_one_that_was_open_says_why(
    hass: HomeAssistant, cloud: Cloud
) -> None:
    result = await add_residence(hass, cloud)
    assert "next_flow" not in result
    await settle(hass)
    assert repairs(hass) == []
    assert (await reopen(hass, result["result"])).shown["reason"] == "no_recorder"
