"""All that is known of one system; no vendor. How an update changes it is in `merging.py`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from .elements import (
    Alert,
    Breakdown,
    DayEnergy,
    Device,
    DeviceKind,
    DeviceReading,
    Flow,
    Interval,
    LifetimeBase,
    Momentary,
    Power,
    System,
)
from .lifetime import LifetimeCounter
from .limits import Peak, Rejection
from .performance import PerformanceState
from .series import EMPTY, Series, day_energy_wh, local_day, midnight, newest_end
from .sources import Source
from .value import Published

__all__ = ["KEEP_DEVICE_INTERVALS", "KEEP_INTERVALS", "SYSTEM", "SystemData", "day_energy_wh", "local_day", "midnight"]

NOT_STORED = "not_stored"
"""Marks fields that follow from the others."""
STORED_AS = "stored_as"
"""Marks fields with the name that files have them under, where that is another one."""
SYSTEM = ""
"""Stands for the system itself, where devices are named by their serial numbers."""
KEEP_INTERVALS = timedelta(hours=72)
"""How much of the past is kept to add up days and to take in late values."""
KEEP_DEVICE_INTERVALS = timedelta(hours=36)
"""The same for the production of single inverters, of which there may be many: the day before, and the night after."""


def _no_mapping[K, V]() -> Mapping[K, V]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemData:
    """The newest known values of a system and its devices; what entities show."""

    system: System
    power: Power | None = None
    momentary: Momentary | None = None
    """The newest powers that a cloud reports apart from its intervals; they may be older than these."""
    today: DayEnergy | None = None
    """The production of the newest day."""
    day_before: DayEnergy | None = None
    """That of the day before it."""
    day_start: DayEnergy | None = None
    """The lifetime of production as it was known before the running day began, in Wh."""
    lifetime_base: LifetimeBase | None = None
    lifetime: LifetimeCounter = field(default_factory=LifetimeCounter)
    intervals: Mapping[datetime, Interval] = field(default_factory=_no_mapping)
    """Production by the start of the interval, ascending."""
    devices: Mapping[str, Device] = field(default_factory=_no_mapping)
    """By serial number."""
    doubted: frozenset[DeviceKind] = frozenset()
    """Kinds that one whole inventory has left out altogether; a second one in a row is believed."""
    readings: Mapping[str, DeviceReading] = field(default_factory=_no_mapping)
    device_intervals: Mapping[str, Mapping[datetime, Interval]] = field(default_factory=_no_mapping)
    """Production of single inverters."""
    flows: Mapping[Flow, Mapping[datetime, Interval]] = field(default_factory=_no_mapping)
    """What the meters and batteries of the system measured together, as `intervals`."""
    bases: Mapping[Flow, LifetimeBase] = field(default_factory=_no_mapping)
    counters: Mapping[Flow, LifetimeCounter] = field(default_factory=_no_mapping)
    """The lifetime of every flow but production, whose counter is `lifetime`."""
    device_flows: Mapping[str, Mapping[Flow, Mapping[datetime, Interval]]] = field(default_factory=_no_mapping)
    """What each meter and battery measured."""
    device_counters: Mapping[str, Mapping[Flow, LifetimeCounter]] = field(default_factory=_no_mapping)
    """The lifetime of each flow of each meter and battery, and of each inverter's production."""
    device_bases: Mapping[str, Mapping[Flow, LifetimeBase]] = field(default_factory=_no_mapping)
    detail: Mapping[Flow, Mapping[datetime, Interval]] = field(default_factory=_no_mapping)
    """What statistics are made of, where `intervals` and `flows` are not."""
    published: Published = field(default_factory=Published, metadata={NOT_STORED: True})
    """The values of all flows; worked out anew after a restart."""
    reported: Mapping[str, frozenset[Flow]] = field(default_factory=_no_mapping, metadata={STORED_AS: "told"})
    """The flows that were ever reported of a meter or battery, by serial number, and of the system (`SYSTEM`)."""
    peak: Peak = field(default_factory=Peak)
    """What is known of how much the system can yield, besides its nameplate."""
    rejected: Mapping[str, Rejection] = field(default_factory=_no_mapping)
    """The newest row of each flow that could not be; the name is that of the flow, or ``device``."""
    sources: Mapping[str, Source] = field(default_factory=_no_mapping)
    """Where the newest value of each flow, and of each kind of device, comes from."""
    alerts: Mapping[str, Alert] | None = None
    """The open alerts by id; `None` as long as nobody has asked."""
    breakdown: Breakdown | None = None
    notes: Mapping[str, str] = field(default_factory=_no_mapping)
    """What the client needs to know the next time."""
    performance: PerformanceState = field(default_factory=PerformanceState)
    """How each inverter does beside its siblings."""

    def serials(self, kind: DeviceKind) -> list[str]:
        """Return the serial numbers of the devices of a kind."""
        return [serial for serial, device in self.devices.items() if device.kind is kind]

    def recent(self) -> Mapping[Flow, Mapping[datetime, Interval]]:
        """Return the intervals of the last days of every flow that is measured.

        A system that has got meters, or has lost them, has production in two forms for a while: the newer one counts.
        """
        detail, own = self.detail.get(Flow.PRODUCTION, EMPTY), self.intervals
        newest, newest_own = newest_end(detail), newest_end(own)
        if newest_own is None:
            return {**self.detail, **self.flows}
        if newest is not None and newest > newest_own:
            own = {**_before(own, min(detail)), **detail}
        return {**self.detail, Flow.PRODUCTION: own, **self.flows}

    def energy_today_wh(self, now: datetime, default_zone: ZoneInfo) -> float | None:
        """Return the energy since the system's midnight in Wh; `None` when nothing of this day is known yet."""
        if self.today is None or self.today.day != local_day(now, self.system.zone(default_zone)):
            return None
        return self.today.energy_wh


def _before(series: Series, moment: datetime) -> Series:
    """Return the intervals that end before an instant."""
    return {start: interval for start, interval in series.items() if interval.end <= moment}
