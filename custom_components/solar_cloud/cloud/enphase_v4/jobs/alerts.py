"""The job `alerts`: the open alarms, under the names of their event types."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import override
from zlib import crc32

from ....model.data import SystemData
from ....model.elements import Alert, Update
from ...base import Job, JobTerms
from ...errors import CloudError, NotFound
from ..api import EnphaseV4Api
from ..model import Alarm, EventType

MOST_TYPES = 2
"""Unknown event types that one run asks for."""
_LEAST_SEVERE = 6


class AlertsJob(Job[EnphaseV4Api]):
    """Reads the open alarms: one request, and one more for each event type that was never seen."""

    terms = JobTerms(name="alerts", cadence=timedelta(days=1), night=True, optional=True, settle=timedelta(hours=3))

    @override
    async def run(self, data: SystemData, now: datetime) -> Update:
        """Return all open alarms."""
        alarms = await self.api.open_alarms(data.system.id)
        return alerts_update(alarms, await self._type_names(alarms, data), data)

    async def _type_names(self, alarms: Iterable[Alarm], data: SystemData) -> Mapping[str, str]:
        """Return the names of the alarms' event types by note; empty for one that the cloud does not know."""
        type_ids = {alarm.type_id for alarm in alarms if alarm.type_id is not None}
        names = {note: data.notes[note] for note in map(type_note, type_ids) if note in data.notes}
        unknown = sorted(type_id for type_id in type_ids if type_note(type_id) not in names)
        for type_id in unknown[:MOST_TYPES]:
            try:
                names[type_note(type_id)] = _type_name(await self.api.event_types(type_id), type_id)
            except NotFound:
                names[type_note(type_id)] = ""
            except CloudError:
                break  # The alarms are paid for.
        return names


def type_note(type_id: int) -> str:
    """Return the name of the note about an event type's name."""
    return f"v4_event_type_{type_id}"


def alerts_update(alarms: Iterable[Alarm], names: Mapping[str, str], data: SystemData) -> Update:
    """Return the open alarms; `names` are those of event types, by note."""
    found = (_alert(alarm, names, data) for alarm in alarms if alarm.cleared is not True)
    new_names = {note: name for note, name in names.items() if data.notes.get(note) != name}
    return Update(alerts=MappingProxyType({alert.id: alert for alert in found}), notes=MappingProxyType(new_names))


def _type_name(types: Iterable[EventType], type_id: int) -> str:
    """Return the name of an event type; empty where the cloud gives none."""
    return next((kind.name or kind.key or "" for kind in types if kind.id == type_id), "")


def _alert(alarm: Alarm, names: Mapping[str, str], data: SystemData) -> Alert:
    """Return an alarm as an alert; one without an id is known by what it says."""
    content = f"{alarm.type_id} {alarm.since} {alarm.serials}"
    serial = alarm.serials[0] if alarm.serials else None
    device = data.devices.get(serial) if serial else None
    name = names.get(type_note(alarm.type_id)) if alarm.type_id is not None else None
    return Alert(
        id=alarm.id or f"{crc32(content.encode()):08x}",
        type=name or (str(alarm.type_id) if alarm.type_id is not None else None),
        # The cloud's severity goes from 1, fatal, to 6, none.
        impact=max(0, _LEAST_SEVERE - alarm.severity) if alarm.severity is not None else None,
        since=alarm.since,
        component=device.name if device else None,
        serial=serial,
    )
