"""What a cloud's answers say of our own clock."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from custom_components.solar_cloud.cloud.clock import PROOF, TOLERATED, CloudClock

NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)


def headers(apart: timedelta) -> dict[str, str]:
    return {"Date": format_datetime(NOW + apart, usegmt=True)}


@pytest.mark.parametrize(
    "apart", [timedelta(days=90), timedelta(minutes=6), -timedelta(hours=1), -timedelta(days=4000)]
)
def test_a_clock_is_wrong_when_two_answers_in_a_row_say_so(apart: timedelta) -> None:
    clock = CloudClock()
    for _ in range(PROOF):
        assert clock.apart is None
        clock.heard(headers(apart), NOW)
    assert clock.apart == apart
    clock.heard(headers(timedelta(seconds=1)), NOW)
    assert clock.apart is None


@pytest.mark.parametrize("apart", [timedelta(0), TOLERATED, -TOLERATED])
def test_a_few_minutes_are_no_wrong_clock(apart: timedelta) -> None:
    clock = CloudClock()
    for _ in range(9):
        clock.heard(headers(apart), NOW)
    assert clock.apart is None


@pytest.mark.parametrize(
    "odd", [{}, {"Date": ""}, {"Date": "yesterday"}, {"Date": "Wed, 99 Jun 2026 12:00:00 GMT"}, {"Date": "0"}]
)
def test_an_answer_without_a_time_says_nothing(odd: dict[str, str]) -> None:
    clock = CloudClock()
    for _ in range(PROOF):
        clock.heard(odd, NOW)
    assert clock.apart is None


def test_an_answer_from_a_cache_says_nothing() -> None:
    clock = CloudClock()
    for _ in range(PROOF):
        clock.heard({**headers(-timedelta(hours=1)), "Age": "3600"}, NOW)
    assert clock.apart is None


def test_one_server_that_is_wrong_does_not_convict_our_clock() -> None:
    clock = CloudClock()
    for apart in (timedelta(hours=1), timedelta(0)) * 5:
        clock.heard(headers(apart), NOW)
    assert clock.apart is None


def test_a_time_without_a_zone_is_utc() -> None:
    clock = CloudClock()
    for _ in range(PROOF):
        clock.heard({"Date": "Wed, 10 Jun 2026 14:00:00"}, NOW)
    assert clock.apart == timedelta(hours=2)
