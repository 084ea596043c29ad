"""The blueprint that reports that requests run short: once in a month of the plan."""

from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.solar_cloud.const import DOMAIN

from ..home.conftest import Cloud, pass_time, solaredge_input
from ..home.life import add_custom_account
from .helpers import DAY, Heard, act, automate, become, says, wait

NAME = "requests_end_of_month"
LEFT, USED, RESETS_AT = "sensor.requests_left", "sensor.requests_used", "sensor.request_counter_resets"


def inputs(**changes: Any) -> dict[str, Any]:
    return {
        "requests_left": LEFT,
        "requests_used": USED,
        "resets_at": RESETS_AT,
        "below": 10,
        "days": 3,
        "actions": says("told", "title", "message", "left", "share"),
    } | changes


async def count(hass: HomeAssistant, left: object, used: object = None, resets_at: str | None = None) -> None:
    """Let the account's sensors say this; a plan of 1,000 requests unless `used` says otherwise."""
    await become(hass, RESETS_AT, resets_at or "2026-07-01T00:00:00+00:00")
    await become(hass, USED, str(1000 - left if used is None and isinstance(left, int) else used))
    await become(hass, LEFT, str(left))


async def watch(hass: HomeAssistant, **more: Any) -> Heard:
    await count(hass, 500)
    return await automate(hass, NAME, inputs(), **more)


async def test_the_requests_of_a_real_account_run_short(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await add_custom_account(hass, "solaredge_key", solaredge_input(cloud), per_month=150)
    ids = {key: er.async_get(hass).async_get_entity_id("sensor", DOMAIN, f"{entry.entry_id}_{key}") for key in inputs()}
    chosen = {key: value for key, value in ids.items() if value is not None}
    assert chosen.keys() == {"requests_left", "requests_used", "resets_at"}
    heard = await automate(hass, NAME, inputs(**chosen, below=75))
    assert heard.short == []
    await pass_time(hass, freezer, timedelta(days=2), step=timedelta(hours=1))
    await act(hass)
    state = hass.states.get(chosen["requests_left"])
    assert state is not None
    assert float(state.state) < 0.75 * 150
    assert heard.short == ["told"]
    assert " of 150 requests are left." in heard.last["message"]


@pytest.mark.parametrize(("left", "expected"), [(101, []), (100, []), (99, ["told"]), (0, ["told"])])
async def test_it_reports_below_the_share_of_the_plan(hass: HomeAssistant, left: int, expected: list[str]) -> None:
    heard = await watch(hass)
    await count(hass, left)
    assert heard.short == expected
    assert not expected or heard.last["message"].startswith(f"{left} of 1000 requests are left.")


async def test_it_reports_once_in_a_month_of_the_plan(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    heard = await watch(hass)
    for left in (99, 150, 98, 50):
        await count(hass, left)
        await wait(hass, freezer, DAY, step=DAY)
    assert heard.short == ["told"]
    freezer.move_to("2026-07-05T12:00:00+00:00")
    await count(hass, 900, resets_at="2026-08-01T00:00:00+00:00")
    assert heard.short == ["told"]
    await count(hass, 80, resets_at="2026-08-01T00:00:00+00:00")
    assert heard.short == ["told", "told"]


@pytest.mark.parametrize(("now", "expected"), [("2026-06-27T23:00:00+00:00", ["told"]), ("2026-06-29", [])])
async def test_at_the_end_of_the_month_few_requests_are_as_they_should_be(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, now: str, expected: list[str]
) -> None:
    heard = await watch(hass)
    freezer.move_to(now)
    await count(hass, 60)
    assert heard.short == expected


@pytest.mark.parametrize(
    ("left", "used", "resets_at"),
    [
        ("unknown", 990, None),
        ("unavailable", "unavailable", None),
        (10, "unavailable", None),
        (10, 990, "unavailable"),
        (0, 0, None),
    ],
)
async def test_unknown_counts_are_no_reason(
    hass: HomeAssistant, left: object, used: object, resets_at: str | None
) -> None:
    heard = await watch(hass)
    await count(hass, left, used, resets_at)
    assert heard.short == []


@pytest.mark.parametrize(
    ("last_triggered", "expected"), [("2026-06-02T10:00:00+00:00", []), ("2026-05-30T10:00:00+00:00", ["told"])]
)
async def test_a_restart_forgets_nothing(hass: HomeAssistant, last_triggered: str, expected: list[str]) -> None:
    heard = await watch(hass, starting=True, last_triggered=last_triggered)
    await become(hass, LEFT, "unavailable")
    await count(hass, 40)
    assert heard.short == expected


async def test_a_cycle_that_begins_on_the_31st_is_understood(hass: HomeAssistant) -> None:
    heard = await watch(hass, starting=True, last_triggered="2026-06-02T10:00:00+00:00")
    await count(hass, 40, resets_at="2026-07-31T00:00:00+00:00")
    assert heard.short == ["told"]
