"""The ledger at its edges: one request more or less, and what was known of today when a count was filled up."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
import time

import pytest

from custom_components.solar_cloud.budget.ledger import Ledger
from custom_components.solar_cloud.budget.limit import LimitReached, Scope
from custom_components.solar_cloud.budget.plan import Limits

from .test_ledger import DECEMBER, LIMITS, NONE, NOW, ROOMY, SECOND, refusal, send, through_disk

DAY = timedelta(days=1)


def test_another_billing_day_is_taken_over_at_once() -> None:
    ledger = Ledger(ROOMY)
    send(ledger, NOW - 10 * DAY, 7)
    send(ledger, NOW, 5)
    ledger.set_cycle_day(12)
    assert (ledger.used(NOW), ledger.resets_at(NOW)) == (5, datetime(2026, 12, 12, tzinfo=UTC))


def test_it_is_told_until_when_each_limit_blocks() -> None:
    ledger = Ledger(LIMITS)
    ledger.learn(NOW + 40 * SECOND, Scope.MINUTE, NOW)
    ledger.learn(DECEMBER, Scope.MONTH, NOW)
    assert ledger.blocked(Scope.MINUTE, NOW + 39 * SECOND) == NOW + 40 * SECOND
    assert ledger.blocked(Scope.MINUTE, NOW + 40 * SECOND) is None
    assert ledger.blocked(Scope.MONTH, NOW + 40 * SECOND) == DECEMBER


def test_nobody_is_taken_for_the_owner() -> None:
    ledger = Ledger(ROOMY)
    send(ledger, NOW, 950)
    with pytest.raises(LimitReached):
        ledger.wait(NOW)
    assert ledger.wait(NOW, owner=True) == NONE


def test_only_requests_of_the_last_minute_are_written() -> None:
    ledger = Ledger(LIMITS)
    send(ledger, NOW)
    ledger.needs_lease(NOW + 59 * SECOND)
    assert ledger.snapshot()["recent"] == [NOW.isoformat()]
    ledger.needs_lease(NOW + 60 * SECOND)
    assert ledger.snapshot()["recent"] == []


# What the cloud says.


def test_a_limit_too_small_to_be_one_is_not_believed_to_the_letter() -> None:
    ledger = Ledger(LIMITS)
    for scope in Scope:
        ledger.learn(None, scope, NOW, 1)
    assert ledger.limits == Limits(per_minute=2, per_month=30)
    ledger = Ledger(Limits(per_minute=1, per_month=20))
    for scope in Scope:
        ledger.learn(None, scope, NOW, 1)
    assert ledger.limits == Limits(per_minute=1, per_month=20)


def test_a_limit_of_the_month_ends_with_it() -> None:
    ledger = Ledger(LIMITS)
    ledger.learn(None, Scope.MONTH, NOW, 500)
    ledger = Ledger(LIMITS, ledger.as_dict())
    last = DECEMBER - SECOND
    assert (ledger.used(last), ledger.limits.per_month) == (0, 500)
    assert (ledger.used(DECEMBER), ledger.limits) == (0, LIMITS)


def test_a_limit_of_the_minute_ends_with_the_next_day() -> None:
    ledger = Ledger(LIMITS)
    ledger.learn(None, Scope.MINUTE, NOW, 5)
    midnight = NOW.replace(hour=0, minute=0, second=0) + 2 * DAY
    assert (ledger.used(midnight - SECOND), ledger.limits.per_minute) == (0, 5)
    assert (ledger.used(midnight), ledger.limits) == (0, LIMITS)


def test_a_limit_that_an_older_version_stored_ends_like_one_of_the_day_it_was_last_seen() -> None:
    stored = {"days": {}, "leased": 0, "lease_day": "2026-11-21", "limits": [10, 1000], "last_seen": "2026-11-21"}
    ledger = Ledger(LIMITS, {**stored, "learned": {"month": 500, "minute": 5}})
    assert (ledger.used(NOW), ledger.limits) == (0, Limits(per_minute=5, per_month=500))
    assert (ledger.used(DECEMBER), ledger.limits) == (0, LIMITS)


def test_a_limit_of_a_day_to_come_was_named_under_a_wrong_clock() -> None:
    ledger = Ledger(LIMITS)
    ledger.learn(None, Scope.MONTH, NOW + 400 * DAY, 500)
    assert (ledger.used(NOW), ledger.limits) == (0, LIMITS)


def test_a_limit_of_tomorrow_was_named_under_a_clock_that_is_a_little_ahead() -> None:
    for days, limit in ((1, 500), (2, 1_000)):
        ledger = Ledger(LIMITS)
        ledger.learn(None, Scope.MONTH, NOW + days * DAY, 500)
        assert (ledger.used(NOW), ledger.limits.per_month) == (0, limit)


def test_a_limit_that_nobody_knows_the_day_of_holds() -> None:
    stored = {"days": {}, "leased": 0, "limits": [10, 1000], "learned": {"month": 500, "minute": 5}}
    ledger = Ledger(LIMITS, stored)
    assert (ledger.used(NOW), ledger.limits) == (0, Limits(per_minute=5, per_month=500))


def test_the_owners_word_on_the_plan_counts_more_than_the_clouds() -> None:
    ledger = Ledger(LIMITS)
    ledger.learn(DECEMBER, Scope.MONTH, NOW, 500)
    ledger.confirm_limits(NOW)
    assert ledger.limits == LIMITS
    # The cloud sends nothing before, whoever is right.
    assert ledger.blocked(Scope.MONTH, NOW) == DECEMBER


@pytest.mark.parametrize("unknown", [0, 1, 2])
def test_a_full_month_counts_what_another_program_has_used(unknown: int) -> None:
    ledger = Ledger(LIMITS)
    for number in range(5):
        send(ledger, NOW - DAY + number * 120 * SECOND, 8)
    ledger.learn(DECEMBER, Scope.MONTH, NOW, 40 + unknown)
    assert (ledger.used(NOW), ledger.left(NOW)) == (40 + unknown, 0)
    today = {"2026-11-21": unknown} if unknown else {}
    assert ledger.as_dict()["days"] == {"2026-11-20": 40, **today}


def test_a_full_minute_says_nothing_about_the_month() -> None:
    ledger = Ledger(LIMITS)
    ledger.learn(NOW + SECOND, Scope.MINUTE, NOW, 500)
    assert ledger.used(NOW) == 0


# Counts that could not be read, when an even pace and the owner's share make 734.


@pytest.mark.parametrize(("known", "today"), [(733, 1), (734, 0), (735, 0)])
def test_a_count_is_filled_up_to_the_pace_and_not_beyond(known: int, today: int) -> None:
    ledger = Ledger(LIMITS, {"days": {"2026-11-20": known, "2026-11-21": "x"}, "leased": 0})
    assert ledger.used(NOW) == known + today
    assert ledger.as_dict()["days"] == {"2026-11-20": known, **({"2026-11-21": today} if today else {})}


@pytest.mark.parametrize(
    ("days", "used"),
    [
        ({"2026-11-21": 40}, 734),
        ({"2026-11-01": 940}, 940),
        ({"2026-10-31": 940}, 734),
        ({"2026-11-01": 700}, 734),
    ],
)
def test_what_is_known_of_the_cycle_is_part_of_what_is_assumed(days: dict[str, int], used: int) -> None:
    assert Ledger(LIMITS, {"days": {**days, "2026-11-19": "x"}, "leased": 0}).used(NOW) == used


@pytest.mark.parametrize(
    ("now", "used"),
    [
        (datetime(2026, 11, 1, tzinfo=UTC), 50),
        (datetime(2026, 11, 1, 0, 0, 1, tzinfo=UTC), 51),
        (datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC), 1_000),
    ],
)
def test_an_even_pace_begins_with_the_cycle_and_ends_with_the_plan(now: datetime, used: int) -> None:
    assert Ledger(LIMITS, {"days": "x"}).used(now) == used


def test_a_count_is_filled_up_once() -> None:
    ledger = Ledger(LIMITS, {"days": "x", "leased": 0})
    assert ledger.used(NOW) == 734
    assert ledger.used(NOW + 5 * DAY) == 734


# Leases, the minute and the clock.


@pytest.fixture
def in_auckland(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the computer stand where it is the next day at noon in UTC."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Pacific/Auckland")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("in_auckland")
def test_the_day_is_that_of_utc_wherever_the_computer_stands() -> None:
    ledger = Ledger(ROOMY)
    send(ledger, DECEMBER - 6 * 3600 * SECOND, 3)
    assert ledger.as_dict()["days"] == {"2026-11-30": 3}
    assert ledger.used(DECEMBER) == 0


def test_the_last_request_of_the_share_is_sent_and_the_next_one_waits() -> None:
    ledger = Ledger(LIMITS)
    send(ledger, NOW, 7)
    send(ledger, NOW + SECOND)
    assert ledger.wait(NOW + 2 * SECOND) == 58 * SECOND
    assert ledger.wait(NOW + 59 * SECOND) == SECOND
    assert ledger.wait(NOW + 60 * SECOND) == NONE
    send(ledger, NOW + 60 * SECOND, 7)
    assert ledger.wait(NOW + 60 * SECOND) == SECOND


def test_after_a_crash_only_the_lease_is_taken_to_be_of_this_minute() -> None:
    ledger = Ledger(LIMITS)
    disk = send(ledger, NOW - 2 * DAY, 3)
    again = Ledger(LIMITS, disk)
    assert again.used(NOW) == 5
    assert again.wait(NOW) == NONE
    send(again, NOW, 3)
    assert again.wait(NOW) == 60 * SECOND
    assert again.wait(NOW + 60 * SECOND) == NONE


def test_a_lease_of_the_first_day_of_the_cycle_is_good_all_month() -> None:
    ledger = Ledger(ROOMY)
    first = datetime(2026, 11, 1, tzinfo=UTC)
    send(ledger, first)
    assert not ledger.needs_lease(NOW)
    assert ledger.needs_lease(DECEMBER)


def test_after_a_clean_end_and_a_lease_no_request_is_lost_or_counted_twice() -> None:
    ledger = Ledger(ROOMY)
    send(ledger, NOW, 6)
    again = Ledger(ROOMY, through_disk(ledger.snapshot()))
    assert again.used(NOW) == 10
    assert Ledger(ROOMY, through_disk(ledger.as_dict())).used(NOW) == 6


def test_days_of_a_wrong_clock_go_when_the_month_turns_under_a_right_one() -> None:
    ledger = Ledger(ROOMY)
    send(ledger, datetime(2026, 12, 5, tzinfo=UTC), 20)
    send(ledger, datetime(2027, 1, 1, tzinfo=UTC), 30)
    send(ledger, NOW, 5)
    # All that is of November and later counts.
    assert ledger.used(NOW) == 55
    # Of December's own days nobody knows whether they are wrong; January's cannot be right.
    assert ledger.used(DECEMBER) == 20
    assert ledger.used(datetime(2027, 1, 1, tzinfo=UTC)) == 0


def test_what_was_asked_for_under_a_wrong_clock_goes_with_its_days() -> None:
    ledger = Ledger(ROOMY)
    for now in (datetime(2026, 12, 31, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC), NOW):
        ledger.spend(now, asked=True)
    assert ledger.owners_share(NOW).before == 2
    assert ledger.owners_share(DECEMBER).before == 1


def test_a_month_without_a_look_forgets_no_day_of_a_wrong_clock() -> None:
    ledger = Ledger(ROOMY)
    send(ledger, datetime(2027, 6, 1, tzinfo=UTC), 20)
    assert ledger.used(NOW) == 20
    # October to December: the month did not turn under its eyes.
    assert ledger.used(datetime(2027, 1, 15, tzinfo=UTC)) == 20


def test_what_the_cloud_said_holds_up_to_the_instant_and_for_the_longest_time_only() -> None:
    ledger = Ledger(LIMITS)
    ledger.learn(NOW + timedelta(days=32), Scope.MONTH, NOW)
    assert refusal(ledger, NOW).until == NOW + timedelta(days=32)
    # A second earlier, it would be longer than any limit lasts: the clock was set back.
    assert ledger.wait(NOW - SECOND) == NONE
