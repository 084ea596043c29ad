"""The rows of a SolarEdge series as buckets: a label and a value become a start, an end and a value.

Labels are the site's time with an offset, or without one. A bucket is labelled with its start, for some quantities with
its end. Instants are aware UTC.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple, overload, override
from zoneinfo import ZoneInfo

from ..parse import as_float, as_map, as_maps, as_time
from .model import Bucket, Quantity
from .units import DIGITS
from .windows import QUARTER, Resolution, bucket_end, bucket_start

_END_LABELLED = frozenset({Quantity.VOLTAGE, Quantity.FREQUENCY})
"""Labelled with the end of the bucket by default, everything else with its start (SolarEdge migration notes)."""

type _Span = tuple[datetime, datetime]


class Labels(NamedTuple):
    """What decides how the labels of a series are read."""

    quantity: Quantity
    resolution: Resolution
    zone: ZoneInfo
    period_start: datetime | None
    period_end: datetime | None


class Buckets(Sequence[Bucket]):
    """The buckets of a series whose labels are those of many others: each is made when somebody looks at it.

    Of most series of a telemetry only the newest one is ever looked at.
    """

    __slots__ = ("_factor", "_made", "_raw", "_spans")

    def __init__(self, spans: tuple[_Span, ...], raw: Sequence[Any], factor: float) -> None:
        """Take the start and end of each bucket, ascending, what the cloud has as its value, and that value's unit."""
        self._spans = spans
        self._raw = raw
        self._factor = factor
        self._made: tuple[Bucket, ...] | None = None

    @override
    def __len__(self) -> int:
        return len(self._spans)

    @overload
    def __getitem__(self, index: int) -> Bucket: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Bucket, ...]: ...

    @override
    def __getitem__(self, index: int | slice) -> Bucket | tuple[Bucket, ...]:
        if isinstance(index, slice):
            return tuple(self)[index]
        return Bucket(*self._spans[index], _scaled(self._raw[index], self._factor))

    @override
    def __iter__(self) -> Iterator[Bucket]:
        if self._made is None:
            factor = self._factor
            self._made = tuple(
                [
                    Bucket(start, end, _scaled(value, factor))
                    for (start, end), value in zip(self._spans, self._raw, strict=True)
                ]
            )
        return iter(self._made)

    @override
    def __eq__(self, other: object) -> bool:
        return tuple(self) == tuple(other) if isinstance(other, Buckets | tuple) else NotImplemented

    @override
    def __hash__(self) -> int:
        return hash(tuple(self))


def read_buckets(rows: list[Any], labels: Labels, factor: float) -> Sequence[Bucket]:
    """Read the values of a series, ascending, one for each start; labels that fit no bucket are left out."""
    maps = as_maps(rows)
    texts = tuple([text if isinstance(text := row.get("timestamp"), str) else None for row in maps])
    spans, ordered = _edges(
        texts,
        labels.resolution,
        labels.zone,
        labels.period_start,
        labels.period_end,
        may_be_ends=labels.quantity in _END_LABELLED,
    )
    if ordered is not None:
        return Buckets(ordered, [row.get("value") for row in maps], factor)
    by_start: dict[datetime, Bucket] = {}
    for row, span in zip(maps, spans, strict=True):
        if span is None:
            continue
        start, end = span
        if (value := _scaled(row.get("value"), factor)) is not None or start not in by_start:
            by_start[start] = Bucket(start, end, value)
    return tuple(by_start[start] for start in sorted(by_start))


def _scaled(raw: Any, factor: float) -> float | None:
    """Return a value in this project's unit; `None` for what is no number that can be stored."""
    value = as_float(raw)
    # Once more: a number that can be stored may be one of megawatt hours.
    return None if value is None else as_float(round(value * factor, DIGITS))


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
def _edges(
    texts: tuple[str | None, ...],
    resolution: Resolution,
    zone: ZoneInfo,
    period_start: datetime | None,
    period_end: datetime | None,
    *,
    may_be_ends: bool,
) -> tuple[tuple[_Span | None, ...], tuple[_Span, ...] | None]:
    """Return the start and end of the bucket of each label; `None` where it has none.

    The second is the same where every label has a bucket and these ascend, as in nearly all answers; else `None`.
    """
    labels = _labels(texts, resolution, zone)
    at_end = may_be_ends and _labelled_by_end(
        [label for label in labels if label is not None], period_start, period_end
    )
    spans: list[_Span | None] = []
    for label in labels:
        if label is None:
            spans.append(None)
            continue
        start, end = label, bucket_end(label, resolution, zone) or period_end
        if at_end and (earlier := bucket_start(label, resolution)) is not None:
            start, end = earlier, label
        spans.append(None if end is None or end <= start else (start, end))
    known = tuple(span for span in spans if span is not None)
    ascend = len(known) == len(spans) and all(one[0] < other[0] for one, other in pairwise(known))
    return tuple(spans), known if ascend else None


def _labelled_by_end(labels: Collection[datetime], period_start: datetime | None, period_end: datetime | None) -> bool:
    """Return whether labels are the ends of buckets, as those of voltage and frequency are by default.

    The getting-started document of 2022 has a voltage whose first label is where its period begins: no bucket of the
    period ends there, so such an answer has starts.
    """
    begins = period_start is not None and any(label <= period_start for label in labels)
    ends = period_end is not None and any(label >= period_end for label in labels)
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
