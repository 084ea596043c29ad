"""What an Enphase account that is signed in to sends on the free plan; the docs quote the printed tables."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder.core import Recorder
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from simulator import ENPHASE_V4_PATH

from .conftest import Cloud
from .lives import set_up
from .sign_in import signed_in
from .test_requests import restart

TOKEN = "token"
SYSTEMS = {"PV only": "4200001", "PV and meters": "4200002", "PV, meters and battery": "4200003"}
MONTH = 950
"""What the plan Watt leaves to what runs by itself: 95 in 100 of 1,000."""


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(recorder_mock: Recorder, enable_custom_integrations: None) -> None:
    """Let Home Assistant have a recorder, before anything else: statistics draw on the plan too."""


def endpoint(path: str) -> str:
    """Return the last part of a path that says what was asked for."""
    return path.removeprefix(ENPHASE_V4_PATH).rpartition("/")[2]


async def live_by_due(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, entry: MockConfigEntry, until: datetime
) -> None:
    """Let time pass from one refresh to the next, half an hour at most."""
    coordinator = next(iter(entry.runtime_data.coordinators.values()))
    while (now := datetime.now(UTC)) < until:
        step = coordinator.update_interval or timedelta(minutes=30)
        freezer.tick(min(step, timedelta(minutes=30), until - now) + timedelta(seconds=1))
        async_fire_time_changed(hass)
        await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.parametrize("account", SYSTEMS)
async def test_setting_up_takes_seven_requests_at_most_and_a_restart_none(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, account: str
) -> None:
    # With the two that the flow sends: one for the tokens, one for the list of systems.
    freezer.move_to(datetime(2026, 6, 1, 10, 2, 30, tzinfo=UTC))
    entry = await signed_in(hass, cloud, (SYSTEMS[account],))
    await set_up(hass, entry)
    sent = [endpoint(request.path) for request in cloud.simulator.requests]
    assert len(sent) + 1 <= 7, sent
    cloud.simulator.clear_requests()
    await restart(hass, entry)
    assert not cloud.simulator.requests


@pytest.mark.slow("a month of a whole Home Assistant with a recorder", longest=True)
@pytest.mark.parametrize("month", [datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)])
@pytest.mark.parametrize("account", SYSTEMS)
async def test_a_month_of_31_days_stays_within_the_plan(
    hass: HomeAssistant,
    cloud: Cloud,
    freezer: FrozenDateTimeFactory,
    account: str,
    month: datetime,
    record_property: Callable[[str, object], None],
) -> None:
    freezer.move_to(month + timedelta(minutes=1))
    entry = await signed_in(hass, cloud, (SYSTEMS[account],))
    await set_up(hass, entry)
    await live_by_due(hass, freezer, entry, month + timedelta(days=31))
    sent = Counter(
        endpoint(request.path) for request in cloud.simulator.requests if request.time < month + timedelta(days=31)
    )
    total = sum(sent.values())
    record_property("month", f"{month:%B}")
    record_property("requests", total)
    record_property("by endpoint", ", ".join(f"{name} {count}" for name, count in sorted(sent.items())))
    assert total <= MONTH, sent
    assert total > 0.8 * MONTH, sent
    assert sent["token"] <= 33
