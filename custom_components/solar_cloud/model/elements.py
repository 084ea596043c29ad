"""What the clouds report, in one form for all vendors.

Units are W and Wh, instants are aware UTC datetimes, days are dates in the system's own time zone. `None` means that
the cloud did not say; it never stands for zero. Every class is frozen: a newer answer makes a new object.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from .names import SOURCES, DeviceKind, Flow, Vendor
from .zones import zone_named

__all__ = [
    "SOURCES",
    "Alert",
    "Breakdown",
    "DayEnergy",
    "Device",
    "DeviceKind",
    "DeviceReading",
    "Flow",
    "Interval",
    "LifetimeBase",
    "Momentary",
    "Power",
    "Silence",
    "System",
    "Update",
    "Vendor",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """One Enphase system or SolarEdge site: what changes seldom or never."""

    vendor: Vendor
    id: str
    name: str
    timezone: str | None = None
    """IANA name, as the vendor gives it (old ones such as ``US/Pacific`` occur), or a fixed offset (``+01:00``)."""
    status: str | None = None
    """The vendor's code in lower case, known to us or not."""
    size_w: float | None = None
    installed_at: datetime | None = None
    """What somebody typed: it may be years off, or lie ahead."""
    producing_since: date | None = None
    """The first day of the first year that the cloud counts energy in."""
    last_report: datetime | None = None
    """When the system last talked to its cloud."""
    modules: int | None = None
    source: str | None = None
    """Enphase: ``microinverters`` or ``meter``, what its production figures come from."""
    meters: int | None = None
    """Enphase: revenue-grade meters that are in use."""
    meters_reporting: int | None = None
    """Enphase: how many of them reported the newest interval that any of them reported."""
    unknown_storage: bool | None = None
    """Whether there is storage of which nothing is measured: what is computed of the house would be wrong."""

    @property
    def key(self) -> str:
        """What device and entity identifiers are made of: ``enphase_67``, ``solaredge_1234567``."""
        return f"{self.vendor}_{self.id}"

    def zone(self, default: ZoneInfo) -> ZoneInfo:
        """Return the system's own time zone, or the default where the cloud gives none that is known."""
        return zone_named(self.timezone) or default


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Energy between two instants, as the vendor reports it."""

    start: datetime
    end: datetime
    energy_wh: float
    power_w: float | None = None
    """Mean power over the interval, where the vendor says it."""
    devices_reporting: int | None = None

    @property
    def mean_power_w(self) -> float:
        """The vendor's mean power, else the one that follows from the energy."""
        if self.power_w is not None:
            return self.power_w
        return self.energy_wh * 3600 / (self.end - self.start).total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """Production power and the end of the interval it was measured in."""

    power_w: float
    measured_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A time of which a system reported no energy although it reported: in the dark that means none was produced."""

    since: datetime
    """The end of the last interval with energy."""
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Momentary:
    """Powers of an instant, where a cloud reports them apart from its intervals."""

    measured_at: datetime
    powers: Mapping[Flow, float]
    """W, none below zero; a flow that is not known is missing."""
    computed: frozenset[Flow] = frozenset()
    """The flows that nobody measures; one that cannot be computed either is not among the powers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayEnergy:
    """Energy of one day in the system's time zone, so far."""

    day: date
    energy_wh: float
    as_of: datetime | None = None
    """Up to when it counts; `None` where nobody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LifetimeBase:
    """Energy of the whole life up to the beginning of a day in the system's time zone.

    The running lifetime is this plus everything since the start of that day.
    """

    day: date
    before_wh: float
    missing_since: date | None = None
    """The first day that it was carried on over although rows were missing: the cloud knows better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A piece of hardware under a system: what changes seldom or never."""

    kind: DeviceKind
    serial: str
    name: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    part_number: str | None = None
    firmware: str | None = None
    parent: str | None = None
    """Serial number of the device that this one reports through."""
    communication: str | None = None
    """How an inverter talks to its cloud: ``ETHERNET``, ``RS485`` … in the vendor's words."""
    optimizers: int | None = None
    """Power optimizers behind an inverter."""
    capacity_wh: float | None = None
    """Nameplate capacity of a battery."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceReading:
    """The newest values of one device; `None` where its cloud does not say."""

    status: str | None = None
    last_report: datetime | None = None
    power_w: float | None = None
    """Production; of a battery what it gives, negative while it takes."""
    measured_at: datetime | None = None
    energy_today: DayEnergy | None = None
    energy_lifetime_wh: float | None = None
    day_start: DayEnergy | None = None
    """The lifetime when a day began, in Wh: where a cloud reports no energy of the day, it follows from this."""
    voltage_v: float | None = None
    current_a: float | None = None
    frequency_hz: float | None = None
    level_percent: float | None = None
    """State of charge of a battery, 0 to 100."""
    stored_wh: float | None = None
    """Energy that is left in a battery."""
    level_at: datetime | None = None
    """When state of charge and stored energy were measured; `None`: with the power."""

    @property
    def filled_at(self) -> datetime | None:
        """The instant that state of charge and stored energy are of; `None` where neither is known."""
        if self.level_percent is None and self.stored_wh is None:
            return None
        return self.level_at or self.measured_at or self.last_report


NO_READING = DeviceReading()
"""Stands for a device that was never read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Something that the cloud asks its owner to look at."""

    id: str
    type: str | None = None
    """In the vendor's words: a code, or free text."""
    category: str | None = None
    impact: int | None = None
    """Higher is worse."""
    since: datetime | None = None
    component: str | None = None
    """Name of the device that it is about."""
    serial: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    """Where a day's energy has gone to and come from so far, as the cloud itself divides it; Wh."""

    day: date
    read_at: datetime | None = None
    """When the cloud was asked."""
    self_consumed_wh: float | None = None
    """Production that was used in the house at once."""
    to_battery_wh: float | None = None
    to_grid_wh: float | None = None
    from_production_wh: float | None = None
    """Consumption that production covered at once."""
    from_battery_wh: float | None = None
    from_grid_wh: float | None = None
    specific_yield: float | None = None
    """kWh for each kWp of the modules."""
    performance_ratio: float | None = None

    @property
    def is_divided(self) -> bool:
        """Whether a part is known that only a meter or a battery can know."""
        parts = (self.to_battery_wh, self.to_grid_wh, self.from_battery_wh, self.from_grid_wh)
        return any(part is not None for part in parts)


def _frozen[K, V]() -> Mapping[K, V]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """What one job brought. What it does not speak of is `None` or empty, and stays as it was."""

    system: System | None = None
    """The fields that are not `None` replace the older ones."""
    power: Power | None = None
    whole_until: datetime | None = None
    """What is known of the power of a later time lacks what devices report late, and is taken back."""
    silence: Silence | None = None
    """Whether the dark, or an interval that comes late, is the reason decides who knows the sun."""
    momentary: Momentary | None = None
    """What is newer than the newest intervals of all flows replaces their powers."""
    today: DayEnergy | None = None
    lifetime: LifetimeBase | None = None
    intervals: tuple[Interval, ...] = ()
    """Production of the system; a later answer for the same start replaces the earlier one."""
    devices: tuple[Device, ...] = ()
    complete: frozenset[DeviceKind] = frozenset()
    """The kinds of which `devices` is the whole list: who is not in it has been retired."""
    readings: Mapping[str, DeviceReading] = field(default_factory=_frozen)
    """By serial number; the fields that are not `None` replace the older ones."""
    device_intervals: Mapping[str, tuple[Interval, ...]] = field(default_factory=_frozen)
    """Production by serial number, where the cloud gives it in intervals."""
    flows: Mapping[Flow, tuple[Interval, ...]] = field(default_factory=_frozen)
    """What the system's meters and batteries measured together; production is in `intervals`."""
    bases: Mapping[Flow, LifetimeBase] = field(default_factory=_frozen)
    """The same for their whole life."""
    device_flows: Mapping[str, Mapping[Flow, tuple[Interval, ...]]] = field(default_factory=_frozen)
    """What each meter and battery measured, by serial number."""
    device_bases: Mapping[str, Mapping[Flow, LifetimeBase]] = field(default_factory=_frozen)
    detail: Mapping[Flow, tuple[Interval, ...]] = field(default_factory=_frozen)
    """Intervals that statistics are made of, of a cloud whose day and lifetime are counted otherwise."""
    alerts: Mapping[str, Alert] | None = None
    """All open alerts by id."""
    breakdown: Breakdown | None = None
    notes: Mapping[str, str] = field(default_factory=_frozen)
    """What the client has found out about the system and needs to know the next time."""

    @property
    def is_empty(self) -> bool:
        """Whether it has nothing of the system, but at most notes."""
        return self == Update(notes=self.notes)

    @property
    def newest(self) -> datetime | None:
        """The end of the newest interval in the answer, of the system or else of a device; `None` without one."""
        if self.silence is not None:
            return self.silence.until
        if self.power is not None:
            return self.power.measured_at
        if self.momentary is not None:
            return self.momentary.measured_at
        ends = [interval.end for interval in self.intervals]
        series = [*self.flows.values(), *self.detail.values()]
        ends += [interval.end for one in series for interval in one]
        ends += [reading.measured_at for reading in self.readings.values() if reading.measured_at is not None]
        return max(ends, default=None)
