"""SolarEdge's devices: the list of them, and the paths to what they measure (SolarEdge migration notes)."""

from operator import itemgetter
import re
from typing import Any

from ..plant.devices import Battery
from ..plant.plant import Plant
from ..switches import Switches
from ..web import Call
from .device_series import DeviceReader, MeterRow, meter_rows
from .format import local, problem
from .request import SiteRequest, SolarEdgeEndpoint, of_device

_KINDS = {"INVERTER", "BATTERY", "BATTERY_MODULE", "OPTIMIZER", "METER", "EV_CHARGER", "BUI", "GATEWAY"}


def devices(request: SiteRequest, _: re.Match[str]) -> list[dict[str, Any]]:
    """Return the site's devices, replaced ones too; only inverters unless asked for others. Raise Refusal (400)."""
    plant, call = request.plant, request.call
    types = set(call.query.getall("types", ["INVERTER"]))
    if unknown := types - _KINDS:
        raise problem(400, f"Unknown type {min(unknown)}")
    found = [device for device in _all_devices(plant, call) if device["type"] in types]
    return plant.hiding.listed("devices", found, itemgetter("serialNumber"))


def telemetry(request: SiteRequest, match: re.Match[str]) -> dict[str, Any]:
    """Return a family's telemetry, of all its devices or of those named. Raise Refusal (400, 404)."""
    reader = DeviceReader(request)
    known = reader.serials(match["family"])
    serials = match["serials"].split(",") if match["serials"] else known
    if set(serials) - set(known):
        raise problem(404, "Unknown device")
    match match["family"]:
        case "inverters":
            return reader.inverters_telemetry(serials)
        case "meters":
            return reader.meters_telemetry(serials)
        case _:
            return reader.storage_telemetry(serials)


def _inverter(request: SiteRequest, match: re.Match[str]) -> dict[str, Any]:
    return DeviceReader(request).inverter_measurements(match["serial"], match["metric"])


def _meter(request: SiteRequest, match: re.Match[str]) -> dict[str, Any]:
    return DeviceReader(request).meter_measurements(match["serial"], match["flow"], match["quantity"])


def _battery(request: SiteRequest, match: re.Match[str]) -> dict[str, Any]:
    return DeviceReader(request).battery_measurements(match["serial"], match["metric"])


def _bulk(switches: Switches) -> bool:
    return switches.solaredge_bulk_telemetry


def _metrics(switches: Switches) -> bool:
    return switches.solaredge_device_metrics


_SERIAL = "(?P<serial>[^/]+)"
_METER = f"meters/{_SERIAL}/(?P<flow>import|export|production|consumption)-(?P<quantity>power|energy)"
_BATTERY = f"storage/{_SERIAL}/(?P<metric>(?:charge|discharge)-(?:power|energy)|state-of-energy|remaining-energy)"

ENDPOINTS: tuple[SolarEdgeEndpoint, ...] = (
    of_device("devices", devices),
    of_device("(?P<family>inverters|meters|storage)/(?:(?P<serials>[^/]+)/)?telemetry", telemetry, offered=_bulk),
    of_device(f"inverters/{_SERIAL}/(?P<metric>voltage|power|energy|current|frequency)", _inverter),
    of_device(_METER, _meter, offered=_metrics),
    of_device(_BATTERY, _battery, offered=_metrics),
)


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
    result += [_meter_row(plant, row) for row in meter_rows(plant, call.now)]
    result += [_battery_row(plant, battery, number) for number, battery in enumerate(plant.batteries, 1)]
    return result


def _meter_row(plant: Plant, row: MeterRow) -> dict[str, Any]:
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


def _battery_row(plant: Plant, battery: Battery, number: int) -> dict[str, Any]:
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
