"""Enphase v4's lists of devices (Enphase v4 specification, "System Details")."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zlib import crc32

from ..plant.devices import ConsumptionMeter, EvCharger, Gateway, Inverter, RevenueMeter
from ..plant.plant import Plant
from ..plant.slots import slot_time
from .inverters import grouped, micro_id, reading_of
from .v4_errors import unauthorized, unprocessable
from .v4_request import SystemRequest, V4Endpoint, V4Request, general, of_system

_DEFAULT_SIZE, _MOST = 10, 100


def devices(request: SystemRequest) -> dict[str, Any]:
    """Return the devices in use; a kind that the system has none of is left out."""
    plant, now = request.plant, request.now
    limits = plant.readable_by_inverter(now)
    kinds: dict[str, list[dict[str, Any]]] = {
        "micros": [_micro(plant, one, limits[one.serial], now) for one in plant.active_inverters(now)],
        "meters": _meters(plant, now),
        "gateways": [_gateway(plant, gateway, now) for gateway in plant.gateways.values()],
        "q_relays": [],
        "acbs": [],
        "encharges": _encharges(plant, now),
        "enpowers": [],
        "iq_collars": [],
        "ev_chargers": [charger_of(plant, plant.ev_charger, now)] if plant.ev_charger else [],
    }
    for accessory in plant.accessories:
        if accessory.installed <= now:
            kinds[accessory.kind].append(
                _device(
                    accessory.serial,
                    reported=plant.reported_at(now),
                    name=accessory.name,
                    model=accessory.model,
                    part_number=accessory.part_number,
                    sku=accessory.sku,
                )
            )
    everything = [device for found in kinds.values() for device in found]
    listed = {_serial(device) for device in plant.hiding.listed("devices", everything, _serial)}
    kinds = {kind: [device for device in found if _serial(device) in listed] for kind, found in kinds.items()}
    return {
        "system_id": plant.id,
        "total_devices": len(listed),
        "items": "devices",
        "devices": {kind: found for kind, found in kinds.items() if found},
    }


def inverters_summary(request: V4Request) -> Any:
    """Return a page of the microinverters of a system or of one gateway. Raise Refusal (401, 422)."""
    serial, site = request.call.query.get("envoy_serial_number"), request.number("site_id")
    if not serial and site is None:
        raise unprocessable("Envoy serial number or site id is mandatory")
    found = request.plant_with_gateway(serial) if serial else request.plants.get(site or 0)
    missing = unprocessable("Provide a valid envoy serial number or site id")
    plant = request.visible(found, missing=missing, foreign=unauthorized())
    number, size = request.page(_DEFAULT_SIZE, _MOST)
    chosen = [one for one in plant.active_inverters(request.now) if not serial or one.gateway == serial]
    page = chosen[(number - 1) * size : number * size]
    groups = [group for group in grouped(plant, page, request.now, request.switches) if group["micro_inverters"]]
    if request.switches.inverters_summary_as_object and groups:
        micros = [micro for group in groups for micro in group["micro_inverters"]]
        return {"signal_strength": groups[0]["signal_strength"], "micro_inverters": micros}
    return groups


ENDPOINTS: tuple[V4Endpoint, ...] = (
    general("systems/inverters_summary_by_envoy_or_site", "system", inverters_summary, long=True),
    of_system("devices", "system", devices, long=False, lists_devices=True),
)


def device_id(serial: str) -> int:
    """Return the number by which Enphase knows a device that is no gateway and no microinverter."""
    return crc32(serial.encode())


def charger_of(plant: Plant, charger: EvCharger, now: datetime) -> dict[str, Any]:
    """Return an EV charger as a device."""
    return _device(
        charger.serial,
        f"{charger.serial}:{plant.id}",
        reported=plant.reported_at(now),
        name=charger.name,
        model=charger.model,
        part_number=charger.part_number,
        sku=charger.sku,
    ) | {"firmware": charger.firmware}


def _device(
    serial: str,
    number: int | str | None = None,
    *,
    reported: datetime | None,
    name: str,
    model: str,
    part_number: str,
    sku: str | None,
    status: str = "normal",
    product: str | None = None,
) -> dict[str, Any]:
    return {
        "id": device_id(serial) if number is None else number,
        "last_report_at": reported,
        "name": name,
        "serial_number": serial,
        "part_number": part_number,
        "sku": sku,
        "model": model,
        "status": status,
        "active": True,
        "product_name": product or model,
    }


def _micro(plant: Plant, inverter: Inverter, until: int, now: datetime) -> dict[str, Any]:
    reading = reading_of(plant, inverter, until, now)
    return _device(
        inverter.serial,
        micro_id(inverter),
        reported=reading.at,
        name=f"Microinverter {inverter.serial}",
        model=inverter.model,
        part_number=inverter.part_number,
        sku=inverter.sku,
        status="micro" if reading.quiet else "normal",
    )


def _meters(plant: Plant, now: datetime) -> list[dict[str, Any]]:
    found = [_meter(plant, meter, "production", now) for meter in plant.revenue_meters if meter.active_at(now)]
    if (meter := plant.consumption_meter) and meter.installed <= now:
        found.append(_meter(plant, meter, "consumption", now))
    return found


def _meter(plant: Plant, meter: RevenueMeter | ConsumptionMeter, name: str, now: datetime) -> dict[str, Any]:
    quiet = isinstance(meter, RevenueMeter) and meter.silent
    gateway = plant.gateways[meter.gateway]
    reported = plant.last_report(gateway, now)
    if quiet and isinstance(meter, RevenueMeter):
        reported = slot_time(plant.meter_readable_until(meter, now))
    return _device(
        meter.serial,
        reported=reported,
        name=name,
        model=meter.model,
        part_number=gateway.part_number,
        sku=None,
        status="meter" if quiet else "normal",
        product="RGM",
    ) | {
        "state": "enabled",
        "config_type": meter.config if isinstance(meter, ConsumptionMeter) else "Production",
        "config_phase": "three" if meter.phases == 3 else "single",
    }


def _gateway(plant: Plant, gateway: Gateway, now: datetime) -> dict[str, Any]:
    modem = {"imei": "357730000000000", "part_num": "860-00157", "sku": "CELLMODEM-M1", "plan_start_date": None}
    return _device(
        gateway.serial,
        gateway.id,
        reported=plant.last_report(gateway, now),
        name=gateway.name or f"Gateway {gateway.serial}",
        model=gateway.model,
        part_number=gateway.part_number,
        sku=gateway.sku,
        status="comm" if gateway.silent else "normal",
    ) | {
        "emu_sw_version": gateway.software,
        "cellular_modem": modem | {"plan_end_date": None} if plant.connection_type == "cellular" else None,
    }


def _encharges(plant: Plant, now: datetime) -> list[dict[str, Any]]:
    return [
        _device(
            battery.serial,
            reported=plant.reported_at(now),
            name=f"Encharge {battery.serial}",
            model=battery.model,
            part_number="830-01760-r46",
            sku="ENCHARGE-5P-1P-INT",
        )
        for battery in plant.used_batteries
    ]


def _serial(device: Mapping[str, Any]) -> str:
    return str(device["serial_number"])
