"""Frozen time that costs little.

Home Assistant looks at the clock again and again, and freezegun computes the same answer each time. Here the answer is
remembered until the frozen time changes. What a test sees stays as freezegun has it: `tests/test_frozen_time.py`
compares both.
"""

import calendar
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, tzinfo
import sys
import time
from types import FrameType, ModuleType
from typing import Any

from freezegun import api
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import event
from homeassistant.util.async_ import get_scheduled_timer_handles
from pytest_homeassistant_custom_component import common, patch_time

_RESOLUTION = time.get_clock_info("monotonic").resolution
_ORIGINAL = {name: vars(api.FakeDatetime)[name] for name in ("astimezone", "fromtimestamp", "timestamp")}

_ignored: dict[tuple[tuple[str, ...], str], bool] = {}
"""Whether a module sees the real time, by the prefixes that do and its name."""
_attributes: dict[str, tuple[ModuleType, int, list[tuple[str, Any]]]] = {}
"""The clocks and classes of time in a module, with the number of all its names when they were looked for."""
_seconds: tuple[datetime, float] = (api.real_datetime(1970, 1, 1), 0.0)
_now: tuple[datetime, dict[tzinfo | None, datetime]] = (api.real_datetime(1970, 1, 1), {})


def should_use_real_time() -> bool:
    """Return whether one of the five callers is a module that always sees the real time."""
    if not api.call_stack_inspection_limit:
        return False
    try:
        ignore = api.ignore_lists[-1]
    except IndexError:  # Another thread has ended the frozen time.
        return True
    if not ignore:
        return False
    frame: FrameType | None = sys._getframe(2)
    for _ in range(api.call_stack_inspection_limit):
        if frame is None:
            return False
        name = frame.f_globals.get("__name__")
        if name:
            if (found := _ignored.get((ignore, name))) is None:
                found = _ignored[ignore, name] = name.startswith(ignore)
            if found:
                return True
        frame = frame.f_back
    return False


def module_attributes(module: ModuleType) -> list[tuple[str, Any]]:
    """Return what is to be replaced in a module; it is looked through again when it has got or lost a name."""
    names = getattr(module, "__dict__", {})
    known = _attributes.get(module.__name__)
    if known is not None and known[0] is module and known[1] == len(names):
        return known[2]
    found = [(name, value) for name, value in list(names.items()) if id(value) in api._real_time_object_ids]
    _attributes[module.__name__] = (module, len(names), found)
    return found


def seconds() -> float:
    """Return the frozen time in seconds since 1970."""
    global _seconds  # noqa: PLW0603 - one tuple, for threads to see both parts of it or none
    current = api.get_current_time()
    known, result = _seconds
    if known is not current:
        result = calendar.timegm(current.timetuple()) + current.microsecond / 1e6
        _seconds = (current, result)
    return result


def fake_time() -> float:
    """Return the frozen time in seconds since 1970; the real one to a module that always sees it."""
    return api.real_time() if api._should_use_real_time() else seconds()


def now(cls: type[datetime], tz: tzinfo | None = None) -> datetime:
    """Return the frozen time in a time zone; without one naive, in UTC and the frozen offset."""
    global _now  # noqa: PLW0603 - as above
    if not api.freeze_factories or cls._tz_offset():  # type: ignore[attr-defined]
        result: datetime = _original_now(cls, tz)
        return result
    current = api.get_current_time()
    known, answers = _now
    if known is not current:
        answers = {}
        _now = (current, answers)
    if (answer := answers.get(tz)) is None:
        answer = answers[tz] = _original_now(cls, tz)
    return answer


def astimezone(self: datetime, tz: tzinfo | None = None) -> datetime:
    """Return the instant in another time zone; Python keeps the class of a frozen time."""
    result: datetime = _ORIGINAL["astimezone"](self) if tz is None else api.real_datetime.astimezone(self, tz)
    return result


def fromtimestamp(cls: type[datetime], t: float, tz: tzinfo | None = None) -> datetime:
    """Return an instant from the seconds since 1970; without a time zone naive, as freezegun has it."""
    if tz is None:
        result: datetime = _ORIGINAL["fromtimestamp"].__func__(cls, t)
        return result
    return _fromtimestamp(cls)(t, tz)


def timestamp(self: datetime) -> float:
    """Return the seconds since 1970; a naive time is one of the frozen offset."""
    result: float = _ORIGINAL["timestamp"](self) if self.tzinfo is None else api.real_datetime.timestamp(self)
    return result


def _fromtimestamp(cls: type[datetime]) -> Callable[[float, tzinfo], datetime]:
    bound: Callable[[float, tzinfo], datetime] = api.real_datetime.__dict__["fromtimestamp"].__get__(None, cls)
    return bound


@contextmanager
def tracked_at(utc_datetime: datetime, stamp: float) -> Iterator[None]:
    """Let what tracks the time see this instant meanwhile, without the mocks of the test plugin."""
    before = event.time_tracker_utcnow, event.time_tracker_timestamp
    event.time_tracker_utcnow, event.time_tracker_timestamp = (lambda: utc_datetime), (lambda: stamp)
    try:
        yield
    finally:
        event.time_tracker_utcnow, event.time_tracker_timestamp = before


@callback
def fire_time_changed(hass: HomeAssistant, utc_datetime: datetime, fire_all: bool) -> None:
    """Run the timers that are due at an instant, or all of them, as the test plugin does."""
    stamp = utc_datetime.timestamp()
    for task in list(get_scheduled_timer_handles(hass.loop)):
        if task.cancelled():
            continue
        if not fire_all and stamp - time.time() < task.when() - (hass.loop.time() + _RESOLUTION):
            continue
        with tracked_at(utc_datetime, stamp):
            task._run()
            task.cancel()


_original_now = patch_time.HAFakeDatetime.__dict__["now"].__func__


def install() -> None:
    """Put all this in the place of what freezegun and the test plugin have."""
    fake: Any = api.FakeDatetime
    # Python keeps the class of a frozen time as well, in a quarter of the time: long tests add by the million.
    for name in {"__add__", "__sub__"} & vars(fake).keys():
        delattr(fake, name)
    fake.astimezone, fake.timestamp, fake.fromtimestamp = astimezone, timestamp, classmethod(fromtimestamp)
    patch_time.HAFakeDatetime.now = classmethod(now)
    # Not a function of Python's: isinstance() of a time is asked by the million, too.
    api.FakeDatetimeMeta.__instancecheck__ = api.real_datetime.__instancecheck__
    api.FakeDateMeta.__instancecheck__ = api.real_date.__instancecheck__
    api.fake_time, api._get_fake_monotonic = fake_time, seconds
    api._get_cached_module_attributes = module_attributes
    # The plugin puts its own in place before each test.
    patch_time.ha_should_use_real_time = should_use_real_time
    common._async_fire_time_changed = fire_time_changed
