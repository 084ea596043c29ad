"""What all keepers of a system's statistics share: its rows in the database, and how far they reach.

Days are the system's own.
"""

from datetime import date, datetime, timedelta
import logging
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from homeassistant.core import HomeAssistant, callback

from ..account.storage import OwnStore, own_store
from ..cloud.archive import Archive, Totals
from ..history.state import HistoryState
from ..model.data import SystemData
from ..model.elements import Flow
from ..model.series import local_day
from ..system.restore import dump, load
from .book import Book

if TYPE_CHECKING:
    from ..account.metered import MeteredAccount
    from ..coordinator import SystemCoordinator

_LOGGER = logging.getLogger(__name__)

DAY = timedelta(days=1)
DETAIL_DAYS = 7
"""So many of the last days are read in hours; the total of an older day is laid along the sun's curve."""


def history_store(hass: HomeAssistant, system_key: str) -> OwnStore:
    """Return where it is kept how far the statistics of a system reach."""
    return own_store(hass, f"history.{system_key}")


class SystemStatistics:
    """The statistics of one system, and how far they reach."""

    def __init__(self, coordinator: SystemCoordinator, metered: MeteredAccount) -> None:
        """Prepare; nothing is read or sent."""
        self.coordinator = coordinator
        self.metered = metered
        self.hass = coordinator.hass
        self.state = HistoryState()
        self.book = Book(coordinator.hass, coordinator.system)
        self._store = history_store(coordinator.hass, coordinator.system.key)
        self._answers: list[Totals] = []
        self._impossible: set[Flow] = set()
        self._is_touched = False

    async def async_restore(self) -> None:
        """Load how far the statistics reach; what cannot be read is worked out again."""
        if not (stored := await self._store.async_read()):
            return
        try:
            self.state = load(HistoryState, stored)
        except Exception as err:  # noqa: BLE001 - whatever is in the file, it must not keep the account away
            _LOGGER.debug("The state of the history of %s is damaged: %s", self.name, type(err).__name__)
            await self._store.async_set_aside()

    async def async_update_state(self, state: HistoryState) -> None:
        """Replace the state and store it, so that a restart goes on from there."""
        self.state = state
        await self._store.async_save(dump(state))

    async def async_drop_future(self, now: datetime) -> None:
        """Drop what lies in the future: the clock was wrong when it was kept."""
        state = self.state.without_future(now, self.today())
        if state is not self.state:
            await self.async_update_state(state)

    @callback
    def add_answer(self, totals: Totals) -> None:
        """Keep totals that were paid for by an action: they settle days, too."""
        self._answers.append(totals)

    def take_answers(self) -> list[Totals]:
        """Return these totals, once."""
        answers, self._answers = self._answers, []
        return answers

    @callback
    def touch_finished_days(self) -> None:
        """Note that hours of finished days may have been booked."""
        self._is_touched = True

    def take_touched(self) -> bool:
        """Return, once, whether that was noted."""
        is_touched, self._is_touched = self._is_touched, False
        return is_touched

    @callback
    def log_impossible(self, flow: Flow, wh: float) -> None:
        """Log, once for each flow, that its cloud reports what cannot be."""
        if flow not in self._impossible:
            self._impossible.add(flow)
            _LOGGER.warning("%s: %s Wh of %s are impossible and count as missing", self.name, wh, flow)

    @property
    def name(self) -> str:
        """The system's name."""
        return self.coordinator.name

    @property
    def archive(self) -> Archive | None:
        """The past as the cloud reports it; `None` where the cloud has none."""
        return self.coordinator.client.archive

    @property
    def data(self) -> SystemData:
        """The newest data of the system."""
        return self.coordinator.data

    @property
    def zone(self) -> ZoneInfo:
        """The system's time zone."""
        return self.coordinator.zone

    @property
    def open_day(self) -> date | None:
        """The oldest day that is not finished."""
        return None if self.state.closed is None else self.state.closed + DAY

    @property
    def first_detailed_day(self) -> date:
        """The oldest day that is read in hours."""
        return self.today() - DETAIL_DAYS * DAY

    def today(self) -> date:
        """Return the date at the system."""
        return self.coordinator.today()

    def begin(self) -> date | None:
        """Return the day on which the system's life began, as its cloud reports it."""
        installed = self.data.system.installed_at
        return None if installed is None else self.day_of(installed)

    def day_of(self, moment: datetime) -> date:
        """Return the system's day at an instant."""
        return local_day(moment, self.zone)

    def missing_flows(self, begin: date) -> frozenset[Flow]:
        """Return the flows of which days before `first`, from this one on, are not booked."""
        flows = frozenset[Flow]() if self.archive is None else self.archive.flows(self.data)
        return frozenset(flow for flow in flows if self.state.kept.get(flow, date.max) > begin)

    def is_closed(self, hour: datetime) -> bool:
        """Return whether an hour lies in a finished day, or before all of them."""
        return self.state.closed is not None and self.day_of(hour) <= self.state.closed

    def is_late(self, hour: datetime) -> bool:
        """Return whether an hour lies in a finished day that is booked."""
        return self.is_closed(hour) and self.state.first is not None and self.day_of(hour) >= self.state.first
