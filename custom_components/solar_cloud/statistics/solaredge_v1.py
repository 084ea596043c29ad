"""The statistic of Home Assistant's own SolarEdge integration, whose Monitoring API V1 the vendor has ended.

Its sensor of the lifetime energy has the unique id `<site id>_lifetime_energy`; the statistic is called as the entity
is. Everything here reads in the recorder's threads and writes nothing.
"""

from datetime import UTC, datetime, timedelta

from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.const import Platform, UnitOfEnergy
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.recorder import get_instance
from homeassistant.util.unit_conversion import EnergyConverter

from ..history.takeover_rules import OldRow
from ..home_assistant_internals import deleted_entity_id
from ..model.elements import System, Vendor
from .rows import read_span, to_instant

OLD_PLATFORM = "solaredge"
SLICE = timedelta(days=366)
"""How much is read at once: the recorder has one thread for everybody's reading."""


@callback
def find_old_statistic(hass: HomeAssistant, system: System) -> str | None:
    """Return the id of the old statistic of a SolarEdge site; also when its account was deleted a while ago."""
    if system.vendor is not Vendor.SOLAREDGE:
        return None
    unique_id = f"{system.id}_lifetime_energy"
    known = er.async_get(hass).async_get_entity_id(Platform.SENSOR, OLD_PLATFORM, unique_id)
    return known or deleted_entity_id(hass, Platform.SENSOR, OLD_PLATFORM, unique_id)


async def async_old_span(hass: HomeAssistant, name: str) -> tuple[datetime, datetime] | None:
    """Return the starts of its first and last hour in UTC; `None` when there is none, or it is no energy."""
    edges = await get_instance(hass).async_add_executor_job(read_span, hass, name)
    if edges.meta is None or not edges.meta["has_sum"] or not _is_energy(edges.meta["unit_of_measurement"]):
        return None
    if edges.first is None or edges.last is None:
        return None
    return to_instant(edges.first.start), to_instant(edges.last.start)


async def async_old_rows(hass: HomeAssistant, name: str, first: datetime, last: datetime) -> list[OldRow]:
    """Return its rows that begin between two instants, both included, read slice by slice, whatever its unit is."""
    rows: list[OldRow] = []
    start, end = first, last + timedelta(hours=1)
    while start < end:
        until = min(start + SLICE, end)
        rows += await get_instance(hass).async_add_executor_job(_rows, hass, name, start, until)
        start = until
    return rows


def _rows(hass: HomeAssistant, name: str, start: datetime, end: datetime) -> list[OldRow]:
    units: dict[str, str] = {"energy": UnitOfEnergy.WATT_HOUR}
    found = statistics_during_period(hass, start, end, {name}, "hour", units, {"change", "state"})
    return [
        OldRow(datetime.fromtimestamp(row["start"], UTC), change, row.get("state"))
        for row in found.get(name, [])
        if (change := row.get("change")) is not None
    ]


def _is_energy(unit: str | None) -> bool:
    return unit in EnergyConverter.VALID_UNITS
