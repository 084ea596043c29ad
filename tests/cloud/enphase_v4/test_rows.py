"""From when on rows are asked for, and which of an answer are final."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from custom_components.solar_cloud.cloud.enphase_v4.model import Granularity
from custom_components.solar_cloud.cloud.enphase_v4.rows import final_rows, quarters, silence_of, window, with_twilight
from custom_components.solar_cloud.model.elements import Interval, LifetimeBase, Silence
from custom_components.solar_cloud.model.series import EMPTY, Series

from .helpers import AMSTERDAM, MIDNIGHT

NOON = datetime(2026, 6, 1, 10, 7, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
TEN = datetime(2026, 6, 1, 10, tzinfo=UTC)


def rows(start: datetime, end: datetime, step: timedelta = QUARTER, **given: int) -> tuple[Interval, ...]:
    count = int((end - start) / step)
    return tuple(
        Interval(start=start + step * n, end=start + step * (n + 1), energy_wh=10, **given) for n in range(count)
    )


def series(start: datetime, end: datetime) -> Series:
    return {row.start: row for row in rows(start, end)}


@pytest.mark.parametrize(
    ("known", "start", "granularity"),
    [
        (EMPTY, TEN - timedelta(days=1), Granularity.DAY),
        (series(TEN - timedelta(hours=5), TEN), TEN - timedelta(days=1), Granularity.DAY),
        (series(TEN - timedelta(hours=40), TEN - timedelta(hours=21)), TEN - timedelta(days=1), Granularity.DAY),
        (series(TEN - timedelta(hours=40), TEN - timedelta(hours=22)), TEN - timedelta(hours=25), Granularity.WEEK),
        (series(TEN - timedelta(days=9), TEN - timedelta(days=8)), TEN - timedelta(hours=72), Granularity.WEEK),
    ],
)
def test_a_day_is_asked_for_and_more_after_a_pause(known: Series, start: datetime, granularity: Granularity) -> None:
    assert window(known, None, NOON, AMSTERDAM) == (start, granularity)


def test_a_day_of_25_hours_is_asked_for_wholly() -> None:
    now = datetime(2026, 10, 25, 22, 50, tzinfo=UTC)
    start, granularity = window(EMPTY, None, now, AMSTERDAM)
    assert (start, granularity) == (datetime(2026, 10, 24, 22, tzinfo=UTC), Granularity.WEEK)


@pytest.mark.parametrize(
    ("hour", "start", "granularity"),
    [
        (0.5, MIDNIGHT - timedelta(days=1), Granularity.WEEK),
        (2.5, MIDNIGHT - timedelta(days=1), Granularity.WEEK),
        (3.5, MIDNIGHT - timedelta(hours=20.5), Granularity.DAY),
        (10, MIDNIGHT - timedelta(hours=14), Granularity.DAY),
    ],
)
def test_the_first_rows_begin_where_a_lifetime_may_end(hour: float, start: datetime, granularity: Granularity) -> None:
    # A lifetime is of the days that are final: soon after midnight yesterday is not.
    assert window(EMPTY, None, MIDNIGHT + timedelta(hours=hour), AMSTERDAM) == (start, granularity)


def test_a_hole_behind_a_lifetime_is_asked_for_again() -> None:
    base = LifetimeBase(day=date(2026, 5, 31), before_wh=1)
    since = MIDNIGHT - timedelta(days=1)
    whole = series(since, TEN)
    assert window(whole, base, NOON, AMSTERDAM)[1] is Granularity.DAY
    holed = {start: row for start, row in whole.items() if start != since + QUARTER}
    assert window(holed, base, NOON, AMSTERDAM) == (since, Granularity.WEEK)
    # A hole in what is read anyway needs no longer window.
    late = {start: row for start, row in whole.items() if start != TEN - QUARTER}
    assert window(late, LifetimeBase(day=date(2026, 6, 1), before_wh=1), NOON, AMSTERDAM)[1] is Granularity.DAY


def reported(reporting: Sequence[int | None], end: datetime) -> tuple[Interval, ...]:
    start = end - QUARTER * len(reporting)
    return tuple(
        Interval(start=start + QUARTER * n, end=start + QUARTER * (n + 1), energy_wh=10, devices_reporting=count)
        for n, count in enumerate(reporting)
    )


@pytest.mark.parametrize(
    ("reporting", "total", "kept"),
    [
        ((12, 12, 12), 12, 3),
        ((12, 12, 11), 12, 2),
        ((12, 11, 12), 12, 1),
        ((12, None, None), 12, 3),
        ((0, 0, 0), 0, 3),
        ((1, 1, 1), None, 3),
    ],
)
def test_a_young_row_that_lacks_a_device_and_what_follows_is_not_final(
    reporting: Sequence[int | None], total: int | None, kept: int
) -> None:
    found = reported(reporting, TEN)
    assert final_rows(found, total, NOON) == found[:kept]


def test_a_silent_inverter_does_not_hold_back_what_is_an_hour_old() -> None:
    found = reported((12,) * 12 + (11,) * 2, TEN)
    assert final_rows(found, 12, NOON) == found[:12]
    # It has been silent for an hour: nobody waits for it any more.
    later = TEN + timedelta(minutes=60)
    found = reported((12,) * 12 + (11,) * 6, later)
    assert final_rows(found, 12, later) == found


@pytest.mark.parametrize(
    ("reporting", "total"),
    [
        ((11,) * 8, 12),
        ((1,) * 96, 9),
        ((4,) * 3, 9),
        # As in the sample of ``telemetry/battery``.
        ((1, 4, 4), 9),
        ((1, 4, 4) * 8, 9),
        ((4, 1, 4, 4, 1, 0) * 8, 9),
        ((0,) * 96, 0),
        ((2, 0) * 48, None),
    ],
)
def test_a_number_of_devices_that_is_always_so_holds_nothing_back(reporting: tuple[int, ...], total: int) -> None:
    found = reported(reporting, TEN)
    assert final_rows(found, total, NOON) == found


def test_one_gateway_of_two_that_is_late_is_seen_whatever_the_total() -> None:
    found = reported((4,) * 20 + (4, 2), TEN)
    for total in (4, 9, None):
        assert final_rows(found, total, NOON) == found[:-1]
    # Fewer are listed than have reported: some were taken out.
    assert final_rows(found, 2, NOON) == found


@pytest.mark.parametrize(("working", "kept"), [(12, 0), (9, 0), (5, 4)])
def test_inverters_that_sleep_show_nothing_of_how_many_work(working: int, kept: int) -> None:
    """A morning: first light of five inverters, after a day of so many."""
    light = [replace(one, energy_wh=500) for one in reported((working,) * 20, TEN - timedelta(hours=12))]
    dusk = [replace(one, energy_wh=2) for one in reported((1, 2) * 6, TEN - timedelta(hours=9))]
    dawn = reported((5,) * 4, TEN)
    found = final_rows([*light, *dusk, *dawn], 12, NOON - timedelta(minutes=5), sunlit=True)
    assert len(found) == 20 + 12 + kept


def test_five_minutes_add_up_to_quarter_hours() -> None:
    five = timedelta(minutes=5)
    found = quarters(rows(TEN - timedelta(hours=2), TEN, five), NOON)
    assert [(one.start, one.end, one.energy_wh) for one in found] == [
        (start, start + QUARTER, 30) for start in (TEN - timedelta(hours=2) + QUARTER * n for n in range(8))
    ]


def test_a_part_of_a_quarter_hour_counts_once_nothing_late_is_to_be_expected() -> None:
    five = timedelta(minutes=5)
    for end, now, kept in ((TEN, TEN + timedelta(minutes=7), 0), (TEN, TEN + timedelta(minutes=60), 1)):
        assert len(quarters(rows(end - five, end, five), now)) == kept


def test_rows_of_quarter_hours_stay_as_they_are() -> None:
    found = rows(TEN - timedelta(hours=1), TEN)
    assert quarters(found, NOON) == found


def at(hours: float, energy: float) -> Interval:
    start = MIDNIGHT + timedelta(hours=hours)
    return Interval(start=start, end=start + timedelta(minutes=5), energy_wh=energy)


def test_a_night_between_dim_rows_has_nothing_at_both_of_its_ends() -> None:
    evening, morning = at(-2.5, 2), at(6, 1)
    found = with_twilight((at(-3, 100), evening, morning, at(12, 200)))
    added = [row for row in found if not row.energy_wh]
    assert {row.end - row.start for row in added} == {timedelta(minutes=5)}
    ends = [MIDNIGHT + timedelta(hours=hours) for hours in (-2.5 + 1 / 12, -0.5 + 1 / 12, 4, 6)]
    assert [added[0].start, added[23].end, added[24].start, added[-1].end] == ends
    assert list(found) == sorted(found, key=lambda row: row.start)
    assert sum(row.energy_wh for row in found) == 303


@pytest.mark.parametrize(
    "rows",
    [
        (),
        (at(6, 1),),
        (at(-3, 100), at(-2.5, 50), at(6, 1), at(12, 200)),  # cut off in full light
        (at(-3, 100), at(-2.5, 2), at(6, 60), at(12, 200)),
        (at(8, 100), at(8.5, 2), at(12.5, 1), at(13, 200)),  # a cloud, and a gap in the middle of the day
    ],
)
def test_a_gap_that_is_no_night_stays_one(rows: tuple[Interval, ...]) -> None:
    assert with_twilight(rows) == rows


@pytest.mark.parametrize(
    ("energies", "quarters_of_silence"),
    [
        ((), None),
        ((9, 9, 0, 0, 0), None),
        ((9, 9, 0, 0, 0, 0), 4),
        ((0,) * 6, 6),
        ((9,) * 6, None),
        ((0, 0, 0, 0, 9), None),
    ],
)
def test_rows_of_nothing_for_an_hour_are_a_silence(energies: Sequence[int], quarters_of_silence: int | None) -> None:
    found = tuple(
        replace(row, energy_wh=float(energy))
        for row, energy in zip(rows(TEN, TEN + len(energies) * QUARTER), energies, strict=True)
    )
    end = TEN + len(energies) * QUARTER
    expected = quarters_of_silence and Silence(since=end - quarters_of_silence * QUARTER, until=end)
    assert silence_of(found) == expected
