"""What the meters of an Enphase v4 system measure: read from its list of devices, kept in its notes. Pure functions."""

from collections.abc import Iterable, Mapping

from ...model.data import SystemData
from ..enphase.model import METER_SOURCE
from .model import Meter

METERS_NOTE = "v4_meters"
"""The note about what each meter is for: ``production:production consumption:net``."""
PRODUCTION_METER, CONSUMPTION_METER = "production", "consumption"
"""The roles of meters, which ``latest_telemetry`` uses as their names."""
TOTAL_CONFIG = "total"
"""The wiring of a consumption meter that measures what the house uses."""


def meters_note(meters: Iterable[Meter]) -> str:
    """Return the text of the note about the meters."""
    return " ".join(f"{meter.role}:{meter.config or ''}" for meter in meters if meter.role)


def meter_configs(data: SystemData) -> Mapping[str, str]:
    """Return how the meters of each role are wired, by role."""
    return dict(entry.split(":", 1) for entry in data.notes.get(METERS_NOTE, "").split() if ":" in entry)


def is_production_metered(data: SystemData) -> bool:
    """Return whether meters measure production, by the summary, or by the list of devices where it does not say."""
    source = data.system.source
    return source == METER_SOURCE if source else PRODUCTION_METER in meter_configs(data)
