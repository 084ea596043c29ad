"""The JSON of Enphase v4 about energy to the model: telemetry, days of a whole life, registers. Pure functions.

Rows are stamped by their end: the one that ends at midnight belongs to the day before. Their lists are seen flat and
nested, so both are read everywhere (Enphase v4 documentation). Energies are Wh, instants aware UTC.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from types import MappingProxyType
from typing import Any

from ...model.elements import Flow, Interval
from ..enphase.model import Register
from ..enphase.parse import about, energy_of, meta_of, series_of
from ..parse import as_date, as_float, as_int, as_list, as_map, as_str, as_time
from .model import BatteryTelemetry, DailySeries, StorageRegister, Telemetry

MICRO_LENGTH = timedelta(minutes=5)
METER_LENGTH = timedelta(minutes=15)
_DEEPEST = 3
"""Lists in lists in lists: more than was ever seen."""
IMPORT_FIELDS = EXPORT_FIELDS = ("wh_imported", "wh_exported")
"""The schema calls the field of imports by the name of exports, the sample does not: each answer has only one."""


def parse_telemetry(
    answer: Any, system_id: str, what: str, length: timedelta, energy: Sequence[str], power: str | None = None
) -> Telemetry:
    """Read rows of energy; `energy` names the fields that it may be in, `power` the one of the mean power in W.

    A negative energy is no energy; a negative power, as at night, is 0.
    """
    data = about(answer, system_id, what)
    rows: dict[datetime, Interval] = {}
    for row in _flat(data.get("intervals")):
        end = as_time(row.get("end_at"))
        energy_wh = next((found for name in energy if (found := energy_of(row.get(name))) is not None), None)
        if end is not None and energy_wh is not None:
            mean = as_float(row.get(power)) if power else None
            rows[end] = Interval(
                start=end - length,
                end=end,
                energy_wh=energy_wh,
                power_w=None if mean is None else max(0.0, mean),
                devices_reporting=as_int(row.get("devices_reporting")),
            )
    return Telemetry(
        intervals=_spread(_ascending(rows), length),
        total_devices=as_int(data.get("total_devices")),
        end=as_time(data.get("end_at")),
        meta=meta_of(data.get("meta")),
    )


def parse_battery(answer: Any, system_id: str) -> BatteryTelemetry:
    """Read what the batteries took and gave, and how full they are: by the rows, else ``"97%"`` of the answer."""
    data = about(answer, system_id, "telemetry/battery")
    charge: dict[datetime, Interval] = {}
    discharge: dict[datetime, Interval] = {}
    levels: dict[datetime, float] = {}
    for row in _flat(data.get("intervals")):
        end = as_time(row.get("end_at"))
        if end is None:
            continue
        for name, rows in (("charge", charge), ("discharge", discharge)):
            part = as_map(row.get(name))
            if (energy_wh := energy_of(part.get("enwh"))) is not None:
                rows[end] = Interval(
                    start=end - METER_LENGTH,
                    end=end,
                    energy_wh=energy_wh,
                    devices_reporting=as_int(part.get("devices_reporting")),
                )
        if (level := percent_of(as_map(row.get("soc")).get("percent"))) is not None:
            levels[end] = level
    newest = max(levels, default=None)
    aggregate = percent_of(data.get("last_reported_aggregate_soc"))
    return BatteryTelemetry(
        charge=_ascending(charge),
        discharge=_ascending(discharge),
        level_percent=aggregate if aggregate is not None else levels[newest] if newest is not None else None,
        level_at=newest,
        total_devices=as_int(data.get("total_devices")),
        end=as_time(data.get("end_at")),
    )


def parse_lifetime(answer: Any, system_id: str, what: str, fields: Mapping[str, Flow], zone: tzinfo) -> DailySeries:
    """Read the energies of days; `None` (HTTP 204) is a system that has none."""
    data = about({} if answer is None else answer, system_id, what)
    return DailySeries(
        start=as_date(data.get("start_date"), zone),
        flows=MappingProxyType({flow: series_of(data.get(name)) for name, flow in fields.items() if name in data}),
        meta=meta_of(data.get("meta")),
    )


def parse_consumption_registers(answer: Any, system_id: str) -> tuple[Register, ...]:
    """Read what the consumption meters have counted; whether that is the grid's or the house's is not documented."""
    return tuple(
        Register(serial=serial, value_wh=value, read_at=read_at)
        for row, serial, read_at in _readings(answer, system_id, "consumption_meter_readings")
        if (value := energy_of(row.get("value"))) is not None
    )


def parse_storage_registers(answer: Any, system_id: str) -> tuple[StorageRegister, ...]:
    """Read what the batteries' meters have counted in each direction."""
    return tuple(
        StorageRegister(
            serial=serial,
            charged_wh=energy_of(row.get("value_charged")),
            discharged_wh=energy_of(row.get("value_discharged")),
            read_at=read_at,
        )
        for row, serial, read_at in _readings(answer, system_id, "storage_meter_readings")
    )


def percent_of(value: Any) -> float | None:
    """Read a percentage, ``97`` or ``"97%"``; what lies outside 0 to 100 is none."""
    number = as_float(value.strip().removesuffix("%") if isinstance(value, str) else value)
    return number if number is not None and 0 <= number <= 100 else None


def _flat(value: Any, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of a list, or of lists in a list."""
    for item in as_list(value):
        if isinstance(item, Mapping):
            yield item
        elif depth < _DEEPEST:
            yield from _flat(item, depth + 1)


def _ascending(rows: Mapping[datetime, Interval]) -> tuple[Interval, ...]:
    return tuple(rows[end] for end in sorted(rows))


def _spread(rows: tuple[Interval, ...], length: timedelta) -> tuple[Interval, ...]:
    """Return the rows as long as they are: a gateway at a cellular modem tells quarter hours where others tell less.

    Then every row ends with a quarter hour, and its power is the mean of its energy over one.
    """
    if length >= METER_LENGTH or not rows or any(row.end.timestamp() % METER_LENGTH.total_seconds() for row in rows):
        return rows
    powers = [(row.energy_wh * 3600, row.power_w) for row in rows if row.power_w]
    quarter, short = METER_LENGTH.total_seconds(), length.total_seconds()
    if not powers or any(abs(joule / quarter - watt) >= abs(joule / short - watt) for joule, watt in powers):
        return rows
    return tuple(replace(row, start=row.end - METER_LENGTH) for row in rows)


def _readings(answer: Any, system_id: str, what: str) -> Iterable[tuple[Mapping[str, Any], str, datetime]]:
    """Yield the rows with the meter's serial number, whose key differs between endpoints, and when it was read."""
    for row in map(as_map, as_list(about(answer, system_id, what).get("meter_readings"))):
        serial, read_at = as_str(row.get("serial_num")) or as_str(row.get("serial_number")), as_time(row.get("read_at"))
        if serial is not None and read_at is not None:
            yield row, serial, read_at
