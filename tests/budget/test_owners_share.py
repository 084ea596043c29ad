"""What somebody may have read out of its turn: how much of it at once, when again, and what it leaves to the month."""

from datetime import timedelta

import pytest

from custom_components.solar_cloud.budget.ledger import Ledger
from custom_components.solar_cloud.budget.owners_share import FIRST, OwnersShare, part_of
from custom_components.solar_cloud.budget.plan import Limits

from .pacing_world import V4, utc


def share(part: int, before: int = 0, today: int = 0, *, days: int = 30) -> OwnersShare:
    midnight = utc(2026, 6, 1)
    return OwnersShare(
        part=part, before=before, today=today, midnight=midnight, resets_at=midnight + timedelta(days=days)
    )


def test_it_is_a_tenth_of_the_plan_and_a_request_at_least() -> None:
    assert part_of(V4) == 100
    assert part_of(Limits(per_minute=1, per_month=5)) == 1


def test_the_first_requests_of_a_day_go_at_once() -> None:
    noon = utc(2026, 6, 1, 12)
    for today in range(FIRST):
        assert share(100, today=today).next_at(1, noon) == noon
    # Three are a day's part of a hundred, so that these were all.
    assert share(100, today=FIRST).next_at(1, noon) == utc(2026, 6, 2)


def test_those_of_a_large_plan_come_one_after_another_as_the_day_goes_on() -> None:
    morning = utc(2026, 6, 1)
    # 36 a day: 30 after the first six, so one in 48 minutes.
    assert share(1080, today=6).next_at(1, morning) == morning + timedelta(minutes=48)
    assert share(1080, today=20).next_at(1, morning) == morning + timedelta(minutes=48 * 15)
    evening = utc(2026, 6, 1, 20)
    assert share(1080, today=20).next_at(1, evening) == evening
    assert share(1080, today=36).next_at(1, evening) == utc(2026, 6, 2)


def test_one_reading_a_day_goes_whatever_it_costs() -> None:
    noon = utc(2026, 6, 1, 12)
    assert share(100).next_at(9, noon) == noon
    assert share(100, today=9).next_at(9, noon) == utc(2026, 6, 2)


def test_what_is_used_up_comes_back_with_the_month() -> None:
    noon = utc(2026, 6, 1, 12)
    assert share(100, before=98, today=1).left == 1
    assert share(100, before=98, today=1).next_at(1, noon) == noon
    assert share(100, before=98, today=1).next_at(2, noon) == utc(2026, 7, 1)
    assert share(100, before=100).next_at(1, noon) == utc(2026, 7, 1)
    assert share(100, before=120, today=3).left == 0


def test_on_the_last_day_all_that_is_left_may_go() -> None:
    night = utc(2026, 6, 1, 23, 59)
    assert share(100, before=40, today=58, days=1).next_at(1, night) == night


def test_the_last_five_per_cent_pay_before_the_readings_do() -> None:
    now = utc(2026, 6, 10, 12)
    ledger = Ledger(V4)
    for _ in range(600):
        ledger.spend(now - timedelta(hours=1))
    assert ledger.left_for_readings(now) == 350
    for _ in range(50):
        ledger.spend(now, asked=True)
    assert (ledger.left(now), ledger.left_for_readings(now)) == (350, 350)
    ledger.spend(now, asked=True)
    assert (ledger.left(now), ledger.left_for_readings(now)) == (349, 349)


def test_what_was_asked_for_is_known_after_a_restart_and_forgotten_with_the_month() -> None:
    now = utc(2026, 6, 10, 12)
    ledger = Ledger(V4)
    for _ in range(7):
        ledger.spend(now, asked=True)
    ledger = Ledger(V4, ledger.as_dict())
    assert (ledger.owners_share(now).today, ledger.owners_share(now).left) == (7, 93)
    tomorrow = now + timedelta(days=1)
    assert (ledger.owners_share(tomorrow).today, ledger.owners_share(tomorrow).before) == (0, 7)
    assert ledger.owners_share(utc(2026, 7, 1)).left == 100


def test_what_may_be_asked_for_is_counted_one_by_one_since_the_month_began() -> None:
    first = utc(2026, 6, 1)
    ledger = Ledger(V4)
    ledger.spend(utc(2026, 5, 31, 23), asked=True)
    ledger.spend(first, asked=True)
    ledger.spend(first, asked=False)
    now = utc(2026, 6, 10, 12)
    for today in range(3):
        assert ledger.owners_share(now) == OwnersShare(
            part=100, before=1, today=today, midnight=utc(2026, 6, 10), resets_at=utc(2026, 7, 1)
        )
        ledger.spend(now, asked=True)


@pytest.mark.parametrize("asked", [None, [], "many", {"2026-06-10": "7"}, {"2026-06-10": -7}, {"never": 7}, {7: 7}])
def test_a_damaged_note_of_what_was_asked_for_changes_no_count(asked: object) -> None:
    now = utc(2026, 6, 10, 12)
    ledger = Ledger(V4)
    for _ in range(7):
        ledger.spend(now, asked=True)
    ledger = Ledger(V4, {**ledger.as_dict(), "asked": asked})
    assert ledger.used(now) == 7
    assert ledger.owners_share(now).left == 100


def test_more_than_was_sent_was_not_asked_for() -> None:
    now = utc(2026, 6, 10, 12)
    ledger = Ledger(V4)
    ledger.spend(now, asked=True)
    ledger = Ledger(V4, {**ledger.as_dict(), "asked": {"2026-06-10": 5000, "2026-06-09": 40}})
    assert ledger.owners_share(now).left == 99
