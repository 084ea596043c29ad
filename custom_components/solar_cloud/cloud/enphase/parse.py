"""The JSON of Enphase about systems and hardware that both generations of its API answer with. Pure functions.

Fields are read as the Enphase v2 documentation describes them.
"""

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any

from ...model.elements import Device, DeviceKind, DeviceReading
from ..parse import (
    above_zero,
    as_code,
    as_date,
    as_float,
    as_int,
    as_maps,
    as_str,
    as_time,
    as_unit,
    first_str,
    require_map,
)
from .fields import MANUFACTURER, Row, about, amount_of, at_least_zero, not_negative
from .model import DeviceState, Summary

RETIRED = "retired"
_WATTS = {"w": 1.0, "kw": 1e3, "mw": 1e6}
_WATT_HOURS = {"wh": 1.0, "kwh": 1e3, "mwh": 1e6, "gwh": 1e9, "j": 1 / 3600, "kj": 1 / 3.6, "mj": 1000 / 3.6}
"""The late v2 documentation lists Wh and kJ."""


def parse_summary(answer: Any, system_id: str, zone: tzinfo, *, past: bool = False) -> Summary:
    """Read a summary. Of a past day the cloud has no power, modules and size: it writes 0, which is read as `None`.

    A summary of no readable day is that of the day on which the system last reported.
    """
    data = about(answer, system_id, "summary")
    day, last_report = as_date(data.get("summary_date"), zone), as_time(data.get("last_report_at"))
    if day is None and last_report is not None and not past:
        day = last_report.astimezone(zone).date()
    interval_end = as_time(data.get("last_interval_end_at"))
    return Summary(
        day=day,
        status=as_code(data.get("status")),
        power_w=None if past else at_least_zero(as_float(data.get("current_power"))),
        energy_today_wh=amount_of(data.get("energy_today")),
        energy_before_wh=amount_of(data.get("energy_lifetime")),
        last_interval_end=interval_end,
        is_undated=interval_end is None and data.get("last_interval_end_at") is not None,
        last_report=last_report,
        operational=as_time(data.get("operational_at")),
        modules=above_zero(as_int(data.get("modules"))),
        size_w=above_zero(as_float(data.get("size_w"))),
        source=as_code(data.get("source")),
    )


def parse_inverters_summary(answer: Any) -> tuple[DeviceState, ...]:
    """Read the microinverters' state (late v2 and v4); retired inverters are left out."""
    states = [state for row in inverter_rows(answer) if (state := _inverter(row))]
    return tuple({state.device.serial: state for state in states}.values())


def inverter_rows(answer: Any) -> list[Row]:
    """Return the rows of all microinverters, retired ones too; the answer is a list of groups or a single group."""
    groups = answer if isinstance(answer, list) else [require_map(answer, "inverters_summary")]
    return [row for group in as_maps(groups) for row in as_maps(group.get("micro_inverters"))]


def _inverter(row: Row) -> DeviceState | None:
    serial, status = as_str(row.get("serial_number")), as_code(row.get("status"))
    if serial is None or status == RETIRED:
        return None
    reported = as_time(row.get("last_report_date"))
    power = at_least_zero(_quantity(row.get("power_produced"), _WATTS))
    return DeviceState(
        device=Device(
            kind=DeviceKind.INVERTER,
            serial=serial,
            manufacturer=MANUFACTURER,
            model=as_str(row.get("model")),
            part_number=first_str(row, "part_number", "sku"),
            parent=as_str(row.get("envoy_serial_number")),
        ),
        reading=DeviceReading(
            status=status,
            last_report=reported,
            power_w=power,
            measured_at=None if power is None else reported,
            energy_lifetime_wh=not_negative(_quantity(row.get("energy"), _WATT_HOURS)),
        ),
    )


def _quantity(value: Any, units: Mapping[str, float]) -> float | None:
    """Read ``{"value": 34, "units": "W"}`` or a bare number in the base unit; `None` for an unknown unit."""
    if not isinstance(value, Mapping):
        return as_float(value)
    number, unit = as_float(value.get("value")), value.get("units")
    factor = 1.0 if unit is None else units.get(as_unit(unit) or "")
    return None if number is None or factor is None else as_float(number * factor)
