"""Time zones by name, and fixed offsets where there is no name."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from custom_components.solar_cloud.model.elements import System, Vendor
from custom_components.solar_cloud.model.series import midnight
from custom_components.solar_cloud.model.zones import is_place, offset_in, offset_name, zone_named

HOME = ZoneInfo("America/Los_Angeles")


@pytest.mark.parametrize("name", ["Europe/Berlin", "US/Pacific", "UTC", "Etc/GMT+1"])
def test_names_of_the_database_are_its_zones(name):
    zone = zone_named(name)
    assert zone is not None
    assert zone.key == name


@pytest.mark.parametrize(
    "name", [None, "", " ", "GMT+1", "W. Europe Standard Time", "Etc/Unknown", "localtime", "Factory", "../x", "\ud800"]
)
def test_any_other_text_is_no_zone(name):
    assert zone_named(name) is None
    assert System(vendor=Vendor.SOLAREDGE, id="1", name="A", timezone=name).zone(HOME) is HOME


@pytest.mark.parametrize(
    ("name", "hours"), [("+01:00", 1), ("+05:30", 5.5), ("-03:30", -3.5), ("+00:00", 0), ("+12:45", 12.75)]
)
def test_a_fixed_offset_is_a_zone_without_summer_time(name, hours):
    zone = System(vendor=Vendor.SOLAREDGE, id="1", name="A", timezone=name).zone(HOME)
    assert (zone.key, zone) == (name, zone_named(name))
    for month in (1, 7):
        assert datetime(2026, month, 1, tzinfo=zone).utcoffset() == timedelta(hours=hours)
    assert midnight(date(2026, 7, 1), zone) == datetime(2026, 7, 1, tzinfo=UTC) - timedelta(hours=hours)
    assert offset_name(timedelta(hours=hours)) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("GMT+1", "+01:00"),
        ("UTC-05:00", "-05:00"),
        ("(UTC+05:30) Kolkata", "+05:30"),
        ("utc +2", "+02:00"),
        ("+0930", "+09:30"),
        ("W. Europe Standard Time", None),
        ("GMT+99", None),
        ("GMT+1:99", None),
        ("+123", None),
    ],
)
def test_the_offset_that_a_text_begins_with_is_read(text, name):
    offset = offset_in(text)
    assert (None if offset is None else offset_name(offset)) == name


def test_no_place_is_more_than_14_hours_from_utc():
    assert offset_name(timedelta(hours=14, minutes=1)) is None
    assert zone_named("+14:30") is None


def test_a_place_is_a_name_with_a_region():
    assert is_place("Europe/Berlin")
    assert not any(map(is_place, (None, "UTC", "Etc/GMT+1", "GMT", "+01:00", "Europe/Nowhere")))
