"""Energy today of microinverters, whose cloud reports lifetimes only: true to the plant's watt-hour, or unknown."""

from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest

from custom_components.solar_cloud.cloud.enphase_v2.client import EnphaseV2
from custom_components.solar_cloud.model.data import SystemData, local_day, midnight
from custom_components.solar_cloud.sky.sun import Place
from custom_components.solar_cloud.system.restore import dump, load
from custom_components.solar_cloud.system.sunlight import Sunlight
from simulator.plant.plant import Plant

from ..conftest import FakeClock
from .world import EICH, SAMPLE, World, make_world

DAY = timedelta(days=1)
QUARTER = timedelta(minutes=15)
HALF_HOUR = timedelta(minutes=30)
ZONE_MARGIN = timedelta(minutes=45)
HOME_MARGIN = timedelta(minutes=5)
DELAY = timedelta(minutes=7)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.fixture
async def world(socket_enabled: None, clock: FakeClock) -> AsyncGenerator[World]:
    async with make_world(clock) as made:
        yield made


@dataclass
class Life:
    """A system that is read as a coordinator reads it: by day, once after sunset, and its Envoys every six hours."""

    world: World
    client: EnphaseV2
    plant: Plant
    data: SystemData
    sunlight: Sunlight
    finished: bool = False
    envoys_at: datetime = LONG_AGO
    exact: bool = True
    finishes: bool = True
    reported: Counter[date] = field(default_factory=Counter)
    """Inverters of which the day's energy was known at its end, by day."""

    async def until(self, end: datetime, every: timedelta = HALF_HOUR) -> None:
        """Live on, and compare everything that is reported with the plant."""
        clock = self.world.clock
        while clock.now < end:
            names = []
            if clock.now - self.envoys_at >= timedelta(hours=6):
                names.append("envoys")
                self.envoys_at = clock.now
            # The newest report is from a few minutes ago; one from the dark finishes the day.
            lit = not self.sunlight.is_dark(newest := clock.now - DELAY, newest + timedelta(seconds=1))
            if lit or (self.finishes and not self.finished):
                names += ["summary", "inverters"]
            self.finished = not lit
            self.data = await self.world.run(self.client, self.data, *names, dark=self.sunlight.is_dark)
            self.check()
            clock.advance(minutes=every / timedelta(minutes=1))

    def check(self) -> None:
        """Compare every day's energy that is reported with what the inverter had produced when it was last read."""
        known: Counter[date] = Counter()
        today = local_day(self.world.clock.now, self.plant.zone)
        for serial, reading in self.data.readings.items():
            if reading.energy_today is None or reading.energy_today.day != today:
                continue
            day, wh = reading.energy_today.day, reading.energy_today.energy_wh
            known[day] += 1
            start, end = midnight(day, self.plant.zone), midnight(day + DAY, self.plant.zone)
            assert reading.last_report is not None
            true = self.plant.inverter_energy_wh(serial, start, max(start, min(end, reading.last_report)))
            assert wh == (true if self.exact else pytest.approx(true, abs=1e-6))
            assert wh >= 0
        self.reported[today] = known[today]

    def restart(self) -> None:
        self.data = load(SystemData, dump(self.data))


async def live(world: World, system_id: str, now: datetime, margin: timedelta = HOME_MARGIN) -> Life:
    world.clock.now = now
    client, plant = world.client(), world.simulator.plants[f"enphase_{system_id}"]
    place = Place(plant.sky.latitude, plant.sky.longitude, margin)
    data = await world.run(client, await world.system(client, system_id), "inventory")
    return Life(world, client, plant, data, Sunlight(place, plant.zone))


@pytest.mark.parametrize(
    ("system_id", "first", "inverters", "margin"),
    [
        # Days on which the clocks go forth and back; the shortest night and the longest one.
        (SAMPLE, date(2026, 3, 28), 12, HOME_MARGIN),
        (SAMPLE, date(2026, 10, 24), 12, ZONE_MARGIN),
        (SAMPLE, date(2026, 6, 20), 12, ZONE_MARGIN),
        (SAMPLE, date(2026, 12, 20), 12, HOME_MARGIN),
        # Two Envoys.
        (EICH, date(2026, 10, 31), 31, HOME_MARGIN),
    ],
    ids=str,
)
async def test_after_the_first_night_every_inverter_reports_its_day(
    world: World, system_id: str, first: date, inverters: int, margin: timedelta
) -> None:
    zone = world.simulator.plants[f"enphase_{system_id}"].zone
    life = await live(world, system_id, midnight(first, zone) + timedelta(hours=11, minutes=7), margin)
    await life.until(midnight(first + 3 * DAY, zone))
    # Nobody knows what the first day began with.
    assert life.reported[first] == 0
    for day in (first + DAY, first + 2 * DAY):
        assert life.reported[day] == inverters


async def test_with_few_readings_and_none_after_sunset_what_is_reported_is_true(world: World) -> None:
    first = date(2026, 4, 13)
    life = await live(world, EICH, midnight(first, world.simulator.plants["enphase_67"].zone) + timedelta(hours=11))
    life.finishes = False
    await life.until(midnight(first + 4 * DAY, life.plant.zone), every=timedelta(hours=1, minutes=10))
    assert life.reported[first] == 0
    assert max(life.reported.values()) == 31


async def test_several_envoys_cost_one_request_more_each_evening_and_each_morning_at_most(world: World) -> None:
    first = date(2026, 4, 13)
    life = await live(world, EICH, midnight(first, world.simulator.plants["enphase_67"].zone) + timedelta(hours=11))
    await life.until(midnight(first + DAY, life.plant.zone))
    world.simulator.clear_requests()
    life.envoys_at = midnight(first + 2 * DAY, life.plant.zone)  # its own job does not come into it
    await life.until(midnight(first + 2 * DAY, life.plant.zone))
    paths = world.paths
    assert paths.count("inverters_summary_by_envoy_or_site") > 20
    assert 1 <= paths.count("envoys") <= 2


async def test_a_restart_forgets_neither_the_day_nor_what_it_began_with(world: World) -> None:
    first = date(2026, 4, 13)
    zone = world.simulator.plants["enphase_72"].zone
    life = await live(world, SAMPLE, midnight(first, zone) + timedelta(hours=11))
    # By day, in the evening, and away from before midnight until the inverters have long been awake.
    await life.until(midnight(first + DAY, zone) + timedelta(hours=12))
    life.restart()
    await life.until(midnight(first + DAY, zone) + timedelta(hours=23))
    life.restart()
    world.clock.now = midnight(first + 2 * DAY, zone) + timedelta(hours=15)
    await life.until(midnight(first + 3 * DAY, zone))
    assert [life.reported[first + number * DAY] for number in range(3)] == [0, 12, 12]


async def test_away_all_night_without_the_evenings_word_the_day_stays_unknown(world: World) -> None:
    first = date(2026, 4, 13)
    zone = world.simulator.plants["enphase_72"].zone
    life = await live(world, SAMPLE, midnight(first, zone) + timedelta(hours=11))
    await life.until(midnight(first, zone) + timedelta(hours=16))
    world.clock.now = midnight(first + DAY, zone) + timedelta(hours=12)
    await life.until(midnight(first + 3 * DAY, zone))
    assert [life.reported[first + number * DAY] for number in range(3)] == [0, 0, 12]


@pytest.mark.parametrize(
    ("silent", "heard", "days"),
    [
        # Silent when the sun set and when it rose: nobody knows what the next day began with.
        (timedelta(hours=16), timedelta(hours=36), [31, 12, 31]),
        # Silent at sunset, back in the night: the morning's word comes before the inverters wake.
        (timedelta(hours=16), timedelta(hours=27), [31, 31, 31]),
        # Silent from the night until noon: what it had reported in the evening is enough.
        (timedelta(hours=25), timedelta(hours=37), [31, 31, 31]),
        # Never heard of again.
        (timedelta(hours=16), None, [31, 12, 12]),
    ],
    ids=str,
)
async def test_an_envoy_silent_overnight(
    world: World, silent: timedelta, heard: timedelta | None, days: list[int]
) -> None:
    first = date(2026, 4, 13)
    zone = world.simulator.plants["enphase_67"].zone
    life = await live(world, EICH, midnight(first, zone) + timedelta(hours=11))
    second = midnight(first + DAY, zone)
    await life.until(second + silent)
    world.simulator.silence("010731000003")
    if heard is not None:
        await life.until(second + heard, every=QUARTER)
        world.simulator.unsilence("010731000003")
        await life.until(second + timedelta(hours=32), every=QUARTER)
    await life.until(midnight(first + 4 * DAY, zone))
    reported = [life.reported[first + number * DAY] for number in range(1, 4)]
    assert reported == days


async def test_an_inverter_that_produces_unheard_is_not_taken_for_asleep(world: World) -> None:
    first = date(2026, 4, 13)
    zone = world.simulator.plants["enphase_72"].zone
    life = await live(world, SAMPLE, midnight(first, zone) + timedelta(hours=11))
    second = midnight(first + DAY, zone)
    await life.until(second + timedelta(hours=15))
    world.simulator.set_health("121703000005", 100, mute=True)
    # The cloud does not say so.
    world.simulator.mutate("*inverters_summary*", _all_normal)
    await life.until(second + timedelta(hours=34))
    world.simulator.set_health("121703000005", 100)
    await life.until(midnight(first + 4 * DAY, zone))
    assert [life.reported[first + number * DAY] for number in range(4)] == [0, 12, 11, 12]


def _all_normal(body: list[dict[str, list[dict[str, str]]]]) -> object:
    for group in body:
        for micro in group["micro_inverters"]:
            micro["status"] = "normal"
    return body


async def test_new_and_retired_inverters(world: World) -> None:
    first = date(2026, 4, 13)
    zone = world.simulator.plants["enphase_72"].zone
    life = await live(world, SAMPLE, midnight(first, zone) + timedelta(hours=11))
    second = midnight(first + DAY, zone)
    await life.until(second + timedelta(hours=12))
    world.simulator.retire_inverter("enphase_72", "121703000005")
    new = world.simulator.add_inverter("enphase_72").serial
    life.data = await world.run(life.client, life.data, "inventory", dark=life.sunlight.is_dark)
    await life.until(second + timedelta(hours=15))
    assert life.data.readings[new].energy_today is None
    assert "121703000005" not in life.data.readings
    await life.until(midnight(first + 3 * DAY, zone))
    assert [life.reported[first + number * DAY] for number in range(3)] == [0, 11, 12]
    assert life.data.readings[new].energy_today is not None


async def test_energies_in_kilojoules_and_bare_numbers_are_the_same_to_the_watt_hour(world: World) -> None:
    world.simulator.switches.inverters_energy_in_kj = True
    world.simulator.switches.inverters_power_as_int = True
    first = date(2026, 4, 13)
    zone = world.simulator.plants["enphase_72"].zone
    life = await live(world, SAMPLE, midnight(first, zone) + timedelta(hours=11))
    life.exact = False
    await life.until(midnight(first + 2 * DAY, zone))
    assert life.reported[first + DAY] == 12
