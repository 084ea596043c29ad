"""The hardware of a plant: inverters, the gateways they report through, meters, batteries."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from zlib import crc32


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How well an inverter works from an instant on."""

    since: datetime
    percent: int
    """What it yields of what it should: 0 … 100."""
    mute: bool
    """Whether it does not report either."""


@dataclass(slots=True, kw_only=True)
class Inverter:
    """One inverter, from the instant it was installed to the one it was retired."""

    serial: str
    gateway: str
    """Serial number of the gateway it reports through."""
    installed: datetime
    model: str = "M215"
    part_number: str = "800-00107-r01"
    size_w: int = 170
    """Power of the modules behind it in W."""
    late: int = 0
    """By how many slots its readings come later than its gateway's others."""
    retired: datetime | None = None
    gaps: list[tuple[datetime, datetime]] = field(default_factory=list)
    """Times between its installation and now in which it was elsewhere."""
    health: list[Health] = field(default_factory=list)
    """Ascending; whole and talkative before the first."""

    @property
    def sku(self) -> str:
        """What Enphase's late v2 calls it in the catalogue."""
        return f"{self.model}-60-2LL-S22"

    @property
    def weight(self) -> int:
        """Its share of the plant's energy: its size, a few per cent more or less."""
        return max(1, round(self.size_w * (1 + (crc32(self.serial.encode()) % 9 - 4) / 200)))

    def active_at(self, moment: datetime) -> bool:
        """Return whether it is in use at an instant."""
        return (
            self.installed <= moment
            and (self.retired is None or moment < self.retired)
            and not any(start <= moment < end for start, end in self.gaps)
        )

    def changes(self) -> Iterator[datetime]:
        """Give the instants at which its use begins or ends."""
        yield self.installed
        for gap in self.gaps:
            yield from gap
        if self.retired is not None:
            yield self.retired

    def mute_since(self, now: datetime) -> datetime | None:
        """Return since when it has not reported, or None while it does."""
        since = None
        for health in self.health:
            if health.since <= now:
                since = (since or health.since) if health.mute else None
        return since


@dataclass(slots=True)
class Silence:
    """A time in which a gateway does not report; it goes on while `end` is missing."""

    start: datetime
    end: datetime | None = None


@dataclass(slots=True, kw_only=True)
class Gateway:
    """What carries the readings to the cloud: an Envoy, or the SolarEdge inverter with the network cable."""

    serial: str
    id: int = 0
    name: str = ""
    part_number: str = "800-00555-r03"
    sku: str = "ENV-IQ-AM1-240"
    model: str = "IQ Gateway"
    """v4's; v2 calls all of them Envoy."""
    software: str = "D8.2.4345 (4f1a2b)"
    never_reported: bool = False
    """Whether the cloud has not heard of it yet; its `last_report_at` is null then."""
    silences: list[Silence] = field(default_factory=list)

    @property
    def silent(self) -> bool:
        """Whether it is silenced until further notice."""
        return any(silence.end is None for silence in self.silences)


@dataclass(slots=True, kw_only=True)
class RevenueMeter:
    """A revenue-grade production meter; all of a plant together measure exactly what the inverters do."""

    serial: str
    gateway: str
    installed: datetime
    manufacturer: str = "GE"
    model: str = "I-210+"
    weight: int = 1
    """Its share of the plant's energy beside other meters."""
    phases: int = 1
    """v4: how many of its channels are connected."""
    retired: datetime | None = None
    silences: list[Silence] = field(default_factory=list)

    @property
    def silent(self) -> bool:
        """Whether it is silenced until further notice, although its Envoy may report."""
        return any(silence.end is None for silence in self.silences)

    def active_at(self, moment: datetime) -> bool:
        """Return whether it is in use at an instant."""
        return self.installed <= moment and (self.retired is None or moment < self.retired)


@dataclass(slots=True, kw_only=True)
class ConsumptionMeter:
    """Enphase's meter of what the house uses (late v2, v4)."""

    serial: str
    gateway: str
    installed: datetime
    manufacturer: str = "Enphase"
    model: str = "Envoy S"
    config: Literal["Net", "Total"] = "Net"
    """Where its current transformers sit: at the grid connection, or before the loads (v4)."""
    phases: int = 1
    """v4: how many of its channels are connected."""


@dataclass(slots=True, kw_only=True)
class GridMeter:
    """A meter at the grid connection, which SolarEdge lists once for each direction."""

    serial: str
    connected_to: str


type MeterKind = Literal["production", "consumption", "feed_in", "purchased"]


@dataclass(slots=True, kw_only=True)
class Meter:
    """Any other meter of a SolarEdge site; one without a serial number is only listed."""

    serial: str | None
    kind: MeterKind
    connected_to: str
    retired: datetime | None = None
    """When it was replaced; it stays listed, but its readings are gone, those of its past too."""

    def active_at(self, moment: datetime) -> bool:
        """Return whether it is in use at an instant."""
        return self.retired is None or moment < self.retired


@dataclass(slots=True, kw_only=True)
class Battery:
    """A battery as a device; its energy is its part of the plant's storage."""

    serial: str
    connected_to: str
    manufacturer: str = "SolarEdge"
    model: str = "Home Battery"
    capacity_wh: int = 0
    """Nameplate; 0: all of the plant's storage."""
    retired: datetime | None = None
    """When it was replaced; it stays listed, but its readings are gone, those of its past too."""


type AccessoryKind = Literal["q_relays", "acbs", "enpowers", "iq_collars"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Accessory:
    """A device of an Enphase system that measures nothing (v4)."""

    kind: AccessoryKind
    serial: str
    installed: datetime
    name: str
    model: str
    part_number: str
    sku: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingSchedule:
    """When a charger may charge, and how fast."""

    days: tuple[int, ...]
    """1 is Monday."""
    start: str
    end: str
    level: int = 100
    """Per cent."""
    active: bool = True


@dataclass(slots=True, kw_only=True)
class EvCharger:
    """Enphase's charger of an electric car; what it draws is part of the plant's load (v4)."""

    serial: str
    name: str = "IQ EV Charger"
    model: str = "IQ-EVSE-EU"
    part_number: str = "865-02030 09"
    sku: str = "IQ-EVSE-EU-3032-0105-1300"
    firmware: str = "v0.04.22"
    schedules: tuple[ChargingSchedule, ...] = (ChargingSchedule(days=(1, 2, 3, 4, 5), start="18:00", end="22:00"),)


@dataclass(slots=True, kw_only=True)
class Event:
    """Something that Enphase reports of a system (v4); it goes on while `end` is missing."""

    id: int
    type_id: int
    serial: str
    start: datetime
    end: datetime | None = None
    alarm: bool = False
    severity: int = 3
    """Of an alarm: 1 is fatal, 6 is nothing."""


@dataclass(slots=True, kw_only=True)
class Alert:
    """An alert of SolarEdge."""

    id: int
    category: str
    type: str
    impact: int
    status: str
    first_trigger: datetime
    last_trigger: datetime
    component_name: str
    component_serial: str | None
    error_codes: tuple[str, ...] = ()
