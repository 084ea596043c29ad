"""What the endpoints of Enphase v4 answer, where neither the vendor-neutral model nor version 2 has a word for it.

Units are W and Wh, instants are aware UTC, days are dates in the system's own time zone; `None`: the cloud did not say.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from ...model.elements import Device, DeviceKind, DeviceReading, Flow, Interval, System
from ..enphase.model import DeviceState, Meta, Summary


class Granularity(StrEnum):
    """How long the time is that one request for telemetry spans; rows are as long as they are."""

    FIVE_MINUTES = "5mins"
    QUARTER_HOUR = "15mins"
    DAY = "day"
    WEEK = "week"

    @property
    def length(self) -> timedelta:
        """How much time one request spans."""
        return _LENGTHS[self]


_LENGTHS = {
    Granularity.FIVE_MINUTES: timedelta(minutes=5),
    Granularity.QUARTER_HOUR: timedelta(minutes=15),
    Granularity.DAY: timedelta(days=1),
    Granularity.WEEK: timedelta(days=7),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemsPage:
    """One page of the list of systems (endpoint ``systems``)."""

    systems: tuple[System, ...] = ()
    rows: int = 0
    """How many entries the page had, those that cannot be read included."""
    total: int | None = None
    """How many systems there are in all."""
    size: int | None = None
    """How many entries the cloud puts on a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemSummary:
    """A system now or on one day (endpoint ``summary``): as in version 2, and what its batteries are."""

    summary: Summary
    nmi: str | None = None
    """Number of an Australian connection."""
    battery_charge_w: float | None = None
    """The most that all batteries together can take."""
    battery_discharge_w: float | None = None
    battery_capacity_wh: float | None = None

    @property
    def has_storage(self) -> bool:
        """Whether the cloud knows of a battery."""
        return any((self.battery_charge_w, self.battery_discharge_w, self.battery_capacity_wh))


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """What a meter is for (endpoint ``devices``)."""

    serial: str
    id: str | None = None
    """What ``latest_telemetry`` calls it, which has no serial numbers."""
    role: str | None = None
    """``production``, ``consumption`` or, for what the documentation does not list, the cloud's own word."""
    config: str | None = None
    """``production``, ``net`` (what goes through the grid's connection) or ``total`` (what the house uses)."""
    phases: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """The active devices of a system (endpoint ``devices``)."""

    devices: tuple[Device, ...] = ()
    complete: frozenset[DeviceKind] = frozenset()
    """The kinds of which `devices` is the whole list."""
    readings: Mapping[str, DeviceReading] = field(default_factory=lambda: MappingProxyType({}))
    """Status and last report by serial number."""
    meters: tuple[Meter, ...] = ()
    """The meters that are enabled."""
    disabled_meters: tuple[Meter, ...] = ()
    """Those that are not."""
    battery_ids: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Serial numbers of batteries by what ``latest_telemetry`` calls them."""
    unknown_storage: bool = False
    """Something stores energy of which no endpoint is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvertersPage:
    """One page of the microinverters (endpoint ``inverters_summary_by_envoy_or_site``)."""

    states: tuple[DeviceState, ...] = ()
    """Those that are not retired."""
    rows: int = 0
    """How many entries the page had, retired ones included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telemetry:
    """Energy in intervals, ascending, maybe with gaps."""

    intervals: tuple[Interval, ...] = ()
    total_devices: int | None = None
    end: datetime | None = None
    """Up to when the answer speaks, as far as it says."""
    meta: Meta


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryTelemetry:
    """What all batteries of a system together took and gave (endpoint ``telemetry/battery``)."""

    charge: tuple[Interval, ...] = ()
    discharge: tuple[Interval, ...] = ()
    level_percent: float | None = None
    """The newest state of charge, 0 to 100."""
    level_at: datetime | None = None
    """The end of the newest interval with a state of charge."""
    total_devices: int | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DailySeries:
    """The energy of each day from `start` on, in Wh, without a gap (all ``*_lifetime`` endpoints)."""

    start: date | None = None
    """`None`: there is none."""
    flows: Mapping[Flow, tuple[float | None, ...]] = field(default_factory=lambda: MappingProxyType({}))
    meta: Meta

    def days(self, flow: Flow) -> Mapping[date, float]:
        """Return the energies of a flow by day, without the days that cannot be read."""
        if self.start is None:
            return {}
        energies = enumerate(self.flows.get(flow, ()))
        return {self.start + timedelta(days=index): energy for index, energy in energies if energy is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterChannel:
    """One phase of a meter now (endpoint ``latest_telemetry``)."""

    id: str | None = None
    """The meter's, as in the list of devices."""
    name: str | None = None
    """``production`` or ``consumption``."""
    channel: int | None = None
    power_w: float | None = None
    """`None`: there is no such phase, or nothing newer than a week."""
    reported: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryNow:
    """One battery now (endpoint ``latest_telemetry``)."""

    id: str | None = None
    """As in the list of devices."""
    name: str | None = None
    power_w: float | None = None
    """What it gives; negative while it takes."""
    reported: datetime | None = None
    mode: str | None = None
    """``idle``, ``charging`` or ``discharging``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplianceNow:
    """A heat pump or an EV charger now (endpoint ``latest_telemetry``)."""

    serial: str
    name: str | None = None
    reported: datetime | None = None
    mode: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Latest:
    """The newest values of everything that measures (endpoint ``latest_telemetry``)."""

    meters: tuple[MeterChannel, ...] = ()
    batteries: tuple[BatteryNow, ...] = ()
    heat_pumps: tuple[ApplianceNow, ...] = ()
    chargers: tuple[ApplianceNow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageRegister:
    """What a battery meter had counted in its whole life at an instant (endpoint ``storage_meter_readings``)."""

    serial: str
    charged_wh: float | None = None
    discharged_wh: float | None = None
    read_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened (endpoints ``events`` and ``open_events``)."""

    type_id: int | None = None
    status: str | None = None
    """``info``, ``open`` or ``closed``."""
    since: datetime | None = None
    until: datetime | None = None
    serial: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Something that the owner should look at (endpoints ``alarms`` and ``open_alarms``)."""

    id: str | None = None
    type_id: int | None = None
    severity: int | None = None
    """1 (fatal) to 6 (none)."""
    cleared: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    serials: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EventType:
    """What an event type id stands for (endpoint ``event_types``); it never changes."""

    id: int
    key: str | None = None
    name: str | None = None
    description: str | None = None
    action: str | None = None
    """What the vendor recommends."""
    stateful: bool | None = None
