"""The unit that each statistic of energy is kept in.

Home Assistant shows an external statistic in the unit that it is kept in, and owners read kWh. What earlier versions
have begun is in Wh and stays so: nothing converts the rows of an external statistic in one step.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from homeassistant.const import UnitOfEnergy
from homeassistant.core import HomeAssistant

from ..home_assistant_internals import Recorder
from .rows import MILLI, read_unit

MICRO: Final = 1_000_000
SCALES: Final[Mapping[str, int]] = MappingProxyType({UnitOfEnergy.WATT_HOUR: MILLI, UnitOfEnergy.KILO_WATT_HOUR: MICRO})
"""How many mWh one of a unit is."""


class Units:
    """The units of a system's statistics, as they were when each was first looked at."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin with nothing known."""
        self._hass = hass
        self._known: dict[str, str] = {}

    async def async_unit(self, recorder: Recorder, name: str) -> str:
        """Return the unit of a statistic: that in which it began, and kWh for one that begins, also anew.

        One that somebody has given another unit since keeps the one that its rows are in.
        """
        stored = await recorder.async_add_executor_job(read_unit, self._hass, name)
        if stored is None:
            unit: str = UnitOfEnergy.KILO_WATT_HOUR
        else:
            unit = self._known.get(name) or (stored if stored in SCALES else UnitOfEnergy.WATT_HOUR)
        self._known[name] = unit
        return unit

    async def async_scale(self, recorder: Recorder, name: str) -> int:
        """Return how many mWh one of a statistic's unit is."""
        return SCALES[await self.async_unit(recorder, name)]
