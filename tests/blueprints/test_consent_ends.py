"""The blueprint that reports that an account has to be signed in to again."""

from datetime import UTC, datetime
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.solar_cloud.account.issues import clear_consent_ends, raise_consent_ends
from custom_components.solar_cloud.const import DOMAIN

from ..home.conftest import Cloud, add_account, enphase_input, pass_time
from .helpers import DAY, HOUR, Heard, act, automate, says, wait

NAME = "consent_ends"
ENDS = datetime(2026, 7, 9, tzinfo=UTC)


def account(hass: HomeAssistant, title: str = "SolarEdge") -> MockConfigEntry:
    entry = MockConfigEntry(domain=DOMAIN, title=title)
    entry.add_to_hass(hass)
    return entry


async def watch(hass: HomeAssistant, **more: Any) -> Heard:
    inputs = {"again_after": 7, "at": "09:00:00", "actions": says("told", "title", "message", "accounts")}
    return await automate(hass, NAME, inputs, **more)


async def test_the_notice_that_a_consent_ends_is_reported_at_once_and_again_each_week(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    entry = account(hass)
    heard = await watch(hass)
    raise_consent_ends(hass, entry.entry_id, entry.title, ENDS)
    await act(hass)
    assert heard.short == ["told"]
    assert heard.last["title"] == "Sign in again: SolarEdge"
    assert heard.last["accounts"] == ["SolarEdge"]
    assert "ends within 30 days" in heard.last["message"]
    await wait(hass, freezer, 6 * DAY, step=HOUR)
    assert heard.short == ["told"]
    await wait(hass, freezer, 2 * DAY, step=HOUR)
    assert heard.short == ["told", "told"]
    clear_consent_ends(hass, entry.entry_id)
    await wait(hass, freezer, 20 * DAY, step=HOUR)
    assert heard.short == ["told", "told"]


async def test_a_real_key_that_is_refused_is_reported(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud), ["67"])
    heard = await watch(hass)
    cloud.simulator.revoke(enphase_input(cloud)["api_key"])
    await pass_time(hass, freezer, HOUR * 2)
    await act(hass)
    assert heard.short == ["told"]
    assert heard.last["accounts"] == [entry.title]
    assert "refuses the sign-in or the key" in heard.last["message"]


async def test_two_accounts_are_reported_each(hass: HomeAssistant) -> None:
    heard = await watch(hass)
    for title in ("House", "Barn"):
        entry = account(hass, title)
        raise_consent_ends(hass, entry.entry_id, entry.title, ENDS)
    await act(hass)
    assert [event.data["accounts"] for event in heard.events] == [["House"], ["Barn"]]


async def test_other_notices_and_those_of_others_are_none(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    heard = await watch(hass)
    for domain, issue_id in (
        (DOMAIN, "month_spent_1"),
        ("homeassistant", "config_entry_reauth_hue_1"),
        ("other", "consent_ends_1"),
    ):
        ir.async_create_issue(
            hass, domain, issue_id, is_fixable=False, severity=ir.IssueSeverity.WARNING, translation_key="x"
        )
    await wait(hass, freezer, 2 * DAY, step=HOUR)
    assert heard.short == []


async def test_a_notice_that_the_owner_ignores_is_not_reported_again(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    entry = account(hass)
    heard = await watch(hass)
    raise_consent_ends(hass, entry.entry_id, entry.title, ENDS)
    await act(hass)
    ir.async_ignore_issue(hass, DOMAIN, f"consent_ends_{entry.entry_id}", True)
    await wait(hass, freezer, 20 * DAY, step=HOUR)
    assert heard.short == ["told"]


async def test_a_notice_from_before_a_restart_is_reported_when_it_is_time_again(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    entry = account(hass)
    raise_consent_ends(hass, entry.entry_id, entry.title, ENDS)
    heard = await watch(hass, starting=True, last_triggered="2026-06-10T19:30:00+00:00")
    await wait(hass, freezer, 6 * DAY, step=HOUR)
    assert heard.short == []
    await wait(hass, freezer, 2 * DAY, step=HOUR)
    assert heard.short == ["told"]


async def test_a_notice_that_was_raised_before_automations_ran_is_reported_the_next_morning(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    entry = account(hass)
    raise_consent_ends(hass, entry.entry_id, entry.title, ENDS)
    heard = await watch(hass, starting=True, last_triggered="2026-06-10T10:00:00+00:00")
    await wait(hass, freezer, DAY, step=HOUR)
    assert heard.short == ["told"]
