"""What the statistics of a system are called, and how they are described to the recorder."""

from collections.abc import Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import Final

from homeassistant.components.recorder.models import StatisticMeanType, StatisticMetaData
from homeassistant.const import UnitOfEnergy
from homeassistant.util import slugify
from homeassistant.util.unit_conversion import EnergyConverter

from ..const import DOMAIN
from ..history.tariff import Side
from ..model.elements import Flow, System

LONGEST = 255
"""Characters of the columns for a statistic's id and name: SQLite takes more, MariaDB and PostgreSQL refuse the row."""
DIGEST = 16
"""Digits that stand for what was too long."""
COSTS: Final[Mapping[Side, str]] = MappingProxyType(
    {Side.IMPORT: "grid_import_cost", Side.EXPORT: "grid_export_compensation"}
)
"""What the statistics of money are called, after the system's key."""


def statistic_id(key: str, flow: str) -> str:
    """Return the id of the statistic of a flow: ``solar_cloud:enphase_67_grid_import``.

    The key is that of the system, or `device_key` of an inverter. A key that is too long for an id is shortened; keys
    that differ still have ids that differ.
    """
    name = slugify(f"{key}_{flow}")
    room = LONGEST - len(f"{DOMAIN}:")
    if len(name) > room:
        # What is cut off may be all that two of them differ in.
        digest = sha256(name.encode()).hexdigest()[:DIGEST]
        name = f"{name[: room - DIGEST - 1].rstrip('_')}_{digest}"
    return f"{DOMAIN}:{name}"


def device_key(system: System, serial: str) -> str:
    """Return what an inverter's statistic is called by: the vendor and the serial number."""
    return f"{system.vendor}_{serial}"


def energy_id(system: System, flow: Flow, serial: str | None = None) -> str:
    """Return the id of the statistic of a flow of a system, or of one of its inverters."""
    return statistic_id(system.key if serial is None else device_key(system, serial), flow)


def energy_metadata(
    system: System, flow: Flow, measure: str, serial: str | None = None, label: str | None = None
) -> StatisticMetaData:
    """Return how the statistic of a flow of a system, or of one of its inverters, is described to the recorder.

    The measure is what the flow is called: see `async_measure`. The label is what an inverter is called; without it,
    the serial number stands there. The unit is that of a statistic that begins: see `Units`.
    """
    return StatisticMetaData(
        mean_type=StatisticMeanType.NONE,
        has_sum=True,
        name=_title(system.name, label or serial, measure),
        source=DOMAIN,
        statistic_id=energy_id(system, flow, serial),
        unit_class=EnergyConverter.UNIT_CLASS,
        unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
    )


def cost_id(key: str, side: Side) -> str:
    """Return the id of the statistic of a system's costs, or of what it was paid: see `COSTS`."""
    return statistic_id(key, COSTS[side])


def cost_metadata(system: System, side: Side, measure: str, currency: str) -> StatisticMetaData:
    """Return how the statistic of what is paid, or was got, is described to the recorder; see `async_measure`."""
    return StatisticMetaData(
        mean_type=StatisticMeanType.NONE,
        has_sum=True,
        name=_title(system.name, None, measure),
        source=DOMAIN,
        statistic_id=cost_id(system.key, side),
        unit_class=None,
        unit_of_measurement=currency,
    )


def _title(name: str, label: str | None, measure: str) -> str:
    """Return what a statistic is called; where that is too long, the names are shortened, never what is measured."""
    parts = [name, measure] if label is None else [name, label, measure]
    if len(title := " ".join(parts)) <= LONGEST:
        return title
    ending = f" {measure}" if label is None else f" {_shortened(label, LONGEST // 2)} {measure}"
    return _shortened(name, LONGEST - len(ending)) + ending


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
