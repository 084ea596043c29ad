"""Which kinds of devices a site has, as far as its inventory reports; where it reports nothing, telemetry has to do."""

from collections.abc import Iterable

from ...model.data import SystemData
from ...model.elements import Device, DeviceKind
from .parse_series import UNNAMED

LISTED = "listed"
"""The note about the kinds of devices that the newest inventory lists, those without a serial number included."""
FOUND = "found"
"""The note that devices are known from their telemetry only."""


def unasked(kind: DeviceKind) -> str:
    """Return how the note names a kind that the cloud refused to be asked for."""
    return f"{kind}?"


def is_listed(data: SystemData, kind: DeviceKind) -> bool:
    """Return whether the inventory has a device of a kind, be it one without a serial number."""
    return kind in data.notes.get(LISTED, "").split() or any(one.kind is kind for one in data.devices.values())


def is_unlistable(data: SystemData, kind: DeviceKind) -> bool:
    """Return whether no inventory can report devices of a kind: it was never answered, or does not take the kind."""
    listed = data.notes.get(LISTED)
    if listed is None:
        return not data.devices or FOUND in data.notes
    return unasked(kind) in listed.split()


def found_devices(data: SystemData, kind: DeviceKind, serials: Iterable[str]) -> tuple[Device, ...]:
    """Return the devices that only their telemetry names; none where there is an inventory to list them."""
    if not is_unlistable(data, kind):
        return ()
    new = (serial for serial in serials if serial not in data.devices and serial != UNNAMED)
    return tuple(Device(kind=kind, serial=serial, manufacturer="SolarEdge") for serial in new)
