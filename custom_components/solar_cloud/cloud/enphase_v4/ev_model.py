"""What Enphase v4 reports of EV chargers. Energies are Wh, instants aware UTC, days dates at the system."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerEvent:
    """Something that happened at a charger (endpoint ``ev_charger/events``)."""

    status: str | None = None
    triggered: datetime | None = None
    cleared: datetime | None = None
    details: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingSession:
    """One stay of a car at a charger (endpoint ``ev_charger/{sn}/sessions``)."""

    start: datetime | None = None
    end: datetime | None = None
    duration: timedelta | None = None
    charging: timedelta | None = None
    """For how long energy flowed."""
    energy_wh: float | None = None
    miles_added: float | None = None
    cost: float | None = None
    """In the owner's currency, which the answer does not name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingTime:
    """When a schedule lets the car charge."""

    days: tuple[int, ...] = ()
    """1 (Monday) to 7."""
    start: str | None = None
    """Time of the day at the system, as the cloud writes it: ``1:00``."""
    end: str | None = None
    level_percent: float | None = None
    """Share of the charger's most power."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerSchedule:
    """One schedule of a charger (endpoint ``ev_charger/{sn}/schedules``)."""

    type: str | None = None
    active: bool | None = None
    times: tuple[ChargingTime, ...] = ()
