"""What an Enphase v4 system has, as far as is known: batteries, and which measures its cloud reports.

A plan, an access control or missing hardware may keep a measure from us. The cloud says so in many ways: 401, 404,
422, 500, an empty list. A measure that was not reported twice in a row counts as missing. The weekly list of devices
has it asked for again. Pure functions; all of it is kept in the system's notes.
"""

from collections.abc import Mapping
from datetime import datetime
from zlib import crc32

from ...model.data import SystemData
from ...model.elements import DeviceKind
from ..enphase.model import METER_SOURCE
from ..parse import as_time
from .facts import has_battery
from .measures import BATTERY, CONSUMPTION, GRID_EXPORT, GRID_IMPORT, METERED, PRODUCTION, Measure
from .meters import CONSUMPTION_METER, is_taken_out, meter_configs

LATEST_NOTE = "v4_latest"
"""The note about whether the newest powers have production among them."""
LATEST_AT_NOTE = "v4_latest_at"
"""The note about when the production was measured that was too old to be of now."""
KNOWN_SINCE_NOTE = "v4_known_since"
"""The note about when the system was first read."""

ONCE = "once"
"""Not reported once, and never before."""
READ = "read"
DOUBTED = "doubted"
"""Reported before and refused once: a single refusal may be a mistake of the cloud's."""
MISSING = "missing"
AGAIN = "again"
"""Missing when it was last asked for; worth another try."""
STALE = "stale"
"""Reported, but of long ago; worth another try once something newer is known of."""


def is_metered(data: SystemData) -> bool:
    """Return whether more flows than production are reported: then all values are published by quarter hours."""
    measured = [measure for measure in METERED if has_hardware(measure, data)]
    return _may_be_reported(PRODUCTION, data) and any(_may_be_reported(measure, data) for measure in measured)


def reports_latest(data: SystemData) -> bool:
    """Return whether the newest powers are worth a request: those of the flows, which no summary has."""
    return is_metered(data) and data.notes.get(LATEST_NOTE) not in {MISSING, STALE}


def is_needed(measure: Measure, data: SystemData) -> bool:
    """Return whether a measure is worth a request.

    Consumption follows from the other flows, unless one of them is missing. What has lost its meter is read once more:
    there are rows up to then.
    """
    if measure.state(data) == MISSING:
        return False
    if not has_hardware(measure, data):
        return was_reported(measure, data)
    return measure is not CONSUMPTION or not all(_may_be_reported(other, data) for other in (GRID_IMPORT, GRID_EXPORT))


def reported_measures(data: SystemData) -> tuple[Measure, ...]:
    """Return production, and the other measures that are needed and were reported at least once."""
    return (
        PRODUCTION,
        *(measure for measure in METERED if is_needed(measure, data) and was_reported(measure, data)),
    )


def retried(data: SystemData) -> Mapping[str, str]:
    """Return the notes that have what is missing asked for again."""
    measures = [measure.note for measure in (PRODUCTION, *METERED)]
    chargers = [charger_note(serial) for serial in data.serials(DeviceKind.EV_CHARGER)]
    notes = {name: AGAIN for name in (*measures, *chargers) if data.notes.get(name) == MISSING}
    return notes | ({LATEST_NOTE: AGAIN} if data.notes.get(LATEST_NOTE) in {MISSING, STALE} else {})


def charger_note(serial: str) -> str:
    """Return the name of the note about whether the cloud reports what an EV charger has charged.

    Notes outlive hardware and are in the diagnostics, so it does not have the serial number in it.
    """
    return f"v4_ev_{crc32(serial.encode()):08x}"


def was_reported(measure: Measure, data: SystemData) -> bool:
    """Return whether the cloud has reported a measure lately."""
    return measure.state(data) in {READ, DOUBTED}


def after_refusal(state: str | None, *, final: bool) -> str:
    """Return the next state of what was refused (`final`), or came without a row."""
    if final and state == READ:
        return DOUBTED
    return MISSING if final or state in {ONCE, AGAIN} else ONCE


def latest_notes(data: SystemData, newest: datetime | None) -> Mapping[str, str]:
    """Return the notes about newest powers of which production is too old; `newest` is when it was measured.

    The summary has it newer, or its gateway is silent. When a second try shows the very same, the meter is dead.
    """
    at = "" if newest is None else newest.isoformat()
    same = data.notes.get(LATEST_NOTE) == AGAIN and data.notes.get(LATEST_AT_NOTE) == at
    return {LATEST_NOTE: MISSING if same or newest is None else STALE, LATEST_AT_NOTE: at}


def latest_again(data: SystemData, source: str | None, interval_end: datetime | None) -> Mapping[str, str]:
    """Return the note that has the newest powers asked for again, if a summary shows that meters measure again.

    `source` is what measures the system, `interval_end` up to when that is known.
    """
    state, stale = data.notes.get(LATEST_NOTE), as_time(data.notes.get(LATEST_AT_NOTE))
    if source != METER_SOURCE or state not in {MISSING, STALE}:
        return {}
    changed = data.system.source not in {None, METER_SOURCE}
    newer = state == STALE and stale is not None and interval_end is not None and interval_end > stale
    return {LATEST_NOTE: AGAIN} if changed or newer else {}


def known_since(data: SystemData) -> datetime | None:
    """Return when the system was first read through version 4 (aware UTC)."""
    return as_time(data.notes.get(KNOWN_SINCE_NOTE))


def has_hardware(measure: Measure, data: SystemData) -> bool:
    """Return whether a measure has its hardware; a system with a battery has meters, though some are not listed."""
    battery = has_battery(data)
    if measure is PRODUCTION:
        return True
    if measure is BATTERY:
        return battery
    return CONSUMPTION_METER in meter_configs(data) or (battery and not is_taken_out(data, CONSUMPTION_METER))


def _may_be_reported(measure: Measure, data: SystemData) -> bool:
    """Return whether a measure is reported, or not known to be missing."""
    return measure.state(data) not in {MISSING, AGAIN}
