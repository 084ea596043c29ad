"""What the revenue-grade meters of Enphase v2 tell, and which rows belong to which meter. Pure functions.

Facts are from the Enphase v2 documentation (``rgm_stats``) and its late release notes (``meter_intervals``). Energies
are Wh, instants aware UTC.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from ...model.data import KEEP_INTERVALS, SystemData, local_day, midnight
from ...model.elements import DeviceKind, DeviceReading, Flow, Interval, System, Update
from ...model.series import Series
from ..enphase.model import METER_SOURCE, Stats
from ..parse import as_time

ONLY_METER = "only_meter"
"""The note about the serial number of a system's only meter: the rows of the system are its rows."""
ONLY_SINCE = "only_meter_since"
"""The note about when it took the place of another one; rows before that may hold the other one's energy."""
_DAY = timedelta(days=1)


def listed_meters(data: SystemData) -> list[str]:
    """Return the serial numbers of the meters that the inventory lists: of consumption too, nobody tells them apart."""
    return data.serials(DeviceKind.METER)


def metered(data: SystemData) -> dict[str, Series]:
    """Return what each meter of production has told, by serial number."""
    flows = {serial: data.device_flows.get(serial, {}).get(Flow.PRODUCTION) for serial in listed_meters(data)}
    return {serial: series for serial, series in flows.items() if series}


def rows_from(data: SystemData, now: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant from which the meters' rows are asked for.

    Today does not do: the last rows of a day can only be read on the next one, and a meter that was silent tells later
    what it kept. With the day up to which a register is known it can be carried on. One answer holds seven days.
    """
    start = midnight(local_day(now, zone) - _DAY, zone)
    bases = [data.device_bases.get(serial, {}).get(Flow.PRODUCTION) for serial in metered(data)]
    known = min((midnight(base.day, zone) for base in bases if base is not None), default=start)
    return min(start, known) if known >= now - KEEP_INTERVALS else start


def meters_update(stats: Stats, data: SystemData, now: datetime) -> Update:
    """Return the rows and newest values of each meter, and how many meters there are; `now` is aware UTC."""
    notes: dict[str, str] = {}
    flows = _by_meter(stats, data, now, notes)
    newest = stats.intervals[-1] if stats.intervals else None
    return Update(
        system=System(
            vendor=data.system.vendor,
            id=data.system.id,
            name=data.system.name,
            meters=stats.total_devices,
            meters_reporting=newest.devices_reporting if newest else None,
        ),
        readings=MappingProxyType(
            {
                serial: DeviceReading(last_report=rows[-1].end, power_w=rows[-1].mean_power_w, measured_at=rows[-1].end)
                for serial, rows in flows.items()
                if not _is_older(rows[-1], data.readings.get(serial))
            }
        ),
        device_flows=MappingProxyType({serial: {Flow.PRODUCTION: tuple(rows)} for serial, rows in flows.items()}),
        # Where a meter measures the system, its rows are what statistics are made of.
        detail=MappingProxyType({Flow.PRODUCTION: stats.intervals} if data.system.source == METER_SOURCE else {}),
        notes=MappingProxyType(notes),
    )


def _by_meter(stats: Stats, data: SystemData, now: datetime, notes: dict[str, str]) -> Mapping[str, Sequence[Interval]]:
    """Return the rows of each meter that is listed; none of any where several are and the cloud adds them up."""
    listed = listed_meters(data)
    if stats.by_meter:
        return {serial: rows for serial in listed if (rows := stats.by_meter.get(serial))}
    if len(listed) != 1 or stats.total_devices not in {1, None}:
        return {}
    (serial,) = listed
    since = as_time(data.notes.get(ONLY_SINCE))
    if (before := data.notes.get(ONLY_METER)) != serial:
        since = None if before is None else now
        notes |= {ONLY_METER: serial, ONLY_SINCE: since.isoformat() if since else ""}
    # A row of several meters holds the energy of one that has been replaced since.
    own = [
        row for row in stats.intervals if row.devices_reporting in {1, None} and (since is None or row.start >= since)
    ]
    return {serial: own} if own else {}


def _is_older(row: Interval, known: DeviceReading | None) -> bool:
    return known is not None and known.measured_at is not None and row.end < known.measured_at
