"""What share of a day's energy the house has made itself, and what share of its production it has used itself.

Both are taken over the intervals of the day in which both of their flows are known, so what is late in one of them
bends neither.
"""

from collections.abc import Collection
from datetime import datetime

from .balance import Span
from .elements import Flow
from .value import Origin, Reason, Value


def self_sufficiency(spans: Collection[Span], start: datetime) -> Value:
    """Return the part of the consumption in intervals since an instant that was not bought, in per cent."""
    return _own_share(spans, start, whole=Flow.CONSUMPTION, foreign=Flow.GRID_IMPORT)


def self_consumption_rate(spans: Collection[Span], start: datetime) -> Value:
    """Return the part of the production in intervals since an instant that was not sold, in per cent."""
    return _own_share(spans, start, whole=Flow.PRODUCTION, foreign=Flow.GRID_EXPORT)


def _own_share(spans: Collection[Span], start: datetime, *, whole: Flow, foreign: Flow) -> Value:
    """Return what is left of a flow without another one, in per cent: what a battery buys or sells may exceed it."""
    of_whole, of_foreign, end = 0.0, 0.0, start
    for span in spans:
        one, other = span.energy_wh(whole), span.energy_wh(foreign)
        if one is not None and other is not None:
            of_whole, of_foreign, end = of_whole + max(0.0, one), of_foreign + max(0.0, other), span.end
    share = 100 * (1 - of_foreign / of_whole) if of_whole > 0 else None
    return Value(
        amount=None if share is None else max(0.0, share),
        start=start,
        end=end,
        origin=Origin.COMPUTED,
        inputs=frozenset({whole, foreign}),
        reason=Reason.NOT_YET if share is None else None,
    )
