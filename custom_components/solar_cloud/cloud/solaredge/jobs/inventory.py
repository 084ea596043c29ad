"""The devices of a site: inverters, meters, batteries and gateways."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
import logging
from types import MappingProxyType
from typing import override
from zoneinfo import ZoneInfo

from ....model.data import SystemData
from ....model.elements import Device, DeviceKind, Update
from ...base import Job, JobTerms
from ...errors import InvalidRequest
from ...parse import as_time
from ...vendor_text import say
from ..api import SolarEdgeApi
from ..listing import LISTED, unasked
from ..model import DeviceType, SiteDevice
from ..scale import SMALLEST_WH

_LOGGER = logging.getLogger(__name__)


TYPES = (DeviceType.INVERTER, DeviceType.METER, DeviceType.BATTERY, DeviceType.GATEWAY)
"""Asked for by name, because the default answer lists inverters only."""
_FORMS: tuple[tuple[DeviceType, ...], ...] = (TYPES, TYPES[:3], ())
"""The requests that are tried one after another where the cloud refuses types; the last one names none."""
REFUSED = "inventory_form"
"""The note about the form that was not refused, and when that was found out."""
ASK_AGAIN = timedelta(days=7)
_KINDS: Mapping[str, DeviceKind] = MappingProxyType(
    {
        DeviceType.INVERTER: DeviceKind.INVERTER,
        DeviceType.BATTERY: DeviceKind.BATTERY,
        DeviceType.METER: DeviceKind.METER,
        DeviceType.GATEWAY: DeviceKind.GATEWAY,
    }
)
_RANK = {kind: rank for rank, kind in enumerate(_KINDS.values())}


class InventoryJob(Job[SolarEdgeApi]):
    """Reads the inventory: one request, and more only where the cloud does not take all types."""

    terms = JobTerms(name="inventory", cadence=timedelta(hours=24), optional=True)

    def __init__(self, api: SolarEdgeApi, zone: ZoneInfo) -> None:
        """Begin with no form refused."""
        super().__init__(api, zone)
        self._hopeless: set[str] = set()
        """The systems of which every form was refused: one request shows whether that has changed."""

    @override
    async def run(self, data: SystemData, now: datetime) -> Update:
        """Return the devices. Raises `InvalidRequest` where the request is refused in every form."""
        noted = data.notes.get(REFUSED)
        first = _form(noted, now)
        for form in range(first, len(_FORMS)):
            try:
                rows = await self.api.devices(data.system.id, _FORMS[form])
            except InvalidRequest as err:
                if form == len(_FORMS) - 1:
                    self._hopeless.add(data.system.key)
                    raise
                if data.system.key in self._hopeless:
                    raise
                if noted is None:
                    text = "SolarEdge refuses to list some types of devices. Solar Cloud asks for fewer types: %s"
                    say(_LOGGER, logging.WARNING, text, err)
                continue
            self._hopeless.discard(data.system.key)
            return _update(rows, _FORMS[form] or (DeviceType.INVERTER,), _note(noted, form, first, now))
        raise AssertionError("there is no form")  # pragma: no cover


def _form(note: str | None, now: datetime) -> int:
    """Return which form to begin with: the one that was not refused, and all types once a week."""
    form, _, found = (note or "").partition(" ")
    found_at = as_time(found)
    if found_at is None or not timedelta(0) <= now - found_at < ASK_AGAIN or not form.isdecimal():
        return 0
    return min(int(form), len(_FORMS) - 1)


def _note(before: str | None, form: int, first: int, now: datetime) -> str | None:
    """Return the note about the form, `None` where nothing has changed."""
    if form == first and (form or not before):
        return None
    return f"{form} {now.isoformat()}" if form else ""


def _update(rows: Sequence[SiteDevice], types: Sequence[DeviceType], form: str | None) -> Update:
    """Return the devices of an inventory, without hardware that was replaced and without virtual meters.

    One device for each serial number: the two rows of a meter (feed-in and purchase) become one, and where kinds share
    a number the inverter wins. Nothing is retired on a row that cannot be read: its kind is not `complete`, and where
    its kind is unknown, no kind is; nor is a kind that was not asked for.
    """
    complete = {_KINDS[kind] for kind in types}
    listed: set[DeviceKind] = set()
    found: dict[str, Device] = {}
    for row in rows:
        if row.type is None:
            complete.clear()
        kind = _KINDS.get(row.type or "")
        if kind is None or row.active is False:
            continue
        listed.add(kind)
        if row.serial is None:
            # Virtual meters have none, nor have those that count the pulses of another meter.
            if kind is not DeviceKind.METER:
                complete.discard(kind)
            continue
        before = found.get(row.serial)
        if before is not None and before.kind is kind and before.name != row.name:
            # One meter with a row for each direction is neither an import meter nor an export meter.
            found[row.serial] = replace(before, name=None)
        if before is None or _RANK[kind] < _RANK[before.kind]:
            found[row.serial] = _device(row, kind, row.serial)
    unknown = {kind for name, kind in _KINDS.items() if name not in types}
    notes = {LISTED: " ".join(sorted((*listed, *map(unasked, unknown - listed))))}
    notes |= {REFUSED: form} if form is not None else {}
    return Update(devices=tuple(found.values()), complete=frozenset(complete), notes=MappingProxyType(notes))


def _device(row: SiteDevice, kind: DeviceKind, serial: str) -> Device:
    return Device(
        kind=kind,
        serial=serial,
        name=row.name,
        manufacturer=row.manufacturer or "SolarEdge",
        model=row.model or row.part_number,
        part_number=row.part_number,
        firmware=row.firmware,
        parent=row.connected_to if row.connected_to != serial else None,
        communication=row.communication,
        optimizers=row.optimizers if kind is DeviceKind.INVERTER else None,
        capacity_wh=_capacity_wh(row.nameplate) if kind is DeviceKind.BATTERY else None,
    )


def _capacity_wh(nameplate: float | None) -> float | None:
    """Return a battery's capacity in Wh: the cloud does not name the unit, but no house has a battery of 100 Wh."""
    if nameplate is None or nameplate <= 0:
        return None
    return nameplate if nameplate >= SMALLEST_WH else nameplate * 1000
