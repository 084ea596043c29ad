"""What must never be known of a system, whatever its cloud answers (laws 3, 8 and 10)."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
import json
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfo

from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import Interval
from custom_components.solar_cloud.model.limits import limits_of
from custom_components.solar_cloud.system.restore import dump, load

GRACE = timedelta(days=1)
FIRST_TIME = datetime(2000, 1, 1, tzinfo=UTC)
LARGEST, LARGEST_WHOLE = 1e12, 2**53
LONGEST = 255
CLOCK_CHANGE = timedelta(hours=1)


def absurdities(data: SystemData, before: SystemData, now: datetime, zone: ZoneInfo) -> list[str]:
    """Return in words what is wrong with what is known of a system; nothing is the right answer.

    What was known before is right, so only what has changed since then is looked at.
    """
    new = {item.name: _new(getattr(data, item.name), getattr(before, item.name)) for item in fields(data)}
    part = SystemData(**{"system": data.system, **{name: member for name, member in new.items() if member is not None}})
    return [*_unstorable(part), *_odd_members(part, "", now), *_impossible(data, before, part, now, zone)]


def odd_members(value: Any, now: datetime) -> list[str]:
    """Return in words what of an answer nothing could store or show."""
    return list(_odd_members(value, "", now))


def _new(member: Any, old: Any) -> Any:
    """Return a member, or of a mapping the members, that have changed; `None` where none has."""
    if member is old:
        return None
    if not isinstance(member, Mapping) or not isinstance(old, Mapping):
        return member
    found = {key: new for key, value in member.items() if (new := _new(value, old.get(key))) is not None}
    return found or None


def _unstorable(data: SystemData) -> Iterator[str]:
    """Yield why the data could not be written to disk, or not be read again."""
    stored = dump(data)
    try:
        text = json.dumps(stored, allow_nan=False)
        text.encode()
    except (ValueError, TypeError) as err:
        yield f"cannot be stored: {err}"
        return
    if dump(load(SystemData, json.loads(text))) != json.loads(text):
        yield "is another after a restart"


def _odd_members(value: Any, where: str, now: datetime) -> Iterator[str]:
    """Yield numbers, texts and instants that nothing could show."""
    match value:
        case bool() | None:
            return
        case int() if abs(value) >= LARGEST_WHOLE:
            yield f"{where}: {value} is too large"
        case float() if not isfinite(value) or abs(value) > LARGEST:
            yield f"{where}: {value} is no number"
        case str() if len(value) > LONGEST and not where.startswith("/notes"):
            yield f"{where}: a text of {len(value)} characters"
        case str() if not _is_clean(value):
            yield f"{where}: {value!r} cannot be shown"
        case datetime() if not FIRST_TIME <= value <= now + GRACE:
            yield f"{where}: {value} cannot be a time of this"
        case Interval() if value.end > now + GRACE or value.start >= value.end:
            yield f"{where}: from {value.start} to {value.end}"
        case Mapping():
            for key, member in value.items():
                yield from _odd_members(key, f"{where}/key", now)
                yield from _odd_members(member, f"{where}/{key}", now)
        case tuple() | frozenset():
            for member in value:
                yield from _odd_members(member, f"{where}/-", now)
        case _ if is_dataclass(value):
            for item in fields(value):
                yield from _odd_members(getattr(value, item.name), f"{where}/{item.name}", now)


def _is_clean(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return text.isprintable()


def _impossible(data: SystemData, before: SystemData, part: SystemData, now: datetime, zone: ZoneInfo) -> Iterator[str]:
    """Yield powers and energies that no roof yields and no connection carries.

    A nameplate that shrinks says nothing about what was known before.
    """
    both = [limits_of(one.system, one.peak) for one in (before, data)]
    flow_w, most_w = max(one.flow_w for one in both) + 1, max(one.production_w for one in both) + 1
    if part.power is not None and not 0 <= part.power.power_w <= most_w:
        yield f"a power of {part.power.power_w} W"
    published = data.published
    for flow, value in published.power.items():
        if value.amount is not None and not 0 <= value.amount <= most_w + 2 * flow_w:
            yield f"a power of {flow} of {value.amount} W"
    since = datetime.combine(_day(data, now, zone), datetime.min.time(), data.system.zone(zone))
    hours = (now - since + CLOCK_CHANGE).total_seconds() / 3600
    if data.today is not None and data.today.day == since.date() and not 0 <= data.today.energy_wh <= most_w * hours:
        yield f"an energy of {data.today.energy_wh} Wh today"
    for flow, value in published.today.items():
        if value.amount is not None and not 0 <= value.amount <= (most_w + 2 * flow_w) * hours:
            yield f"{flow} of {value.amount} Wh today"
    for name, series in (("production", part.intervals), *part.flows.items(), *part.detail.items()):
        for row in series.values():
            if not 0 <= row.mean_power_w <= max(most_w, flow_w):
                yield f"a row of {name} with {row.energy_wh} Wh"
    for serial, reading in part.readings.items():
        if reading.level_percent is not None and not 0 <= reading.level_percent <= 100:
            yield f"{serial} at {reading.level_percent} %"
        if reading.power_w is not None and abs(reading.power_w) > max(most_w, flow_w):
            yield f"{serial} with {reading.power_w} W"


def _day(data: SystemData, now: datetime, zone: ZoneInfo) -> date:
    return now.astimezone(data.system.zone(zone)).date()
