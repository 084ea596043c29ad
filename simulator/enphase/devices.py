"""Enphase's lists of devices (Enphase v2 documentation)."""

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

from ..plant.devices import ConsumptionMeter, RevenueMeter
from ..plant.plant import Plant
from ..web import Call
from .meta import meta


def envoys(plant: Plant, call: Call) -> dict[str, Any]:
    """Return the Envoys with the time of their last report."""
    return {
        "system_id": plant.id,
        "envoys": [
            {
                "envoy_id": gateway.id,
                "last_report_at": plant.last_report(gateway, call.now),
                "name": gateway.name or f"Envoy {gateway.serial}",
                "part_number": gateway.part_number,
                "serial_number": gateway.serial,
                "status": "comm" if gateway.silent else "normal",
            }
            for gateway in plant.hiding.shown("envoys", list(plant.gateways.values()), attrgetter("serial"))
        ],
    }


def inventory(plant: Plant, call: Call, *, late: bool) -> dict[str, Any]:
    """Return the devices that are not retired; a kind that the system has none of is left out.

    Late v2 also tells their `sku`, the meters' `status` and `state`, and `meta`.
    """
    meters: list[RevenueMeter | ConsumptionMeter] = [
        meter for meter in plant.revenue_meters if meter.active_at(call.now)
    ]
    if plant.consumption_meter and plant.consumption_meter.installed <= call.now:
        meters.append(plant.consumption_meter)
    kinds: dict[str, list[dict[str, Any]]] = {
        "envoys": [
            {"sn": gateway.serial, "model": "Envoy", **({"sku": gateway.sku} if late else {})}
            for gateway in plant.gateways.values()
        ],
        "inverters": [
            {"sn": one.serial, "model": one.model, **({"sku": one.sku} if late else {})}
            for one in plant.active_inverters(call.now)
        ],
        "meters": [_meter(meter, late=late) for meter in meters],
    }
    everything = [device for devices in kinds.values() for device in devices]
    listed = {_sn(device) for device in plant.hiding.shown("inventory", everything, _sn)}
    kinds = {kind: [device for device in devices if _sn(device) in listed] for kind, devices in kinds.items()}
    body = {"system_id": plant.id, **{kind: devices for kind, devices in kinds.items() if devices}}
    return body | {"meta": meta(plant, call.now)} if late else body


def _meter(meter: RevenueMeter | ConsumptionMeter, *, late: bool) -> dict[str, Any]:
    body = {"sn": meter.serial, "manufacturer": meter.manufacturer, "model": meter.model}
    if late:
        quiet = isinstance(meter, RevenueMeter) and meter.silent
        body |= {"status": "comm" if quiet else "normal", "state": "enabled"}
    return body


def _sn(device: Mapping[str, Any]) -> str:
    return str(device["sn"])
