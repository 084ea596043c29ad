"""What the sun says: the dark produces nothing, and says so only when it is really dark."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from custom_components.solar_cloud.model.darkness import SURE
from custom_components.solar_cloud.model.elements import DayEnergy, Power
from custom_components.solar_cloud.sky.sun import Place
from custom_components.solar_cloud.system.sunlight import Sunlight

BERLIN = Sunlight(Place(52.5, 13.4, timedelta(minutes=15)), ZoneInfo("Europe/Berlin"))
TROMSO = Sunlight(Place(69.6, 18.9, timedelta(minutes=15)), ZoneInfo("Europe/Oslo"))


def at(day: int, hour: float, month: int = 6) -> datetime:
    return datetime(2026, month, day, tzinfo=UTC) + timedelta(hours=hour)


def seen(light: Sunlight, power_w: float, measured: datetime, now: datetime) -> Power:
    """Return what is left of a power that was measured at an instant."""
    return light.as_of(Power(power_w=power_w, measured_at=measured), now, 5_000.0)


def test_a_power_from_before_sunset_ends_with_the_light() -> None:
    assert seen(BERLIN, 310, at(10, 17), at(10, 19)) == Power(power_w=310, measured_at=at(10, 17))
    # The system may be in the west of its zone.
    assert seen(BERLIN, 310, at(10, 17), at(10, 20)) == Power(power_w=310, measured_at=at(10, 17))
    assert seen(BERLIN, 310, at(10, 17), at(10, 20.5)) == Power(power_w=0, measured_at=at(10, 20.5))
    assert seen(BERLIN, 310, at(10, 17), at(11, 1)) == Power(power_w=0, measured_at=at(11, 1))


def test_a_power_of_another_days_light_is_nothing_since_the_last_dark() -> None:
    for measured in (at(8, 12), at(10, 17)):
        old = seen(BERLIN, 310, measured, at(11, 12))
        assert old.power_w == 0
        assert at(11, 1.5) < old.measured_at < at(11, 2)
        assert BERLIN.is_dark(old.measured_at - timedelta(hours=1), old.measured_at + SURE - timedelta(seconds=1))
        assert not BERLIN.is_dark(old.measured_at, old.measured_at + SURE + timedelta(minutes=1))


def test_a_little_that_is_measured_at_dusk_wins_over_the_sun() -> None:
    dusk = at(10, 20)
    assert BERLIN.is_dark(dusk - timedelta(minutes=15), dusk)
    for now in (dusk + timedelta(minutes=5), dusk + timedelta(minutes=20)):
        assert seen(BERLIN, 72, dusk, now) == Power(power_w=72, measured_at=dusk)
    assert seen(BERLIN, 72, dusk, at(10, 21)).power_w == 0


@pytest.mark.parametrize("power_w", [-12, 0, 36, 100])
def test_a_little_that_is_measured_in_the_dark_is_nothing(power_w: float) -> None:
    assert seen(BERLIN, power_w, at(10, 22), at(10, 23)) == Power(power_w=0, measured_at=at(10, 23))


def test_more_than_a_little_in_the_dark_shows_that_the_sun_is_known_badly() -> None:
    assert seen(BERLIN, 101, at(10, 22), at(10, 23)) == Power(power_w=101, measured_at=at(10, 22))
    large = Power(power_w=900, measured_at=at(10, 22))
    assert BERLIN.as_of(large, at(10, 23), 50_000.0).power_w == 0
    assert BERLIN.as_of(large, at(10, 23), None) == large


def test_a_power_by_day_is_shown_with_its_age_not_as_zero() -> None:
    assert seen(BERLIN, 310, at(10, 5), at(10, 17)) == Power(power_w=310, measured_at=at(10, 5))


def test_a_new_days_energy_is_zero_and_an_older_days_says_nothing_in_the_light() -> None:
    newest = DayEnergy(day=date(2026, 6, 10), energy_wh=25_000)
    assert BERLIN.day_energy_wh(newest, at(10, 21.9)) == 25_000
    assert BERLIN.day_energy_wh(newest, at(10, 22)) == 0
    assert BERLIN.day_energy_wh(newest, at(11, 2)) == 0
    assert BERLIN.day_energy_wh(newest, at(11, 12)) == 0
    assert BERLIN.day_energy_wh(newest, at(11, 22)) == 0
    assert BERLIN.day_energy_wh(newest, at(12, 12)) is None
    assert BERLIN.day_energy_wh(None, at(11, 2)) is None


def test_in_the_polar_day_a_power_stands_and_a_new_day_begins_at_zero() -> None:
    newest = DayEnergy(day=date(2026, 6, 10), energy_wh=25_000)
    assert TROMSO.day_energy_wh(newest, at(10, 22.1)) == 0
    assert TROMSO.day_energy_wh(newest, at(11, 22.1)) is None
    power = Power(power_w=310.0, measured_at=at(10, 12))
    assert TROMSO.as_of(power, at(10, 23), None) == power


def test_in_the_polar_night_a_days_energy_is_zero() -> None:
    newest = DayEnergy(day=date(2026, 12, 10), energy_wh=0)
    assert TROMSO.day_energy_wh(newest, at(11, 11, month=12)) == 0


def test_the_next_turn_is_the_end_of_the_light_or_of_the_day() -> None:
    dark = BERLIN.next_turn(at(10, 12))
    assert at(10, 20.25) < dark < at(10, 20.75)
    assert BERLIN.next_turn(dark) == at(10, 22)
    assert BERLIN.next_turn(at(10, 22)) > at(11, 19)
    assert TROMSO.next_turn(at(10, 12)) == at(10, 22)


def test_the_turn_of_a_day_follows_the_clock_change() -> None:
    assert BERLIN.next_turn(datetime(2026, 10, 24, 20, tzinfo=UTC)) == datetime(2026, 10, 24, 22, tzinfo=UTC)
    assert BERLIN.next_turn(datetime(2026, 10, 25, 20, tzinfo=UTC)) == datetime(2026, 10, 25, 23, tzinfo=UTC)
