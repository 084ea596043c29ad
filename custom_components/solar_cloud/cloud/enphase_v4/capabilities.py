"""What an Enphase v4 system has, as far as is known: meters, batteries, and which measures its cloud tells.

A plan, an access control or missing hardware may keep a measure from us, and the cloud says so in many ways: 401, 404,
422, 500, an empty list. What was never told twice in a row counts as missing; the weekly list of devices has it asked
for again. Pure functions; all of it is kept in the system's notes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from ...model.data import SystemData
from ...model.elements import DeviceKind, Flow
from ..parse import as_time
from .model import Meter

METERS = "v4_meters"
"""The note about what each meter is for: ``production:production consumption:net``."""
LATEST = "v4_latest"
"""The note about whether the newest powers have production among them."""
KNOWN_SINCE = "v4_known_since"
"""The note about when the system was first read."""
PRODUCTION, CONSUMPTION = "production", "consumption"
TOTAL = "total"

ONCE = "once"
"""Not told once, and never before."""
READ = "read"
DOUBTED = "doubted"
"""Told before and refused once: a single refusal may be a mistake of the cloud's."""
MISSING = "missing"
AGAIN = "again"
"""Missing when it was last asked for; worth another try."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What meters or batteries measure, with requests of its own."""

    name: str
    flows: tuple[Flow, ...]

    @property
    def note(self) -> str:
        """The name of the note about whether the cloud tells it."""
        return f"v4_{self.name}"

    def state(self, data: SystemData) -> str:
        """Return what is known about whether the cloud tells it."""
        return data.notes.get(self.note, "")


OWN = Measure(name="production", flows=(Flow.PRODUCTION,))
IMPORT = Measure(name="import", flows=(Flow.GRID_IMPORT,))
EXPORT = Measure(name="export", flows=(Flow.GRID_EXPORT,))
BATTERY = Measure(name="battery", flows=(Flow.BATTERY_CHARGE, Flow.BATTERY_DISCHARGE))
USE = Measure(name="consumption", flows=(Flow.CONSUMPTION,))
MEASURES = (IMPORT, EXPORT, BATTERY, USE)
"""What is measured beside production."""


def meters_note(meters: Iterable[Meter]) -> str:
    """Return what the meters are for, as it is noted."""
    return " ".join(f"{meter.role}:{meter.config or ''}" for meter in meters if meter.role)


def meter_configs(data: SystemData) -> Mapping[str, str]:
    """Return how the meters of each role are wired, by role."""
    return dict(entry.split(":", 1) for entry in data.notes.get(METERS, "").split() if ":" in entry)


def has_battery(data: SystemData) -> bool:
    """Tell whether the system has a battery."""
    return bool(data.serials(DeviceKind.BATTERY))


def is_metered(data: SystemData) -> bool:
    """Tell whether more flows than production are told: then all values are told together, by quarter hours."""
    measured = [measure for measure in MEASURES if _has(measure, data)]
    return _may_be_told(OWN, data) and any(_may_be_told(measure, data) for measure in measured)


def tells_latest(data: SystemData) -> bool:
    """Tell whether the newest powers are worth asking for: those of the flows, which no summary has."""
    return is_metered(data) and data.notes.get(LATEST) != MISSING


def is_wanted(measure: Measure, data: SystemData) -> bool:
    """Tell whether a measure is worth asking for. Consumption follows from the rest, unless a part of it is missing."""
    if measure.state(data) == MISSING or not _has(measure, data):
        return False
    return measure is not USE or not all(_may_be_told(other, data) for other in (IMPORT, EXPORT))


def told(data: SystemData) -> tuple[Measure, ...]:
    """Return the measures that are wanted and were told at least once."""
    return tuple(measure for measure in MEASURES if is_wanted(measure, data) and was_told(measure, data))


def retried(data: SystemData) -> Mapping[str, str]:
    """Return the notes that have what is missing asked for again."""
    notes = {measure.note: AGAIN for measure in (OWN, *MEASURES) if measure.state(data) == MISSING}
    return notes | ({LATEST: AGAIN} if data.notes.get(LATEST) == MISSING else {})


def was_told(measure: Measure, data: SystemData) -> bool:
    """Tell whether the cloud has told a measure lately."""
    return measure.state(data) in {READ, DOUBTED}


def after_refusal(state: str | None, *, final: bool) -> str:
    """Return the state of what was refused (`final`), or came without a row, now."""
    if final and state == READ:
        return DOUBTED
    return MISSING if final or state in {ONCE, AGAIN} else ONCE


def known_since(data: SystemData) -> datetime | None:
    """Return when the system was first read through version 4."""
    return as_time(data.notes.get(KNOWN_SINCE))


def _has(measure: Measure, data: SystemData) -> bool:
    """Tell whether the system has the hardware for a measure; batteries need meters, but some are not listed."""
    battery = has_battery(data)
    return battery or measure is OWN or (measure is not BATTERY and CONSUMPTION in meter_configs(data))


def _may_be_told(measure: Measure, data: SystemData) -> bool:
    """Tell whether a measure is told, or not known not to be."""
    return measure.state(data) not in {MISSING, AGAIN}
