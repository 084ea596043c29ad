"""The devices of a site: inverters, meters, batteries and gateways."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import override

from ....model.data import SystemData
from ....model.elements import Device, DeviceKind, Update
from ...base import Job, JobTerms
from ..api import SolarEdgeApi
from ..model import DeviceType, SiteDevice
from ..scale import SMALLEST_WH

TYPES = (DeviceType.INVERTER, DeviceType.METER, DeviceType.BATTERY, DeviceType.GATEWAY)
"""Asked for by name, because the default answer lists inverters only."""
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
    """Reads the inventory: one request."""

    terms = JobTerms(name="inventory", cadence=timedelta(hours=24), optional=True)

    @override
    async def run(self, data: SystemData, now: datetime) -> Update:
        return _update(await self.api.devices(data.system.id, TYPES))


def _update(rows: Sequence[SiteDevice]) -> Update:
    """Return the devices of an inventory, without hardware that was replaced and without virtual meters.

    One device for each serial number: the two rows of a meter (feed-in and purchase) become one, and where kinds share
    a number the inverter wins. Nothing is retired on a row that cannot be read: its kind is not `complete`, and where
    its kind is unknown, no kind is.
    """
    complete = set(_KINDS.values())
    found: dict[str, Device] = {}
    for row in rows:
        if row.type is None:
            complete.clear()
        kind = _KINDS.get(row.type or "")
        if kind is None or row.active is False:
            continue
        if row.serial is None:
            # Virtual meters have none.
            if kind is not DeviceKind.METER:
                complete.discard(kind)
            continue
        before = found.get(row.serial)
        if before is not None and before.kind is kind and before.name != row.name:
            # One meter with a row for each direction is neither an import meter nor an export meter.
            found[row.serial] = replace(before, name=None)
        if before is None or _RANK[kind] < _RANK[before.kind]:
            found[row.serial] = _device(row, kind, row.serial)
    return Update(devices=tuple(found.values()), complete=frozenset(complete))


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
