"""What Enphase v4's answers may look like besides what is documented: unknown fields, missing ones, nulls."""

from typing import Any

from ..switches import Switches

_CAPITAL = {"acbs": "ACBs", "encharges": "Encharges", "enpowers": "Enpowers"}
_DETAILS = {"id", "serial_number", "name"}
_NULLABLE = {
    *("last_report_at", "last_energy_at", "operational_at", "last_report_date", "last_interval_end_at"),
    *("timezone", "address", "connection_type", "attachment_type", "sku", "part_number", "product_name"),
    *("battery_capacity_wh", "nmi", "power", "power_produced", "curr_w", "cellular_modem"),
}


def with_quirks(body: Any, switches: Switches, *, devices: bool) -> Any:
    """Return a body as the switches change it; `devices` says whether it lists devices by their kinds."""
    if devices:
        body = body | {"devices": _devices(body["devices"], switches)}
    if switches.enphase_nulls:
        body = _nulls(body)
    return _extra(body) if switches.enphase_extra_fields else body


def _devices(kinds: dict[str, list[dict[str, Any]]], switches: Switches) -> dict[str, Any]:
    result = {}
    for kind, listed in kinds.items():
        name = _CAPITAL.get(kind, kind) if switches.enphase_kinds_capital else kind
        result[name] = [_device(kind, device, switches) for device in listed]
    return result


def _device(kind: str, device: dict[str, Any], switches: Switches) -> dict[str, Any]:
    device = dict(device)
    if switches.enphase_active_as_text and "active" in device:
        device["active"] = "true"
    if switches.enphase_empty_ids:
        device |= {"ev_chargers": {"id": ""}, "micros": {"model": ""}}.get(kind, {})
    if not switches.enphase_device_details:
        device = {name: value for name, value in device.items() if name in _DETAILS}
    return device


def _nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: None if name in _NULLABLE else _nulls(item) for name, item in value.items()}
    return [_nulls(item) for item in value] if isinstance(value, list) else value


def _extra(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _extra(item) for name, item in value.items()} | {"nobody_knows": {"this": [None, 1, "x"]}}
    return [_extra(item) for item in value] if isinstance(value, list) else value
