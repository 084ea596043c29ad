"""One flow of a site from what its devices report: each interval is the sum of all that report it.

Which devices the inventory lists today does not matter to a sum: hardware that was replaced counts as far as it has
reported, its successor from its first report on. A device in use whose report is late is waited for.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from ...model.elements import Interval
from ...model.series import EMPTY, Series
from .windows import QUARTER

PATIENCE = timedelta(hours=6)
"""Who has been silent for longer beside others is not waited for any more."""
TWINS = 8
"""So many values above zero, all the same to the last digit, are those of one device."""
TELLING_WH = 100.0
"""Whole days that are the same are no chance, unless they are next to nothing."""

type Values = Mapping[datetime, float]
"""Energies in Wh by the start of the bucket."""
NOTHING: Values = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class _Span:
    """The time from the first to the last report of a device."""

    first: datetime
    last: datetime


def site_intervals(
    parts: Mapping[str, Series], known: Mapping[str, Series], listed: Collection[str], site: Series = EMPTY
) -> tuple[Interval, ...]:
    """Return the intervals of a flow that are known of all devices which measure it, ascending.

    `parts` is what an answer has of each device, `known` what was read before; `listed` are the serial numbers of the
    inventory, `site` is what is known of the flow.
    """
    values = {serial: energies_of(series) for serial, series in parts.items() if series}
    twins = twins_of(values, listed, energies_of(site))
    parts = {serial: parts[serial] for serial in values if serial not in twins}
    spans = {serial: _span(parts.get(serial, EMPTY), known.get(serial, EMPTY)) for serial in {*parts, *known}}
    in_use = {serial for serial in spans if serial in listed} or set(spans)
    newest = max((span.last for span in spans.values() if span), default=None)
    ends = {start: interval.end for series in parts.values() for start, interval in series.items()}

    def is_waited_for(serial: str, start: datetime) -> bool:
        span = spans[serial]
        if span is None or newest is None or serial not in in_use or start < span.first:
            return False
        if start in parts.get(serial, EMPTY):
            return False
        return start < span.last or not (newest - span.last >= PATIENCE or _has_successor(serial, spans))

    return tuple(
        Interval(
            start=start,
            end=ends[start],
            energy_wh=sum(series[start].energy_wh for series in parts.values() if start in series),
        )
        for start in sorted(ends)
        if not any(is_waited_for(serial, start) for serial in spans)
    )


def _span(new: Series, known: Series) -> _Span | None:
    if not new and not known:
        return None
    both = [*new.values(), *known.values()]
    return _Span(min(one.start for one in both), max(one.end for one in both))


def _has_successor(serial: str, spans: Mapping[str, _Span | None]) -> bool:
    """Return whether another device has begun to report when this one stopped."""
    span = spans[serial]
    others = (other for name, other in spans.items() if name != serial and other is not None)
    return span is not None and any(span.first < other.first and other.first >= span.last - QUARTER for other in others)


def energies_of(series: Series) -> Values:
    """Return the energies of intervals by their start."""
    return {start: interval.energy_wh for start, interval in series.items()}


def twins_of(
    parts: Mapping[str, Values], listed: Collection[str], site: Values = NOTHING, *, days: bool = False
) -> frozenset[str]:
    """Return who is not listed and reports the same as one that is: it goes on under another serial number.

    It proves that where each of the two has what is known of the whole `site`, or where many values are the same. Of
    `days` one is enough.
    """
    kept = [values for serial, values in parts.items() if serial in listed]
    return frozenset(
        serial
        for serial, values in parts.items()
        if serial not in listed and any(_are_twins(values, one, site, days=days) for one in kept)
    )


def _are_twins(first: Values, second: Values, site: Values, *, days: bool) -> bool:
    common = [start for start in first if start in second]
    # The last bucket may be cut where the one stopped and the other began.
    same = [start for start in common if first[start] == second[start]]
    if len(same) < len(common) - (max(common) not in same if common and days else 0):
        return False
    if days:
        return any(first[start] >= TELLING_WH for start in same)
    return sum(first[start] > 0 for start in same) >= TWINS or any(
        first[start] == site.get(start, 0.0) > 0 for start in same
    )
