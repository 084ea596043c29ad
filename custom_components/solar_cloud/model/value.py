"""A value as it is published: the figure, the time it is of, where it comes from, or why there is none.

Powers are W, energies Wh, instants aware UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from .elements import Flow


class Origin(StrEnum):
    """Where a value comes from."""

    MEASURED = "measured"
    """Meters, batteries or inverters measured it, interval by interval."""
    REPORTED = "reported"
    """The vendor reports it as it is: a power of now, a day's energy."""
    COMPUTED = "computed"
    """It follows from other flows, because nothing measures it."""
    CARRIED = "carried"
    """It is the last good one: a counter that waits keeps its value."""


class State(StrEnum):
    """Whether a value is there."""

    KNOWN = "known"
    WAITING = "waiting"
    """It comes by itself: later in the day, or with the next reading."""
    WITHHELD = "withheld"
    """What is there cannot be true, or is too old."""


class Reason(StrEnum):
    """Why a value is not there."""

    NOT_YET = "not_yet"
    """Nothing has been reported yet."""
    INPUT_MISSING = "input_missing"
    """A flow that it is computed from is missing for this time."""
    CONTRADICTION = "contradiction"
    """The flows that it is computed from contradict each other."""
    UNKNOWN_STORAGE = "unknown_storage"
    """There is storage of which the cloud reports nothing, so nobody can compute what the house uses."""
    NOT_REPORTED = "not_reported"
    """The cloud has stopped reporting it, while it reports other values."""


_WAITING = frozenset({Reason.NOT_YET, Reason.INPUT_MISSING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One value of one flow."""

    amount: float | None = None
    """W or Wh; `None` where there is none, and then there is a reason."""
    start: datetime | None = None
    end: datetime | None = None
    """The end of the newest interval that it knows of."""
    origin: Origin = Origin.MEASURED
    inputs: frozenset[Flow] = frozenset()
    """The flows that it is computed from."""
    reason: Reason | None = None

    @property
    def state(self) -> State:
        """Whether the value is known, waits or is withheld."""
        if self.reason is None:
            return State.KNOWN
        return State.WAITING if self.reason in _WAITING else State.WITHHELD

    @property
    def is_computed(self) -> bool:
        """Whether nothing measures it."""
        return self.origin is Origin.COMPUTED

    def without(self, reason: Reason) -> Value:
        """Return the same value without its figure, for a reason."""
        return replace(self, amount=None, reason=reason)


NOTHING_YET = Value(reason=Reason.NOT_YET)
"""Stands for a value that was never reported."""


NO_VALUES: Mapping[Flow, Value] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """All values of a system's flows; a flow that nobody can know is missing."""

    power: Mapping[Flow, Value] = field(default_factory=lambda: NO_VALUES)
    """W; production has a field of its own in the system's data."""
    grid: Value = NOTHING_YET
    """Import less export in W, of one and the same time."""
    battery: Value = NOTHING_YET
    """Discharge less charge in W, of one and the same time."""
    today: Mapping[Flow, Value] = field(default_factory=lambda: NO_VALUES)
    """Wh since the system's midnight that `day_start` is."""
    day_start: datetime | None = None
    lifetime: Mapping[Flow, Value] = field(default_factory=lambda: NO_VALUES)
    self_sufficiency: Value = NOTHING_YET
    """The part of the day's consumption that was not bought, in per cent."""
    self_consumption_rate: Value = NOTHING_YET
    """The part of the day's production that was not sold, in per cent."""
    disagreement: float | None = None
    """By what share of the larger side sources and sinks of the day differ, where every flow is measured."""


NOTHING_PUBLISHED = Published()
"""Stands for what is published before anything was read."""
