"""What goes wrong in a soak, and when: the same for the same seed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
import random
from typing import Any

DAY = timedelta(days=1)
VENDORS = ("/enphase/*", "/solaredge/*")
DATA = ("/enphase/api/*", "/solaredge/v2/sites*")
"""The same without the token endpoints: new tokens that do not arrive are lost, and the owner has to sign in."""
FAULTS: tuple[Mapping[str, Any], ...] = (
    {"status": 500, "body": {"errorCode": 7, "errorMessages": ["Data temporarily unavailable."]}},
    {"status": 503, "body": ""},
    {"status": 502, "body": "<html><h1>Bad gateway</h1></html>"},
    {"drop": True},
    {"truncate": True},
    {"truncate": True, "drop": True},
    {"status": 429, "body": {"status": 429}, "headers": {"retry-after": "37"}},
)
OUTAGES: tuple[Mapping[str, Any], ...] = ({"drop": True}, {"status": 503, "body": "<html>Maintenance</html>"})


class Kind(StrEnum):
    """What happens."""

    FAULT = "answers fail"
    OUTAGE = "a cloud is down"
    OVER = "it is back"
    RESTART = "Home Assistant restarts"
    KILL = "Home Assistant is killed"
    RELOAD = "the accounts are reloaded"
    WRONG_CLOCK = "Home Assistant boots with a wrong clock"


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """Something that happens at an instant of the true clock (aware UTC)."""

    at: datetime
    kind: Kind
    number: int = 0
    """Which of a kind: chosen at random."""


def plan(start: datetime, days: int, seed: int, *, calm: bool) -> list[Event]:
    """Return what happens, in order; the last day is quiet, so that everything may be caught up."""
    chance = random.Random(seed)
    busy = max(1, days - 1)

    def some(kind: Kind, a_day: float) -> list[Event]:
        number = max(1, round(a_day * busy))
        moments = (start + chance.uniform(0.05, 0.95) * busy * DAY for _ in range(number))
        return [Event(moment, kind, chance.randrange(1_000)) for moment in moments]

    if calm:
        return some(Kind.RESTART, 0)
    events = [*some(Kind.FAULT, 6), *some(Kind.RESTART, 0.2), *some(Kind.KILL, 0.3), *some(Kind.RELOAD, 0.3)]
    events += some(Kind.WRONG_CLOCK, 0)
    for outage in some(Kind.OUTAGE, 0.1):
        length = timedelta(hours=chance.uniform(1, min(30, busy * 8)))
        events += [outage, Event(min(outage.at + length, start + busy * DAY), Kind.OVER)]
    return sorted(events)


def path_of(event: Event, fault: Mapping[str, Any]) -> str:
    """Return what a fault is for: a vendor's whole cloud, or its data alone where the answer is lost on its way."""
    paths = DATA if fault.keys() & {"drop", "truncate"} else VENDORS
    return paths[event.number % len(paths)]
