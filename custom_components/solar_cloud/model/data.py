"""All that is known of one system, and how an update of a job is merged into it. Pure functions, no vendor."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from .balance import Balance
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
    Update,
)
from .lifetime import LifetimeCounter
from .merging import (
    merge_bases,
    merge_breakdown,
    merge_device_flows,
    merge_device_intervals,
    merge_devices,
    merge_flows,
    merge_readings,
    newer,
    overlay,
)
from .performance import PerformanceState, judged
from .published import publish
from .series import Dark, day_energy_wh, local_day, merged, midnight, never_dark

__all__ = ["KEEP_DEVICE_INTERVALS", "KEEP_INTERVALS", "SYSTEM", "SystemData", "day_energy_wh", "local_day", "midnight"]

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
    """The newest powers that a cloud tells apart from its intervals, and older ones than these maybe."""
    today: DayEnergy | None = None
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
    device_bases: Mapping[str, Mapping[Flow, LifetimeBase]] = field(default_factory=_no_mapping)
    detail: Mapping[Flow, Mapping[datetime, Interval]] = field(default_factory=_no_mapping)
    """What statistics are made of, where `intervals` and `flows` are not."""
    behind_since: datetime | None = None
    """Since when the other flows have been too far behind production to wait for them."""
    balance: Balance | None = None
    """The newest values of all flows that agree with each other, where more than production is known."""
    told: Mapping[str, frozenset[Flow]] = field(default_factory=_no_mapping)
    """The flows that were ever told of a meter or battery, by serial number, and of the system (`SYSTEM`)."""
    alerts: Mapping[str, Alert] | None = None
    """The open alerts by id; `None` as long as nobody has asked."""
    breakdown: Breakdown | None = None
    notes: Mapping[str, str] = field(default_factory=_no_mapping)
    """What the client wants to know the next time."""
    performance: PerformanceState = field(default_factory=PerformanceState)
    """How each inverter does beside its siblings."""

    def merge(self, update: Update, now: datetime, default_zone: ZoneInfo, dark: Dark = never_dark) -> SystemData:
        """Return this data with one job's update merged in.

        `now` is aware UTC; the zone stands in for a system whose own is unknown; `dark` knows the sun at the system.
        """
        system = overlay(self.system, update.system)
        zone = system.zone(default_zone)
        today = local_day(now, zone)
        devices, doubted = merge_devices(self.devices, self.doubted, update)
        device_intervals = merge_device_intervals(
            self.device_intervals, update.device_intervals, devices, now, KEEP_DEVICE_INTERVALS
        )
        flows = merge_flows(self.flows, update.flows, now, KEEP_INTERVALS)
        device_flows = merge_device_flows(self.device_flows, update.device_flows, devices, now, KEEP_INTERVALS)
        base = update.lifetime or self.lifetime_base
        if update.lifetime and self.lifetime_base and update.lifetime.day < self.lifetime_base.day:
            base = self.lifetime_base
        merged_data = replace(
            self,
            system=system,
            momentary=newer(self.momentary, update.momentary),
            lifetime_base=base,
            intervals=merged(self.intervals, update.intervals, now, KEEP_INTERVALS),
            devices=devices,
            doubted=doubted,
            readings=merge_readings(self.readings, update, devices, device_intervals, system, now, zone, dark),
            device_intervals=device_intervals,
            flows=flows,
            bases=merge_bases(self.bases, update.bases, flows, today, zone),
            detail=merge_flows(self.detail, update.detail, now, KEEP_INTERVALS),
            device_flows=device_flows,
            device_bases=MappingProxyType(
                {
                    serial: merge_bases(
                        self.device_bases.get(serial, {}), update.device_bases.get(serial, {}), series, today, zone
                    )
                    for serial, series in device_flows.items()
                }
            ),
            alerts=self.alerts if update.alerts is None else update.alerts,
            breakdown=merge_breakdown(self.breakdown, update.breakdown),
            notes=MappingProxyType({**self.notes, **update.notes}) if update.notes else self.notes,
        )
        data = publish(merged_data, self, update, now, zone, dark)
        performance = judged(
            self.performance,
            update,
            devices=devices,
            before=self.device_intervals,
            device_intervals=device_intervals,
            today=data.today,
            size_w=system.size_w,
            now=now,
            zone=zone,
        )
        return replace(data, performance=performance, told=_told(self.told, data))

    def serials(self, kind: DeviceKind) -> list[str]:
        """Return the serial numbers of the devices of a kind."""
        return [serial for serial, device in self.devices.items() if device.kind is kind]

    def recent(self) -> Mapping[Flow, Mapping[datetime, Interval]]:
        """Return the intervals of the last days of every flow that is measured."""
        own = {Flow.PRODUCTION: self.intervals} if self.intervals else {}
        return {**self.detail, **own, **self.flows}

    def energy_today_wh(self, now: datetime, default_zone: ZoneInfo) -> float | None:
        """Return the energy since the system's midnight in Wh; `None` when nothing of this day is known yet."""
        if self.today is None or self.today.day != local_day(now, self.system.zone(default_zone)):
            return None
        return self.today.energy_wh


def _told(before: Mapping[str, frozenset[Flow]], data: SystemData) -> Mapping[str, frozenset[Flow]]:
    """Add the flows that are told now; what has once been told has an entity, also while nothing is known of it."""
    told = {serial: frozenset(flows) for serial, flows in data.device_flows.items()}
    told[SYSTEM] = frozenset(data.balance.power) if data.balance else frozenset()
    if all(flows <= before.get(key, frozenset()) for key, flows in told.items()) and before.keys() <= {
        SYSTEM,
        *data.devices,
    }:
        return before
    both = {key: before.get(key, frozenset()) | told.get(key, frozenset()) for key in (SYSTEM, *data.devices)}
    return MappingProxyType({key: flows for key, flows in both.items() if flows})
