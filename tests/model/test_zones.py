"""Time zones by name, and those of a fixed offset."""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.solar_cloud.model.zones import offset_name, zone_of

SUMMER, WINTER = datetime(2026, 7, 1, 12, tzinfo=UTC), datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("name", ["Europe/Berlin", "US/Pacific", "Asia/Kolkata", "UTC"])
def test_a_name_of_the_database_is_that_zone(name: str):
    zone = zone_of(name)
    assert zone is not None
    assert zone.key == name


@pytest.mark.parametrize(
    ("name", "offset"),
    [
        ("+00:00", timedelta(0)),
        ("+05:30", timedelta(hours=5, minutes=30)),
        ("-03:30", -timedelta(hours=3, minutes=30)),
        ("+14:00", timedelta(hours=14)),
        ("-12:00", -timedelta(hours=12)),
    ],
)
def test_an_offset_is_a_zone_of_its_own_all_year(name: str, offset: timedelta):
    zone = zone_of(name)
    assert zone is not None
    assert {SUMMER.astimezone(zone).utcoffset(), WINTER.astimezone(zone).utcoffset()} == {offset}
    assert datetime(2026, 7, 1, 0, 30, tzinfo=zone).astimezone(UTC) == datetime(2026, 7, 1, 0, 30, tzinfo=UTC) - offset
    assert zone.key == name
    assert zone_of(name) is zone


@pytest.mark.parametrize("minutes", [0, 60, 330, 345, -210, -720, 840])
def test_the_name_of_an_offset_is_that_zone(minutes: int):
    offset = timedelta(minutes=minutes)
    zone = zone_of(offset_name(offset))
    assert zone is not None
    assert SUMMER.astimezone(zone).utcoffset() == offset


@pytest.mark.parametrize(
    "name",
    [
        None,
        "",
        "GMT+1",
        "W. Europe Standard Time",
        "+5:30",
        "+05:60",
        "+25:00",
        "+05:30 ",
        "../etc/passwd",
        "Europe",
        "a\0b",
        "ü" * 300,
    ],
)
def test_any_other_text_is_no_zone(name: str | None):
    assert zone_of(name) is None


def test_a_day_of_an_offset_begins_at_its_own_midnight():
    zone = zone_of("+05:30")
    assert zone is not None
    assert datetime(2026, 3, 29, tzinfo=zone).astimezone(UTC) == datetime(2026, 3, 28, 18, 30, tzinfo=UTC)
