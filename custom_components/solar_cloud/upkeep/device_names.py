"""What a piece of hardware is called, in the language of Home Assistant where its name is made of usual words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
import re
from types import MappingProxyType

from ..model.elements import Device, DeviceKind

NOUNS = MappingProxyType(
    {
        "Gateway": "gateway",
        "Inverter": "inverter",
        "Microinverter": "microinverter",
        "Meter": "meter",
        "Battery": "battery",
        "EV charger": "ev_charger",
        "Device": "other",
    }
)
"""The English nouns that stand before a number, with the key of their translation; both vendors use them too."""
METERS = MappingProxyType(
    {
        "Consumption meter": "consumption_meter",
        "Production meter": "production_meter",
        "Consumption Meter": "solaredge_consumption_meter",
        "Export Meter": "solaredge_export_meter",
        "Import Meter": "solaredge_import_meter",
        "Production Meter": "solaredge_production_meter",
    }
)
"""The English names that a meter has by what it measures, with the key of their translation."""

_DEFAULTS: Mapping[DeviceKind, str] = MappingProxyType(
    {kind: noun for noun, key in NOUNS.items() for kind in DeviceKind if kind.value == key}
)
_NUMBERED = re.compile(rf"({'|'.join(NOUNS)}) (\S+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceName:
    """The name of a device, as the device registry takes it."""

    text: str
    """The name in English, or in the words of whoever gave it."""
    key: str | None = None
    """The key of its translation; `None` where the name is somebody's own words."""
    placeholders: Mapping[str, str] = field(default_factory=dict)
    """What the translation leaves open."""


def name_of_device(device: Device, system: str, known: str | None) -> DeviceName:
    """Return what a piece of hardware is called; `known` is its name in the registry, where it has one.

    Its cloud may call the hardware of every system alike. A name without a serial number carries the system's name, so
    entity ids tell which system it is. What an early version has registered without the system's name keeps its name.
    """
    name = device.name or f"{_DEFAULTS[device.kind]} {device.serial}"
    numbered = _NUMBERED.fullmatch(name)
    number = {} if numbered is None else {"number": numbered[2]}
    key = METERS.get(name) if numbered is None else NOUNS[numbered[1]]
    if device.serial in name:
        return DeviceName(text=name, key=key if number else None, placeholders=number)
    if name == known:
        return DeviceName(text=name)
    return DeviceName(
        text=f"{system} {name}",
        key=None if key is None else f"system_{key}",
        placeholders={"system": system, **number},
    )
