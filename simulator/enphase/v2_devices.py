"""Enphase v2's lists of devices (Enphase v2 documentation)."""

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

from ..plant.devices import ConsumptionMeter, RevenueMeter
from .format import render
from .inverters import grouped
from .meta import meta
from .v2_errors import unprocessable
from .v2_request import SystemRequest, V2Request


def envoys(request: SystemRequest) -> dict[str, Any]:
    """Return the Envoys with the time of their last report."""
    plant, now = request.plant, request.now
    return {
        "system_id": plant.id,
        "envoys": [
            {
                "envoy_id": gateway.id,
                "last_report_at": plant.last_report(gateway, now),
                "name": gateway.name or f"Envoy {gateway.serial}",
                "part_number": gateway.part_number,
                "serial_number": gateway.serial,
                "status": "comm" if gateway.silent else "normal",
            }
            for gateway in plant.hiding.listed("envoys", list(plant.gateways.values()), attrgetter("serial"))
        ],
    }


def inventory(request: SystemRequest) -> dict[str, Any]:
    """Return the devices that are not retired; a kind that the system has none of is left out.

    Late v2 has their `sku`, the meters' `status` and `state`, and `meta` besides.
    """
    plant, now, late = request.plant, request.now, request.switches.enphase_inventory_details
    meters: list[RevenueMeter | ConsumptionMeter] = [meter for meter in plant.revenue_meters if meter.active_at(now)]
    if plant.consumption_meter and plant.consumption_meter.installed <= now:
        meters.append(plant.consumption_meter)
    kinds: dict[str, list[dict[str, Any]]] = {
        "envoys": [
            {"sn": gateway.serial, "model": "Envoy", **({"sku": gateway.sku} if late else {})}
            for gateway in plant.gateways.values()
        ],
        "inverters": [
            {"sn": one.serial, "model": one.model, **({"sku": one.sku} if late else {})}
            for one in plant.active_inverters(now)
        ],
        "meters": [_meter(meter, late=late) for meter in meters],
    }
    everything = [device for devices in kinds.values() for device in devices]
    listed = {_sn(device) for device in plant.hiding.listed("inventory", everything, _sn)}
    kinds = {kind: [device for device in devices if _sn(device) in listed] for kind, devices in kinds.items()}
    body = {"system_id": plant.id, **{kind: devices for kind, devices in kinds.items() if devices}}
    return body | {"meta": meta(plant, now)} if late else body


def inverters_summary(request: V2Request) -> Any:
    """Return power and lifetime energy of each inverter, grouped by gateway; on request as one bare object.

    Raise Refusal (401, 404, 422).
    """
    number = request.number("site_id")
    if number is None:
        raise unprocessable("Envoy serial number or site id is mandatory", {})
    plant, now, switches = request.system(number), request.now, request.switches
    body: Any = grouped(plant, plant.active_inverters(now), now, switches)
    if switches.inverters_summary_as_object:
        body = {
            "signal_strength": 0 if any(gateway.silent for gateway in plant.gateways.values()) else 5,
            "micro_inverters": [micro for group in body for micro in group["micro_inverters"]],
        }
    return render(body, request.time_format, plant.zone)


def _meter(meter: RevenueMeter | ConsumptionMeter, *, late: bool) -> dict[str, Any]:
    body = {"sn": meter.serial, "manufacturer": meter.manufacturer, "model": meter.model}
    if late:
        quiet = isinstance(meter, RevenueMeter) and meter.silent
        body |= {"status": "comm" if quiet else "normal", "state": "enabled"}
    return body


def _sn(device: Mapping[str, Any]) -> str:
    return str(device["sn"])
