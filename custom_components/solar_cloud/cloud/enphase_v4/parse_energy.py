"""The JSON of Enphase v4 about energy to the model: telemetry, days of a whole life, registers. Pure functions.

Rows are stamped by their end: the one that ends at midnight belongs to the day before. Their lists are seen flat and
nested, so both are read everywhere (Enphase v4 documentation). Energies are Wh, instants aware UTC.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta, tzinfo
from types import MappingProxyType
from typing import Any

from ...model.elements import Flow, Interval
from ..enphase.fields import Row, about, amount_of, at_least_zero, meta_of, series_of
from ..enphase.model import Register
from ..enphase.parse_energy import METER_LENGTH, meter_readings, read_intervals, read_registers
from ..parse import as_date, as_float, as_int, as_list, as_map, as_time
from .model import BatteryTelemetry, DailySeries, StorageRegister, Telemetry

_DEEPEST = 3
"""How deep lists of rows lie in other lists at most; no deeper ones are known."""
IMPORT_FIELDS = EXPORT_FIELDS = ("wh_imported", "wh_exported")
"""The schema calls the field of imports by the name of exports, the sample does not: each answer has only one."""


def parse_telemetry(
    answer: Any, system_id: str, what: str, length: timedelta, energy: Sequence[str], power: str | None = None
) -> Telemetry:
    """Read rows of energy; `energy` names the fields that it may be in, `power` the one of the mean power in W.

    A negative energy is no energy; a negative power, as at night, is 0.
    """
    data = about(answer, system_id, what)
    rows = read_intervals(
        _flat(data.get("intervals")),
        length,
        energy,
        lambda row: at_least_zero(as_float(row.get(power))) if power is not None else None,
    )
    return Telemetry(
        intervals=_with_true_length(rows, length),
        total_devices=as_int(data.get("total_devices")),
        end=as_time(data.get("end_at")),
        meta=meta_of(data.get("meta")),
    )


def parse_battery(answer: Any, system_id: str) -> BatteryTelemetry:
    """Read what the batteries took and gave, and how full they are: as the answer has it, else its newest row."""
    data = about(answer, system_id, "telemetry/battery")
    rows = list(_flat(data.get("intervals")))
    levels = {
        end: level
        for row in rows
        if (end := as_time(row.get("end_at"))) is not None
        and (level := percent_of(as_map(row.get("soc")).get("percent"))) is not None
    }
    newest = max(levels, default=None)
    level = percent_of(data.get("last_reported_aggregate_soc"))
    if level is None and newest is not None:
        level = levels[newest]
    return BatteryTelemetry(
        charge=_direction(rows, "charge"),
        discharge=_direction(rows, "discharge"),
        level_percent=level,
        level_at=newest,
        total_devices=as_int(data.get("total_devices")),
        end=as_time(data.get("end_at")),
    )


def parse_lifetime(answer: Any, system_id: str, what: str, fields: Mapping[str, Flow], zone: tzinfo) -> DailySeries:
    """Read the energies of days; `None` (HTTP 204) is a system that has none."""
    data = about(answer, system_id, what, may_be_empty=True)
    return DailySeries(
        start=as_date(data.get("start_date"), zone),
        flows=MappingProxyType({flow: series_of(data.get(name)) for name, flow in fields.items() if name in data}),
        meta=meta_of(data.get("meta")),
    )


def parse_consumption_registers(answer: Any, system_id: str) -> tuple[Register, ...]:
    """Read what the consumption meters have counted; whether that is the grid's or the house's is not documented."""
    return read_registers(answer, system_id, "consumption_meter_readings")


def parse_storage_registers(answer: Any, system_id: str) -> tuple[StorageRegister, ...]:
    """Read what the batteries' meters have counted in each direction."""
    return tuple(
        StorageRegister(
            serial=serial,
            charged_wh=amount_of(row.get("value_charged")),
            discharged_wh=amount_of(row.get("value_discharged")),
            read_at=read_at,
        )
        for row, serial, read_at in meter_readings(answer, system_id, "storage_meter_readings")
    )


def percent_of(value: Any) -> float | None:
    """Read a percentage, ``97`` or ``"97%"``; a number outside 0 to 100 is none."""
    number = as_float(value.strip().removesuffix("%") if isinstance(value, str) else value)
    return number if number is not None and 0 <= number <= 100 else None


def _flat(value: Any, depth: int = 0) -> Iterator[Row]:
    """Yield the rows of a list, or of lists in a list."""
    for item in as_list(value):
        if isinstance(item, Mapping):
            yield item
        elif depth < _DEEPEST:
            yield from _flat(item, depth + 1)


def _direction(rows: Sequence[Row], name: str) -> tuple[Interval, ...]:
    """Return what batteries charged or discharged: each row has an object for either, and one end for both."""
    parts = ({**as_map(row.get(name)), "end_at": row.get("end_at")} for row in rows)
    return read_intervals(parts, METER_LENGTH, ("enwh",))


def _with_true_length(rows: tuple[Interval, ...], length: timedelta) -> tuple[Interval, ...]:
    """Return rows as long as they really are: a gateway with a cellular modem reports only quarter hours.

    Then every row ends with a quarter hour, and its power is the mean of its energy over one.
    """
    if length >= METER_LENGTH or not rows or any(row.end.timestamp() % METER_LENGTH.total_seconds() for row in rows):
        return rows
    powers = [(row.energy_wh * 3600, row.power_w) for row in rows if row.power_w]
    quarter, short = METER_LENGTH.total_seconds(), length.total_seconds()
    if not powers or any(abs(joule / quarter - watt) >= abs(joule / short - watt) for joule, watt in powers):
        return rows
    return tuple(replace(row, start=row.end - METER_LENGTH) for row in rows)
