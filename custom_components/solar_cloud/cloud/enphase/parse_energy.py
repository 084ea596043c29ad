"""The JSON of Enphase about energy that both generations of its API answer with. Pure functions.

Rows are stamped by their end: the one that ends at midnight belongs to the day before. Energies are Wh, instants aware
UTC. Fields are read as the Enphase v2 documentation describes them; a row without the field that it is about is left
out.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from types import MappingProxyType
from typing import Any

from ...model.elements import Interval
from ..clock import compared_with
from ..parse import as_date, as_int, as_maps, as_str, as_time, first_str
from .fields import Row, about, amount_of, meta_of, series_of
from .model import EnergyLifetime, Register, Stats

MICRO_LENGTH = timedelta(minutes=5)
"""How long the rows of microinverters are."""
METER_LENGTH = timedelta(minutes=15)
"""How long the rows of meters are."""


def parse_rgm_stats(answer: Any, system_id: str) -> Stats:
    """Read the revenue-grade meters' production in intervals of 15 minutes, since late v2 also that of each meter."""
    stats = read_stats(answer, system_id, "rgm_stats", METER_LENGTH, "wh_del")
    by_meter: dict[str, dict[str, list[Row]]] = {}
    for entry in as_maps(answer.get("meter_intervals")):
        if serial := as_str(entry.get("meter_serial_number")):
            for row in as_maps(entry.get("intervals")):
                by_meter.setdefault(serial, {}).setdefault(str(row.get("channel")), []).append(row)
    found = {serial: _of_channels(list(channels.values())) for serial, channels in by_meter.items()}
    return replace(stats, by_meter=MappingProxyType({serial: rows for serial, rows in found.items() if rows}))


def parse_energy_lifetime(answer: Any, system_id: str, zone: tzinfo) -> EnergyLifetime:
    """Read the production by day; `None` (HTTP 204) is a system that has none."""
    data = about(answer, system_id, "energy_lifetime", may_be_empty=True)
    return EnergyLifetime(
        start=as_date(data.get("start_date"), zone),
        meter_start=as_date(data.get("meter_start_date"), zone),
        production=series_of(data.get("production")),
        micro_production=series_of(data.get("micro_production")),
        meter_production=series_of(data.get("meter_production")),
        meta=meta_of(data.get("meta")),
    )


def parse_production_meter_readings(answer: Any, system_id: str) -> tuple[Register, ...]:
    """Read the registers of the revenue-grade meters (late v2 and v4), also of those that are retired."""
    return read_registers(answer, system_id, "production_meter_readings")


def read_stats(
    answer: Any,
    system_id: str,
    what: str,
    length: timedelta,
    energy: str,
    power: Callable[[Row], float | None] | None = None,
    *,
    may_be_empty: bool = False,
) -> Stats:
    """Read an answer of rows of energy; `energy` names their field, `power` reads their mean power in W."""
    data = about(answer, system_id, what, may_be_empty=may_be_empty)
    return Stats(
        total_devices=as_int(data.get("total_devices")),
        intervals=read_intervals(as_maps(data.get("intervals")), length, (energy,), power),
        meta=meta_of(data.get("meta")),
    )


def read_intervals(
    rows: Iterable[Row],
    length: timedelta,
    energy: Sequence[str],
    power: Callable[[Row], float | None] | None = None,
) -> tuple[Interval, ...]:
    """Read rows of energy in ascending order; of two rows with the same end the later one counts.

    `energy` names the fields that the energy may be in, `power` reads the mean power in W. A row that has not ended yet
    is none: some answers have rows of nothing for hours ahead.
    """
    now = compared_with()
    found: dict[datetime, Interval] = {}
    for row in rows:
        end = as_time(row.get("end_at"))
        if end is not None and now is not None and end > now:
            continue
        energy_wh = next((wh for name in energy if (wh := amount_of(row.get(name))) is not None), None)
        if end is not None and energy_wh is not None:
            found[end] = Interval(
                start=end - length,
                end=end,
                energy_wh=energy_wh,
                power_w=None if power is None else power(row),
                devices_reporting=as_int(row.get("devices_reporting")),
            )
    return tuple(found[end] for end in sorted(found))


def read_registers(answer: Any, system_id: str, what: str) -> tuple[Register, ...]:
    """Read what meters have counted in their whole life."""
    return tuple(
        Register(serial=serial, value_wh=value, read_at=read_at)
        for row, serial, read_at in meter_readings(answer, system_id, what)
        if (value := amount_of(row.get("value"))) is not None
    )


def meter_readings(answer: Any, system_id: str, what: str) -> Iterator[tuple[Row, str, datetime]]:
    """Yield the rows with the meter's serial number, whose key differs between endpoints, and when it was read."""
    for row in as_maps(about(answer, system_id, what).get("meter_readings")):
        serial, read_at = first_str(row, "serial_num", "serial_number"), as_time(row.get("read_at"))
        if serial is not None and read_at is not None:
            yield row, serial, read_at


def _of_channels(channels: Sequence[Sequence[Row]]) -> tuple[Interval, ...]:
    """Add up the channels of a meter; an interval that one of them lacks is not known of the meter.

    A meter of one or two phases reports a third channel all the same, as null, now and then as 0: what is never above 0
    is not connected, and adds nothing. ``curr_w`` is not read: the documentation does not say of which time it is the
    mean.
    """
    found = [{row.end: row.energy_wh for row in read_intervals(rows, METER_LENGTH, ("wh_del",))} for rows in channels]
    energies = [energy for energy in found if any(energy.values())] or sorted(found, key=len)[-1:]
    return tuple(
        Interval(start=end - METER_LENGTH, end=end, energy_wh=sum(energy[end] for energy in energies))
        for end in energies[0]
        if all(end in energy for energy in energies)
    )
