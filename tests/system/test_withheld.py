"""Nothing is silent: what is withheld for more than two readings is said once, and so is what could not be."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
import logging

import pytest

from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import System, Vendor
from custom_components.solar_cloud.model.limits import Rejection
from custom_components.solar_cloud.model.value import Origin, Reason, Value
from custom_components.solar_cloud.system.withheld import READINGS, TEXTS, WithheldLog

KNOWN = Value(amount=5.0)
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> WithheldLog:
    caplog.set_level(logging.INFO)
    return WithheldLog("House")


def without(reason: Reason) -> Value:
    return KNOWN.without(reason)


def look(log: WithheldLog, *values: Value, key: str = "grid_power") -> None:
    """Let a value be read again and again."""
    for value in values:
        log.look([(key, value)])


def lines(caplog: pytest.LogCaptureFixture, level: int = logging.WARNING) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == level]


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.NOT_YET])
def test_a_value_that_is_withheld_for_a_third_reading_is_said_once(
    log: WithheldLog, caplog: pytest.LogCaptureFixture, reason: Reason
) -> None:
    look(log, *[without(reason)] * READINGS)
    assert lines(caplog) == []
    look(log, *[without(reason)] * 20)
    assert lines(caplog) == [f"House: grid_power has no value: {TEXTS[reason]}"]


def test_a_value_that_is_known_again_is_said_once_and_may_be_withheld_anew(
    log: WithheldLog, caplog: pytest.LogCaptureFixture
) -> None:
    withheld = [without(Reason.CONTRADICTION)] * (READINGS + 1)
    look(log, *withheld, KNOWN, KNOWN)
    assert lines(caplog, logging.INFO) == ["House: grid_power is known again"]
    look(log, *withheld)
    assert len(lines(caplog)) == 2


def test_a_value_that_comes_and_goes_is_not_worth_a_line(log: WithheldLog, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(10):
        look(log, *[without(Reason.INPUT_MISSING)] * READINGS, KNOWN)
    assert lines(caplog) == lines(caplog, logging.INFO) == []


def test_another_reason_is_counted_anew_and_said_too(log: WithheldLog, caplog: pytest.LogCaptureFixture) -> None:
    look(log, *[without(Reason.INPUT_MISSING)] * READINGS, *[without(Reason.NOT_REPORTED)] * READINGS)
    assert lines(caplog) == []
    look(log, *[without(Reason.NOT_REPORTED)] * 2)
    look(log, *[without(Reason.CONTRADICTION)] * (READINGS + 1))
    assert [line.rpartition(": ")[2] for line in lines(caplog)] == [
        TEXTS[Reason.NOT_REPORTED],
        TEXTS[Reason.CONTRADICTION],
    ]


def test_what_was_never_reported_is_no_matter(log: WithheldLog, caplog: pytest.LogCaptureFixture) -> None:
    look(log, *[without(Reason.NOT_YET)] * 20)
    assert lines(caplog) == []


def test_a_counter_that_waits_is_known(log: WithheldLog, caplog: pytest.LogCaptureFixture) -> None:
    look(log, *[Value(amount=1.0, origin=Origin.CARRIED)] * 20)
    assert lines(caplog) == []


def test_each_value_has_a_line_of_its_own(log: WithheldLog, caplog: pytest.LogCaptureFixture) -> None:
    values: Iterable[tuple[str, Value]] = [
        ("grid_power", without(Reason.NOT_REPORTED)),
        ("consumption_power", without(Reason.INPUT_MISSING)),
        ("power", KNOWN),
    ]
    for _ in range(5):
        log.look(values)
    assert [line.split()[1] for line in lines(caplog)] == ["grid_power", "consumption_power"]


def rejected(name: str, energy_wh: float, start: datetime = NOON) -> SystemData:
    row = Rejection(start=start, end=start + timedelta(minutes=15), energy_wh=energy_wh, most_wh=1_875.0)
    return SystemData(system=System(vendor=Vendor.SOLAREDGE, id="1", name="House"), rejected={name: row})


def test_a_row_that_cannot_be_is_said_with_its_number_once_a_day(
    log: WithheldLog, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(10):
        log.look_at_rows(rejected("grid_import", 4_294_967_295.0))
    (line,) = lines(caplog)
    assert line == (
        "House: 4294967295 Wh of grid_import from 2026-06-01T12:00:00+00:00 to 2026-06-01T12:15:00+00:00"
        " are impossible (at most 1875 Wh) and count as missing"
    )
    log.look_at_rows(rejected("production", 40_000_000.0))
    log.look_at_rows(rejected("grid_import", 4_294_967_295.0, NOON + timedelta(days=1)))
    assert len(lines(caplog)) == 3
