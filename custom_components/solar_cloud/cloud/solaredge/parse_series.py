"""The JSON of SolarEdge about series of values, of a site or of its devices, to the model.

A metric that cannot be read is left out; only an answer of the wrong shape raises `MalformedAnswer`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
import logging
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from ..errors import MalformedAnswer
from ..parse import as_float, as_map, as_str, as_time, maps_in, require_list, require_map
from ..vendor_text import say
from .model import Bucket, Quantity, Series, Telemetry
from .parse_buckets import Labels, read_buckets, utc_offset_of
from .units import PERCENTAGES, factor_of, unit_name
from .windows import Resolution

_LOGGER = logging.getLogger(__name__)

_FLOWS = ("production", "consumption", "import", "export", "charge", "discharge")
_METRICS: Mapping[str, Quantity] = MappingProxyType(
    {
        "power": Quantity.POWER,
        "energy": Quantity.ENERGY,
        "voltage": Quantity.VOLTAGE,
        "current": Quantity.CURRENT,
        "frequency": Quantity.FREQUENCY,
        **{f"{flow}Power": Quantity.POWER for flow in _FLOWS},
        **{f"{flow}Energy": Quantity.ENERGY for flow in (*_FLOWS, "remaining")},
        "stateOfEnergy": Quantity.PERCENTAGE,
    }
)
UNNAMED = "-"
"""Stands for a meter whose serial number is empty: what it measures is the site's all the same."""
_MOST_ODD_UNITS = 100
"""How many units that are not known are logged at most."""


class SeriesReader:
    """Reads series of values; logs each unit that is not known once."""

    def __init__(self) -> None:
        self._odd_units: set[str] = set()

    def series(
        self,
        answer: Any,
        quantity: Quantity,
        asked: Resolution,
        zone: ZoneInfo,
        period: Mapping[str, Any] | None = None,
        percentage: float = 1,
        default_unit: Any = None,
    ) -> Series:
        """Read one series in this project's unit.

        `period` and `default_unit` stand in where the series has none of its own; `percentage` makes the unit
        PERCENTAGE per cent.
        Raises `MalformedAnswer` for anything but an object with an array of values, and when the buckets are of another
        size than asked: such values would be booked twice. Values in a unit that does not fit are dropped.
        """
        row = require_map(answer, "series")
        answered = as_str(row.get("resolution"))
        if answered is not None and answered.upper() != asked:
            raise MalformedAnswer("series: another resolution than asked")
        rows = require_list(row.get("values"), "series")
        start, end = _period(as_map(row.get("period")) or period or {}, zone)
        unit = row.get("unit")
        if unit is None and factor_of(default_unit, quantity) is not None:
            unit = default_unit
        factor = factor_of(unit, quantity)
        buckets: Sequence[Bucket] = ()
        if factor is None:
            self._report_odd(unit, quantity, rows)
        else:
            if unit_name(unit) in PERCENTAGES:
                factor *= percentage
            buckets = read_buckets(rows, Labels(quantity, asked, zone, start, end), factor)
        return Series(
            quantity=quantity,
            resolution=asked,
            buckets=buckets,
            period_start=start,
            period_end=end,
            utc_offset=utc_offset_of(rows),
        )

    def telemetry(
        self, answer: Any, family: str, asked: Resolution, zone: ZoneInfo, percentage: float = 1
    ) -> Telemetry:
        """Read the telemetry of one family (``inverters``, ``meters``, ``storage``); none at all is a normal answer.

        A metric that cannot be read is left out, so that it takes down nothing but itself. `percentage` comes from
        `Scale`.
        """
        row = require_map(answer, f"{family} telemetry")
        period = as_map(row.get("period"))
        devices: dict[str, Mapping[str, Series]] = {}
        for key, metrics in require_map(row.get(family), f"{family} telemetry").items():
            read: dict[str, Series] = {}
            for name, values in as_map(metrics).items():
                if (quantity := _METRICS.get(name)) is None:
                    continue
                try:
                    read[name] = self.series(values, quantity, asked, zone, period, percentage, row.get("unit"))
                except MalformedAnswer:
                    _LOGGER.debug("Left out a metric that cannot be read: %s", name)
            devices[as_str(key) or UNNAMED] = MappingProxyType(read)
        return Telemetry(devices=MappingProxyType(devices))

    def _report_odd(self, unit: Any, quantity: Quantity, rows: list[Any]) -> None:
        """Log a unit that is unknown or of another quantity, once; a series without values may call it anything."""
        if all(as_float(row.get("value")) is None for row in maps_in(rows)):
            return
        text = repr(unit)[:40]
        if text not in self._odd_units and len(self._odd_units) < _MOST_ODD_UNITS:
            self._odd_units.add(text)
            line = "SolarEdge gives %s in an unknown unit: %s. Solar Cloud leaves these values out"
            say(_LOGGER, logging.WARNING, line, quantity, text)


def _period(period: Mapping[str, Any], zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
    """Return when the period of a series begins and ends, as far as it says so."""
    return as_time(period.get("from"), zone), as_time(period.get("to"), zone)
