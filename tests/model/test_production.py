"""The day of production: what its cloud reports is believed as far as it can be, and else the intervals count."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

import pytest

from custom_components.solar_cloud.model.darkness import light_between
from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import (
    DayEnergy,
    Flow,
    Interval,
    LifetimeBase,
    Momentary,
    Power,
    Silence,
    System,
    Update,
    Vendor,
)
from custom_components.solar_cloud.model.merging import merge

UTC_ZONE = ZoneInfo("UTC")
DAY = date(2026, 6, 10)
MIDNIGHT = datetime(2026, 6, 10, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SIZE_W = 4000.0


def dark(start: datetime, end: datetime) -> bool:
    """It is light from 4 to 20 o'clock."""
    night = (start + 4 * HOUR).replace(hour=0, minute=0, second=0) - 4 * HOUR
    return night <= start <= end <= night + 8 * HOUR


class Roof:
    """A system that reports its day and the lifetime before it."""

    def __init__(self) -> None:
        system = System(vendor=Vendor.ENPHASE, id="1", name="Roof", size_w=SIZE_W)
        self.data = SystemData(system=system)

    def report(self, hours: float, today_wh: float, before_wh: float | None = None, day: int = 0) -> float | None:
        """Take a summary so many hours after midnight, up to which it counts, and return the energy that is known."""
        now = MIDNIGHT + hours * HOUR + MINUTE
        on = DAY + timedelta(days=day)
        self.take(
            Update(
                system=replace(self.data.system, last_report=now - MINUTE),
                power=Power(power_w=10.0, measured_at=now - MINUTE),
                today=DayEnergy(day=on, energy_wh=today_wh, as_of=now - MINUTE),
                lifetime=None if before_wh is None else LifetimeBase(day=on, before_wh=before_wh),
            ),
            now,
        )
        return self.today(now)

    def rows(self, hours: float, *energies: float) -> float | None:
        """Take rows of an hour that end so many hours after midnight."""
        end = MIDNIGHT + hours * HOUR
        rows = [
            Interval(start=end - (number + 1) * HOUR, end=end - number * HOUR, energy_wh=energy)
            for number, energy in enumerate(reversed(energies))
        ]
        self.take(Update(detail=MappingProxyType({Flow.PRODUCTION: tuple(rows)})), end + MINUTE)
        return self.today(end + MINUTE)

    def take(self, update: Update, now: datetime) -> None:
        self.data = merge(self.data, update, now, UTC_ZONE, dark)

    def today(self, now: datetime) -> float | None:
        return self.data.energy_today_wh(now, UTC_ZONE)


@pytest.fixture
def roof() -> Roof:
    return Roof()


def test_a_report_that_grows_is_the_energy_of_the_day(roof: Roof) -> None:
    assert [roof.report(8 + n, 1000.0 * n, 50_000) for n in range(4)] == [0, 1000, 2000, 3000]
    assert roof.data.lifetime.published_wh == 53_000


def test_a_report_that_jumps_is_left_out_and_the_intervals_count(roof: Roof) -> None:
    roof.report(10, 4000, 50_000)
    assert roof.report(10.25, 54_000, 50_000) == 4000
    assert roof.rows(11, 1000, 3000, 1500) == 5500
    assert roof.data.today == DayEnergy(day=DAY, energy_wh=5500, as_of=MIDNIGHT + 11 * HOUR)
    assert roof.report(11.25, 55_500, 50_000) == 5500
    assert roof.report(12, 7000, 50_000) == 7000


def test_the_lifetime_goes_on_with_the_intervals(roof: Roof) -> None:
    roof.report(10, 4000, 50_000)
    roof.rows(11, 1000, 3000, 1500)
    assert roof.data.lifetime.published_wh == 55_500
    assert roof.data.lifetime.as_of == MIDNIGHT + 11 * HOUR
    # A base that was corrected says less than what is known: the cloud's own count decides.
    roof.report(11.25, 5600, 40_000)
    waits = roof.data.lifetime
    roof.rows(12, 1000, 3000, 1500, 1000)
    assert roof.data.lifetime == waits


def test_the_intervals_lower_nothing(roof: Roof) -> None:
    roof.report(10, 4000)
    assert roof.rows(11, 1000, 2000) == 4000
    assert roof.data.today is not None
    assert roof.data.today.as_of == MIDNIGHT + 10 * HOUR


def test_a_report_that_stays_the_same_is_of_the_later_time(roof: Roof) -> None:
    roof.report(10, 4000)
    roof.report(11, 4000)
    assert roof.data.today == DayEnergy(day=DAY, energy_wh=4000, as_of=MIDNIGHT + 11 * HOUR)


@pytest.mark.parametrize("yesterday", [300.0, 9000.0, 25_000.0])
def test_a_day_that_goes_on_from_yesterdays_is_told_by_the_lifetime(roof: Roof, yesterday: float) -> None:
    roof.report(19, yesterday, 50_000)
    roof.rows(24 + 7, 10)
    for number in range(1, 8):
        # The cloud has turned neither of both.
        assert roof.report(24 + 7 + number, yesterday + 200.0 * number, 50_000, day=1) == 10
        assert roof.data.lifetime.published_wh == 50_000 + yesterday + 200 * number
    assert roof.report(24 + 16, 1600, 50_000 + yesterday, day=1) == 1600


@pytest.mark.parametrize("yesterday", [30.0, 900.0, 9000.0])
def test_the_very_energy_of_yesterday_is_yesterdays(roof: Roof, yesterday: float) -> None:
    roof.report(12, 20.0, 50_000)
    roof.report(19, yesterday, 50_000)
    assert roof.report(24 + 6, yesterday, 50_000 + yesterday, day=1) is None
    assert roof.report(24 + 6.5, yesterday, 50_000 + yesterday, day=1) is None
    assert roof.rows(24 + 7, 10) == 10
    assert roof.report(24 + 8, yesterday, 50_000 + yesterday, day=1) == 10
    assert roof.report(24 + 9, 500, 50_000 + yesterday, day=1) == 500


def test_a_part_of_yesterday_in_the_dark_is_not_believed(roof: Roof) -> None:
    roof.report(19, 9000.0)
    assert roof.report(24.5, 4500, day=1) is None
    assert roof.report(24 + 6, 100, day=1) == 100


def test_a_gateway_that_comes_back_brings_all_at_once(roof: Roof) -> None:
    roof.report(8, 500, 50_000)
    assert roof.report(16, 22_000, 50_000) == 22_000
    assert roof.data.lifetime.published_wh == 72_000


def test_a_time_before_the_day_is_none(roof: Roof) -> None:
    now = MIDNIGHT + 10 * HOUR
    roof.take(Update(today=DayEnergy(day=DAY, energy_wh=4000, as_of=MIDNIGHT - timedelta(days=900))), now)
    assert roof.today(now) == 4000
    roof.take(Update(today=DayEnergy(day=DAY + timedelta(days=1), energy_wh=0, as_of=now)), now + timedelta(days=1))
    assert roof.data.today == DayEnergy(day=DAY + timedelta(days=1), energy_wh=0, as_of=now)


def test_without_a_nameplate_a_report_is_believed(roof: Roof) -> None:
    roof.data = replace(roof.data, system=replace(roof.data.system, size_w=None))
    assert roof.report(8, 90_000) == 90_000


def test_without_a_nameplate_a_report_that_no_system_has_is_not_believed(roof: Roof) -> None:
    roof.data = replace(roof.data, system=replace(roof.data.system, size_w=None))
    assert roof.report(10, 4_294_967_295.0) is None
    assert roof.report(11, 5_000.0) == 5_000.0


def test_a_low_sun_counts_for_a_third() -> None:
    def light(start: float, end: float) -> float:
        return light_between(MIDNIGHT + start * HOUR, MIDNIGHT + end * HOUR, dark) / HOUR

    assert light(0, 3) == 0
    assert light(10, 12) == 2
    assert light(4, 5) == pytest.approx(1 / 3)
    assert light(0, 6) == pytest.approx(1 + 1.75 / 3, abs=0.2)
    assert light(12, 11) == 0


# The future.


def test_what_is_of_the_future_is_of_now_and_leaves_no_trace(roof: Roof) -> None:
    now = MIDNIGHT + 10 * HOUR
    ahead = now + 5 * HOUR
    momentary = Momentary(measured_at=ahead, powers={Flow.GRID_IMPORT: 7.0})
    roof.take(Update(power=Power(power_w=800.0, measured_at=ahead), momentary=momentary), now)
    assert roof.data.power == Power(power_w=800.0, measured_at=now)
    assert roof.data.published.power[Flow.GRID_IMPORT].end == now
    later = now + 5 * MINUTE
    roof.take(Update(power=Power(power_w=700.0, measured_at=later)), later)
    assert roof.data.power == Power(power_w=700.0, measured_at=later)


def test_our_own_clock_was_ahead(roof: Roof) -> None:
    ahead = MIDNIGHT + timedelta(days=400)
    powers = {Flow.GRID_IMPORT: 7.0, Flow.PRODUCTION: 800.0}
    roof.take(Update(momentary=Momentary(measured_at=ahead, powers=powers)), ahead)
    now = MIDNIGHT + 10 * HOUR
    roof.take(Update(momentary=Momentary(measured_at=now, powers={Flow.GRID_IMPORT: 9.0, Flow.PRODUCTION: 1.0})), now)
    assert roof.data.power == Power(power_w=1.0, measured_at=now)
    assert roof.data.published.power[Flow.GRID_IMPORT].amount == 9


def test_rows_that_have_not_begun_are_not_taken(roof: Roof) -> None:
    now = MIDNIGHT + 10 * HOUR
    rows = tuple(
        Interval(start=now + number * HOUR, end=now + (number + 1) * HOUR, energy_wh=5.0) for number in range(-2, 3)
    )
    flows = MappingProxyType({Flow.GRID_IMPORT: rows})
    roof.take(
        Update(
            intervals=rows,
            flows=flows,
            detail=MappingProxyType({Flow.PRODUCTION: rows}),
            device_intervals=MappingProxyType({"A": rows}),
            device_flows=MappingProxyType({"B": flows}),
            silence=Silence(since=now - HOUR, until=now + HOUR),
        ),
        now,
    )
    for series in (roof.data.intervals, roof.data.flows[Flow.GRID_IMPORT], roof.data.detail[Flow.PRODUCTION]):
        assert max(series) == now - HOUR
