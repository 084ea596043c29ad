"""Eight months of Enphase systems that are signed in to, on the free plan, checked against the truth of the plant.

They hold both ends of daylight saving time, outages, a token endpoint that is down, late data, a replaced inverter.
Where something happens, Home Assistant lives from one refresh to the next; in between it wakes seldom.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder.core import Recorder
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.solar_cloud.model.data import midnight
from custom_components.solar_cloud.model.elements import Flow
from simulator.plant.plant import Plant

from ..home.conftest import Cloud
from ..home.lives import reauths, set_up, stop
from ..home.sign_in import signed_in
from ..home.test_requests_v4 import MONTH, endpoint

pytestmark = pytest.mark.slow(
    "eight months of a whole Home Assistant with a recorder, each hour compared with the plant", longest=True
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FIRST, LAST = date(2025, 3, 14), date(2025, 11, 2)


def _day(month: int, day: int) -> datetime:
    return datetime(2025, month, day, tzinfo=UTC)


SPRING = (
    # A token endpoint that is down and a replaced inverter; the beginning of daylight saving time.
    (_day(3, 13), _day(3, 24)),
    (_day(3, 28), _day(4, 1)),
)
BUSY = (
    *SPRING,
    # An outage, late data, the end of daylight saving time: a whole month, to count its requests.
    (_day(10, 1), _day(11, 4)),
)
SHORTER = (*SPRING, (_day(10, 4), _day(10, 16)), (_day(10, 22), _day(11, 4)))
STRIDE = 5 * DAY
HALF_AN_HOUR = timedelta(minutes=30)
"""What becomes due meanwhile runs together, as on a busy machine: it halves the time that the test takes."""
TRUE_NAME = {
    "consumption": "load",
    "grid_import": "import",
    "grid_export": "export",
    "battery_charge": "charge",
    "battery_discharge": "discharge",
}
MEASURED = ("production", "grid_import", "grid_export", "battery_charge", "battery_discharge")
BATTERY_HOUSE, PV_HOUSE = "enphase_4200003", "enphase_4200001"


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(recorder_mock: Recorder, enable_custom_integrations: None) -> None:
    """Let Home Assistant have a recorder, before anything else."""


@dataclass
class Life:
    """Lets the time pass, and keeps what was seen of it."""

    hass: HomeAssistant
    cloud: Cloud
    freezer: FrozenDateTimeFactory
    entry: MockConfigEntry
    key: str
    events: Mapping[datetime, Callable[[], Any]]
    """What happens when."""
    outages: Mapping[datetime, timedelta]
    """When Home Assistant is switched off, and for how long."""
    busy: tuple[tuple[datetime, datetime], ...]
    """When it lives from one refresh to the next."""
    asked: Counter[str] = field(default_factory=Counter)
    """Requests by month."""
    by_endpoint: Counter[str] = field(default_factory=Counter)
    evenings: int = 0
    wrong: dict[datetime, Mapping[Flow, float]] = field(default_factory=dict)
    """Energies of the day that are not the plant's up to their own time."""

    @property
    def plant(self) -> Plant:
        return self.cloud.simulator.plants[self.key]

    async def run(self, until: datetime) -> None:
        """Live from refresh to refresh in busy times, and in strides else."""
        while (now := datetime.now(UTC)) < until:
            for begin, length in self.outages.items():
                if now >= begin and begin + length > now:
                    await stop(self.hass, self.entry, self.freezer, begin + length - now)
            await self._step(until)
            self._look()

    async def _step(self, until: datetime) -> None:
        now = datetime.now(UTC)
        coordinator = next(iter(self.entry.runtime_data.coordinators.values()))
        if any(begin <= now < end for begin, end in self.busy):
            step = max(HALF_AN_HOUR, min(coordinator.update_interval or HOUR, 2 * HOUR)) + timedelta(seconds=1)
        else:
            step = min(STRIDE, *(begin - now for begin, _ in self.busy if begin > now))
        ahead = [*self.outages, until, *self.events]
        target = min(now + step, *(moment for moment in ahead if moment > now))
        self.freezer.move_to(target)
        if happens := self.events.get(target):
            happens()
        async_fire_time_changed(self.hass)
        await self.hass.async_block_till_done(wait_background_tasks=True)

    def _look(self) -> None:
        simulator = self.cloud.simulator
        for request in simulator.requests:
            self.asked[f"{request.time:%Y-%m}"] += 1
            self.by_endpoint[endpoint(request.path)] += 1
        simulator.clear_requests()
        coordinator = next(iter(self.entry.runtime_data.coordinators.values()))
        now = datetime.now(UTC)
        if not coordinator.has_data or now.astimezone(self.plant.zone).hour < 21:
            return
        published = coordinator.data.published
        if not published.today or published.day_start is None:
            return
        self.evenings += 1
        wrong = {
            flow: value.amount
            for flow, value in published.today.items()
            if value.amount is not None
            and value.end is not None
            and self.truth(flow, published.day_start, max(value.end, published.day_start)) != round(value.amount, 3)
        }
        if wrong:
            self.wrong[now] = wrong

    def truth(self, flow: str, start: datetime, end: datetime) -> int:
        if flow == "production":
            return self.plant.energy_wh(start, end)
        return self.plant.flow_wh(TRUE_NAME.get(flow, flow), start, end)  # type: ignore[arg-type]

    async def changes(self, flow: str) -> dict[datetime, float]:
        """Return the changes of all hours that the recorder's own function reports."""
        instance = get_instance(self.hass)
        name = f"solar_cloud:{self.key}_{flow}"
        start, end = midnight(FIRST, self.plant.zone), midnight(LAST + DAY, self.plant.zone)
        rows = await instance.async_add_executor_job(
            lambda: statistics_during_period(self.hass, start, end, {name}, "hour", {"energy": "Wh"}, {"change"})
        )
        return {datetime.fromtimestamp(row["start"], UTC): round(row["change"] or 0.0, 6) for row in rows.get(name, [])}

    async def differences(self, flow: str) -> dict[date, tuple[float, int]]:
        """Return the days whose hours do not add up to the truth."""
        found: dict[date, tuple[float, int]] = {}
        sums: Counter[date] = Counter()
        hours = await self.changes(flow)
        assert all(energy >= 0 for energy in hours.values())
        for hour, energy in hours.items():
            sums[hour.astimezone(self.plant.zone).date()] += energy  # type: ignore[assignment]
        day = FIRST
        while day <= LAST:
            start, end = midnight(day, self.plant.zone), midnight(day + DAY, self.plant.zone)
            if round(sums[day], 3) != (true := self.truth(flow, start, end)):
                found[day] = (sums[day], true)
            day += DAY
        return found


@pytest.mark.parametrize(
    ("key", "zone", "flows", "busy"),
    [
        (BATTERY_HOUSE, "Europe/Amsterdam", MEASURED, BUSY),
        (PV_HOUSE, "Europe/Madrid", ("production",), SHORTER),
    ],
)
async def test_each_finished_day_is_true_to_the_watt_hour_within_the_plan_and_one_sign_in(
    hass: HomeAssistant,
    cloud: Cloud,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    record_property: Callable[[str, object], None],
    key: str,
    zone: str,
    flows: tuple[str, ...],
    busy: tuple[tuple[datetime, datetime], ...],
) -> None:
    await hass.config.async_set_time_zone(zone)
    freezer.move_to(datetime(2025, 3, 13, 23, 20, tzinfo=UTC))
    entry = await signed_in(hass, cloud, (key.removeprefix("enphase_"),))
    await set_up(hass, entry)
    simulator, plant = cloud.simulator, cloud.simulator.plants[key]
    replaced = plant.active_inverters(datetime.now(UTC))[-1].serial
    token = "/enphase/oauth/token"

    def at(month: int, day: int, hour: int = 9) -> datetime:
        return datetime(2025, month, day, hour, 50, tzinfo=UTC)

    life = Life(
        hass,
        cloud,
        freezer,
        entry,
        key,
        events={
            at(10, 6): lambda: simulator.set_connection(key, "cellular"),
            at(10, 13): lambda: simulator.set_connection(key, "Wi-Fi"),
            at(3, 17): lambda: simulator.fail(token, status=503, times=None),
            at(3, 18): simulator.clear_faults,
            at(3, 21, 12): lambda: simulator.replace_inverter(key, replaced),
        },
        outages={at(10, 23): 4 * DAY, at(6, 15): 21 * DAY},
        busy=busy,
    )
    await life.run(datetime(2025, 11, 3, 12, tzinfo=UTC))

    record_property("requests", dict(life.asked))
    record_property("by endpoint", dict(life.by_endpoint))
    assert not reauths(hass)
    assert entry.state is ConfigEntryState.LOADED
    assert "Traceback" not in caplog.text
    assert max(life.asked.values()) <= MONTH, life.asked
    wrong = {flow: found for flow in flows if (found := await life.differences(flow))}
    assert not wrong, {flow: (len(found), dict(list(found.items())[:8])) for flow, found in wrong.items()}
    assert not life.wrong, (life.evenings, len(life.wrong), dict(list(life.wrong.items())[:5]))
    if key == BATTERY_HOUSE:
        # In the month with an outage of four days, too.
        assert life.asked["2025-10"] > 700, life.asked
        assert life.evenings > 60
