"""What the endpoints of Enphase v2 answer, where the vendor-neutral model has no word for it.

Units are W and Wh, instants are aware UTC, days are dates in the system's own time zone; `None`: the cloud did not say.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import MappingProxyType

from ...model.elements import Device, DeviceKind, DeviceReading, Interval

METER_SOURCE = "meter"
"""What ``summary`` calls the source of a system whose production a revenue-grade meter measures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """How timely the data of an answer are (the block ``meta`` of the Enphase v2 documentation)."""

    status: str | None = None
    """The system's status code in lower case."""
    last_report: datetime | None = None
    last_energy: datetime | None = None
    """The end of the last interval with energy."""
    operational: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One day of a system and how the system is now (endpoint ``summary``)."""

    day: date | None = None
    status: str | None = None
    power_w: float | None = None
    """Production at `last_interval_end`; never reported for a past day."""
    energy_today_wh: float | None = None
    """Production of `day`."""
    energy_before_wh: float | None = None
    """Production of the whole life without `day`: what the vendor calls ``energy_lifetime``."""
    last_interval_end: datetime | None = None
    """The last time that the system is known to have produced energy."""
    is_undated: bool = False
    """There is such a time, but nobody can read it: it is in the future, or of no year that can be."""
    last_report: datetime | None = None
    operational: datetime | None = None
    modules: int | None = None
    size_w: float | None = None
    source: str | None = None
    """``microinverters`` or ``meter``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """Energy in intervals, ascending, with gaps: nights, silent hours.

    Production (endpoints ``stats`` and ``rgm_stats``) or consumption (``consumption_stats``).
    """

    total_devices: int | None = None
    """Active microinverters, or meters."""
    intervals: tuple[Interval, ...] = ()
    by_meter: Mapping[str, tuple[Interval, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """What each meter reported, by serial number (``meter_intervals``, late v2); empty where the cloud does not say."""
    meta: Meta


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyLifetime:
    """Production of each day from `start` on, in Wh, without a gap (endpoint ``energy_lifetime``)."""

    start: date | None = None
    """`None`: the system has never produced."""
    meter_start: date | None = None
    """The first day that a meter measured; `None` for a system without one."""
    production: tuple[float | None, ...] = ()
    """The merged series: microinverters, and from `meter_start` on the meter."""
    micro_production: tuple[float | None, ...] = ()
    """What the microinverters measured; only where both series were asked for."""
    meter_production: tuple[float | None, ...] = ()
    meta: Meta

    def days(self) -> Mapping[date, float]:
        """Return the merged series by day, without the days that cannot be read."""
        return _by_day(self.start, self.production)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumptionLifetime:
    """What was used on each day from `start` on, in Wh, without a gap (endpoint ``consumption_lifetime``)."""

    start: date | None = None
    """`None`: the system has no consumption meter."""
    consumption: tuple[float | None, ...] = ()
    meta: Meta

    def days(self) -> Mapping[date, float]:
        """Return the consumption by day, without the days that cannot be read."""
        return _by_day(self.start, self.consumption)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterReadings:
    """A revenue-grade meter's register in Wh at both ends of a period."""

    serial: str
    start_wh: float | None = None
    end_wh: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """What a revenue-grade meter had counted in its whole life at an instant."""

    serial: str
    value_wh: float
    read_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthlyProduction:
    """Production of one month that begins on any day (endpoint ``monthly_production``)."""

    start: date | None = None
    end: date | None = None
    """The last day of the period."""
    production_wh: float | None = None
    meter_readings: tuple[MeterReadings, ...] = ()
    meta: Meta


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceState:
    """A device and its newest values (endpoints ``envoys`` and ``inverters_summary_by_envoy_or_site``)."""

    device: Device
    reading: DeviceReading


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """The devices that are not retired (endpoint ``inventory``)."""

    devices: tuple[Device, ...] = ()
    complete: frozenset[DeviceKind] = frozenset()
    """The kinds of which `devices` is the whole list."""
    readings: Mapping[str, DeviceReading] = field(default_factory=lambda: MappingProxyType({}))
    """The status of meters by serial number (late v2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envoys:
    """The active Envoys of a system (endpoint ``envoys``)."""

    states: tuple[DeviceState, ...] = ()
    complete: bool = False
    """Whether every row of the list could be read."""


def _by_day(start: date | None, energies: tuple[float | None, ...]) -> Mapping[date, float]:
    if start is None:
        return {}
    return {start + timedelta(days=index): energy for index, energy in enumerate(energies) if energy is not None}
