"""What the buckets of series say: which are whole, when they start, their energy as intervals, and their sum."""

from collections.abc import Iterable
from datetime import datetime

from ...model.elements import Interval
from ...model.series import EMPTY, Series as Known
from .model import Bucket, Series, Telemetry
from .settling import Values
from .windows import Window


def complete_buckets(series: Series, window: Window) -> tuple[Bucket, ...]:
    """Return the buckets that have a value and lie wholly in the window that was asked for, which ends in the past.

    The open bucket is partial, and a bucket that a window's edge cuts may be: neither is an interval.
    """
    return tuple(
        bucket
        for bucket in series.buckets
        if bucket.value is not None and window.start <= bucket.start and bucket.end <= window.end
    )


def newest_bucket(series: Series, window: Window) -> Bucket | None:
    """Return the last one of the complete buckets; `None` where there is none."""
    return next(
        (
            bucket
            for bucket in reversed(series.buckets)
            if bucket.end <= window.end and window.start <= bucket.start and bucket.value is not None
        ),
        None,
    )


def intervals_of(buckets: Iterable[Bucket], known: Known = EMPTY) -> tuple[Interval, ...]:
    """Return energy buckets (Wh) as intervals, oldest first; one that is known already is that very interval.

    A negative value stays as it is: production is net of the inverters' own use and of a battery's losses, and only the
    values as they come add up to the vendor's own totals.
    """
    return tuple(
        _interval(bucket.start, bucket.end, bucket.value, known.get(bucket.start))
        for bucket in sorted(buckets, key=lambda bucket: bucket.start)
        if bucket.value is not None
    )


def _interval(start: datetime, end: datetime, energy_wh: float, known: Interval | None) -> Interval:
    """Return the interval that is known where it says the same: most of a window was read before."""
    if (
        known is not None
        and known.energy_wh == energy_wh
        and known.end == end
        and known.power_w is None
        and known.devices_reporting is None
    ):
        return known
    return Interval(start=start, end=end, energy_wh=energy_wh)


def values_of(buckets: Iterable[Bucket]) -> dict[datetime, float]:
    """Return the values of buckets by their start."""
    return {bucket.start: bucket.value for bucket in buckets if bucket.value is not None}


def device_values(telemetry: Telemetry, window: Window, metrics: Iterable[str]) -> Values:
    """Return the values of these metrics of every device by the start of the bucket."""
    return {
        (serial, name): values_of(complete_buckets(series, window))
        for serial, reported in telemetry.devices.items()
        for name in metrics
        if (series := reported.get(name)) is not None
    }


def sum_of(series: Series | None) -> float | None:
    """Return the sum of a series' values; `None` where it has none."""
    values = [bucket.value for bucket in series.buckets if bucket.value is not None] if series else []
    return sum(values) if values else None
