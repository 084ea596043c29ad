"""The count of requests: limits, leases, months, clocks, and what survives a restart."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
import json
import random
from typing import Any

import pytest

from custom_components.solar_cloud.budget.ledger import LEASE, Ledger
from custom_components.solar_cloud.budget.limit import LimitReached, Scope
from custom_components.solar_cloud.budget.plan import Limits

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
LIMITS = Limits(per_minute=10, per_month=1_000)
ROOMY = Limits(per_minute=1_000_000, per_month=1_000)
DECEMBER = datetime(2026, 12, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
NONE = timedelta(0)


def send(ledger: Ledger, now: datetime, count: int = 1, *, owner: bool = False) -> dict[str, Any] | None:
    """Send requests as the transport does; return what was last written to disk."""
    disk = None
    for _ in range(count):
        assert ledger.wait(now, owner=owner) == NONE
        if ledger.needs_lease(now):
            disk = through_disk(ledger.lease(now))
        ledger.spend(now)
    return disk


def through_disk(state: dict[str, Any]) -> dict[str, Any]:
    written: dict[str, Any] = json.loads(json.dumps(state))
    return written


def refusal(ledger: Ledger, now: datetime, *, owner: bool = False) -> LimitReached:
    with pytest.raises(LimitReached) as caught:
        ledger.wait(now, owner=owner)
    return caught.value


def test_a_new_ledger_has_everything_left() -> None:
    ledger = Ledger(LIMITS)
    assert (ledger.used(NOW), ledger.left(NOW), ledger.resets_at(NOW)) == (0, 1_000, DECEMBER)
    assert ledger.wait(NOW) == NONE
    assert ledger.needs_lease(NOW)


def test_80_percent_of_the_minute_may_be_sent_in_any_60_seconds() -> None:
    ledger = Ledger(LIMITS)
    send(ledger, NOW, 4)
    send(ledger, NOW + 30 * SECOND, 4)
    assert ledger.wait(NOW + 31 * SECOND) == 29 * SECOND
    assert ledger.wait(NOW + 60 * SECOND) == NONE
    send(ledger, NOW + 60 * SECOND, 4)
    assert ledger.wait(NOW + 61 * SECOND) == 29 * SECOND


def test_a_plan_of_one_request_a_minute_still_sends() -> None:
    ledger = Ledger(Limits(per_minute=1, per_month=1_000))
    send(ledger, NOW)
    assert ledger.wait(NOW) == 60 * SECOND


def test_whatever_the_rhythm_no_60_seconds_hold_more_than_the_share() -> None:
    rhythm, ledger, now, sent = random.Random(7), Ledger(Limits(per_minute=10, per_month=100_000)), NOW, []
    for _ in range(2_000):
        now += timedelta(seconds=rhythm.choice((0, 0.1, 1, 5, 20, 59.9, 61)))
        now += ledger.wait(now)
        send(ledger, now)
        sent.append(now)
    assert all(later - earlier >= 60 * SECOND for earlier, later in zip(sent, sent[8:], strict=False))


def test_95_percent_of_the_month_is_sent_by_itself_and_the_rest_for_the_owner() -> None:
    ledger = Ledger(ROOMY)
    send(ledger, NOW, 950)
    error = refusal(ledger, NOW)
    assert (error.scope, error.until) == (Scope.MONTH, DECEMBER)
    send(ledger, NOW, 50, owner=True)
    error = refusal(ledger, NOW, owner=True)
    assert (error.scope, error.until) == (Scope.MONTH, DECEMBER)
    assert (ledger.used(NOW), ledger.left(NOW)) == (1_000, 0)


def test_the_month_turns_in_utc() -> None:
    ledger = Ledger(ROOMY)
    send(ledger, NOW, 950)
    refusal(ledger, DECEMBER - SECOND)
    assert ledger.wait(DECEMBER) == NONE
    assert (ledger.used(DECEMBER), ledger.resets_at(DECEMBER)) == (0, datetime(2027, 1, 1, tzinfo=UTC))


def test_a_billing_cycle_turns_on_its_own_day() -> None:
    ledger = Ledger(ROOMY, cycle_day=22)
    send(ledger, NOW, 950)
    assert refusal(ledger, NOW).until == datetime(2026, 11, 22, tzinfo=UTC)
    assert ledger.used(datetime(2026, 11, 22, tzinfo=UTC)) == 0


def test_another_billing_day_needs_no_new_count() -> None:
    ledger = Ledger(ROOMY)
    send(ledger, NOW - timedelta(days=10), 7)
    send(ledger, NOW, 5)
    state = through_disk(ledger.as_dict())
    assert [Ledger(ROOMY, state, cycle_day=day).used(NOW) for day in (1, 11, 12, 21, 22)] == [12, 12, 5, 5, 12]


def test_a_lease_is_a_few_requests_and_never_past_the_limit() -> None:
    ledger = Ledger(Limits(per_minute=1_000, per_month=7))
    leases = []
    for _ in range(7):
        if ledger.needs_lease(NOW):
            leases.append(ledger.lease(NOW)["leased"])
        ledger.spend(NOW)
    assert leases == [LEASE, 2]
    assert ledger.lease(NOW)["leased"] == 0


def test_a_crash_counts_the_whole_lease_and_never_too_little() -> None:
    ledger = Ledger(ROOMY)
    disk: dict[str, Any] | None = None
    for sent in range(1, 23):
        disk = send(ledger, NOW) or disk
        assert sent <= Ledger(ROOMY, disk).used(NOW) < sent + LEASE


def test_crash_after_crash_never_exceeds_the_month() -> None:
    sent, disk = 0, None
    for _ in range(1_000):
        ledger = Ledger(ROOMY, disk)
        try:
            disk = send(ledger, NOW, owner=True) or disk
        except LimitReached:
            break
        sent += 1
    assert sent == 1_000 // LEASE


def test_after_a_crash_the_minute_is_taken_to_be_used_too() -> None:
    ledger = Ledger(LIMITS)
    disk = send(ledger, NOW, 5)
    again = Ledger(LIMITS, disk)
    later = NOW + 30 * SECOND
    send(again, later, 3)
    assert again.wait(later) == 60 * SECOND


def test_a_clean_shutdown_gives_unspent_leases_back_and_keeps_the_minute() -> None:
    ledger = Ledger(LIMITS)
    send(ledger, NOW, 6)
    again = Ledger(LIMITS, through_disk(ledger.as_dict()))
    assert again.used(NOW) == 6
    send(again, NOW + SECOND, 2)
    assert again.wait(NOW + SECOND) == 59 * SECOND


def test_who_goes_on_after_giving_leases_back_needs_a_new_one() -> None:
    ledger = Ledger(LIMITS)
    send(ledger, NOW)
    assert not ledger.needs_lease(NOW)
    ledger.as_dict()
    assert ledger.needs_lease(NOW)


def test_a_lease_of_last_month_is_not_good_for_this_one() -> None:
    ledger = Ledger(ROOMY)
    send(ledger, DECEMBER - SECOND)
    assert ledger.needs_lease(DECEMBER)
    disk = send(ledger, DECEMBER)
    assert disk
    assert Ledger(ROOMY, disk).used(DECEMBER) == LEASE


def test_what_is_handed_out_does_not_change_afterwards() -> None:
    ledger = Ledger(ROOMY)
    state = ledger.lease(NOW)
    before = through_disk(state)
    ledger.spend(NOW)
    ledger.learn(NOW + SECOND, Scope.MINUTE, NOW, 5)
    assert through_disk(state) == before


def test_the_cloud_is_obeyed_for_both_limits_and_for_the_owner_too() -> None:
    ledger = Ledger(ROOMY)
    ledger.learn(NOW + 40 * SECOND, Scope.MINUTE, NOW)
    error = refusal(ledger, NOW, owner=True)
    assert (error.scope, error.until) == (Scope.MINUTE, NOW + 40 * SECOND)
    ledger.learn(DECEMBER, Scope.MONTH, NOW)
    error = refusal(ledger, NOW + 50 * SECOND, owner=True)
    assert (error.scope, error.until) == (Scope.MONTH, DECEMBER)
    assert ledger.wait(DECEMBER) == NONE


def test_what_the_cloud_said_survives_a_restart() -> None:
    ledger = Ledger(LIMITS)
    ledger.learn(DECEMBER, Scope.MONTH, NOW, 500)
    again = Ledger(LIMITS, through_disk(ledger.as_dict()))
    assert refusal(again, NOW + timedelta(days=2)).until == DECEMBER
    assert again.limits == Limits(per_minute=10, per_month=500)


@pytest.mark.parametrize(
    ("scope", "said", "until"),
    [
        (Scope.MINUTE, timedelta(days=3000), timedelta(hours=1)),
        (Scope.MONTH, timedelta(days=3000), timedelta(days=32)),
    ],
)
def test_no_mistaken_instant_stops_requests_for_ever(scope: Scope, said: timedelta, until: timedelta) -> None:
    ledger = Ledger(LIMITS)
    ledger.learn(NOW + said, scope, NOW)
    assert refusal(ledger, NOW).until == NOW + until


def test_an_instant_that_has_passed_stops_nothing() -> None:
    ledger = Ledger(LIMITS)
    ledger.learn(NOW, Scope.MONTH, NOW, 900)
    assert ledger.wait(NOW) == NONE
    assert ledger.limits.per_month == 900


def test_a_lower_limit_that_the_cloud_names_is_in_force_and_a_higher_one_is_not() -> None:
    ledger = Ledger(LIMITS)
    ledger.learn(None, Scope.MINUTE, NOW, 5)
    assert ledger.limits == Limits(per_minute=5, per_month=1_000)
    send(ledger, NOW, 4)
    assert ledger.wait(NOW) == 60 * SECOND
    ledger.learn(None, Scope.MINUTE, NOW, 50)
    assert ledger.limits == LIMITS
    for nonsense in (0, -3, None):
        ledger.learn(None, Scope.MONTH, NOW, nonsense)
    assert ledger.limits == LIMITS


def test_a_month_that_the_cloud_calls_full_counts_as_used() -> None:
    ledger = Ledger(LIMITS)
    send(ledger, NOW, 3)
    ledger.learn(DECEMBER, Scope.MONTH, NOW, 1_000)
    assert (ledger.used(NOW), ledger.left(NOW)) == (1_000, 0)


def test_a_plan_change_keeps_what_was_used_and_forgets_what_was_said_of_the_old_one() -> None:
    ledger = Ledger(LIMITS)
    send(ledger, NOW, 3)
    ledger.learn(DECEMBER, Scope.MONTH, NOW, 1_000)
    ledger.set_limits(Limits(per_minute=50, per_month=25_000), NOW)
    assert ledger.wait(NOW) == NONE
    assert (ledger.used(NOW), ledger.left(NOW)) == (1_000, 24_000)
    ledger.set_limits(Limits(per_minute=10, per_month=500), NOW)
    refusal(ledger, NOW, owner=True)
    assert ledger.left(NOW) == 0


def test_the_same_plan_again_changes_nothing() -> None:
    ledger = Ledger(LIMITS)
    ledger.learn(DECEMBER, Scope.MONTH, NOW, 500)
    ledger.set_limits(LIMITS, NOW)
    assert refusal(ledger, NOW).until == DECEMBER
    assert ledger.limits.per_month == 500


def test_a_plan_changed_while_nobody_ran_is_a_plan_change_too() -> None:
    ledger = Ledger(LIMITS)
    send(ledger, NOW, 3)
    ledger.learn(DECEMBER, Scope.MONTH, NOW, 800)
    again = Ledger(Limits(per_minute=50, per_month=25_000), through_disk(ledger.as_dict()))
    assert again.wait(NOW) == NONE
    assert (again.used(NOW), again.limits.per_month) == (800, 25_000)


# Clocks


def test_a_clock_set_back_by_hours_makes_nobody_wait_longer_than_a_minute() -> None:
    ledger = Ledger(LIMITS)
    send(ledger, NOW, 8)
    back = NOW - timedelta(hours=3)
    assert ledger.wait(back) == 60 * SECOND
    assert ledger.wait(back + 60 * SECOND) == NONE


def test_a_look_with_an_instant_of_a_while_ago_makes_no_request_older() -> None:
    """A job that has waited for slots asks what is left with the time at which it began."""
    ledger = Ledger(LIMITS)
    send(ledger, NOW, 8)
    for look in (ledger.used, ledger.left, ledger.resets_at):
        look(NOW - 70 * SECOND)
    assert ledger.wait(NOW + SECOND) == 59 * SECOND
    assert ledger.wait(NOW + 60 * SECOND) == NONE


def test_a_clock_set_back_into_last_month_still_counts_this_months_requests() -> None:
    ledger = Ledger(ROOMY)
    send(ledger, NOW, 950)
    refusal(ledger, NOW - timedelta(days=40))
    refusal(Ledger(ROOMY, through_disk(ledger.as_dict())), datetime(1970, 1, 1, tzinfo=UTC))
    refusal(ledger, NOW)


@pytest.mark.parametrize("restart", [False, True])
def test_a_clock_that_ran_ahead_loses_no_request_and_costs_none_next_month(restart: bool) -> None:
    ledger = Ledger(ROOMY)
    send(ledger, NOW, 900)
    ahead = datetime(2030, 6, 15, tzinfo=UTC)
    send(ledger, ahead, 20)
    if restart:
        ledger = Ledger(ROOMY, through_disk(ledger.as_dict()))
    assert ledger.used(NOW + timedelta(hours=1)) == 920
    send(ledger, NOW + timedelta(hours=1), 30)
    refusal(ledger, NOW + timedelta(hours=1))
    send(ledger, DECEMBER, 1)
    assert ledger.used(DECEMBER) == 1


def test_a_clock_that_ran_ahead_does_not_prolong_what_the_cloud_said() -> None:
    ledger = Ledger(ROOMY)
    ahead = datetime(2030, 6, 15, tzinfo=UTC)
    ledger.learn(ahead + timedelta(days=3), Scope.MONTH, ahead)
    assert ledger.wait(NOW) == NONE


def test_two_years_of_requests_are_remembered_in_a_small_file() -> None:
    ledger, now = Ledger(Limits(per_minute=10, per_month=10_000)), NOW
    for _ in range(730):
        send(ledger, now, 3)
        now += timedelta(days=1)
    state = through_disk(ledger.as_dict())
    assert len(json.dumps(state)) < 4_000
    assert Ledger(LIMITS, state).used(now) == ledger.used(now) > 0


# Files that are damaged


GOOD = {
    "days": {"2026-11-20": 30, "2026-11-21": 50},
    "sum": 80,
    "asked": {"2026-11-21": 4},
    "recent": [(NOW - 10 * SECOND).isoformat()],
    "leased": 0,
    "lease_day": "2026-11-21",
    "blocked": {"month": DECEMBER.isoformat()},
    "learned": {"month": 900},
    "learned_on": {"month": "2026-11-21"},
    "limits": [10, 1_000],
    "last_seen": "2026-11-21",
}


def test_the_good_state_is_read() -> None:
    ledger = Ledger(LIMITS, GOOD)
    assert (ledger.used(NOW), ledger.limits.per_month) == (80, 900)
    assert refusal(ledger, NOW).until == DECEMBER
    assert through_disk(ledger.as_dict()) | {"lease_day": GOOD["lease_day"]} == GOOD


ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    10**30,
    2.5,
    "x",
    "",
    "0001-01-01",
    "9999-12-31",
    "2026-11-21T12:00:00",
    "0001-01-01T00:00:00+14:00",
    [],
    [None, 3],
    {},
    {"2026-11-21": "x"},
    {"x": 1},
    {"month": []},
    {"minute": 10**30},
    ["x"],
    {"month": "x"},
    {"month": "2026-11-30T00:00:00"},
)


def damaged() -> Iterator[tuple[str, Any]]:
    for name in GOOD:
        yield f"{name} absent", {key: value for key, value in GOOD.items() if key != name}
        for odd in ODD:
            yield f"{name} = {odd!r:.40}", GOOD | {name: odd}
    for odd in ODD:
        if odd is not None and odd != {}:
            yield f"all = {odd!r:.40}", odd


SMALL = Limits(per_minute=1_000_000, per_month=100)


@pytest.mark.parametrize("cycle_day", [1, 15, 31])
def test_a_damaged_state_neither_crashes_nor_gives_an_overdraft(cycle_day: int) -> None:
    start = {1: date(2026, 11, 1), 15: date(2026, 11, 15), 31: date(2026, 10, 31)}[cycle_day]
    for what, state in damaged():
        try:
            ledger = Ledger(SMALL, state, cycle_day=cycle_day)
            sent = sent_until_throttled(ledger)
        except Exception as error:
            raise AssertionError(what) from error
        days = state.get("days") if isinstance(state, dict) else None
        if days is not None and days in (GOOD["days"], {}):
            used_before = sum(count for day, count in days.items() if date.fromisoformat(day) >= start)
        else:
            # Nobody knows; an even pace of the month's share is what must not be exceeded together with the rest.
            begin = datetime.combine(start, datetime.min.time(), UTC)
            used_before = int(95 * ((NOW - begin) / timedelta(days=30)))
        assert sent + used_before <= 100, what
        assert ledger.used(NOW) >= sent, what
        again = Ledger(SMALL, through_disk(ledger.as_dict()), cycle_day=cycle_day)
        assert again.used(NOW) == ledger.used(NOW), what


def sent_until_throttled(ledger: Ledger) -> int:
    for sent in range(1_000):
        try:
            send(ledger, NOW, owner=True)
        except LimitReached:
            return sent
    raise AssertionError("the month never ended")


def test_an_unreadable_count_is_taken_to_be_an_even_paces_and_the_owners_share() -> None:
    ledger = Ledger(LIMITS, {"days": {"2026-11-20": "many"}, "leased": 0})
    # 20.5 of 30 days are over.
    assert ledger.used(NOW) == 684 + 50
    assert ledger.used(DECEMBER) == 0


def test_what_can_be_read_of_a_damaged_count_is_kept_where_it_is_more() -> None:
    ledger = Ledger(LIMITS, {"days": {"2026-11-20": 940, "2026-11-21": "x"}, "leased": 0})
    assert ledger.used(NOW) == 940


@pytest.mark.parametrize("stored", [None, {}])
def test_nothing_stored_is_a_new_credential(stored: dict[str, Any] | None) -> None:
    assert Ledger(LIMITS, stored).used(NOW) == 0


def test_any_aware_clock_value_counts_as_utc() -> None:
    ledger = Ledger(ROOMY)
    tokyo = datetime.fromisoformat("2026-12-01T08:59:59+09:00")
    send(ledger, tokyo, 3)
    assert ledger.used(NOW) == 3
    assert ledger.used(DECEMBER) == 0
