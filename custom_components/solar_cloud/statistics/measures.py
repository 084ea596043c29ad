"""What statistics measure, in the language of Home Assistant: the Energy dashboard shows their names."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from ..const import DOMAIN

TEXTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "production": "statistic_production",
        "consumption": "statistic_consumption",
        "grid_import": "statistic_grid_import",
        "grid_export": "statistic_grid_export",
        "battery_charge": "statistic_battery_charge",
        "battery_discharge": "statistic_battery_discharge",
        "grid_import_cost": "statistic_grid_import_cost",
        "grid_export_compensation": "statistic_grid_export_compensation",
    }
)
"""The keys of the texts, by the end of the statistic's id."""


async def async_measure(hass: HomeAssistant, name: str) -> str:
    """Return what stands behind the system in the name of a statistic, such as ``grid import``.

    The name is the end of its id. Where the texts cannot be read, that is what stands there, with blanks.
    """
    texts = await async_get_translations(hass, hass.config.language, "common", {DOMAIN})
    return texts.get(f"component.{DOMAIN}.common.{TEXTS[name]}") or name.replace("_", " ")
