"""What a cloud keeps of the past: a day's energy for a system's whole life, and the intervals of single days.

Days are the system's own; energies are Wh; instants are aware UTC.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from copy import copy
from datetime import date, datetime, timedelta
from typing import Self

from ..model.data import SystemData
from ..model.elements import Flow, Interval

type Totals = Mapping[Flow, Mapping[date, float]]
"""The energy of whole days; a day that the cloud does not report is missing."""
type Detail = Mapping[Flow, tuple[Interval, ...]]


class Archive(ABC):
    """A cloud's past; each method that sends has another that returns its price in requests."""

    only: frozenset[Flow] | None = None
    """The flows that are read; `None` stands for all that the system has."""
    keeps_rows: timedelta | None = None
    """For how long the cloud has the intervals of a day; `None` where it says nothing of an end."""

    is_free = False
    """Whether a whole life costs so few requests that the owner need not agree to them."""
    late = False
    """Whether a day's total is read each day: it is cheap, and what came late shows in nothing else."""
    settled = timedelta(hours=2)
    """How long after midnight the readings mostly cover the day that has ended; what is missing then is requested."""

    def limited_to(self, flows: Iterable[Flow]) -> Self:
        """Return the same past with only the requests that these flows need."""
        limited = copy(self)
        limited.only = frozenset(flows)
        return limited

    def reads(self, flows: Iterable[Flow]) -> bool:
        """Return whether one of these flows, which share a request, is to be read."""
        return self.only is None or not self.only.isdisjoint(flows)

    def waits_until(self, data: SystemData, now: datetime, patience: float) -> datetime | None:
        """Return until when nobody but the owner reads the past of a system (aware UTC); `None`: it may be read now.

        `patience` is what part of its waiting time a new system waits, by what the plan has left: from 0 to 1.
        """
        return None

    possible_flows: frozenset[Flow] = frozenset(Flow)
    """The flows that the cloud may report of any system, whatever is known of this one."""

    @abstractmethod
    def flows(self, data: SystemData) -> frozenset[Flow]:
        """Return the flows whose past is read: production, and what meters and batteries measure."""

    @abstractmethod
    def chunks(self, data: SystemData, first: date, last: date) -> tuple[tuple[date, date], ...]:
        """Divide days into what one call of `totals` can read, newest first."""

    @abstractmethod
    def price(self, data: SystemData, first: date, last: date) -> int:
        """Return the requests that the totals of these days cost."""

    def at_most(self, data: SystemData, price: int) -> int:
        """Return what a price becomes at most once it is known which meters and batteries a system has."""
        return price

    @abstractmethod
    async def totals(self, data: SystemData, first: date, last: date, now: datetime) -> Totals:
        """Return the energy of each of these days, both included, up to yesterday. Raises `CloudError`."""

    @abstractmethod
    def detail_price(self, data: SystemData, day: date | None = None, now: datetime | None = None) -> int:
        """Return the requests that the intervals of a day cost now; without a day those of one like most."""

    @abstractmethod
    async def detail(self, data: SystemData, day: date, now: datetime) -> Detail:
        """Return the intervals of one day, an hour long at most, as far as the cloud has them. Raises `CloudError`."""
