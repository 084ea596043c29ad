"""What a cloud keeps of the past: a day's energy for a system's whole life, and the intervals of single days.

Days are the system's own; energies are Wh; instants are aware UTC.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from ..model.data import SystemData
from ..model.elements import Flow, Interval

type Totals = Mapping[Flow, Mapping[date, float]]
"""The energy of whole days; a day that the cloud does not report is missing."""
type Detail = Mapping[Flow, tuple[Interval, ...]]


class Archive(ABC):
    """A cloud's past; each method that sends has another that returns its price in requests."""

    is_free = False
    """Whether a whole life costs so few requests that the owner need not agree to them."""
    late = False
    """Whether a day's total is read each day: it is cheap, and what came late shows in nothing else."""
    settled = timedelta(hours=2)
    """How long after midnight the readings mostly cover the day that has ended; what is missing then is requested."""

    @abstractmethod
    def flows(self, data: SystemData) -> frozenset[Flow]:
        """Return the flows whose past can be read: production, and what meters and batteries measure."""

    @abstractmethod
    def chunks(self, data: SystemData, first: date, last: date) -> tuple[tuple[date, date], ...]:
        """Divide days into what one call of `totals` can read, newest first."""

    @abstractmethod
    def price(self, data: SystemData, first: date, last: date) -> int:
        """Return the requests that the totals of these days cost."""

    @abstractmethod
    async def totals(self, data: SystemData, first: date, last: date, now: datetime) -> Totals:
        """Return the energy of each of these days, both included, up to yesterday. Raises `CloudError`."""

    @abstractmethod
    def detail_price(self, data: SystemData) -> int:
        """Return the requests that the intervals of one day cost."""

    @abstractmethod
    async def detail(self, data: SystemData, day: date, now: datetime) -> Detail:
        """Return the intervals of one day, an hour long at most, as far as the cloud has them. Raises `CloudError`."""

    def answered(self, data: SystemData, flow: Flow) -> tuple[datetime, datetime] | None:
        """Return the time of which every interval that the cloud has is among the known ones; `None` where unknown.

        What is missing in it was asked for and answered with nothing: in the dark and beside it there is no more to
        come.
        """
        return None
