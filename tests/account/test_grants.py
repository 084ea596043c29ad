"""The life of an account's tokens: kept over restarts and outages, on disk before they are used."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest

from custom_components.solar_cloud.account.grants import GRANTS, async_grant
from custom_components.solar_cloud.const import DOMAIN

from ..home.conftest import Cloud, settle
from ..home.lives import live, reauths, set_up, stop
from ..home.sign_in import new_tokens, signed_in

TOKEN_PATH = "/enphase/oauth/token"


def token_calls(cloud: Cloud) -> int:
    return sum(request.path == TOKEN_PATH for request in cloud.simulator.requests)


@pytest.mark.slow("a year of a whole Home Assistant with restarts")
async def test_a_year_with_restarts_and_outages_needs_no_new_consent(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await signed_in(hass, cloud)
    await set_up(hass, entry)
    begin, half_a_day = datetime.now(UTC), timedelta(hours=12)
    for round_ in range(12):
        await live(hass, freezer, timedelta(days=12), half_a_day)
        await stop(hass, entry, freezer, timedelta(minutes=2))
        cloud.simulator.fail(TOKEN_PATH, status=503, times=4)
        await live(hass, freezer, timedelta(days=6), half_a_day)
        # A holiday with everything switched off, shorter than a refresh token lives.
        await stop(hass, entry, freezer, timedelta(days=7 if round_ % 3 else 21))
        cloud.simulator.fail(TOKEN_PATH, drop=True, status=503, times=2)
        await live(hass, freezer, timedelta(days=3), half_a_day)
        cloud.simulator.clear_faults()
    assert datetime.now(UTC) - begin > timedelta(days=330)
    assert reauths(hass) == 0
    assert entry.state is ConfigEntryState.LOADED
    # One a day while it runs, and some tries at a cloud that was down.
    assert 200 < token_calls(cloud) < 330


async def test_the_new_pair_is_on_disk_before_it_is_used(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, hass_storage: dict[str, Any]
) -> None:
    entry = await signed_in(hass, cloud)
    await set_up(hass, entry)
    freezer.tick(timedelta(hours=24))
    grant = await async_grant(hass, entry)
    assert grant is not None
    token = await grant.token()
    assert hass_storage[f"{DOMAIN}.grant.{entry.entry_id}"]["data"]["access_token"] == token
    assert entry.data["token"]["access_token"] == token


async def test_a_token_update_reloads_nothing(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await signed_in(hass, cloud)
    await set_up(hass, entry)
    runtime, before = entry.runtime_data, entry.data["token"]
    freezer.tick(timedelta(hours=24))
    grant = await async_grant(hass, entry)
    assert grant is not None
    await grant.token()
    await settle(hass)
    assert entry.data["token"] != before
    assert entry.runtime_data is runtime


async def test_ten_who_need_a_new_token_send_one_request(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await signed_in(hass, cloud)
    grant = await async_grant(hass, entry)
    assert grant is not None
    freezer.tick(timedelta(hours=24))
    before = token_calls(cloud)
    assert len(set(await asyncio.gather(*(grant.token() for _ in range(10))))) == 1
    assert token_calls(cloud) == before + 1


async def test_there_is_one_holder_of_the_tokens_whoever_asks(hass: HomeAssistant, cloud: Cloud) -> None:
    entry = await signed_in(hass, cloud)
    first, second = await asyncio.gather(async_grant(hass, entry), async_grant(hass, entry))
    assert first is second
    await set_up(hass, entry)
    await hass.config_entries.async_reload(entry.entry_id)
    assert await async_grant(hass, entry) is first


async def test_a_pair_that_cannot_be_written_is_not_used_and_not_lost(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await signed_in(hass, cloud)
    await set_up(hass, entry)
    grant = await async_grant(hass, entry)
    assert grant is not None
    old = grant.tokens
    # Nothing may wait from here on, or the account itself replaces the pair first.
    freezer.tick(timedelta(hours=24))
    with patch("homeassistant.helpers.storage.Store._async_write_data", side_effect=OSError("disk full")):
        with pytest.raises(Exception, match="could not be saved"):
            await grant.token()
        assert grant.tokens == old
    calls = token_calls(cloud)
    assert await grant.token() != old.access
    assert token_calls(cloud) == calls


async def test_a_crash_after_the_refresh_finds_the_new_pair(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await signed_in(hass, cloud)
    await set_up(hass, entry)
    old = dict(entry.data)
    freezer.tick(timedelta(hours=24))
    grant = await async_grant(hass, entry)
    assert grant is not None
    new = await grant.token()
    # The entry is written a second later: what Home Assistant finds after a power cut is the old one.
    hass.data.pop(GRANTS)
    hass.config_entries.async_update_entry(entry, data=old)
    found = await async_grant(hass, entry)
    assert found is not None
    assert found.tokens.access == new


async def test_a_new_consent_is_preferred_to_the_pair_on_disk(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await signed_in(hass, cloud)
    grant = await async_grant(hass, entry)
    assert grant is not None
    freezer.tick(timedelta(hours=24))
    await grant.token()
    consented = await new_tokens(hass, cloud, dict(entry.data))
    hass.config_entries.async_update_entry(entry, data={**entry.data, "token": consented})
    found = await async_grant(hass, entry)
    assert found is not None
    assert found.tokens.access == consented["access_token"]


async def test_tokens_are_renewed_weekly_although_the_month_is_spent(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await signed_in(hass, cloud)
    await set_up(hass, entry)
    freezer.move_to("2026-07-01T00:00:10+00:00")
    grant = await async_grant(hass, entry)
    assert grant is not None
    await grant.token()
    ledger = entry.runtime_data.metered.ledger
    while ledger.used(dt_util.utcnow()) < 950:
        ledger.spend(dt_util.utcnow())
    cloud.simulator.clear_requests()
    await live(hass, freezer, timedelta(days=30), timedelta(hours=12))
    # Each pair is six days old by then, as seen every twelve hours.
    assert [request.path for request in cloud.simulator.requests] == [TOKEN_PATH] * 5
    await live(hass, freezer, timedelta(days=3), timedelta(hours=12))
    assert reauths(hass) == 0
    assert any("summary" in request.path for request in cloud.simulator.requests)


async def test_a_month_that_is_spent_to_the_last_request_does_not_cost_the_sign_in(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await signed_in(hass, cloud)
    await set_up(hass, entry)
    freezer.move_to("2026-07-01T00:00:10+00:00")
    grant = await async_grant(hass, entry)
    assert grant is not None
    await grant.token()
    ledger = entry.runtime_data.metered.ledger
    while ledger.left(dt_util.utcnow()):
        ledger.spend(dt_util.utcnow())
    cloud.simulator.clear_requests()
    await live(hass, freezer, timedelta(days=30), timedelta(hours=12))
    assert [request.path for request in cloud.simulator.requests] == [TOKEN_PATH]
    assert reauths(hass) == 0


async def test_a_lost_answer_to_a_refresh_ends_in_one_reauth(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await signed_in(hass, cloud)
    await set_up(hass, entry)
    cloud.simulator.fail(TOKEN_PATH, drop=True)
    await live(hass, freezer, timedelta(days=2), timedelta(hours=6))
    assert reauths(hass) == 1


async def test_a_cloud_that_is_down_for_days_costs_neither_the_tokens_nor_the_plan(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await signed_in(hass, cloud)
    await set_up(hass, entry)
    cloud.simulator.clear_requests()
    cloud.simulator.fail(TOKEN_PATH, status=502, body="<html>bad gateway</html>", times=None)
    await live(hass, freezer, timedelta(days=3), timedelta(minutes=30))
    assert token_calls(cloud) < 3 * 50
    cloud.simulator.clear_faults()
    await live(hass, freezer, timedelta(hours=3), timedelta(minutes=30))
    assert reauths(hass) == 0
    assert entry.runtime_data.coordinators[next(iter(entry.subentries))].last_update_success


async def test_a_removed_account_leaves_no_tokens(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, hass_storage: dict[str, Any]
) -> None:
    entry = await signed_in(hass, cloud)
    await set_up(hass, entry)
    freezer.tick(timedelta(hours=24))
    grant = await async_grant(hass, entry)
    assert grant is not None
    await grant.token()
    key = f"{DOMAIN}.grant.{entry.entry_id}"
    assert key in hass_storage
    await hass.config_entries.async_remove(entry.entry_id)
    assert key not in hass_storage
    assert not hass.data[GRANTS]


async def test_an_application_that_was_removed_asks_to_sign_in_again(hass: HomeAssistant, cloud: Cloud) -> None:
    entry = await signed_in(hass, cloud)
    hass.config_entries.async_update_entry(entry, data={**entry.data, "auth_implementation": "gone"})
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert reauths(hass) == 1
