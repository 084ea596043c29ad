"""The rows of a SolarEdge series as buckets: a label and a value become a start, an end and a value.

Labels are the site's time with an offset, or without one. A bucket is labelled with its start, for some quantities with
its end. Instants are aware UTC.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from ..parse import as_float, as_map, as_maps, as_time
from .model import Bucket, Quantity, Series
from .units import DIGITS
from .windows import QUARTER, Resolution, bucket_end, bucket_start

_END_LABELLED = frozenset({Quantity.VOLTAGE, Quantity.FREQUENCY})
"""Labelled with the end of the bucket by default, everything else with its start (SolarEdge migration notes)."""


def read_buckets(rows: list[Any], series: Series, factor: float, zone: ZoneInfo) -> tuple[Bucket, ...]:
    """Read the values of a series, ascending, one for each start; labels that fit no bucket are left out."""
    maps = as_maps(rows)
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
        # Once more: a number that can be stored may be one of megawatt hours.
        if value is not None and (scaled := as_float(round(value * factor, DIGITS))) is not None:
            by_start[start] = Bucket(start, end, scaled)
        elif start not in by_start:
            by_start[start] = Bucket(start, end, None)
    return tuple(by_start[start] for start in sorted(by_start))


def utc_offset_of(rows: list[Any]) -> timedelta | None:
    """Return how far the site's time is from UTC as the newest label says; `None` where labels have no offset."""
    for row in reversed(rows):
        if isinstance(text := as_map(row).get("timestamp"), str):
            try:
                return datetime.fromisoformat(text.strip()).utcoffset()
            except ValueError:
                continue
    return None


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
    """Return whether labels are the ends of buckets, as those of voltage and frequency are by default.

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
    """Return whether a label can be the edge of a bucket; others would make buckets that overlap."""
    if resolution not in {Resolution.QUARTER_HOUR, Resolution.HOUR}:
        return True
    return label.timestamp() % QUARTER.total_seconds() == 0
