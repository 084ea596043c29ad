"""What the sun says: the dark produces nothing, and says so only when it is really dark."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from custom_components.solar_cloud.model.elements import DayEnergy, Power
from custom_components.solar_cloud.sky.sun import Place
from custom_components.solar_cloud.system.sunlight import Sunlight

BERLIN = Sunlight(Place(52.5, 13.4, timedelta(minutes=15)), ZoneInfo("Europe/Berlin"))
TROMSO = Sunlight(Place(69.6, 18.9, timedelta(minutes=15)), ZoneInfo("Europe/Oslo"))


def at(day: int, hour: float, month: int = 6) -> datetime:
    return datetime(2026, month, day, tzinfo=UTC) + timedelta(hours=hour)


def test_a_power_from_before_sunset_ends_with_the_light() -> None:
    power = Power(power_w=310.0, measured_at=at(10, 17))
    assert BERLIN.power_w(power, at(10, 19)) == 310
    assert BERLIN.power_w(power, at(10, 20)) == 0
    assert BERLIN.power_w(power, at(11, 1)) == 0
    assert BERLIN.power_w(None, at(11, 1)) is None


def test_what_was_measured_in_the_dark_is_shown_as_measured() -> None:
    assert BERLIN.power_w(Power(power_w=-12.0, measured_at=at(10, 22)), at(10, 23)) == -12


def test_an_old_power_by_day_is_shown_with_its_age_not_as_zero() -> None:
    assert BERLIN.power_w(Power(power_w=310.0, measured_at=at(8, 12)), at(10, 12)) == 310


def test_a_new_days_energy_is_zero_until_light_and_unknown_until_the_first_reading() -> None:
    newest = DayEnergy(day=date(2026, 6, 10), energy_wh=25_000)
    assert BERLIN.day_energy_wh(newest, at(10, 21.9)) == 25_000
    assert BERLIN.day_energy_wh(newest, at(10, 22)) == 0
    assert BERLIN.day_energy_wh(newest, at(11, 2)) == 0
    assert BERLIN.day_energy_wh(newest, at(11, 3)) is None
    assert BERLIN.day_energy_wh(None, at(11, 2)) is None


def test_in_the_polar_day_nothing_is_known_from_midnight_on() -> None:
    newest = DayEnergy(day=date(2026, 6, 10), energy_wh=25_000)
    assert TROMSO.day_energy_wh(newest, at(10, 22.1)) is None
    assert TROMSO.power_w(Power(power_w=310.0, measured_at=at(10, 12)), at(10, 23)) == 310


def test_in_the_polar_night_a_days_energy_is_zero() -> None:
    newest = DayEnergy(day=date(2026, 12, 10), energy_wh=0)
    assert TROMSO.day_energy_wh(newest, at(11, 11, month=12)) == 0


def test_the_next_turn_is_the_end_of_the_light_or_of_the_day() -> None:
    dark = BERLIN.next_turn(at(10, 12))
    assert at(10, 19.5) < dark < at(10, 20)
    assert BERLIN.next_turn(dark) == at(10, 22)
    assert BERLIN.next_turn(at(10, 22)) > at(11, 19)
    assert TROMSO.next_turn(at(10, 12)) == at(10, 22)


def test_the_turn_of_a_day_follows_the_clock_change() -> None:
    assert BERLIN.next_turn(datetime(2026, 10, 24, 20, tzinfo=UTC)) == datetime(2026, 10, 24, 22, tzinfo=UTC)
    assert BERLIN.next_turn(datetime(2026, 10, 25, 20, tzinfo=UTC)) == datetime(2026, 10, 25, 23, tzinfo=UTC)
