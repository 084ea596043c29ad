"""How far the statistics of a system reach, and what the owner has agreed to. Days are the system's own."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from types import MappingProxyType

from ..model.elements import Flow

DAY = timedelta(days=1)
KEEP_TOTALS = timedelta(days=40)
"""For how long the cloud's totals of days are remembered: to see when it corrects one."""
COMPARED_DAYS = 31
"""So many of the last finished days are compared with the cloud's totals every week."""
LONGEST_PAUSE = timedelta(hours=24)
"""For how long nothing is read after a failure, at most."""
CLOCK_SLACK = timedelta(minutes=5)
"""By how much clocks are put right every day: no sign of one that was wrong."""

type DayTotals = Mapping[Flow, Mapping[date, float]]
"""Energies of whole days, Wh."""


def _nothing[K, V]() -> Mapping[K, V]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedRows:
    """What the database had of one flow: it has no less, unless somebody has taken it away."""

    start: datetime
    """The start of the first hour of the stretch that was counted (aware UTC)."""
    end: datetime
    """Its end."""
    count: int
    energy_wh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryState:
    """What of a system's life is in the statistics; stored after each step, so that a restart goes on from there."""

    first: date | None = None
    """The oldest day whose energy is booked."""
    closed: date | None = None
    """Every day from `first` up to this one is booked, and finished: it adds up to the cloud's total."""
    wanted: date | None = None
    """The day that the past is to be imported from."""
    totals_at: datetime | None = None
    """When totals of finished days were last read."""
    compared_at: datetime | None = None
    """When the last finished days were compared with the cloud's totals in every flow."""
    life_at: datetime | None = None
    """When the days of the whole life were last compared with the cloud's totals."""
    compared_month: date | None = None
    """The first of the days, older than those that are compared every week, that were compared last."""
    not_before: datetime | None = None
    """No request for the past before this, after a failure."""
    failures: int = 0
    totals: Mapping[Flow, Mapping[date, float]] = field(default_factory=_nothing)
    """The cloud's totals of the last days, Wh."""
    gaps: Mapping[Flow, frozenset[date]] = field(default_factory=_nothing)
    """The last finished days of which the cloud may still get rows."""
    looked_at: datetime | None = None
    """When these days were last looked at."""
    vain: int = 0
    """How many days in a row never got the rows that they lacked."""
    unread: Mapping[Flow, Mapping[date, float]] = field(default_factory=_nothing)
    """The totals (Wh) of finished days whose rows are to be read as soon as that may be paid for."""
    kept: Mapping[Flow, date] = field(default_factory=_nothing)
    """The flows that are booked further back than `first`, each with its oldest day."""
    rows: Mapping[Flow, BookedRows] = field(default_factory=_nothing)
    """What the database had of the finished days when it was last counted."""
    priced: str | None = None
    """A digest of the prices that the costs were last worked out with."""
    unpaid: Mapping[Flow, datetime] = field(default_factory=_nothing)
    """From which hour on (aware UTC) the costs of a flow may not be those of its energies, where that is long ago."""
    spent_on: date | None = None
    spent: int = 0
    """Requests for finished days on the day before."""

    @property
    def is_importing(self) -> bool:
        """Whether a part of the past that is to be imported is not there yet."""
        return self.wanted is not None and self.first is not None and self.wanted < self.first

    def progress(self, today: date) -> float | None:
        """Return the share of the past to import that is booked, 0 to 1; `None` while there is none to import."""
        if self.wanted is None or self.first is None:
            return None
        whole = (today - self.wanted).days
        return 1.0 if whole <= 0 else min(1.0, (today - max(self.first, self.wanted)).days / whole)

    def with_totals(self, new: DayTotals, now: datetime, today: date) -> HistoryState:
        """Return the state with newer totals, those that are too old to matter left out."""
        state = replace(self, totals_at=now, not_before=None, failures=0)
        return state.with_known_totals(new, today)

    def with_known_totals(self, new: DayTotals, today: date) -> HistoryState:
        """Return the state with totals that something else than the comparison of days has read."""
        return replace(self, totals=_between(_overlaid(self.totals, new), today - KEEP_TOTALS, today - DAY))

    def with_unread(self, flow: Flow, day: date, total: float) -> HistoryState:
        """Return the state with a day whose rows are still to be read."""
        return replace(self, unread=_overlaid(self.unread, {flow: {day: total}}))

    def without_unread(self, day: date) -> HistoryState:
        """Return the state after the rows of a day were read."""
        left = {flow: {one: wh for one, wh in days.items() if one != day} for flow, days in self.unread.items()}
        return replace(self, unread=MappingProxyType({flow: days for flow, days in left.items() if days}))

    def with_gaps(self, day: date, looked_at: Iterable[Flow], gaps: Collection[Flow]) -> HistoryState:
        """Return the state after a look at some flows of a day: of those in `gaps` the cloud may still get rows."""
        found = dict(self.gaps)
        for flow in looked_at:
            days = found.get(flow, frozenset())
            found[flow] = days | {day} if flow in gaps else days - {day}
        return replace(self, gaps=MappingProxyType({flow: days for flow, days in found.items() if days}))

    def without_future(self, now: datetime, today: date) -> HistoryState:
        """Return the state without what lies in the future: the clock was wrong when it was kept.

        Days that were finished under a wrong clock may have been finished with half a day's total. Which ones is not
        known any more, so the last ones are finished again: what adds up costs next to nothing.
        """
        instants = (self.totals_at, self.compared_at, self.life_at, self.looked_at)
        is_wrong = any(instant is not None and instant > now + CLOCK_SLACK for instant in instants)
        # A day more than today is a system's that has moved to another time zone.
        is_wrong = is_wrong or any(day is not None and day > today + DAY for day in (self.closed, self.spent_on))
        state = self
        if self.first is not None and self.first > today:
            state = replace(state, first=None, closed=None, kept=_nothing())
        if state.closed is not None and state.first is not None and (is_wrong or state.closed >= today):
            closed = min(state.closed, today - (COMPARED_DAYS + 1) * DAY if is_wrong else today - DAY)
            state = replace(state, closed=max(closed, state.first - DAY))
        if is_wrong:
            state = replace(
                state,
                totals_at=None,
                compared_at=None,
                life_at=None,
                totals=_nothing(),
                gaps=_nothing(),
                looked_at=None,
                unread=_nothing(),
                spent_on=None,
                spent=0,
            )
        if state.wanted is not None and state.wanted > today:
            state = replace(state, wanted=None)
        if state.compared_month is not None and state.compared_month > today:
            state = replace(state, compared_month=None)
        if state.not_before is not None and state.not_before > now + LONGEST_PAUSE + CLOCK_SLACK:
            state = replace(state, not_before=None)
        if any(day >= today for days in state.totals.values() for day in days):
            state = replace(state, totals=_between(state.totals, date.min, today - DAY))
        return state


def _overlaid(old: DayTotals, new: DayTotals) -> DayTotals:
    """Return both, the newer winning, days ascending."""
    both = {flow: {**old.get(flow, {}), **new.get(flow, {})} for flow in {*old, *new}}
    return MappingProxyType({flow: MappingProxyType(dict(sorted(days.items()))) for flow, days in both.items()})


def _between(totals: DayTotals, first: date, last: date) -> DayTotals:
    """Return the totals of the days between two, both included."""
    return MappingProxyType(
        {
            flow: MappingProxyType({day: wh for day, wh in days.items() if first <= day <= last})
            for flow, days in totals.items()
        }
    )
