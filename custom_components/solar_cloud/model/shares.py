"""What share of a day's energy the house has made itself, and what share of its production it has used itself.

Both are taken over the intervals of the day in which both of their flows are known, so what is late in one of them
bends neither.
"""

from datetime import datetime

from .balance import Book
from .elements import Flow
from .value import Origin, Reason, Value


def self_sufficiency(book: Book, start: datetime, end: datetime) -> Value:
    """Return the part of the consumption between two instants that was not bought, in per cent."""
    return _own_share(book, start, end, whole=Flow.CONSUMPTION, foreign=Flow.GRID_IMPORT)


def self_consumption_rate(book: Book, start: datetime, end: datetime) -> Value:
    """Return the part of the production between two instants that was not sold, in per cent."""
    return _own_share(book, start, end, whole=Flow.PRODUCTION, foreign=Flow.GRID_EXPORT)


def _own_share(book: Book, start: datetime, end: datetime, *, whole: Flow, foreign: Flow) -> Value:
    """Return what is left of a flow without another one, in per cent: what a battery buys or sells may exceed it."""
    value = Value(origin=Origin.COMPUTED, inputs=frozenset({whole, foreign}), start=start, end=start)
    of_whole = of_foreign = 0.0
    for span in book.between(start, end):
        one, other = span.energy_wh(whole), span.energy_wh(foreign)
        if one is None or other is None:
            continue
        of_whole += max(0.0, one)
        of_foreign += max(0.0, other)
        value = Value(origin=value.origin, inputs=value.inputs, start=start, end=span.end)
    if of_whole <= 0:
        return value.without(Reason.NOT_YET)
    share = 100 * (1 - of_foreign / of_whole)
    return Value(
        amount=min(100.0, max(0.0, share)), origin=value.origin, inputs=value.inputs, start=start, end=value.end
    )
