"""What SolarEdge's cloud reports beyond the vendor-neutral model, in W, Wh, V, A, Hz and aware UTC datetimes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from ...model.elements import System, Vendor
from .windows import Resolution


class Quantity(StrEnum):
    """What a series measures; the unit is always the one of this project."""

    POWER = "W"
    ENERGY = "Wh"
    VOLTAGE = "V"
    CURRENT = "A"
    FREQUENCY = "Hz"
    PERCENTAGE = "%"


class DeviceType(StrEnum):
    """Kinds of devices that an inventory can be asked for (SolarEdge Monitoring API V2 documentation)."""

    INVERTER = "INVERTER"
    METER = "METER"
    BATTERY = "BATTERY"
    GATEWAY = "GATEWAY"
    BATTERY_MODULE = "BATTERY_MODULE"
    OPTIMIZER = "OPTIMIZER"
    EV_CHARGER = "EV_CHARGER"
    BUI = "BUI"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One site, from the list or from its details. The address and the note are personal and are not kept."""

    id: str
    name: str | None = None
    status: str | None = None
    """The vendor's `activationStatus` in lower case."""
    peak_power_w: float | None = None
    installed_at: datetime | None = None
    last_update: datetime | None = None
    timezone: str | None = None
    """IANA name, or any other text; only the details have it."""
    utc_offset: timedelta | None = None
    """The offset that the time of the last report is written with."""

    def system(self) -> System:
        """Return the site in the words of all vendors."""
        return System(
            vendor=Vendor.SOLAREDGE,
            id=self.id,
            name=self.name or self.id,
            timezone=self.timezone,
            status=self.status,
            size_w=self.peak_power_w,
            installed_at=self.installed_at,
            last_report=self.last_update,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Flows:
    """Energy of one side of an overview in Wh; the parts are `None` without the meter or battery they need."""

    total_wh: float | None = None
    parts_wh: Mapping[str, float]
    """By the vendor's name: `toSelfConsumption`, `toStorage`, `toGrid`, `fromPv`, `fromStorage`, `fromGrid`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What a site produced and used in the window that was asked for."""

    production: Flows
    consumption: Flows
    specific_yield: float | None = None
    """kWh for each kWp; only the 2022 documentation has it."""
    performance_ratio: float | None = None


class Bucket(NamedTuple):
    """One value of a series; `None` where the cloud has none (yet)."""

    start: datetime
    end: datetime
    value: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Values of one quantity, ascending, in this project's unit."""

    quantity: Quantity
    resolution: Resolution
    buckets: Sequence[Bucket] = ()
    period_start: datetime | None = None
    period_end: datetime | None = None
    utc_offset: timedelta | None = None
    """How far the site's time is from UTC, as the newest label says; `None` where labels have no offset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telemetry:
    """Series of a kind of device by serial number and the vendor's name of the metric."""

    devices: Mapping[str, Mapping[str, Series]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteDevice:
    """One row of a site's inventory, as the vendor gives it; what is no text there is `None`."""

    type: str | None = None
    """In upper case; `DeviceType` has the documented ones."""
    serial: str | None = None
    """`None` for virtual meters."""
    name: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    part_number: str | None = None
    firmware: str | None = None
    connected_to: str | None = None
    active: bool | None = None
    created_at: datetime | None = None
    communication: str | None = None
    meter_type: str | None = None
    """`FeedIn`, `Purchased`, `Consumption` …; two rows of one meter differ in it."""
    optimizers: int | None = None
    """How many are connected to an inverter."""
    nameplate: float | None = None
    """Capacity of a battery; nobody says whether in Wh or kWh. 0 for inverters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert of a site."""

    id: str | None = None
    site_id: str | None = None
    category: str | None = None
    type: str | None = None
    impact: int | None = None
    """Higher is worse."""
    status: str | None = None
    """`open` or `closed`."""
    first_trigger: datetime | None = None
    last_trigger: datetime | None = None
    component: str | None = None
    component_serial: str | None = None
    error_codes: tuple[str, ...] = ()
