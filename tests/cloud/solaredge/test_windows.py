"""Windows and buckets of SolarEdge's calendar."""

from datetime import UTC, date, datetime, timedelta
import itertools
from zoneinfo import ZoneInfo

import pytest

from custom_components.solar_cloud.cloud.solaredge.windows import (
    Asked,
    Resolution,
    Window,
    bucket_end,
    floor_quarter,
    known_until,
    late_windows,
    newest_window,
    older_windows,
    windows,
    windows_backward,
)
from custom_components.solar_cloud.model.data import midnight
from custom_components.solar_cloud.model.elements import Interval

BERLIN = ZoneInfo("Europe/Berlin")
KOLKATA = ZoneInfo("Asia/Kolkata")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
HOUR = timedelta(hours=1)
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


def day_window(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    return midnight(day, zone), midnight(day + timedelta(days=1), zone)


def at(hour: int, minute: int = 0, day: int = 21) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def known(start: datetime, end: datetime) -> dict[datetime, Interval]:
    result = {}
    while start < end:
        result[start] = Interval(start=start, end=start + HOUR / 4, energy_wh=1.0)
        start += HOUR / 4
    return result


@pytest.mark.parametrize("zone", [BERLIN, KOLKATA, LORD_HOWE, ZoneInfo("America/Los_Angeles")], ids=str)
@pytest.mark.parametrize("day", [SPRING, AUTUMN, date(2026, 6, 1), date(2026, 10, 4), date(2026, 11, 1)], ids=str)
@pytest.mark.parametrize(
    ("resolution", "limit"), [(Resolution.QUARTER_HOUR, 12 * HOUR), (Resolution.HOUR, 24 * HOUR)], ids=str
)
def test_windows_cover_a_day_without_gap_and_keep_the_limit_by_clock_and_calendar(zone, day, resolution, limit):
    start, end = day_window(day, zone)
    pieces = list(windows(start, end, resolution, zone))
    assert [piece.start for piece in pieces] == [start, *(piece.end for piece in pieces[:-1])]
    assert pieces[-1].end == end
    for piece in pieces:
        local = [moment.astimezone(zone).replace(tzinfo=None) for moment in (piece.start, piece.end)]
        assert piece.end - piece.start <= limit
        assert local[1] - local[0] <= limit


@pytest.mark.parametrize(
    ("day", "hours"), [(SPRING, [11, 12]), (AUTUMN, [12, 12, 1]), (date(2026, 6, 1), [12, 12])], ids=str
)
def test_a_summer_time_day_is_split_where_both_reckonings_allow(day, hours):
    pieces = windows(*day_window(day, BERLIN), Resolution.QUARTER_HOUR, BERLIN)
    assert [(piece.end - piece.start) / HOUR for piece in pieces] == hours


def test_days_are_asked_for_by_the_calendar_month():
    start, end = midnight(date(2026, 1, 31), BERLIN), midnight(date(2026, 4, 2), BERLIN)
    edges = [piece.end.astimezone(BERLIN).date() for piece in windows(start, end, Resolution.DAY, BERLIN)]
    assert edges == [date(2026, 2, 28), date(2026, 3, 28), date(2026, 4, 2)]


def test_days_over_the_turn_of_a_year_stay_whole_months():
    start, end = midnight(date(2026, 11, 15), BERLIN), midnight(date(2027, 1, 20), BERLIN)
    edges = [piece.end.astimezone(BERLIN).date() for piece in windows(start, end, Resolution.DAY, BERLIN)]
    assert edges == [date(2026, 12, 15), date(2027, 1, 15), date(2027, 1, 20)]


def test_months_are_asked_for_by_the_year_and_years_all_at_once():
    start, end = midnight(date(2020, 1, 1), BERLIN), midnight(date(2022, 6, 1), BERLIN)
    assert len(list(windows(start, end, Resolution.MONTH, BERLIN))) == 3
    assert list(windows(start, end, Resolution.YEAR, BERLIN)) == [Window(start, end)]
    assert list(windows(start, end, Resolution.TOTAL, BERLIN)) == [Window(start, end)]


@pytest.mark.parametrize("resolution", list(Resolution))
def test_no_time_needs_no_window(resolution):
    assert list(windows(at(9), at(9), resolution, BERLIN)) == []
    assert list(windows(at(10), at(9), resolution, BERLIN)) == []


@pytest.mark.parametrize(
    ("resolution", "start", "end"),
    [
        (Resolution.QUARTER_HOUR, datetime(2026, 3, 29, 0, 45, tzinfo=UTC), datetime(2026, 3, 29, 1, tzinfo=UTC)),
        (Resolution.HOUR, datetime(2026, 10, 25, 0, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)),
        (Resolution.DAY, midnight(SPRING, BERLIN), midnight(SPRING, BERLIN) + 23 * HOUR),
        (Resolution.DAY, midnight(AUTUMN, BERLIN), midnight(AUTUMN, BERLIN) + 25 * HOUR),
        (Resolution.WEEK, midnight(date(2026, 10, 19), BERLIN), midnight(date(2026, 10, 26), BERLIN)),
        (Resolution.MONTH, midnight(date(2026, 12, 1), BERLIN), midnight(date(2027, 1, 1), BERLIN)),
        (Resolution.YEAR, midnight(date(2026, 1, 1), BERLIN), midnight(date(2027, 1, 1), BERLIN)),
        (Resolution.TOTAL, midnight(date(2026, 1, 1), BERLIN), None),
    ],
)
def test_a_bucket_ends_where_the_site_s_calendar_says(resolution, start, end):
    assert bucket_end(start, resolution, BERLIN) == end


def test_a_quarter_is_floored_in_every_zone():
    assert floor_quarter(datetime(2026, 11, 21, 9, 29, 59, 999, tzinfo=UTC)) == at(9, 15)
    assert floor_quarter(at(9, 15)) == at(9, 15)


def test_the_newest_window_is_from_what_is_needed_to_the_last_complete_quarter():
    assert newest_window(at(0), [], at(9, 16), BERLIN) == Window(at(0), at(9, 15))


def test_the_newest_window_is_short_of_twelve_hours_however_long_the_day():
    window = newest_window(at(0), [], at(23, 50), BERLIN)
    assert window == Window(at(12, 15), at(23, 45))


def test_just_after_midnight_the_evening_before_is_read_again():
    assert newest_window(at(0), [], at(0, 5), BERLIN) == Window(at(21, day=20), at(0))


def test_what_is_known_of_yesterday_is_read_again_for_late_values_at_no_price():
    assert newest_window(at(0), known(at(1, day=20), at(3)), at(9), BERLIN) == Window(at(21, 30, day=20), at(9))


def test_the_newest_window_keeps_the_limit_by_calendar_when_summer_time_begins():
    noon = datetime(2026, 3, 29, 10, 0, tzinfo=UTC)
    window = newest_window(noon - 20 * HOUR, [], noon, BERLIN)
    assert window == Window(noon - 11 * HOUR, noon)


def test_older_windows_are_what_lies_before_and_was_never_read():
    newest, oldest = Window(at(12), at(23, 30)), at(12, day=19)

    def older(needed, known, asked):
        return older_windows(newest, needed, oldest, known, asked, BERLIN)

    assert older(at(0), {}, None) == [Window(at(0), at(12))]
    assert older(at(0), known(at(0), at(4)), None) == [Window(at(4), at(12))]
    assert older(at(0), known(at(0), at(12)), None) == []
    assert older(at(0), {}, Asked(at(0), at(12, 15))) == []
    assert older(at(0), {}, Asked(at(2), at(12, 15))) == [Window(at(0), at(12))]
    assert older(at(0), known(at(0), at(3)), Asked(at(2), at(12))) == []
    assert older(at(0, day=20), {}, None)[0] == Window(at(0), at(12))
    assert older(at(0, day=20), {}, None)[-1].start == at(0, day=20)


def test_after_a_pause_reading_goes_on_where_it_stopped_but_not_before_the_oldest():
    newest, oldest = Window(at(12), at(23, 30)), at(12, day=19)

    def stretch(known, asked):
        pieces = older_windows(newest, at(0), oldest, known, asked, BERLIN)
        return pieces[-1].start, pieces[0].end

    assert stretch({}, Asked(at(0, day=20), at(15, day=20))) == (at(15, day=20), at(12))
    assert stretch(known(at(0, day=20), at(9, day=20)), None) == (at(9, day=20), at(12))
    assert stretch(known(at(0, day=15), at(9, day=15)), None) == (oldest, at(12))


def test_a_gap_is_asked_for_again_when_its_newer_end_fills():
    newest = Window(at(12), at(23, 30))
    before = known(at(0), at(6))
    oldest = at(12, day=19)
    assert late_windows(newest, oldest, before, [at(12)], BERLIN) == [Window(at(6), at(12))]
    assert late_windows(newest, oldest, before, [at(12, 15)], BERLIN) == []
    assert late_windows(newest, oldest, before | known(at(12), at(13)), [at(12)], BERLIN) == []
    assert late_windows(newest, oldest, {}, [at(12)], BERLIN) == []


def test_a_gap_that_fills_is_not_asked_for_beyond_the_oldest():
    newest, oldest = Window(at(12), at(23, 30)), at(12, day=19)
    pieces = late_windows(newest, oldest, known(at(0, day=10), at(1, day=10)), [at(12)], BERLIN)
    assert pieces[-1].start == oldest


def test_backward_windows_meet_without_gap():
    start, end = day_window(SPRING, BERLIN)
    pieces = windows_backward(start - 13 * HOUR, end, BERLIN)
    assert pieces[0].end == end
    assert pieces[-1].start == start - 13 * HOUR
    assert all(newer.start == older.end for newer, older in itertools.pairwise(pieces))


def test_known_until_stops_at_the_first_gap():
    assert known_until(known(at(0), at(2)) | known(at(3), at(4)), at(0)) == at(2)
    assert known_until({}, at(0)) == at(0)


def test_stretches_that_touch_become_one_and_a_gap_forgets_the_older():
    assert Asked(at(0), at(5)).joined(Asked(at(5), at(9))) == Asked(at(0), at(9))
    assert Asked(at(0), at(5)).joined(Asked(at(6), at(9))) == Asked(at(6), at(9))
