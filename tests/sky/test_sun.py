"""When it is light at a place."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from astral import Observer
from astral.sun import sun
import pytest

from custom_components.solar_cloud.budget.daylight import Daylight, light_table
from custom_components.solar_cloud.sky.sun import DAY, Place, solar_day, sun_hours

TROMSO = (69.65, 18.96)


def stamp(*parts: int) -> float:
    return datetime(*parts, tzinfo=UTC).timestamp()  # type: ignore[arg-type,misc]


@pytest.mark.parametrize("latitude", [-60, -45, -33.9, 0, 37.3, 52.5, 60])
def test_sunrise_and_sunset_agree_with_an_almanac_all_year_and_around_the_world(latitude: float) -> None:
    for longitude in (-175, -122, 0, 13.4, 151, 179):
        almanac = []
        for number in range(-1, 366):
            times = sun(Observer(latitude, longitude), date(2026, 1, 1) + timedelta(days=number))
            almanac.append((times["sunrise"].timestamp(), times["sunset"].timestamp()))
        rises, sets = sorted(rise for rise, _ in almanac), sorted(fall for _, fall in almanac)
        for number in range(2, 362, 11):
            day = solar_day(longitude, stamp(2026, 1, 1, 12) + number * DAY)
            hours = sun_hours(Place(latitude, longitude), day)
            assert hours is not None
            assert min(abs(hours.rise - rise) for rise in rises) < 60
            assert min(abs(hours.set - fall) for fall in sets) < 60


def test_the_days_of_a_known_place_and_year() -> None:
    # Berlin on 2026-06-21: 04:43 to 21:33 in Europe/Berlin.
    hours = sun_hours(Place(52.52, 13.405), solar_day(13.405, stamp(2026, 6, 21, 12)))
    assert hours is not None
    assert hours.rise == pytest.approx(stamp(2026, 6, 21, 2, 43), abs=90)
    assert hours.set == pytest.approx(stamp(2026, 6, 21, 19, 33), abs=90)


def test_a_solar_day_begins_in_the_local_night_wherever_that_is() -> None:
    for longitude in (-180, -122, 0, 100, 180):
        hours = sun_hours(Place(10, longitude), solar_day(longitude, stamp(2026, 3, 1, 12)))
        assert hours is not None
        assert solar_day(longitude, hours.rise) == solar_day(longitude, hours.set)


def test_polar_night_has_no_span_and_polar_day_is_one() -> None:
    light = Daylight(Place(*TROMSO))
    assert light.seconds(stamp(2026, 12, 1), stamp(2027, 1, 10)) == 0
    spans, index = light.spans(stamp(2026, 6, 15))
    assert spans[index].rise < stamp(2026, 5, 22)
    assert spans[index].set > stamp(2026, 7, 20)
    assert light.seconds(stamp(2026, 6, 1), stamp(2026, 7, 1)) == 30 * DAY


@pytest.mark.parametrize("latitude", [-90, 90, -66.56, 66.56, 89.99])
def test_poles_and_polar_circles_break_nothing(latitude: float) -> None:
    light = Daylight(Place(latitude, 180, timedelta(minutes=30)))
    for month in range(1, 13):
        start = stamp(2026, month, 1)
        assert 0 <= light.seconds(start, start + 10 * DAY) <= 10 * DAY


def test_a_margin_widens_each_day_at_both_ends() -> None:
    narrow, wide = Daylight(Place(52.5, 13.4)), Daylight(Place(52.5, 13.4, timedelta(minutes=45)))
    noon = stamp(2026, 3, 20, 11)
    (spans, index), (wider, other) = narrow.spans(noon), wide.spans(noon)
    assert wider[other] == (spans[index].rise - 2700, spans[index].set + 2700)
    week = (noon - 6 * 3600, noon - 6 * 3600 + 7 * DAY)
    assert wide.seconds(*week) - narrow.seconds(*week) == pytest.approx(7 * 5400, abs=5400)


def test_light_between_two_instants_adds_up() -> None:
    light = Daylight(Place(-33.9, 151.2, timedelta(minutes=5)))
    start, end = stamp(2026, 1, 3, 5), stamp(2026, 2, 20, 17)
    steps = [start + number * 7777 for number in range(int((end - start) // 7777))] + [end]
    parts = sum(light.seconds(one, two) for one, two in pairwise(steps))
    assert parts == pytest.approx(light.seconds(start, end))
    assert light.seconds(end, start) == 0


def test_on_the_equator_every_day_has_twelve_hours_and_a_little() -> None:
    light = Daylight(Place(0, 0))
    for month in range(1, 13):
        assert light.seconds(stamp(2026, month, 1), stamp(2026, month, 2)) / 3600 == pytest.approx(12.12, abs=0.05)


def test_the_light_of_many_places_together_is_the_sum_of_each() -> None:
    places = [(Daylight(Place(latitude, longitude)), 1 + number) for number, (latitude, longitude) in enumerate(
        [(52, 13), (37, -122), (-33, 151), (69, 19), (0, 179)]
    )]  # fmt: skip
    start, end = stamp(2026, 11, 1), stamp(2026, 12, 1)
    table = light_table(places, start, end)
    for moment in (start, start + 1, start + 12_345, start + 9.4 * DAY, end - 3600, end - 1, end, end + 5):
        expected = sum(count * light.seconds(moment, end) for light, count in places)
        assert table.left(moment) == pytest.approx(expected)
    assert light_table([], start, end).left(start) == 0
