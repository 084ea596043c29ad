"""What a ledger remembers, read back from a file that is good, damaged, old or edited by hand."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from custom_components.solar_cloud.budget.limit import Scope
from custom_components.solar_cloud.budget.state import MOST_DAYS, MOST_REQUESTS, NEVER, LedgerState, read_state

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TODAY = NOW.date()
DECEMBER = datetime(2026, 12, 1, tzinfo=UTC)
DAY = timedelta(days=1)
GOOD: dict[str, Any] = {
    "days": {"2026-11-20": 30, "2026-11-21": 50},
    "asked": {"2026-11-21": 4},
    "recent": ["2026-11-21T11:59:50+00:00", "2026-11-21T11:59:40+00:00"],
    "leased": 0,
    "lease_day": "2026-11-19",
    "blocked": {"month": "2026-12-01T00:00:00+00:00", "minute": "2026-11-21T12:00:30+00:00"},
    "learned": {"month": 900, "minute": 1},
    "learned_on": {"month": "2026-11-20", "minute": "2026-11-21"},
    "limits": [10, 1_000],
    "last_seen": "2026-11-21",
}


def state(**changed: Any) -> LedgerState:
    """Read the good state with something changed."""
    return read_state(GOOD | changed)


def test_a_good_state_is_read_as_it_was_written() -> None:
    assert state() == LedgerState(
        days={date(2026, 11, 20): 30, TODAY: 50},
        asked={TODAY: 4},
        recent=[NOW - timedelta(seconds=20), NOW - timedelta(seconds=10)],
        blocked={Scope.MINUTE: NOW + timedelta(seconds=30), Scope.MONTH: DECEMBER},
        learned={Scope.MINUTE: 1, Scope.MONTH: 900},
        learned_on={Scope.MONTH: date(2026, 11, 20), Scope.MINUTE: TODAY},
        limits=(10, 1_000),
        last_seen=TODAY,
    )


def test_a_state_is_written_as_plain_data_under_its_own_names() -> None:
    written = GOOD | {"sum": 80, "recent": sorted(GOOD["recent"]), "lease_day": "0001-01-01"}
    assert state().as_dict() == written
    leased = LedgerState(leased=3, lease_day=TODAY).as_dict()
    assert (leased["leased"], leased["lease_day"]) == (3, "2026-11-21")
    assert LedgerState().as_dict() == {
        "days": {},
        "sum": 0,
        "asked": {},
        "recent": [],
        "leased": 0,
        "lease_day": "0001-01-01",
        "blocked": {},
        "learned": {},
        "learned_on": {},
        "limits": None,
        "last_seen": None,
    }


@pytest.mark.parametrize("stored", [None, {}])
def test_nothing_stored_is_a_credential_that_was_never_used(stored: dict[str, Any] | None) -> None:
    assert read_state(stored) == LedgerState(lease_day=NEVER)
    assert not read_state(stored).doubtful


@pytest.mark.parametrize("stored", [[], "x", 0, False, 7])
def test_what_is_no_state_at_all_makes_the_count_doubtful(stored: Any) -> None:
    assert read_state(stored) == LedgerState(doubtful=True)


# The count.


def test_a_hundred_days_are_written_and_today_whatever_the_clock_said_before() -> None:
    days = {TODAY + number * DAY: number for number in range(1, MOST_DAYS + 5)}
    written = LedgerState(days={TODAY: 7, **days}, last_seen=TODAY).as_dict()["days"]
    assert len(written) == MOST_DAYS + 1
    assert written["2026-11-21"] == 7
    assert (TODAY + 4 * DAY).isoformat() not in written
    assert (TODAY + 5 * DAY).isoformat() in written


def test_what_was_asked_for_is_written_for_the_days_that_are() -> None:
    days = {TODAY + number * DAY: 9 for number in range(1, MOST_DAYS + 5)}
    asked = {TODAY: 3, TODAY + 4 * DAY: 1, TODAY + 5 * DAY: 2}
    written = LedgerState(days={TODAY: 9, **days}, asked=asked, last_seen=TODAY).as_dict()
    assert written["asked"] == {"2026-11-21": 3, "2026-11-26": 2}


@pytest.mark.parametrize("count", [0, 1, MOST_REQUESTS])
def test_a_count_is_a_whole_number_of_requests(count: int) -> None:
    read = state(days={"2026-11-20": count})
    assert (read.days, read.doubtful) == ({date(2026, 11, 20): count}, False)


@pytest.mark.parametrize("count", [-1, MOST_REQUESTS + 1, 1.0, True, False, "5", None])
def test_a_count_that_is_none_makes_the_whole_doubtful_and_leaves_the_others(count: Any) -> None:
    read = state(days={"2026-11-20": count, "2026-11-21": 50})
    assert (read.days, read.doubtful) == ({TODAY: 50}, True)


@pytest.mark.parametrize("days", [{}, {"2026-11-20": 30}, {"2026-11-20": 30, "2026-11-21": 49}])
def test_days_that_do_not_add_up_to_their_sum_make_the_whole_doubtful(days: dict[str, int]) -> None:
    assert state(days=days, sum=80).doubtful
    assert not state(days=days, sum=sum(days.values())).doubtful


@pytest.mark.parametrize("total", [None, True, -80, 80.0, "80", [], {}, MOST_REQUESTS + 1])
def test_a_sum_that_is_no_count_makes_the_whole_doubtful(total: Any) -> None:
    read = state(sum=total)
    assert (read.days, read.doubtful) == ({date(2026, 11, 20): 30, TODAY: 50}, True)


def test_a_file_without_a_sum_was_written_by_an_older_version() -> None:
    assert "sum" not in GOOD
    assert not state().doubtful


@pytest.mark.parametrize("day", ["x", "", "1969-12-31", "9000-01-01", "2026-13-01"])
def test_a_count_of_no_day_that_a_clock_can_show_makes_the_whole_doubtful(day: str) -> None:
    read = state(days={day: 5, "2026-11-21": 50})
    assert (read.days, read.doubtful) == ({TODAY: 50}, True)


@pytest.mark.parametrize("day", ["1970-01-01", "8999-12-31"])
def test_the_days_of_a_wrong_clock_are_kept(day: str) -> None:
    assert state(days={day: 5}).days == {date.fromisoformat(day): 5}


@pytest.mark.parametrize("days", [None, [], "x", 3])
def test_a_count_without_days_is_doubtful(days: Any) -> None:
    assert state(days=days).doubtful
    assert not state(days={}).doubtful


# Leases that were not given back.


def test_a_lease_of_a_run_that_did_not_end_cleanly_counts_as_spent() -> None:
    read = state(leased=4, lease_day="2026-11-21")
    assert (read.days[TODAY], read.unclean, read.leased, read.doubtful) == (54, 4, 0, False)
    read = state(leased=4, lease_day="2026-11-18")
    assert (read.days[date(2026, 11, 18)], read.unclean) == (4, 4)


@pytest.mark.parametrize(
    ("leased", "lease_day"), [("x", "2026-11-21"), (None, "2026-11-21"), (-1, "2026-11-21"), (4, "x"), (4, None)]
)
def test_a_lease_that_cannot_be_read_makes_the_count_doubtful(leased: Any, lease_day: Any) -> None:
    read = state(leased=leased, lease_day=lease_day)
    assert (read.doubtful, read.unclean, read.days) == (True, 0, state().days)


def test_without_a_lease_its_day_does_not_matter() -> None:
    read = state(leased=0, lease_day="x")
    assert (read.doubtful, read.days) == (False, state().days)


# Instants.


@pytest.mark.parametrize("odd", [None, 3, "x", "2026-11-21T11:59:40", "1969-12-31T12:00:00+00:00", ["x"]])
def test_a_request_of_an_unreadable_instant_is_one_of_the_last_minute(odd: Any) -> None:
    read = state(recent=["2026-11-21T12:59:50+01:00", odd])
    assert read.recent == [NOW - timedelta(seconds=10)]
    assert read.recent[0].tzinfo is UTC
    assert read.unclean == 1


def test_unreadable_requests_of_the_last_minute_come_on_top_of_a_lease() -> None:
    assert state(recent=["x", "y"], leased=4).unclean == 6


@pytest.mark.parametrize("recent", [None, "2026-11-21T11:59:40+00:00", {}, 3])
def test_without_a_list_no_request_of_the_last_minute_is_known(recent: Any) -> None:
    read = state(recent=recent)
    assert (read.recent, read.unclean) == ([], 0)


def test_a_list_without_end_is_read_up_to_a_thousand() -> None:
    assert state(recent=["x"] * 5_000).unclean == 1_000


# What the cloud said.


@pytest.mark.parametrize("odd", [None, [], "minute", {"month": "x"}, {"month": "9999-12-31T23:59:59+00:00"}])
def test_what_cannot_be_read_of_the_clouds_words_stops_nothing(odd: Any) -> None:
    assert (state(blocked=odd).blocked, state(learned=odd).learned) == ({}, {})


@pytest.mark.parametrize(("limit", "learned"), [(1, {Scope.MONTH: 1}), (0, {}), (-1, {}), (1.5, {}), ("x", {})])
def test_a_limit_of_the_cloud_is_at_least_one_request(limit: Any, learned: dict[Scope, int]) -> None:
    assert state(learned={"month": limit}).learned == learned


@pytest.mark.parametrize("limits", [None, [], [10], [10, "x"], [10, 1_000, 5], "x", {"10": 1_000}])
def test_limits_are_two_numbers_or_unknown(limits: Any) -> None:
    assert state(limits=limits).limits is None


@pytest.mark.parametrize("day", [None, "x", 20261121, "1969-12-31"])
def test_a_day_that_no_clock_can_have_shown_was_not_seen(day: Any) -> None:
    assert state(last_seen=day).last_seen is None
