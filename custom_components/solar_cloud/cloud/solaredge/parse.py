"""SolarEdge's JSON as objects. Tolerant field by field; only an answer of the wrong shape raises `MalformedAnswer`."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
import logging
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from ..errors import MalformedAnswer
from ..parse import as_bool, as_code, as_float, as_int, as_list, as_map, as_str, as_time, require_list, require_map
from .model import Alert, Bucket, Flows, Overview, Quantity, Series, Site, SiteDevice, Telemetry
from .scale import SCALED_UNIT
from .windows import QUARTER, Resolution, bucket_end, bucket_start

_LOGGER = logging.getLogger(__name__)

_UNITS: Mapping[str, tuple[Quantity, float]] = MappingProxyType(
    {
        "W": (Quantity.POWER, 1),
        "KW": (Quantity.POWER, 1e3),
        "MW": (Quantity.POWER, 1e6),
        "WH": (Quantity.ENERGY, 1),
        "KWH": (Quantity.ENERGY, 1e3),
        "MWH": (Quantity.ENERGY, 1e6),
        "GWH": (Quantity.ENERGY, 1e9),
        "VOLT": (Quantity.VOLTAGE, 1),
        "AMPERE": (Quantity.CURRENT, 1),
        "HERTZ": (Quantity.FREQUENCY, 1),
        "PERCENTAGE": (Quantity.PERCENTAGE, 1),
        "PERCENTAGE_100": (Quantity.PERCENTAGE, 1),
    }
)
_METRICS: Mapping[str, Quantity] = MappingProxyType(
    {
        "power": Quantity.POWER,
        "energy": Quantity.ENERGY,
        "voltage": Quantity.VOLTAGE,
        "current": Quantity.CURRENT,
        "frequency": Quantity.FREQUENCY,
        **{f"{flow}Power": Quantity.POWER for flow in ("production", "consumption", "import", "export")},
        **{f"{flow}Energy": Quantity.ENERGY for flow in ("production", "consumption", "import", "export")},
        **{f"{flow}Power": Quantity.POWER for flow in ("charge", "discharge")},
        **{f"{flow}Energy": Quantity.ENERGY for flow in ("charge", "discharge", "remaining")},
        "stateOfEnergy": Quantity.PERCENTAGE,
    }
)
_END_LABELLED = frozenset({Quantity.VOLTAGE, Quantity.FREQUENCY})
"""Labelled with the end of the bucket by default, everything else with its start (SolarEdge migration notes)."""
_DIGITS = 6
"""A millionth of a watt-hour: takes away what scaling by powers of ten adds in binary."""


def parse_sites(answer: Any) -> tuple[tuple[Site, ...], int]:
    """Read a page of the list of sites, in today's form or as the bare array of 2022, and count its rows.

    Rows without an id are left out of the sites, not of the count: it tells whether the page was full.
    """
    if isinstance(answer, Mapping):
        sites = answer.get("sites")
        rows = sites if isinstance(sites, list) else require_map(sites, "site list").get("site", [])
    else:
        rows = answer
    rows = require_list(rows, "site list")
    sites = (parse_site(row) for row in rows if isinstance(row, Mapping))
    return tuple(site for site in sites if site is not None), len(rows)


def parse_site(answer: Any) -> Site | None:
    """Read one site; `None` without an id. A date without an offset is in the site's zone, where that is told."""
    row = require_map(answer, "site")
    site_id = as_str(row.get("siteId"))
    if site_id is None:
        return None
    peak_kw = as_float(row.get("peakPower"))
    timezone = as_str(as_map(row.get("location")).get("timezone"))
    zone = _zone(timezone)
    return Site(
        id=site_id,
        name=as_str(row.get("name")),
        status=as_code(row.get("activationStatus")),
        peak_power_w=round(peak_kw * 1000, _DIGITS) if peak_kw is not None and peak_kw > 0 else None,
        installed_at=as_time(row.get("installationDate"), zone),
        last_update=as_time(row.get("lastUpdateTime"), zone),
        timezone=timezone,
    )


def parse_overview(answer: Any, site_id: str) -> Overview:
    """Read an overview; one of another site than asked is malformed."""
    row = require_map(answer, "overview")
    if (answered := as_str(row.get("siteId"))) is not None and answered != site_id:
        raise MalformedAnswer("overview: of another site than asked")
    performance = as_map(row.get("performance"))
    return Overview(
        production=_flows(row.get("production"), ("toSelfConsumption", "toStorage", "toGrid")),
        consumption=_flows(row.get("consumption"), ("fromPv", "fromStorage", "fromGrid")),
        specific_yield=as_float(performance.get("specificYield")),
        performance_ratio=as_float(performance.get("performanceRatio")),
    )


def parse_devices(answer: Any) -> tuple[SiteDevice, ...]:
    """Read an inventory, every row of it: what a row lacks may matter more than what it says."""
    return tuple(_device(as_map(row)) for row in require_list(answer, "inventory"))


def parse_alerts(answer: Any) -> tuple[Alert, ...]:
    """Read a page of alerts; times without an offset are UTC here."""
    return tuple(_alert(row) for row in require_list(answer, "alerts") if isinstance(row, Mapping))


class SeriesReader:
    """Reads series of values; remembers which odd units it has already told the log about."""

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
    ) -> Series:
        """Read one series in this project's unit.

        `period` stands in where the series has none of its own; `percentage` makes the unit PERCENTAGE per cent.
        Raises `MalformedAnswer` for anything but an object with an array of values, and when the buckets are of another
        size than asked: such values would be booked twice. Values in a unit that does not fit are dropped.
        """
        row = require_map(answer, "series")
        answered = as_str(row.get("resolution"))
        if answered is not None and answered.upper() != asked:
            raise MalformedAnswer("series: another resolution than asked")
        rows = require_list(row.get("values"), "series")
        period = as_map(row.get("period")) or period or {}
        series = Series(
            quantity=quantity,
            resolution=asked,
            period_start=as_time(period.get("from"), zone),
            period_end=as_time(period.get("to"), zone),
        )
        factor = self._factor(row.get("unit"), quantity)
        if factor is None:
            return series
        if as_str(row.get("unit")) == SCALED_UNIT:
            factor *= percentage
        return replace(series, buckets=_buckets(rows, series, factor, zone))

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
        for serial, metrics in require_map(row.get(family), f"{family} telemetry").items():
            read: dict[str, Series] = {}
            for name, values in as_map(metrics).items():
                if (quantity := _METRICS.get(name)) is None:
                    continue
                try:
                    read[name] = self.series(values, quantity, asked, zone, period, percentage)
                except MalformedAnswer:
                    _LOGGER.debug("Left out a metric that cannot be read: %s", name)
            if as_str(serial):
                devices[serial] = MappingProxyType(read)
        return Telemetry(devices=MappingProxyType(devices))

    def _factor(self, unit: Any, quantity: Quantity) -> float | None:
        """Return what makes values of a unit this project's; `None` for one that is unknown or of another quantity."""
        known = _UNITS.get(unit.strip()) if isinstance(unit, str) else None
        if known is not None and known[0] is quantity:
            return known[1]
        text = repr(unit)[:40]
        if text not in self._odd_units and len(self._odd_units) < 100:
            self._odd_units.add(text)
            _LOGGER.warning(
                "SolarEdge gives %s in a unit that is not known: %s; these values are left out", quantity, text
            )
        return None


def _buckets(rows: list[Any], series: Series, factor: float, zone: ZoneInfo) -> tuple[Bucket, ...]:
    """Read the values of a series, ascending, one for each start; labels that fit no bucket are left out."""
    maps = [as_map(row) for row in rows]
    texts = tuple(text if isinstance(text := row.get("timestamp"), str) else None for row in maps)
    labels = _labels(texts, series.resolution, zone)
    at_end = _labelled_by_end([label for label in labels if label is not None], series)
    spans = _spans(texts, series.resolution, zone, series.period_end, at_end=at_end)
    by_start: dict[datetime, Bucket] = {}
    for row, span in zip(maps, spans, strict=True):
        if span is None:
            continue
        start, end = span
        value = as_float(row.get("value"))
        if value is not None:
            by_start[start] = Bucket(start, end, round(value * factor, _DIGITS))
        elif start not in by_start:
            by_start[start] = Bucket(start, end, None)
    return tuple(by_start[start] for start in sorted(by_start))


# In an answer of thirty inverters 150 series have the same labels: they are read once, and their instants are shared.


@lru_cache(maxsize=64)
def _labels(texts: tuple[str | None, ...], resolution: Resolution, zone: ZoneInfo) -> tuple[datetime | None, ...]:
    """Read the labels of a series; `None` for one that is no edge of a bucket."""
    labels: list[datetime | None] = []
    previous: datetime | None = None
    for text in texts:
        label = None if text is None else _label(text, zone, previous)
        if label is not None and not _is_regular(label, resolution):
            label = None
        labels.append(label)
        previous = label or previous
    return tuple(labels)


@lru_cache(maxsize=64)
def _spans(
    texts: tuple[str | None, ...], resolution: Resolution, zone: ZoneInfo, period_end: datetime | None, *, at_end: bool
) -> tuple[tuple[datetime, datetime] | None, ...]:
    """Return the start and end of the bucket of each label; `None` where it has none."""
    spans: list[tuple[datetime, datetime] | None] = []
    for label in _labels(texts, resolution, zone):
        if label is None:
            spans.append(None)
            continue
        start, end = label, bucket_end(label, resolution, zone) or period_end
        if at_end and (earlier := bucket_start(label, resolution)) is not None:
            start, end = earlier, label
        spans.append(None if end is None or end <= start else (start, end))
    return tuple(spans)


def _labelled_by_end(labels: Collection[datetime], series: Series) -> bool:
    """Tell whether labels are ends of buckets, which voltage and frequency have by default.

    The getting-started document of 2022 has a voltage whose first label is where its period begins: no bucket of the
    period ends there, so such an answer has starts.
    """
    if series.quantity not in _END_LABELLED:
        return False
    begins = series.period_start is not None and any(label <= series.period_start for label in labels)
    ends = series.period_end is not None and any(label >= series.period_end for label in labels)
    return ends or not begins


def _label(raw: str, zone: ZoneInfo, previous: datetime | None) -> datetime | None:
    """Read a bucket's label: site time with an offset, or naive.

    In the hour that occurs twice when summer time ends, naive labels that go back are those of its second pass.
    """
    label = as_time(raw, zone)
    if label is None or previous is None or label > previous:
        return label
    try:
        naive = datetime.fromisoformat(raw.strip())
    except ValueError:
        return label
    if naive.tzinfo is not None:
        return label
    second = as_time(naive.replace(tzinfo=zone, fold=1).isoformat())
    return second if second is not None and second > previous else label


def _is_regular(label: datetime, resolution: Resolution) -> bool:
    """Tell whether a label can be the edge of a bucket; odd ones would overlap their neighbours."""
    if resolution not in {Resolution.QUARTER_HOUR, Resolution.HOUR}:
        return True
    return label.timestamp() % QUARTER.total_seconds() == 0


def _flows(value: Any, parts: tuple[str, ...]) -> Flows:
    row = as_map(value)
    unit = row.get("unit")
    quantity, factor = _UNITS.get(unit.strip(), (None, 1.0)) if isinstance(unit, str) else (None, 1.0)
    if quantity is not Quantity.ENERGY:
        return Flows(parts_wh=MappingProxyType({}))
    numbers = {name: as_float(row.get(name)) for name in ("total", *parts)}
    scaled = {name: round(number * factor, _DIGITS) for name, number in numbers.items() if number is not None}
    return Flows(
        total_wh=scaled.get("total"),
        parts_wh=MappingProxyType({name: scaled[name] for name in parts if name in scaled}),
    )


def _device(row: Mapping[str, Any]) -> SiteDevice:
    kind = as_str(row.get("type"))
    return SiteDevice(
        type=kind.upper() if kind else None,
        serial=as_str(row.get("serialNumber")),
        name=as_str(row.get("name")),
        manufacturer=as_str(row.get("manufacturer")),
        model=as_str(row.get("model")),
        part_number=as_str(row.get("partNumber")),
        firmware=as_str(row.get("firmwareVersion")) or as_str(row.get("firmware")),
        connected_to=as_str(row.get("connectedTo")),
        active=as_bool(row.get("active")),
        created_at=as_time(row.get("createdAt")),
        communication=as_str(row.get("communicationType")),
        meter_type=as_str(row.get("meterType")),
        optimizers=as_int(row.get("connectedOptimizers")),
        nameplate=as_float(row.get("nameplate")),
    )


def _alert(row: Mapping[str, Any]) -> Alert:
    utc = ZoneInfo("UTC")
    component = as_map(row.get("component"))
    return Alert(
        id=as_str(row.get("alertId")),
        site_id=as_str(row.get("siteId")),
        category=as_code(row.get("category")),
        type=as_str(row.get("type")),
        impact=as_int(row.get("impact")),
        status=as_code(row.get("status")),
        first_trigger=as_time(row.get("firstTrigger"), utc),
        last_trigger=as_time(row.get("lastTrigger"), utc),
        component=as_str(component.get("name")),
        component_serial=as_str(component.get("serialNumber")),
        error_codes=tuple(code for item in as_list(row.get("errorCodes")) if (code := as_str(item))),
    )


def _zone(name: str | None) -> ZoneInfo | None:
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except KeyError, ValueError, OSError:
        return None
