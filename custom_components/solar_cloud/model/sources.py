"""Which job brought the newest value of a flow or kind of device, and how often there is something newer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from .elements import Device, DeviceReading, Flow, Interval, Update

LEVEL = "level"
"""The name of the source of the batteries' charge: their power may come from elsewhere."""
LONGEST_STEP = timedelta(hours=12)
"""A gateway that reports over the mobile network sends four times a day; what is longer was an outage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the newest value comes from."""

    job: str
    end: datetime | None = None
    """The end of the newest interval."""
    step: float = 0.0
    """Seconds by which that end moves on when the cloud has something newer."""
    others: tuple[str, ...] = ()
    """The other jobs whose answers have had a value of it, newer or not."""

    def moved(self, job: str, end: datetime | None) -> Source:
        """Return the source after an answer of a job whose newest interval ends then."""
        known = self if job in {self.job, *self.others} else replace(self, others=(*self.others, job))
        if end is None or (self.end is not None and end <= self.end):
            return known
        step = (end - self.end).total_seconds() if self.end is not None else 0.0
        if step > LONGEST_STEP.total_seconds():
            step = self.step
        others = tuple(sorted({self.job, *known.others} - {job}))
        return Source(job=job, end=end, step=max(step, self.step / 2), others=others)


def energy_of(flow: Flow) -> str:
    """Return the name of the source of a flow's energies: its powers may come from elsewhere, and more often."""
    return f"{flow}_energy"


def sources_after(
    before: Mapping[str, Source], update: Update, devices: Mapping[str, Device], job: str, now: datetime
) -> Mapping[str, Source]:
    """Return the sources after an update; the names are those of flows, of their energies and of kinds of devices.

    One whose newest interval was of the future (now is aware UTC) begins anew: a clock was wrong.
    """
    if not job:
        return before
    found = {name: one for name, one in before.items() if one.end is None or one.end <= now}
    for name, end in _ends(update, devices):
        found[name] = found[name].moved(job, end) if name in found else Source(job=job, end=end)
    return MappingProxyType(found) if found != before else before


def _ends(update: Update, devices: Mapping[str, Device]) -> Iterator[tuple[str, datetime | None]]:
    """Yield the name of each flow, energy and kind of device that an update has, and the end of its newest interval."""
    for flow, rows in update.flows.items():
        if rows:
            yield from ((flow, _newest(rows)), (energy_of(flow), _newest(rows)))
    if (momentary := update.momentary) is not None:
        for flow in {*momentary.powers, *momentary.computed}:
            yield flow, momentary.measured_at
    if update.power is not None:
        yield Flow.PRODUCTION, update.power.measured_at
    if update.intervals:
        yield from ((name, _newest(update.intervals)) for name in (Flow.PRODUCTION, energy_of(Flow.PRODUCTION)))
    elif update.today is not None:
        yield energy_of(Flow.PRODUCTION), None if update.power is None else update.power.measured_at
    by_kind: dict[str, datetime] = {}
    for serial, reading in update.readings.items():
        if serial in devices and (at := _read_at(reading)) is not None:
            kind = devices[serial].kind
            by_kind[kind] = max(at, by_kind.get(kind, at))
    yield from by_kind.items()
    if levels := [at for serial, reading in update.readings.items() if serial in devices and (at := reading.filled_at)]:
        yield LEVEL, max(levels)


def _newest(rows: tuple[Interval, ...]) -> datetime:
    return max(row.end for row in rows)


def _read_at(reading: DeviceReading) -> datetime | None:
    return reading.measured_at or reading.last_report
