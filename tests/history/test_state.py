"""How far the statistics reach: what is kept of it, and what a clock that was wrong leaves behind."""

from dataclasses import replace
from datetime import date, timedelta
from types import MappingProxyType

import pytest

from custom_components.solar_cloud.history.state import BookedRows, HistoryState
from custom_components.solar_cloud.model.elements import Flow
from custom_components.solar_cloud.system.restore import dump, load

from .helpers import DAY, HOUR, utc

NOW, TODAY = utc(2026, 6, 10, 12), date(2026, 6, 10)
YESTERDAY = TODAY - DAY
STATE = HistoryState(
    first=date(2025, 1, 1),
    closed=YESTERDAY,
    wanted=date(2024, 1, 1),
    totals_at=NOW - HOUR,
    compared_at=NOW - 3 * DAY,
    life_at=NOW - 20 * DAY,
    compared_month=date(2026, 3, 1),
    not_before=NOW + HOUR,
    failures=1,
    totals={Flow.PRODUCTION: {YESTERDAY: 5000.0}},
    gaps={Flow.GRID_IMPORT: frozenset({YESTERDAY, YESTERDAY - DAY})},
    looked_at=NOW - HOUR,
    vain=2,
    unread={Flow.PRODUCTION: {date(2026, 2, 1): 700.5}},
    kept={Flow.GRID_EXPORT: date(2024, 5, 1)},
    rows={Flow.PRODUCTION: BookedRows(start=utc(2025, 1, 1), end=utc(2026, 6, 10), count=9, energy_wh=12.5)},
    spent_on=TODAY,
    spent=7,
)
AHEAD = NOW + 99 * DAY


def test_everything_is_kept_over_a_restart():
    assert load(HistoryState, dump(STATE)) == STATE


def test_what_an_older_version_has_kept_is_read():
    older = {"first": "2025-01-01", "closed": "2026-06-09", "compared_at": "2026-06-01T10:00:00+00:00", "failures": 0}
    assert load(HistoryState, older) == HistoryState(
        first=date(2025, 1, 1), closed=YESTERDAY, compared_at=utc(2026, 6, 1, 10)
    )


def test_nothing_of_a_right_clock_is_dropped():
    assert STATE.without_future(NOW, TODAY) is STATE
    # Clocks are put right by a little every day, and a system may turn out to be in another zone.
    assert STATE.without_future(NOW - HOUR - timedelta(minutes=1), TODAY) is STATE


@pytest.mark.parametrize("name", ["totals_at", "compared_at", "life_at", "looked_at"])
def test_an_instant_to_come_has_the_last_days_finished_again(name):
    state = replace(STATE, **{name: AHEAD}).without_future(NOW, TODAY)
    assert state.closed == TODAY - 32 * DAY
    assert (state.totals_at, state.compared_at, state.life_at, state.looked_at) == (None, None, None, None)
    assert (state.totals, state.gaps, state.unread) == ({}, {}, {})
    assert (state.first, state.wanted) == (STATE.first, STATE.wanted)
    assert state.without_future(NOW, TODAY) is state


@pytest.mark.parametrize("name", ["closed", "spent_on"])
def test_a_day_to_come_has_the_last_days_finished_again(name):
    state = replace(STATE, **{name: TODAY + 30 * DAY}).without_future(NOW, TODAY)
    assert state.closed == TODAY - 32 * DAY
    assert (state.spent_on, state.spent) == (None, 0)


def test_no_day_before_the_first_is_finished_again():
    state = replace(STATE, first=TODAY - 3 * DAY, closed=TODAY + 9 * DAY).without_future(NOW, TODAY)
    assert state.closed == TODAY - 4 * DAY


def test_a_system_in_another_zone_has_not_finished_its_own_today():
    state = replace(STATE, closed=TODAY, totals={Flow.PRODUCTION: {YESTERDAY: 1.0, TODAY: 2.0}})
    state = state.without_future(NOW, TODAY)
    assert state.closed == YESTERDAY
    assert state.totals == {Flow.PRODUCTION: {YESTERDAY: 1.0}}
    assert state.compared_at == STATE.compared_at


def test_statistics_that_begin_in_the_future_begin_anew():
    state = replace(STATE, first=TODAY + 5 * DAY, closed=TODAY + 9 * DAY).without_future(NOW, TODAY)
    assert (state.first, state.closed, state.wanted) == (None, None, STATE.wanted)


@pytest.mark.parametrize("name", ["wanted", "compared_month"])
def test_other_days_to_come_are_dropped(name):
    assert getattr(replace(STATE, **{name: TODAY + DAY}).without_future(NOW, TODAY), name) is None


def test_a_pause_is_no_longer_than_a_day():
    assert replace(STATE, not_before=NOW + 25 * HOUR).without_future(NOW, TODAY).not_before is None
    assert replace(STATE, not_before=NOW + 24 * HOUR).without_future(NOW, TODAY).not_before == NOW + 24 * HOUR


def test_totals_are_remembered_for_some_weeks_and_of_days_that_are_over():
    new = {Flow.PRODUCTION: {TODAY: 1.0, TODAY - 40 * DAY: 2.0, TODAY - 41 * DAY: 3.0}}
    state = STATE.with_totals(new, NOW, TODAY)
    assert state.totals == {Flow.PRODUCTION: {TODAY - 40 * DAY: 2.0, YESTERDAY: 5000.0}}
    assert (state.totals_at, state.not_before, state.failures) == (NOW, None, 0)
    known = STATE.with_known_totals({Flow.GRID_IMPORT: {YESTERDAY: 4.0}}, TODAY)
    assert known.totals == {Flow.PRODUCTION: {YESTERDAY: 5000.0}, Flow.GRID_IMPORT: {YESTERDAY: 4.0}}
    assert known.totals_at == STATE.totals_at


def test_a_look_at_some_flows_says_nothing_of_the_others():
    gaps = {Flow.GRID_IMPORT: frozenset({YESTERDAY}), Flow.PRODUCTION: frozenset({YESTERDAY})}
    state = replace(STATE, gaps=MappingProxyType(gaps))
    assert state.with_gaps(YESTERDAY, [Flow.PRODUCTION], []).gaps == {Flow.GRID_IMPORT: frozenset({YESTERDAY})}
    both = state.with_gaps(TODAY - 2 * DAY, [Flow.PRODUCTION, Flow.GRID_IMPORT], [Flow.PRODUCTION])
    assert both.gaps == {**gaps, Flow.PRODUCTION: frozenset({YESTERDAY, TODAY - 2 * DAY})}


def test_days_whose_rows_are_to_be_read_are_remembered_until_they_are():
    state = HistoryState().with_unread(Flow.PRODUCTION, YESTERDAY, 5.0).with_unread(Flow.GRID_IMPORT, TODAY, 6.0)
    assert state.unread == {Flow.PRODUCTION: {YESTERDAY: 5.0}, Flow.GRID_IMPORT: {TODAY: 6.0}}
    assert state.without_unread(YESTERDAY).unread == {Flow.GRID_IMPORT: {TODAY: 6.0}}
