"""What is measured of a candidate."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import mean, quantiles
from typing import Any

from .loop import Window


@dataclass(slots=True)
class Refresh:
    """One refresh of one system."""

    requests: int
    changed: int
    """The entities whose state or attributes changed."""
    loop: Window
    floor: Window | None = None
    """The least that the same requests and states take; `None` where there was no request."""


@dataclass(slots=True, kw_only=True)
class Figures:
    """All figures of one candidate; seconds and bytes."""

    systems: int
    entities: int
    """With a state."""
    registered: int
    """Those that are off by default included."""
    devices: int
    set_up: Window
    again: Window
    refreshes: list[Refresh]
    memory_fresh: int
    """What the process has grown by after the first set-up."""
    memory: int
    """The same after days of life."""
    stored: int

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Figures:
        """Build from what `asdict` made."""
        refreshes = [
            Refresh(one["requests"], one["changed"], Window(**one["loop"]), one["floor"] and Window(**one["floor"]))
            for one in data["refreshes"]
        ]
        windows = {name: Window(**data[name]) for name in ("set_up", "again")}
        return cls(**{**data, **windows, "refreshes": refreshes})

    @property
    def requests(self) -> float:
        """Requests of a refresh, on average."""
        return mean(one.requests for one in self.refreshes)

    @property
    def changed(self) -> float:
        """The entities that a refresh changes, on average."""
        return mean(one.changed for one in self.refreshes)

    @property
    def floor(self) -> float | None:
        """The least event-loop time of a refresh, on average; `None` for a candidate without requests."""
        floors = [one.floor.busy for one in self.refreshes if one.floor is not None]
        return mean(floors) if floors else None

    @property
    def refresh(self) -> float:
        """Event-loop time of a refresh, on average."""
        return mean(one.loop.busy for one in self.refreshes)

    @property
    def refresh_p95(self) -> float:
        """What 95 % of the refreshes stay below."""
        return quantiles((one.loop.busy for one in self.refreshes), n=20)[-1]

    @property
    def writing(self) -> float:
        """What of it went into writing entities, on average."""
        return mean(one.loop.writing for one in self.refreshes)

    @property
    def collecting(self) -> float:
        """What the garbage collector took in a refresh, on average."""
        return mean(one.loop.collecting for one in self.refreshes)

    @property
    def longest(self) -> float:
        """The longest single callback of all refreshes."""
        return max(one.loop.longest for one in self.refreshes)

    @property
    def longest_by_clock(self) -> float:
        """The same by the clock."""
        return max(one.loop.longest_by_clock for one in self.refreshes)

    @property
    def other_threads(self) -> float:
        """Processor time of a refresh outside the event loop's thread, on average."""
        return mean(one.loop.other_threads for one in self.refreshes)
