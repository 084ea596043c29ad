"""How far the statistics of a system reach, and what the owner has agreed to. Days are the system's own."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from types import MappingProxyType

from ..model.elements import Flow

KEEP_TOTALS = timedelta(days=40)
"""For how long the cloud's totals of days are remembered: to see when it corrects one."""


def _no_totals() -> Mapping[Flow, Mapping[date, float]]:
    return MappingProxyType({})


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
    """When the days of the whole life were last compared with the cloud's totals."""
    compared_month: date | None = None
    """The first of the days, older than those that are compared every week, that were compared last."""
    not_before: datetime | None = None
    """No request for the past before this, after a failure."""
    failures: int = 0
    totals: Mapping[Flow, Mapping[date, float]] = field(default_factory=_no_totals)
    """The cloud's totals of the last days, Wh."""

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

    def with_totals(self, new: Mapping[Flow, Mapping[date, float]], now: datetime, today: date) -> HistoryState:
        """Return the state with newer totals, those that are too old to matter left out."""
        oldest = today - KEEP_TOTALS
        flows = {*self.totals, *new}
        both = {flow: {**self.totals.get(flow, {}), **new.get(flow, {})} for flow in flows}
        kept = {
            flow: MappingProxyType({day: wh for day, wh in sorted(days.items()) if day >= oldest})
            for flow, days in both.items()
        }
        return replace(self, totals=MappingProxyType(kept), totals_at=now, not_before=None, failures=0)
