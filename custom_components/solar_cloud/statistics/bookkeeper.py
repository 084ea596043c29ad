"""Keeps a system's long-term statistics true: what was just read, finished days, gaps, and the past before all that.

Each part is a file of its own; the bookkeeper runs them one after another whenever the system has been read.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
import logging
from typing import TYPE_CHECKING

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from ..budget.rates import budget_of, patience
from ..cloud.archive import Archive
from ..cloud.errors import CloudError, Throttled
from ..cloud.vendor_text import say
from ..const import DOMAIN
from ..history.state import LONGEST_PAUSE, HistoryState
from .book import DATABASE_ERRORS
from .costs import Costs
from .database_check import DatabaseCheck
from .finished_days import FinishedDays
from .history_import import HistoryImport
from .inverters import InverterStatistics
from .issues import Offer, take_back_offer
from .offers import Offers
from .recent_booking import RecentBooking
from .system_setup import SystemSetup
from .system_statistics import SystemStatistics
from .takeover import async_take_over

if TYPE_CHECKING:
    from ..account.metered import MeteredAccount
    from ..coordinator import SystemCoordinator

_LOGGER = logging.getLogger(__name__)

UNANSWERED = 3
"""A job that has failed so often may have nothing to report at all."""
PAUSES = (timedelta(hours=1), timedelta(hours=3), timedelta(hours=12), LONGEST_PAUSE)


class Bookkeeper:
    """Runs what keeps the statistics of one system."""

    def __init__(self, coordinator: SystemCoordinator, metered: MeteredAccount) -> None:
        """Prepare; nothing is read or sent."""
        self.statistics = SystemStatistics(coordinator, metered)
        self._coordinator = coordinator
        self._recent = RecentBooking(self.statistics)
        self._inverters = InverterStatistics(coordinator, self.statistics.book)
        self._database = DatabaseCheck(self.statistics)
        self._import = HistoryImport(self.statistics)
        self._setup = SystemSetup(self.statistics, self._import)
        self._finished_days = FinishedDays(self.statistics)
        self._offers = Offers(self.statistics)
        self._costs = Costs(self.statistics)
        self._working = False
        self._idle = asyncio.Event()
        self._idle.set()
        self._again = False
        self._stopped = False
        self._checked = False

    @property
    def state(self) -> HistoryState:
        """How far the statistics reach."""
        return self.statistics.state

    async def async_restore(self) -> None:
        """Load how far the statistics reach."""
        await self.statistics.async_restore()

    @callback
    def async_start(self) -> None:
        """Begin to follow the system."""
        entry = self._coordinator.config_entry
        entry.async_on_unload(self._coordinator.async_add_listener(self.async_wake))
        self.async_wake()

    @callback
    def async_wake(self) -> None:
        """Do what is due; while that is under way, once more after it."""
        self._again = True
        one, book = self._coordinator, self.statistics.book
        if not self._working and not self._stopped and one.has_data and book.available:
            self._working = True
            self._idle.clear()
            book.system = one.data.system
            one.config_entry.async_create_background_task(
                one.hass, self._async_work(), name=f"{DOMAIN} statistics of {one.system.key}"
            )

    @callback
    def shutdown(self) -> None:
        """Stop after the step that is under way."""
        self._stopped = True
        self._offers.shutdown()

    async def async_import(self, since: date) -> None:
        """Import the past from a day on, at the price that the owner has agreed to; goes on after a restart."""
        await self._import.async_request(since)
        take_back_offer(self._coordinator.hass, Offer.IMPORT_HISTORY, self._coordinator.system.key)
        self._coordinator.async_update_listeners()
        self.async_wake()

    async def async_idle(self) -> None:
        """Return once nothing is being done any more: while a past is imported, that may take many minutes."""
        await self._idle.wait()

    async def async_take_over(self, hours: Mapping[datetime, float]) -> bool:
        """Book an older integration's production, Wh by UTC hour. Returns whether there was a recorder for it."""
        if not await async_take_over(self.statistics, hours):
            return False
        self._coordinator.async_update_listeners()
        self.async_wake()
        return True

    async def _async_work(self) -> None:
        try:
            while self._again and not self._stopped:
                self._again = False
                await self.statistics.async_drop_future(dt_util.utcnow())
                await self._async_check()
                await self._recent.async_book()
                if self.is_every_job_tried:
                    await self._recent.async_begin()
                await self._inverters.async_book(dt_util.utcnow())
                await self._setup.async_request_import(is_known=self.is_every_job_tried)
                await self._async_request(self._async_import_history)
                await self._async_request(self._finished_days.async_close)
                await self._costs.async_book()
                await self._setup.async_fill_dashboard(dt_util.utcnow(), is_known=self.is_every_job_tried)
                await self._offers.async_update(dt_util.utcnow())
                await self._database.async_count()
                self._again = self._again or self.statistics.book.is_shorter
        except DATABASE_ERRORS as err:
            # The next reading tries again; rows and sums are completed by putting the same hours once more.
            if not self._coordinator.hass.is_stopping:
                _LOGGER.warning(
                    "The statistics of %s could not be updated. The next reading tries again: %s",
                    self._coordinator.name,
                    err,
                )
        finally:
            self._working = False
            self._idle.set()

    async def _async_check(self) -> None:
        """Compare the state with the database, once in a run and when a put finds less than there was.

        Nothing is paid for without an agreement.
        """
        book = self.statistics.book
        if book.is_shorter:
            book.is_shorter = self._checked = False
            self._recent.forget()
            self._costs.forget()
            self._inverters.forget()
        if not self._checked:
            self._checked = await self._database.async_check()

    async def _async_import_history(self, archive: Archive, now: datetime) -> None:
        """Import what is missing of the past, part by part."""
        while not self._stopped and await self._import.async_import_part(archive, now):
            pass

    async def _async_request(self, step: Callable[[Archive, datetime], Awaitable[None]]) -> None:
        """Do what may cost requests; a failure pauses it, longer each time."""
        now = dt_util.utcnow()
        statistics, state, archive = self.statistics, self.statistics.state, self.statistics.archive
        if self._stopped or archive is None or state.first is None or not self.is_every_job_tried:
            return
        if state.not_before is not None and state.not_before > now:
            return
        ledger, pacing = statistics.metered.ledger, statistics.metered.pacing
        waits = archive.waits_until(statistics.data, now, patience(budget_of(ledger, now), pacing.systems, now))
        if waits is not None and waits > now:
            await statistics.async_update_state(replace(state, not_before=waits))
            return
        try:
            await step(archive, now)
        except Throttled as err:
            # However long the month is, a look costs nothing while its requests are used up.
            until = min(err.until, now + LONGEST_PAUSE)
            await statistics.async_update_state(replace(statistics.state, not_before=until))
        except CloudError as err:
            say(_LOGGER, logging.DEBUG, "%s: the past could not be read: %s", self._coordinator.name, err)
            failures = statistics.state.failures
            until = now + PAUSES[min(failures, len(PAUSES) - 1)]
            await statistics.async_update_state(replace(statistics.state, not_before=until, failures=failures + 1))

    @property
    def is_every_job_tried(self) -> bool:
        """Whether every job has once reported what the system has: no past is paid for without its meters.

        One that fails again and again is not waited for.
        """
        one = self._coordinator
        states = [one.schedule.state(job.terms) for job in one.client.jobs if job.applies_to(one.data)]
        return all(state.done_at or state.resting or state.failures >= UNANSWERED for state in states)
