"""SolarEdge's devices: the list of them, and the paths to what they measure (SolarEdge migration notes)."""

from collections.abc import Callable
from functools import partial
from operator import itemgetter
import re
from typing import Any

from ..plant.devices import Battery
from ..plant.plant import Plant
from ..switches import Switches
from ..web import Call
from .device_series import DeviceReader, MeterRow, meter_rows
from .format import local, problem

_TELEMETRY = re.compile(r"(inverters|meters|storage)/(?:([^/]+)/)?telemetry")
_INVERTER = re.compile(r"inverters/([^/]+)/(voltage|power|energy|current|frequency)")
_METER = re.compile(r"meters/([^/]+)/(import|export|production|consumption)-(power|energy)")
_BATTERY = re.compile(r"storage/([^/]+)/((?:charge|discharge)-(?:power|energy)|state-of-energy|remaining-energy)")
_KINDS = {"INVERTER", "BATTERY", "BATTERY_MODULE", "OPTIMIZER", "METER", "EV_CHARGER", "BUI", "GATEWAY"}


def devices(plant: Plant, call: Call) -> list[dict[str, Any]]:
    """Return the site's devices, replaced ones too; only inverters unless asked for others. Raise Refusal (400)."""
    types = set(call.query.getall("types", ["INVERTER"]))
    if unknown := types - _KINDS:
        raise problem(400, f"Unknown type {min(unknown)}")
    found = [device for device in _all_devices(plant, call) if device["type"] in types]
    return plant.hiding.shown("devices", found, itemgetter("serialNumber"))


def _all_devices(plant: Plant, call: Call) -> list[dict[str, Any]]:
    result: list[dict[str, Any]] = [
        {
            "type": "INVERTER",
            "serialNumber": inverter.serial,
            "manufacturer": "SolarEdge",
            "model": inverter.model,
            "partNumber": inverter.part_number,
            "name": f"Inverter {number}",
            "createdAt": local(inverter.installed, plant.zone),
            "firmwareVersion": "4.25.13",
            "firmware": "4.25.13.1.100",
            "connectedTo": None if inverter.serial in plant.gateways else inverter.gateway,
            "active": inverter.active_at(call.now),
            "nameplate": 0,
            "form": None,
            "communicationType": "ETHERNET" if inverter.serial in plant.gateways else "RS485",
            "connectedOptimizers": inverter.size_w // 400,
        }
        for number, inverter in enumerate(plant.inverters.values(), 1)
        if inverter.installed <= call.now
    ]
    result += [_meter(plant, row) for row in meter_rows(plant, call.now)]
    result += [_battery(plant, battery, number) for number, battery in enumerate(plant.batteries, 1)]
    return result


def _meter(plant: Plant, row: MeterRow) -> dict[str, Any]:
    return {
        "type": "METER",
        "serialNumber": row.serial,
        "manufacturer": "SolarEdge" if row.serial else None,
        "model": "SE-MTR-3Y" if row.serial else None,
        "name": row.name,
        "createdAt": local(plant.operational_at, plant.zone),
        "firmwareVersion": "1.50" if row.serial else None,
        "connectedTo": row.connected_to,
        "active": row.active,
        "meterType": row.kind,
        "form": "physical" if row.serial else "virtual",
        "communicationType": "RS485" if row.serial else None,
    }


def _battery(plant: Plant, battery: Battery, number: int) -> dict[str, Any]:
    return {
        "type": "BATTERY",
        "serialNumber": battery.serial,
        "manufacturer": battery.manufacturer,
        "model": battery.model,
        "name": f"Battery {number}",
        "createdAt": local(plant.operational_at, plant.zone),
        "firmwareVersion": "2.1.7",
        "connectedTo": battery.connected_to,
        "active": battery.retired is None,
        "nameplate": plant.nameplate_wh(battery),
        "communicationType": "RS485",
    }


def device_answer(path: str, plant: Plant, call: Call, switches: Switches) -> Callable[[], Any] | None:
    """Return what gives the measurements that a path under a site asks for; None where there is no such path.

    What is returned raises Refusal (400, 404).
    """
    reader = DeviceReader(plant, call, switches)
    if (found := _TELEMETRY.fullmatch(path)) and switches.solaredge_bulk_telemetry:
        return partial(_telemetry, reader, found[1], found[2])
    if found := _INVERTER.fullmatch(path):
        return partial(reader.inverter_measurements, found[1], found[2])
    if not switches.solaredge_device_metrics:
        return None
    if found := _METER.fullmatch(path):
        return partial(reader.meter_measurements, found[1], found[2], found[3])
    if found := _BATTERY.fullmatch(path):
        return partial(reader.battery_measurements, found[1], found[2])
    return None


def _telemetry(reader: DeviceReader, family: str, wanted: str | None) -> dict[str, Any]:
    """Return a family's telemetry, of all its devices or of those named. Raise Refusal (400, 404)."""
    known = reader.serials(family)
    serials = wanted.split(",") if wanted else known
    if set(serials) - set(known):
        raise problem(404, "Unknown device")
    match family:
        case "inverters":
            return reader.inverters_telemetry(serials)
        case "meters":
            return reader.meters_telemetry(serials)
        case _:
            return reader.storage_telemetry(serials)
