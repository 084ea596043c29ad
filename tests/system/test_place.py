"""Where a system's sun is taken from."""

from unittest.mock import patch

import pytest

from custom_components.solar_cloud.system.place import GUESS_MARGIN, HOME_MARGIN, ZONE_MARGIN, canonical, place_of

HOME = ("Europe/Berlin", 48.1, 11.6)


def test_home_is_the_place_where_the_time_zones_agree() -> None:
    place = place_of("Europe/Berlin", *HOME)
    assert (place.latitude, place.longitude, place.margin) == (48.1, 11.6, HOME_MARGIN)
    assert place_of(None, *HOME) == place_of("", *HOME) == place


def test_old_names_of_a_zone_are_the_same_zone() -> None:
    assert canonical("US/Pacific") == "America/Los_Angeles"
    place = place_of("US/Pacific", "America/Los_Angeles", 38.4, -122.8)
    assert (place.latitude, place.longitude) == (38.4, -122.8)


@pytest.mark.parametrize(
    ("zone", "latitude", "longitude"),
    [
        ("America/Los_Angeles", 34.05, -118.24),
        ("US/Pacific", 34.05, -118.24),
        ("Australia/Sydney", -33.87, 151.22),
        ("Asia/Kolkata", 22.53, 88.37),
        ("Europe/Amsterdam", 52.37, 4.9),
    ],
)
def test_elsewhere_it_is_the_zones_principal_place(zone: str, latitude: float, longitude: float) -> None:
    place = place_of(zone, *HOME)
    assert place.latitude == pytest.approx(latitude, abs=0.02)
    assert place.longitude == pytest.approx(longitude, abs=0.02)
    assert place.margin == ZONE_MARGIN


def test_a_zone_without_a_place_is_guessed_from_its_distance_to_utc() -> None:
    place = place_of("Etc/GMT-3", *HOME)
    assert (place.longitude, place.margin) == (45, GUESS_MARGIN)


def test_an_offset_that_is_home_s_is_near_home_and_any_other_is_guessed() -> None:
    place = place_of("+05:30", "Asia/Kolkata", 12.9, 77.6)
    assert (place.latitude, place.longitude, place.margin) == (12.9, 77.6, GUESS_MARGIN)
    place = place_of("-03:00", "Asia/Kolkata", 12.9, 77.6)
    assert (place.longitude, place.margin) == (-45, GUESS_MARGIN)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd"])
def test_what_is_no_zone_is_guessed_to_be_near_home(zone: str) -> None:
    place = place_of(zone, *HOME)
    assert (place.latitude, place.longitude, place.margin) == (48.1, 11.6, GUESS_MARGIN)


def test_a_home_that_nobody_has_set_is_no_place() -> None:
    place = place_of("Europe/Berlin", "Europe/Berlin", 0, 0)
    assert place.latitude == pytest.approx(52.5, abs=0.1)


@pytest.mark.parametrize(
    ("zone", "longitude"), [("Europe/Amsterdam", -117.2), ("Australia/Sydney", 11.6), ("America/New_York", 4.9)]
)
def test_a_home_where_its_own_time_zone_cannot_be_is_no_place(zone: str, longitude: float) -> None:
    place = place_of(zone, zone, 32.9, longitude)
    assert place.longitude != longitude
    assert place == place_of(zone, "Europe/Lisbon", 38.7, -9.1)


@pytest.mark.parametrize(
    ("zone", "longitude"),
    [
        ("Asia/Shanghai", 76.0),
        ("Europe/Madrid", -9.2),
        ("Pacific/Kiritimati", -157.4),
        ("Pacific/Apia", -171.8),
        ("America/Adak", -176.7),
        ("Pacific/Auckland", 178.5),
        ("Pacific/Chatham", -176.5),
    ],
)
def test_a_home_far_from_the_middle_of_its_time_zone_is_its_place(zone: str, longitude: float) -> None:
    assert place_of(zone, zone, 10.0, longitude).longitude == longitude


def test_without_the_tables_there_is_still_a_place() -> None:
    with patch("custom_components.solar_cloud.system.place._places", return_value={}):
        assert place_of("Asia/Tokyo", *HOME).longitude == 135
