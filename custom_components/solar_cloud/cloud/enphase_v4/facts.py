"""What is believed of an Enphase v4 system until something cheap contradicts it: its meters, its storage.

The list of devices is read once a week. An answer that is read anyway may contradict it: another source of production,
a battery that is not listed, a meter without rows. That is a doubt, and the list is read again for each new one. Pure
functions; all of it is kept in the system's notes.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from ...model.data import SystemData
from ...model.elements import DeviceKind, System
from ..enphase.model import METER_SOURCE
from .meters import METERS_NOTE

DOUBTS_NOTE = "v4_doubts"
"""The note about what contradicts the list of devices, and since when: ``unmetered@2026-06-07 import@2026-06-08``."""
REVIEWED_NOTE = "v4_reviewed"
"""The note about the doubts that the list of devices was read again for."""
STORAGE_NOTE = "v4_storage"
"""The note about which answers know of storage that may not be listed: ``devices``, ``summary``, ``latest``."""
DEVICES, SUMMARY, LATEST = "devices", "summary", "latest"
REVIEW_EVERY = timedelta(hours=6)
"""How often the list of devices is read while there is a new doubt about it."""


def doubts(data: SystemData, now: datetime, found: Mapping[str, bool]) -> Mapping[str, str]:
    """Return the note that changes with what contradicts the list of devices now, by name, and what does not."""
    before = dict(entry.split("@", 1) for entry in data.notes.get(DOUBTS_NOTE, "").split() if "@" in entry)
    after = {name: since for name, since in before.items() if found.get(name, True)}
    after |= {name: now.date().isoformat() for name, is_there in found.items() if is_there and name not in before}
    if after == before:
        return {}
    return {DOUBTS_NOTE: " ".join(f"{name}@{since}" for name, since in after.items())}


def source_doubts(data: SystemData, source: str | None) -> Mapping[str, bool]:
    """Return whether a summary names another source of production than the one before; a doubt until it is reviewed."""
    before = data.system.source
    if source is None or before is None or source == before:
        return {}
    return {"metered": source == METER_SOURCE, "unmetered": source != METER_SOURCE}


def is_doubted(data: SystemData) -> bool:
    """Return whether something contradicts the list of devices that it was not read again for yet."""
    return not set(data.notes.get(DOUBTS_NOTE, "").split()) <= set(data.notes.get(REVIEWED_NOTE, "").split())


def reviewed(data: SystemData) -> Mapping[str, str]:
    """Return the note that the list of devices has been read with all doubts about it."""
    known = data.notes.get(DOUBTS_NOTE, "")
    return {REVIEWED_NOTE: known} if known != data.notes.get(REVIEWED_NOTE, "") else {}


def is_listed(data: SystemData) -> bool:
    """Return whether the list of devices has ever been read."""
    return METERS_NOTE in data.notes


def has_battery(data: SystemData) -> bool:
    """Return whether the system has a battery."""
    return bool(data.serials(DeviceKind.BATTERY))


def storage(
    data: SystemData, source: str, *, seen: bool, batteries: bool | None = None
) -> tuple[System, Mapping[str, str]]:
    """Return what is known of storage that no endpoint measures, and the note that changes.

    `source` names the answer that has `seen` storage or not; `batteries` says whether it lists batteries, else what is
    known counts. Before the list of devices was read nobody can say that something is missing in it.
    """
    before = data.notes.get(STORAGE_NOTE, "").split()
    after = sorted({*before, source} if seen else {*before} - {source})
    listed = has_battery(data) if batteries is None else batteries
    unknown = DEVICES in after or (bool(after) and not listed)
    system = System(
        vendor=data.system.vendor,
        id=data.system.id,
        name=data.system.name,
        unknown_storage=unknown if source == DEVICES or is_listed(data) else None,
    )
    return system, {} if after == before else {STORAGE_NOTE: " ".join(after)}


def saw_storage(data: SystemData, source: str) -> bool:
    """Return whether an answer knew of storage when it was last read."""
    return source in data.notes.get(STORAGE_NOTE, "").split()
