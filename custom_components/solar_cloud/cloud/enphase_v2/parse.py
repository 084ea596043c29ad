"""The JSON of Enphase v2 about systems and hardware to the model. Pure functions: they know fields, no requests.

Fields are read as the Enphase v2 documentation describes them. What is null, absent or of a wrong type becomes `None`;
a row without the field that it is about is left out; only an answer that is no object at all, or one about another
system than was asked for, raises `MalformedAnswer`.
"""

from types import MappingProxyType
from typing import Any

from ...model.elements import Device, DeviceKind, DeviceReading, System
from ..enphase.fields import MANUFACTURER, Row, about, meta_of, state_of, system_of
from ..enphase.model import DeviceState, Envoys, Inventory
from ..enphase.parse import RETIRED
from ..parse import as_code, as_maps, as_secret, as_str, require_list, require_map

_DISABLED = "disabled"
_INVENTORY_KINDS = {
    "envoys": DeviceKind.GATEWAY,
    "inverters": DeviceKind.INVERTER,
    "meters": DeviceKind.METER,
}


def parse_systems(answer: Any) -> tuple[tuple[System, ...], str | None]:
    """Read one page of the list of systems, and the cursor of the next page, if any."""
    page = require_map(answer, "systems")
    rows = as_maps(require_list(page.get("systems"), "systems"))
    return tuple(system for row in rows if (system := _system(row))), as_secret(page.get("next"))


def parse_envoys(answer: Any, system_id: str) -> Envoys:
    """Read the active Envoys with their state."""
    rows = about(answer, system_id, "envoys").get("envoys")
    states = [state for row in as_maps(rows) if (state := _envoy(row))]
    return Envoys(states=tuple(states), complete=isinstance(rows, list) and len(states) == len(rows))


def parse_inventory(answer: Any, system_id: str) -> Inventory:
    """Read the devices that are not retired.

    The answer leaves a kind out when the system has none of it, so inverters and meters are complete then too. Envoys
    are not: the documentation's own sample lists none for a system that must have one. Late v2 has the status of
    meters, and lists some that are not in use.
    """
    data = about(answer, system_id, "inventory")
    devices: list[Device] = []
    complete: set[DeviceKind] = set()
    for key, kind in _INVENTORY_KINDS.items():
        if key not in data:
            if kind is not DeviceKind.GATEWAY:
                complete.add(kind)
            continue
        used = [row for row in as_maps(data[key]) if kind is not DeviceKind.METER or not _is_out_of_use(row)]
        listed = [device for row in used if (device := _device(kind, row))]
        devices += listed
        if isinstance(data[key], list) and len(listed) == len(used):
            complete.add(kind)
    statuses = {as_str(row.get("sn")): as_code(row.get("status")) for row in as_maps(data.get("meters"))}
    return Inventory(
        devices=tuple(devices),
        complete=frozenset(complete),
        readings=MappingProxyType(
            {
                device.serial: DeviceReading(status=status)
                for device in devices
                if device.kind is DeviceKind.METER and (status := statuses.get(device.serial)) is not None
            }
        ),
    )


def _system(row: Row) -> System | None:
    return system_of(row, ("system_name", "system_public_name"), meta_of(row.get("meta")))


def _envoy(row: Row) -> DeviceState | None:
    serial = as_str(row.get("serial_number"))
    if serial is None:
        return None
    return DeviceState(
        device=Device(
            kind=DeviceKind.GATEWAY,
            serial=serial,
            name=as_str(row.get("name")),
            manufacturer=MANUFACTURER,
            part_number=as_str(row.get("part_number")),
        ),
        reading=state_of(row),
    )


def _device(kind: DeviceKind, row: Row) -> Device | None:
    serial = as_str(row.get("sn"))
    if serial is None:
        return None
    # Meters may be of any make; Envoys and inverters carry no manufacturer because there is only one.
    own = None if kind is DeviceKind.METER else MANUFACTURER
    return Device(
        kind=kind,
        serial=serial,
        manufacturer=as_str(row.get("manufacturer")) or own,
        model=as_str(row.get("model")),
        part_number=as_str(row.get("sku")),
    )


def _is_out_of_use(row: Row) -> bool:
    return as_code(row.get("status")) == RETIRED or as_code(row.get("state")) in {RETIRED, _DISABLED}
