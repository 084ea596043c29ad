"""Frozen time is what freezegun makes of it, however quickly it is told."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
import queue
import threading
import time
from types import ModuleType
from unittest.mock import patch
from zoneinfo import ZoneInfo

from freezegun import api
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import event
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from . import frozen_time

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [UTC, BERLIN, ZoneInfo("America/Los_Angeles"), ZoneInfo("Asia/Kathmandu"), ZoneInfo("Pacific/Chatham")]
INSTANTS = [
    datetime(2026, 3, 29, 0, 59, 59, 999_999),
    datetime(2026, 10, 25, 0, 30),
    datetime(2026, 10, 25, 1, 30),
    datetime(2026, 6, 10, 19, 2, 30, 5),
    datetime(1969, 12, 31, 23, 59, 59, 500_000),
]


@pytest.mark.parametrize("zone", ZONES, ids=str)
@pytest.mark.parametrize("instant", INSTANTS, ids=str)
def test_now_is_the_frozen_instant_in_each_time_zone(
    freezer: FrozenDateTimeFactory, instant: datetime, zone: ZoneInfo
) -> None:
    freezer.move_to(instant)
    for _ in range(2):  # the second answer is a remembered one
        now = datetime.now(zone)
        expected = frozen_time._original_now(datetime, zone)
        assert (now, now.fold, now.tzinfo, type(now)) == (expected, expected.fold, zone, type(expected))
    assert datetime.now() == frozen_time._original_now(datetime)  # noqa: DTZ005


@pytest.mark.parametrize("zone", ZONES, ids=str)
@pytest.mark.parametrize("instant", INSTANTS, ids=str)
def test_a_frozen_instant_is_converted_as_freezegun_does(
    freezer: FrozenDateTimeFactory, instant: datetime, zone: ZoneInfo
) -> None:
    freezer.move_to(instant)
    now = datetime.now(zone)
    assert type(now) is api.FakeDatetime
    for other in ZONES:
        there, expected = now.astimezone(other), frozen_time._ORIGINAL["astimezone"](now, other)
        assert (there, there.fold, there.tzinfo) == (expected, expected.fold, other)
        assert type(there) is type(expected)
        assert there.timestamp() == frozen_time._ORIGINAL["timestamp"](there)
        back = datetime.fromtimestamp(now.timestamp(), other)
        expected = frozen_time._ORIGINAL["fromtimestamp"].__func__(datetime, now.timestamp(), other)
        assert (back, back.fold, type(back)) == (expected, expected.fold, type(expected))


def test_a_naive_time_is_one_of_the_frozen_offset(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to("2026-06-10 12:00:00")
    assert datetime.now().timestamp() == datetime.now(UTC).timestamp()  # noqa: DTZ005
    assert datetime.fromtimestamp(0) == datetime(1970, 1, 1)  # noqa: DTZ006


def test_all_clocks_follow_the_frozen_time_at_once(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to("2026-06-10 12:00:00.250000")
    before = time.time(), time.monotonic(), time.perf_counter(), datetime.now(UTC)
    assert before[0] == before[3].timestamp() == 1_781_092_800.25
    freezer.tick(0.5)
    assert time.time() - before[0] == time.monotonic() - before[1] == time.perf_counter() - before[2] == 0.5
    assert datetime.now(UTC) - before[3] == timedelta(seconds=0.5)


def test_a_time_that_ticks_is_not_remembered() -> None:
    with api.freeze_time("2026-06-10", tick=True):
        began = time.time(), datetime.now(UTC)
        api.real_time()
        threading.Event().wait(0.002)
        assert time.time() > began[0]
        assert datetime.now(UTC) > began[1]


def test_an_offset_is_added_to_the_time_without_a_zone() -> None:
    with api.freeze_time("2026-06-10 12:00:00", tz_offset=2):
        assert datetime.now() == datetime(2026, 6, 10, 14)  # noqa: DTZ005
        assert time.time() == datetime(2026, 6, 10, 12, tzinfo=UTC).timestamp()


def test_after_a_frozen_time_it_is_the_real_one_again() -> None:
    with api.freeze_time("2020-01-01"):
        assert datetime.now(UTC).year == 2020
    assert datetime.now(UTC).year > 2020
    assert time.time() > datetime(2021, 1, 1, tzinfo=UTC).timestamp()
    assert type(datetime.now(UTC)) is api.real_datetime


def test_a_queue_waits_in_real_time(freezer: FrozenDateTimeFactory) -> None:
    with pytest.raises(queue.Empty):
        queue.Queue[int]().get(timeout=0.001)


def test_a_module_is_looked_through_again_once_it_has_another_name() -> None:
    module = ModuleType("a_module_of_the_test")
    assert frozen_time.module_attributes(module) == []
    module.clock = api.real_time  # type: ignore[attr-defined]
    assert frozen_time.module_attributes(module) == [("clock", api.real_time)]
    other = ModuleType("a_module_of_the_test")
    assert frozen_time.module_attributes(other) == []


def test_an_instant_is_a_datetime_whatever_its_class(freezer: FrozenDateTimeFactory) -> None:
    assert isinstance(datetime.now(UTC), datetime)
    assert isinstance(api.real_datetime(2026, 1, 1), datetime)
    assert isinstance(datetime.now(UTC).date(), type(datetime.now(UTC).date()))
    assert not isinstance("2026-01-01", datetime)


async def test_a_timer_that_is_due_runs_and_sees_the_instant_it_was_fired_at(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to("2026-06-10 12:00:00")
    seen: list[datetime] = []
    event.async_call_later(hass, 60, seen.append)
    event.async_track_time_interval(hass, seen.append, timedelta(hours=1), cancel_on_shutdown=True)
    freezer.tick(59)
    async_fire_time_changed(hass)
    assert not seen
    freezer.tick(1)
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    assert [when.replace(microsecond=0) for when in seen] == [datetime(2026, 6, 10, 12, 1, tzinfo=UTC)]
    # What is to be seen while a timer runs is gone afterwards.
    assert event.time_tracker_utcnow().microsecond == 0


async def test_a_timer_that_raises_leaves_the_clock_as_it_was() -> None:
    before = event.time_tracker_utcnow, event.time_tracker_timestamp

    def fail() -> None:
        with frozen_time.tracked_at(datetime(2026, 1, 1, tzinfo=UTC), 1.0):
            assert event.time_tracker_timestamp() == 1.0
            raise ValueError("the timer's")

    with pytest.raises(ValueError, match="the timer's"):
        fail()
    assert (event.time_tracker_utcnow, event.time_tracker_timestamp) == before


async def test_a_call_from_another_thread_is_refused_by_the_loop() -> None:
    loop = asyncio.get_running_loop()
    refused: list[Exception] = []

    def call(schedule: Callable[..., object]) -> None:
        try:
            schedule(print)
        except RuntimeError as error:
            refused.append(error)

    with patch("builtins.print"):
        await loop.run_in_executor(None, call, loop.call_soon)
        assert len(refused) == 1
        await loop.run_in_executor(None, call, loop.call_soon_threadsafe)
        assert len(refused) == 1
