"""An outage of a cloud: when it ends is known from the first answer, and who waits is told."""

from datetime import UTC, datetime, timedelta
import logging

import pytest

from custom_components.solar_cloud.cloud.outage import LEAST, Outage

NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)


def waiting(outage: Outage) -> list[str]:
    """Return a list that grows whenever an outage has ended."""
    ended: list[str] = []
    outage.wait(lambda: ended.append("ended"))
    return ended


def test_the_first_answer_after_an_outage_tells_who_waits_and_the_next_does_not():
    outage = Outage()
    ended = waiting(outage)
    outage.failed(NOW)
    outage.failed(NOW + LEAST)
    assert outage.covers(NOW)
    assert not outage.covers(NOW - LEAST)
    outage.answered(NOW + LEAST)
    assert ended == ["ended"]
    assert not outage.covers(NOW + LEAST)
    outage.answered(NOW + 2 * LEAST)
    assert ended == ["ended"]


def test_a_lost_request_and_a_clock_that_was_ahead_are_no_outage():
    outage = Outage()
    ended = waiting(outage)
    outage.failed(NOW)
    outage.answered(NOW + LEAST - timedelta(seconds=1))
    outage.failed(NOW + timedelta(days=300))
    outage.failed(NOW)
    outage.answered(NOW + timedelta(minutes=1))
    assert ended == []


def test_who_has_stopped_waiting_is_not_told():
    outage, ended = Outage(), []
    stop = outage.wait(lambda: ended.append("ended"))
    stop()
    outage.failed(NOW)
    outage.answered(NOW + LEAST)
    assert ended == []


def test_the_log_has_one_line_for_an_outage_and_one_for_its_end(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)
    outage = Outage()
    for _ in range(2):
        outage.failed(NOW)
        outage.tell("SolarEdge", "temporarily_unavailable")
        outage.tell("SolarEdge", "temporarily_unavailable")
        outage.answered(NOW + LEAST)
        outage.answered(NOW + LEAST)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"] * 2
