"""Energy of the day for devices whose cloud reports a lifetime only: the lifetime without what it was at midnight.

What it was at midnight is known when nothing can have been produced between a reading and midnight, and when the
gateway has reported in the dark that lasts until midnight, or after it, without a newer word from the device. Anything
else would be a guess, and the day stays unknown. Pure functions; Wh, instants aware UTC, days dates at the system.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from .elements import DayEnergy, Device, DeviceKind, DeviceReading, System
from .series import Dark, local_day, midnight

ASLEEP = timedelta(minutes=10)
"""Who is missing from a gateway's report for so long does not produce: awake devices are heard of every 5 minutes."""
SAME_TIME = timedelta(hours=1)
"""Who was heard of so much earlier than others at the same gateway may produce without being heard."""
UNHEARD = frozenset({"comm", "micro"})
"""States of a device that produces unheard (Enphase v2 documentation)."""
FUTURE = timedelta(hours=1)
"""A reading from further ahead is nobody's."""
SAME_WH = 0.5
"""What two figures of the same energy may differ by in binary."""
_DAY = timedelta(days=1)
_MOMENT = timedelta(minutes=1)


@dataclass(slots=True, kw_only=True)
class DayStarts:
    """Counts the days of the devices in one answer."""

    now: datetime
    zone: ZoneInfo
    dark: Dark
    reported: Callable[[str | None], datetime | None]
    """When a gateway last reported before the answer."""
    heard: Mapping[str | None, datetime]
    """The newest reading of any device in the answer, by gateway."""
    _dark_between: dict[tuple[datetime, datetime], bool] = field(default_factory=dict)

    def counted(
        self, merged: DeviceReading, old: DeviceReading, new: DeviceReading, parent: str | None
    ) -> DeviceReading:
        """Return a merged reading with the energy of its day; `old` and `new` are what it was merged from."""
        lifetime, at = new.energy_lifetime_wh, read_at(new)
        today = local_day(self.now, self.zone)
        if lifetime is None or at is None or at > self.now + FUTURE or at > midnight(today + _DAY, self.zone):
            return merged
        if (before := read_at(old)) is not None and at < before:
            return merged
        last = _last_lifetime(old)
        if last is not None and lifetime < last - SAME_WH:
            # New electronics have begun anew: what the old ones had counted today is gone.
            return replace(merged, day_start=None, energy_today=None)
        lifetime = lifetime if last is None else max(lifetime, last)
        starts = _known_starts(old)
        for day in (today, today + _DAY):
            begin = midnight(day, self.zone)
            if self._is_start(new, at, begin, parent):
                starts[day] = lifetime
            elif at <= begin and day in starts and lifetime > starts[day]:
                del starts[day]  # more has come late of the time before
        day_start = max((DayEnergy(day=day, energy_wh=wh) for day, wh in starts.items()), key=_day, default=None)
        energy_today = _energy(starts, today, self._day_of(at), lifetime) or merged.energy_today
        if (day_start, energy_today) == (merged.day_start, merged.energy_today):
            return merged
        kept = merged.day_start if day_start == merged.day_start else day_start
        return replace(merged, day_start=kept, energy_today=energy_today)

    def _is_start(self, new: DeviceReading, at: datetime, begin: datetime, parent: str | None) -> bool:
        """Return whether a lifetime read at an instant is what it was when a day began."""
        if self._is_dark(min(at, begin), max(at, begin)):
            return True
        reported = self.reported(parent)
        if at > begin or reported is None or new.status in UNHEARD:
            return False
        return (
            reported - at >= ASLEEP
            and self.heard[parent] - at <= SAME_TIME
            and self._is_dark(min(reported, begin - _MOMENT), begin)
        )

    def _day_of(self, at: datetime) -> date:
        """Return the day that what ended at an instant belongs to: midnight is the end of a day."""
        return local_day(at - timedelta(microseconds=1), self.zone)

    def _is_dark(self, start: datetime, end: datetime) -> bool:
        # Devices at one gateway fall asleep together; the sun need not be worked out for each.
        if (known := self._dark_between.get((start, end))) is None:
            known = self._dark_between[start, end] = self.dark(start, end)
        return known


def day_starts(
    readings: Mapping[str, DeviceReading],
    new: Mapping[str, DeviceReading],
    devices: Mapping[str, Device],
    system: System,
    now: datetime,
    zone: ZoneInfo,
    dark: Dark,
) -> DayStarts:
    """Prepare for one answer: `new` is what it holds, `readings` what was known before.

    A gateway in the answer must not have reported after its devices were read.
    """
    parents = {device.parent for device in devices.values() if device.kind is DeviceKind.INVERTER and device.parent}
    gateways = parents | {serial for serial, device in devices.items() if device.kind is DeviceKind.GATEWAY}
    # The system reports when any of its gateways reported.
    whole = system.last_report if len(gateways) == 1 else None

    def reported(parent: str | None) -> datetime | None:
        own = [known[parent].last_report for known in (readings, new) if parent is not None and parent in known]
        known = [moment for moment in (*own, whole) if moment is not None and moment <= now]
        return max(known, default=None)

    heard: dict[str | None, datetime] = {}
    for serial, reading in new.items():
        if (device := devices.get(serial)) is not None and (at := read_at(reading)) is not None:
            heard[device.parent] = max(at, heard.get(device.parent, at))
    return DayStarts(now=now, zone=zone, dark=dark, reported=reported, heard=heard)


def read_at(reading: DeviceReading) -> datetime | None:
    """Return the instant that a reading's lifetime is of."""
    return reading.last_report or reading.measured_at


def _last_lifetime(old: DeviceReading) -> float | None:
    """Return the newest lifetime that the known start goes with; the published one never falls, and does not do."""
    start, today = old.day_start, old.energy_today
    if start is None:
        return None
    return start.energy_wh + (today.energy_wh if today is not None and today.day == start.day else 0.0)


def _known_starts(old: DeviceReading) -> dict[date, float]:
    """Return the lifetimes at the beginning of days: the one that is kept, and of the evening before it."""
    start, today = old.day_start, old.energy_today
    if start is None:
        return {}
    starts = {start.day: start.energy_wh}
    if today is not None and today.day == start.day - _DAY:
        starts[today.day] = start.energy_wh - today.energy_wh
    return starts


def _energy(starts: Mapping[date, float], today: date, day: date, lifetime: float) -> DayEnergy | None:
    """Return the energy of today, else of the day that was read."""
    for known in (today, day):
        if known in starts:
            return DayEnergy(day=known, energy_wh=lifetime - starts[known])
    return None


def _day(energy: DayEnergy) -> date:
    return energy.day
