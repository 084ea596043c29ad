"""What the meters of an Enphase v4 system measure: read from its list of devices, kept in its notes. Pure functions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ...model.data import SystemData
from ..enphase.model import METER_SOURCE
from .model import Devices, Meter

METERS_NOTE = "v4_meters"
"""The note about what each meter is for: ``production:production consumption:net``."""
METER_IDS_NOTE = "v4_meter_ids"
"""The note about the meters by what ``latest_telemetry`` calls them: ``22:consumption:net 23:disabled:consumption``."""
BATTERY_IDS_NOTE = "v4_battery_ids"
"""The note about the serial numbers of batteries by what it calls these: ``41:492200000001``."""
PRODUCTION_METER, CONSUMPTION_METER = "production", "consumption"
"""The roles of meters, which ``latest_telemetry`` uses as their names."""
TOTAL_CONFIG = "total"
"""The wiring of a consumption meter that measures what the house uses."""
DISABLED = "disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownMeter:
    """What a meter is for, as the list of devices says."""

    role: str
    """`DISABLED` for one that is not in use."""
    config: str
    """The wiring, or the role of one that is not in use."""


def meter_notes(found: Devices) -> Mapping[str, str]:
    """Return the notes about the meters and batteries of a list of devices."""
    meters = [f"{meter.id}:{_word(meter.role)}:{_word(meter.config)}" for meter in found.meters if _is_word(meter.id)]
    meters += [f"{meter.id}:{DISABLED}:{_word(meter.role)}" for meter in found.disabled_meters if _is_word(meter.id)]
    batteries = [f"{number}:{serial}" for number, serial in found.battery_ids.items() if _is_word(number)]
    return {
        METERS_NOTE: meters_note(found.meters),
        METER_IDS_NOTE: " ".join(meters),
        BATTERY_IDS_NOTE: " ".join(entry for entry in batteries if " " not in entry),
    }


def meters_note(meters: Iterable[Meter]) -> str:
    """Return the text of the note about the meters."""
    return " ".join(f"{meter.role}:{meter.config or ''}" for meter in meters if meter.role)


def meter_configs(data: SystemData) -> Mapping[str, str]:
    """Return how the meters of each role are wired, by role."""
    return dict(entry.split(":", 1) for entry in data.notes.get(METERS_NOTE, "").split() if ":" in entry)


def known_meters(data: SystemData) -> Mapping[str, KnownMeter]:
    """Return the meters that are listed, by what ``latest_telemetry`` calls them; empty where that is not known."""
    entries = [entry.split(":") for entry in data.notes.get(METER_IDS_NOTE, "").split()]
    return {entry[0]: KnownMeter(role=entry[1], config=entry[2]) for entry in entries if len(entry) == 3}


def is_taken_out(data: SystemData, role: str) -> bool:
    """Return whether meters of a role are listed, and none of them is in use."""
    disabled = any(meter.role == DISABLED and meter.config == role for meter in known_meters(data).values())
    return disabled and role not in meter_configs(data)


def battery_serials(data: SystemData) -> Mapping[str, str]:
    """Return the serial numbers of the batteries by what ``latest_telemetry`` calls them."""
    return dict(entry.split(":", 1) for entry in data.notes.get(BATTERY_IDS_NOTE, "").split() if ":" in entry)


def is_production_metered(data: SystemData) -> bool:
    """Return whether meters measure production, by the summary, or by the list of devices where it does not say."""
    source = data.system.source
    return source == METER_SOURCE if source else PRODUCTION_METER in meter_configs(data)


def _is_word(text: str | None) -> bool:
    """Return whether a text can stand in a note as it is."""
    return bool(text) and not any(character.isspace() or character == ":" for character in text or "")


def _word(text: str | None) -> str:
    """Return a text as it can stand in a note; an odd one is that of no role and no wiring."""
    return text or "" if _is_word(text) else ""
