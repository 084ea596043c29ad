"""The statistic of Home Assistant's own SolarEdge integration, whose Monitoring API V1 the vendor has ended.

Its sensor of the lifetime energy has the unique id `<site id>_lifetime_energy`; the statistic is called as the entity
is. Everything here reads in the recorder's threads and writes nothing.
"""

from datetime import UTC, datetime, timedelta

from homeassistant.components.recorder.db_schema import Statistics
from homeassistant.components.recorder.statistics import get_metadata_with_session, statistics_during_period
from homeassistant.const import Platform, UnitOfEnergy
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.recorder import get_instance, session_scope
from homeassistant.util.unit_conversion import EnergyConverter
from sqlalchemy import func, select

from ..history.takeover_rules import OldRow
from ..model.elements import System, Vendor

OLD_PLATFORM = "solaredge"
SLICE = timedelta(days=366)
"""How much is read at once: the recorder has one thread for everybody's reading."""


@callback
def find_old_statistic(hass: HomeAssistant, system: System) -> str | None:
    """Return the id of the old statistic of a SolarEdge site; also when its account was deleted a while ago."""
    if system.vendor is not Vendor.SOLAREDGE:
        return None
    registry, unique_id = er.async_get(hass), f"{system.id}_lifetime_energy"
    if entity_id := registry.async_get_entity_id(Platform.SENSOR, OLD_PLATFORM, unique_id):
        return entity_id
    deleted = registry.deleted_entities.get((Platform.SENSOR, OLD_PLATFORM, unique_id))
    return None if deleted is None else deleted.entity_id


async def async_old_span(hass: HomeAssistant, name: str) -> tuple[datetime, datetime] | None:
    """Return the starts of its first and last hour in UTC; `None` when there is none, or it is no energy."""

    def read() -> tuple[datetime, datetime] | None:
        with session_scope(hass=hass, read_only=True) as session:
            found = get_metadata_with_session(get_instance(hass), session, statistic_ids={name}).get(name)
            if found is None or not found[1]["has_sum"] or not _is_energy(found[1]["unit_of_measurement"]):
                return None
            span = select(func.min(Statistics.start_ts), func.max(Statistics.start_ts)).where(
                Statistics.metadata_id == found[0], Statistics.sum.is_not(None)
            )
            first, last = session.execute(span).one()
        return None if first is None else (datetime.fromtimestamp(first, UTC), datetime.fromtimestamp(last, UTC))

    return await get_instance(hass).async_add_executor_job(read)


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
