"""The JSON of Enphase v4 about systems and their hardware to the model. Pure functions: they know fields, no requests.

Fields are read as the Enphase v4 documentation describes them. What is null, absent, -1 (unknown for ever, release
notes of July 2023) or of a wrong type becomes `None`; only an answer that is no object or list at all, or one about
another system than was asked for, raises `MalformedAnswer`.
"""

from collections.abc import Iterable, Mapping
from datetime import tzinfo
import re
from types import MappingProxyType
from typing import Any

from ...model.elements import Device, DeviceKind, DeviceReading, System
from ..enphase.fields import MANUFACTURER, Row, about, amount_of, meta_of, state_of, system_of
from ..enphase.parse import inverter_rows, parse_inverters_summary, parse_summary
from ..parse import (
    above_zero,
    as_bool,
    as_code,
    as_float,
    as_int,
    as_map,
    as_maps,
    as_str,
    as_time,
    first_str,
    require_list,
    require_map,
)
from .model import (
    ApplianceNow,
    BatteryNow,
    Devices,
    InvertersPage,
    Latest,
    Meter,
    MeterChannel,
    SystemsPage,
    SystemSummary,
)

_UNKNOWN = -1
_KINDS: Mapping[str, DeviceKind] = MappingProxyType(
    {
        "micros": DeviceKind.INVERTER,
        "meters": DeviceKind.METER,
        "gateways": DeviceKind.GATEWAY,
        "encharges": DeviceKind.BATTERY,
        "acbs": DeviceKind.BATTERY,
        "ev_chargers": DeviceKind.EV_CHARGER,
    }
)
"""Everything else that is listed is hardware too."""
_BATTERIES = tuple(key for key, kind in _KINDS.items() if kind is DeviceKind.BATTERY)
_STORAGE = re.compile(r"batter|storage|encharge|accumulator|powerwall|(^|_)(acb|b?ess)s?(_|$)")
"""What storage may be called that is not documented."""
_DISABLED = "disabled"
_CHARGING, _DISCHARGING = "charging", "discharging"


def parse_systems(answer: Any) -> SystemsPage:
    """Read one page of the list of systems."""
    page = require_map(answer, "systems")
    rows = as_maps(require_list(page.get("systems"), "systems"))
    return SystemsPage(
        systems=tuple(system for row in rows if (system := _system(row))),
        rows=len(rows),
        total=as_int(page.get("total")),
        size=as_int(page.get("size")),
    )


def parse_system(answer: Any, system_id: str) -> System | None:
    """Read one system; `None` for an answer that does not even name it."""
    return _system(about(answer, system_id, "system"))


def parse_system_summary(answer: Any, system_id: str, zone: tzinfo, *, past: bool = False) -> SystemSummary:
    """Read a summary: the fields of version 2, and those about batteries; -1 stands for unknown."""
    data = {name: None if _is_unknown(value) else value for name, value in about(answer, system_id, "summary").items()}
    return SystemSummary(
        summary=parse_summary(data, system_id, zone, past=past),
        nmi=as_str(data.get("nmi")),
        battery_charge_w=amount_of(data.get("battery_charge_w")),
        battery_discharge_w=amount_of(data.get("battery_discharge_w")),
        battery_capacity_wh=above_zero(as_float(data.get("battery_capacity_wh"))),
    )


def parse_devices(answer: Any, system_id: str) -> Devices:
    """Read the active devices. A kind that the system has none of is left out, so every kind is complete.

    Hardware without a serial number (heat pumps, generators) cannot be identified and is left out.
    """
    data = about(answer, system_id, "devices")
    listed = data.get("devices")
    found: dict[str, Device] = {}
    readings: dict[str, DeviceReading] = {}
    meters: list[Meter] = []
    disabled: list[Meter] = []
    ids: dict[str, str] = {}
    strange = False
    complete = set(DeviceKind) if isinstance(listed, Mapping) else set()
    for key, rows in as_map(listed).items():
        name = _key(key)
        kind = _KINDS.get(name, DeviceKind.OTHER)
        if not isinstance(rows, list):
            complete.discard(kind)
        for row in as_maps(rows):
            if as_bool(row.get("active")) is False:
                continue
            strange = strange or (name not in _KINDS and _STORAGE.search(name) is not None)
            device = _device(kind, row)
            if device is None:
                if kind is not DeviceKind.OTHER:
                    complete.discard(kind)
                continue
            if device.serial in found:
                continue
            found[device.serial] = device
            readings[device.serial] = state_of(row)
            if kind is DeviceKind.METER:
                (disabled if as_code(row.get("state")) == _DISABLED else meters).append(_meter(device.serial, row))
            elif kind is DeviceKind.BATTERY and (number := as_str(row.get("id"))) is not None:
                ids[number] = device.serial
    batteries = any(device.kind is DeviceKind.BATTERY for device in found.values())
    return Devices(
        devices=tuple(found.values()),
        complete=frozenset(complete),
        readings=MappingProxyType(readings),
        meters=tuple(meters),
        disabled_meters=tuple(disabled),
        battery_ids=MappingProxyType(ids),
        unknown_storage=strange or (not batteries and any(_measures_storage(meter) for meter in meters)),
    )


def parse_inverters(answer: Any) -> InvertersPage:
    """Read one page of the microinverters."""
    return InvertersPage(states=parse_inverters_summary(answer), rows=len(inverter_rows(answer)))


def parse_ev_chargers(answer: Any, system_id: str) -> tuple[Device, ...]:
    """Read the EV chargers of a system (endpoint ``ev_charger/devices``)."""
    data = as_map(about(answer, system_id, "ev_charger").get("devices"))
    rows = [row for key, listed in data.items() if str(key).lower() == "ev_chargers" for row in as_maps(listed)]
    return tuple(device for row in rows if (device := _device(DeviceKind.EV_CHARGER, row)))


def parse_latest(answer: Any, system_id: str) -> Latest:
    """Read the newest powers. Keys differ from those of the list of devices, so hyphens count as underscores."""
    data = as_map(about(answer, system_id, "latest_telemetry").get("devices"))
    rows: dict[str, list[Row]] = {}
    for key, listed in data.items():
        rows.setdefault(_key(key), []).extend(as_maps(listed))
    return Latest(
        meters=tuple(
            MeterChannel(
                id=as_str(row.get("id")),
                name=as_code(row.get("name")),
                channel=as_int(row.get("channel")),
                power_w=as_float(row.get("power")),
                reported=as_time(row.get("last_report_at")),
            )
            for row in rows.get("meters", ())
        ),
        batteries=tuple(_battery_now(row) for key in _BATTERIES for row in rows.get(key, ())),
        heat_pumps=_appliances(rows.get("heat_pump", ())),
        chargers=_appliances(rows.get("evse", ())),
    )


def parse_system_id(answer: Any) -> str | None:
    """Read which system a gateway belongs to."""
    return as_str(require_map(answer, "retrieve_system_id").get("system_id"))


def _key(name: Any) -> str:
    """Return the key of a list of devices in the spelling of the documentation's samples."""
    return str(name).lower().replace("-", "_")


def _is_unknown(value: Any) -> bool:
    return not isinstance(value, bool) and value == _UNKNOWN


def _system(row: Row) -> System | None:
    size_w = above_zero(as_float(row.get("system_size")))
    return system_of(row, ("name", "public_name"), meta_of(row), size_w)


def _device(kind: DeviceKind, row: Row) -> Device | None:
    serial = as_str(row.get("serial_number"))
    if serial is None:
        return None
    name = as_str(row.get("name"))
    if kind is DeviceKind.METER and name is not None and " " not in name:
        # Its name only says what it measures.
        name = as_str(f"{name.capitalize()} meter")
    return Device(
        kind=kind,
        serial=serial,
        name=name,
        manufacturer=MANUFACTURER,
        model=first_str(row, "product_name", "model"),
        part_number=first_str(row, "part_number", "sku", "SKU"),
        firmware=first_str(row, "emu_sw_version", "firmware"),
    )


def _meter(serial: str, row: Row) -> Meter:
    config = as_code(row.get("config_type"))
    role = as_code(row.get("name"))
    if role not in {"production", "consumption"}:
        role = {"production": "production", "net": "consumption", "total": "consumption"}.get(config or "", role)
    return Meter(
        serial=serial,
        id=as_str(row.get("id")),
        role=role,
        config=config,
        phases=as_code(row.get("config_phase")),
    )


def _measures_storage(meter: Meter) -> bool:
    return any(word and _STORAGE.search(word) for word in (meter.role, meter.config))


def _battery_now(row: Row) -> BatteryNow:
    """Read a battery's power in W, positive while it discharges.

    The sign of the field is not documented; the battery's mode says which way the energy goes. Without such a mode,
    positive means discharging, as the documentation of the live data has it.
    """
    power, mode = as_float(row.get("power")), as_code(row.get("operational_mode"))
    if power is not None and mode in {_CHARGING, _DISCHARGING}:
        power = -abs(power) if mode == _CHARGING else abs(power)
    return BatteryNow(
        id=as_str(row.get("id")),
        name=as_str(row.get("name")),
        power_w=power,
        reported=as_time(row.get("last_report_at")),
        mode=mode,
    )


def _appliances(rows: Iterable[Row]) -> tuple[ApplianceNow, ...]:
    return tuple(
        ApplianceNow(
            serial=serial,
            name=as_str(row.get("name")),
            reported=as_time(row.get("last_report_at")),
            mode=as_code(row.get("operational_mode")),
        )
        for row in rows
        if (serial := as_str(row.get("serial_number")))
    )
