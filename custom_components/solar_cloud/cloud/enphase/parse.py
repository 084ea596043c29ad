"""The JSON of Enphase v2 to the model. Pure functions: they know fields, no requests.

Fields are read as the Enphase v2 documentation describes them. What is null, absent or of a wrong type becomes `None`;
a row without the field that it is about is left out; only an answer that is no object at all, or one about another
system than was asked for, raises `MalformedAnswer`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from types import MappingProxyType
from typing import Any

from ...model.elements import Device, DeviceKind, DeviceReading, Interval, System, Vendor
from ..errors import MalformedAnswer
from ..parse import as_code, as_date, as_float, as_int, as_list, as_map, as_str, as_time, require_list, require_map
from .model import (
    ConsumptionLifetime,
    DeviceState,
    EnergyLifetime,
    Envoys,
    Inventory,
    Meta,
    MeterReadings,
    MonthlyProduction,
    Register,
    Stats,
    Summary,
)

MANUFACTURER = "Enphase"
STATS_LENGTH = timedelta(minutes=5)
RGM_LENGTH = timedelta(minutes=15)
_RETIRED, _DISABLED = "retired", "disabled"

_INVENTORY_KINDS = {
    "envoys": DeviceKind.GATEWAY,
    "inverters": DeviceKind.INVERTER,
    "meters": DeviceKind.METER,
}
_WATTS = {"w": 1.0, "kw": 1000.0}
_WATT_HOURS = {"wh": 1.0, "kwh": 1000.0, "kj": 1 / 3.6}
"""The late v2 documentation lists Wh and kJ."""


def parse_systems(answer: Any) -> tuple[tuple[System, ...], str | None]:
    """Read one page of the list of systems, and the cursor of the next page, if any."""
    page = require_map(answer, "systems")
    rows = require_list(page.get("systems"), "systems")
    systems = tuple(system for row in rows if (system := _system(as_map(row))))
    return systems, as_str(page.get("next"))


def parse_summary(answer: Any, system_id: str, zone: tzinfo, *, past: bool = False) -> Summary:
    """Read a summary. For a past day the cloud puts 0 for power, modules and size: there it stands for nothing told."""
    data = about(answer, system_id, "summary")
    size = as_float(data.get("size_w"))
    modules = as_int(data.get("modules"))
    power = as_float(data.get("current_power"))
    return Summary(
        day=as_date(data.get("summary_date"), zone),
        status=as_code(data.get("status")),
        # At night a meter sees the inverters' own draw as a small negative: that is no production.
        power_w=None if past or power is None else max(0.0, power),
        energy_today_wh=energy_of(data.get("energy_today")),
        energy_before_wh=energy_of(data.get("energy_lifetime")),
        last_interval_end=as_time(data.get("last_interval_end_at")),
        last_report=as_time(data.get("last_report_at")),
        operational=as_time(data.get("operational_at")),
        modules=modules if modules is not None and modules > 0 else None,
        size_w=size if size is not None and size > 0 else None,
        source=as_code(data.get("source")),
    )


def parse_stats(answer: Any, system_id: str) -> Stats:
    """Read the microinverters' production in intervals of 5 minutes."""
    return _stats(answer, system_id, "stats", STATS_LENGTH, "enwh", "powr")


def parse_rgm_stats(answer: Any, system_id: str) -> Stats:
    """Read the revenue-grade meters' production in intervals of 15 minutes, in late v2 also that of each meter."""
    stats = _stats(answer, system_id, "rgm_stats", RGM_LENGTH, "wh_del", None)
    by_meter: dict[str, dict[str, list[Any]]] = {}
    for entry in map(as_map, as_list(as_map(answer).get("meter_intervals"))):
        if serial := as_str(entry.get("meter_serial_number")):
            for row in map(as_map, as_list(entry.get("intervals"))):
                by_meter.setdefault(serial, {}).setdefault(str(row.get("channel")), []).append(row)
    found = {serial: _of_channels(list(channels.values())) for serial, channels in by_meter.items()}
    return replace(stats, by_meter=MappingProxyType({serial: rows for serial, rows in found.items() if rows}))


def parse_consumption_stats(answer: Any, system_id: str) -> Stats:
    """Read what was used in intervals of 15 minutes (late v2); `None` (HTTP 204) is a system without such a meter."""
    return _stats({} if answer is None else answer, system_id, "consumption_stats", RGM_LENGTH, "enwh", None)


def parse_consumption_lifetime(answer: Any, system_id: str, zone: tzinfo) -> ConsumptionLifetime:
    """Read what was used by day (late v2); `None` (HTTP 204) is a system without such a meter."""
    data = about({} if answer is None else answer, system_id, "consumption_lifetime")
    return ConsumptionLifetime(
        start=as_date(data.get("start_date"), zone),
        consumption=series_of(data.get("consumption")),
        meta=meta_of(data.get("meta")),
    )


def parse_energy_lifetime(answer: Any, system_id: str, zone: tzinfo) -> EnergyLifetime:
    """Read the production by day; `None` (HTTP 204) is a system that has none."""
    data = about({} if answer is None else answer, system_id, "energy_lifetime")
    return EnergyLifetime(
        start=as_date(data.get("start_date"), zone),
        meter_start=as_date(data.get("meter_start_date"), zone),
        production=series_of(data.get("production")),
        micro_production=series_of(data.get("micro_production")),
        meter_production=series_of(data.get("meter_production")),
        meta=meta_of(data.get("meta")),
    )


def parse_monthly_production(answer: Any, system_id: str, zone: tzinfo) -> MonthlyProduction:
    """Read the production of a month."""
    data = about(answer, system_id, "monthly_production")
    return MonthlyProduction(
        start=as_date(data.get("start_date"), zone),
        end=as_date(data.get("end_date"), zone),
        production_wh=energy_of(data.get("production_wh")),
        meter_readings=tuple(
            MeterReadings(serial=serial, start_wh=energy_of(row.get("start")), end_wh=energy_of(row.get("end")))
            for row in map(as_map, as_list(data.get("meter_readings")))
            if (serial := as_str(row.get("serial_number")))
        ),
        meta=meta_of(data.get("meta")),
    )


def parse_production_meter_readings(answer: Any, system_id: str) -> tuple[Register, ...]:
    """Read the registers of the revenue-grade meters (late v2), also of those that are retired."""
    data = about(answer, system_id, "production_meter_readings")
    return tuple(
        Register(serial=serial, value_wh=value, read_at=read_at)
        for row in map(as_map, as_list(data.get("meter_readings")))
        if (serial := as_str(row.get("serial_number"))) is not None
        and (value := energy_of(row.get("value"))) is not None
        and (read_at := as_time(row.get("read_at"))) is not None
    )


def parse_envoys(answer: Any, system_id: str) -> Envoys:
    """Read the active Envoys with their state."""
    rows = about(answer, system_id, "envoys").get("envoys")
    states = [state for row in as_list(rows) if (state := _envoy(as_map(row)))]
    return Envoys(states=tuple(states), complete=isinstance(rows, list) and len(states) == len(rows))


def parse_inventory(answer: Any, system_id: str) -> Inventory:
    """Read the devices that are not retired.

    The answer leaves a kind out when the system has none of it, so inverters and meters are complete then too. Envoys
    are not: the documentation's own sample lists none for a system that must have one. Late v2 tells the status of
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
        rows = data[key]
        used = [row for row in map(as_map, as_list(rows)) if kind is not DeviceKind.METER or not _is_out_of_use(row)]
        listed = [device for row in used if (device := _inventory_device(kind, row))]
        devices += listed
        if isinstance(rows, list) and len(listed) == len(used):
            complete.add(kind)
    statuses = {as_str(row.get("sn")): as_code(row.get("status")) for row in map(as_map, as_list(data.get("meters")))}
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


def parse_inverters_summary(answer: Any) -> tuple[DeviceState, ...]:
    """Read the microinverters' state (late v2): a list of groups or a single one; retired inverters are left out."""
    groups = answer if isinstance(answer, list) else [require_map(answer, "inverters_summary")]
    states: dict[str, DeviceState] = {}
    for group in map(as_map, groups):
        for row in map(as_map, as_list(group.get("micro_inverters"))):
            if state := _micro(row):
                states[state.device.serial] = state
    return tuple(states.values())


def about(answer: Any, system_id: str, what: str) -> Mapping[str, Any]:
    """Return the answer if it is an object about the system that was asked for, as far as it says."""
    data = require_map(answer, what)
    if (told := as_str(data.get("system_id"))) is not None and told != system_id:
        raise MalformedAnswer(f"{what}: the answer is about another system")
    return data


def _system(row: Mapping[str, Any]) -> System | None:
    system_id = as_str(row.get("system_id"))
    if system_id is None:
        return None
    meta = meta_of(row.get("meta"))
    return System(
        vendor=Vendor.ENPHASE,
        id=system_id,
        name=as_str(row.get("system_name")) or as_str(row.get("system_public_name")) or f"Enphase {system_id}",
        timezone=as_str(row.get("timezone")),
        status=meta.status or as_code(row.get("status")),
        installed_at=meta.operational,
        last_report=meta.last_report,
    )


def meta_of(value: Any) -> Meta:
    """Read how timely an answer is: the block ``meta``."""
    data = as_map(value)
    return Meta(
        status=as_code(data.get("status")),
        last_report=as_time(data.get("last_report_at")),
        last_energy=as_time(data.get("last_energy_at")),
        operational=as_time(data.get("operational_at")),
    )


def _stats(answer: Any, system_id: str, what: str, length: timedelta, energy: str, power: str | None) -> Stats:
    data = about(answer, system_id, what)
    rows: dict[datetime, Interval] = {}
    for row in map(as_map, as_list(data.get("intervals"))):
        # Intervals are stamped by their end: the one that ends at midnight belongs to the day before.
        end, energy_wh = as_time(row.get("end_at")), energy_of(row.get(energy))
        if end is not None and energy_wh is not None:
            rows[end] = Interval(
                start=end - length,
                end=end,
                energy_wh=energy_wh,
                power_w=_positive(as_float(row.get(power))) if power else None,
                devices_reporting=as_int(row.get("devices_reporting")),
            )
    return Stats(
        total_devices=as_int(data.get("total_devices")),
        intervals=tuple(rows[end] for end in sorted(rows)),
        meta=meta_of(data.get("meta")),
    )


def _of_channels(channels: Sequence[Sequence[Mapping[str, Any]]]) -> tuple[Interval, ...]:
    """Add the channels of a meter up; a null is no value, and what one of them lacks is not known of the meter.

    ``curr_w`` is left alone: the documentation does not say of which time it is the mean.
    """
    energies = [
        {
            end: wh
            for row in rows
            if (end := as_time(row.get("end_at"))) and (wh := energy_of(row.get("wh_del"))) is not None
        }
        for rows in channels
    ]
    return tuple(
        Interval(start=end - RGM_LENGTH, end=end, energy_wh=sum(energy[end] for energy in energies))
        for end in sorted(energies[0])
        if all(end in energy for energy in energies)
    )


def _envoy(row: Mapping[str, Any]) -> DeviceState | None:
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
        reading=DeviceReading(status=as_code(row.get("status")), last_report=as_time(row.get("last_report_at"))),
    )


def _inventory_device(kind: DeviceKind, row: Mapping[str, Any]) -> Device | None:
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


def _is_out_of_use(row: Mapping[str, Any]) -> bool:
    return as_code(row.get("status")) == _RETIRED or as_code(row.get("state")) in {_RETIRED, _DISABLED}


def _micro(row: Mapping[str, Any]) -> DeviceState | None:
    serial, status = as_str(row.get("serial_number")), as_code(row.get("status"))
    if serial is None or status == _RETIRED:
        return None
    reported = as_time(row.get("last_report_date"))
    power = _quantity(row.get("power_produced"), _WATTS)
    return DeviceState(
        device=Device(
            kind=DeviceKind.INVERTER,
            serial=serial,
            manufacturer=MANUFACTURER,
            model=as_str(row.get("model")),
            part_number=as_str(row.get("part_number")) or as_str(row.get("sku")),
            parent=as_str(row.get("envoy_serial_number")),
        ),
        reading=DeviceReading(
            status=status,
            last_report=reported,
            power_w=None if power is None else max(0.0, power),
            measured_at=None if power is None else reported,
            energy_lifetime_wh=_positive(_quantity(row.get("energy"), _WATT_HOURS)),
        ),
    )


def _quantity(value: Any, units: Mapping[str, float]) -> float | None:
    """Read ``{"value": 34, "units": "W"}`` or a bare number in the base unit; an unknown unit makes it nothing."""
    if not isinstance(value, Mapping):
        return as_float(value)
    number, unit = as_float(value.get("value")), value.get("units")
    factor = 1.0 if unit is None else units.get(as_code(unit) or "")
    return None if number is None or factor is None else as_float(number * factor)


def energy_of(value: Any) -> float | None:
    """Read an energy in Wh; a negative one, such as the -1 of version 4, is none."""
    return _positive(as_float(value))


def _positive(number: float | None) -> float | None:
    """Refuse a negative energy: nothing that counts production can mean it."""
    return number if number is not None and number >= 0 else None


def series_of(value: Any) -> tuple[float | None, ...]:
    """Read one entry a day; what cannot be read keeps its place, or all after it would slip a day."""
    return tuple(energy_of(item) for item in as_list(value))
