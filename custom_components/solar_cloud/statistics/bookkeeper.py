"""Keeps a system's long-term statistics true: what was just read, finished days, gaps, and the past before all that.

Every request for the past is worth its price: days that the recent intervals tell wholly cost none.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
import logging
from typing import TYPE_CHECKING, Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from ..budget.rates import budget_of
from ..cloud.archive import Archive, Totals
from ..cloud.errors import CloudError, Throttled
from ..const import DOMAIN
from ..history.complete_hours import measured, production, read
from ..history.hours import (
    SAME_WH,
    adds_up,
    day_hours,
    days_between,
    first_whole_day,
    reconciled,
    series_of_hours,
    shape_of,
)
from ..history.state import HistoryState
from ..model.data import KEEP_INTERVALS, SystemData, local_day, midnight
from ..model.elements import Flow, Interval
from ..model.series import EMPTY, Series, day_energy_wh
from ..system.restore import dump, load
from .book import DATABASE_ERRORS, Book
from .corrections import OldDays
from .inverters import InverterBooks
from .issues import Offer, take_back_offer
from .offers import Offers

if TYPE_CHECKING:
    from ..coordinator import SystemCoordinator

_LOGGER = logging.getLogger(__name__)

STORAGE_VERSION = 1
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WAITED = timedelta(hours=12)
"""So long after that, a day is finished although nothing has been read meanwhile."""
GIVEN_UP = timedelta(days=4)
"""A day whose total the cloud does not tell for so long is left as it is known."""
COMPARE = timedelta(days=7)
"""Where finished days need no total, they are still compared with the cloud's this often."""
COMPARED_DAYS = 31
DETAIL_DAYS = 7
"""So many of the last days are read in hours; what lies before is laid along the sun's curve."""
RESERVE = 0.1
"""Share of the month that an import leaves to the readings of today."""
UNANSWERED = 3
"""A job that has failed so often may have nothing to tell at all."""
PAUSES = (timedelta(hours=1), timedelta(hours=3), timedelta(hours=12), timedelta(hours=24))


def history_store(hass: HomeAssistant, system_key: str) -> Store[dict[str, Any]]:
    """Return where it is kept how far the statistics of a system reach."""
    return Store(hass, STORAGE_VERSION, f"{DOMAIN}.history.{system_key}", private=True, atomic_writes=True)


class Bookkeeper:
    """The statistics of one system."""

    def __init__(self, hass: HomeAssistant, coordinator: SystemCoordinator) -> None:
        """Prepare; nothing is read or sent."""
        self.hass = hass
        self.state = HistoryState()
        self.book = Book(hass, coordinator.system)
        self._coordinator = coordinator
        self._inverters = InverterBooks(coordinator, self.book)
        self._old_days = OldDays(coordinator, self)
        self._offers = Offers(coordinator, self)
        self._store = history_store(hass, coordinator.system.key)
        self._raw: dict[Flow, dict[datetime, float]] = {}
        """Hours as the intervals of this run tell them: a change of what is booked shows here."""
        self._working = False
        self._again = False
        self._stopped = False
        self._checked = False

    async def async_restore(self) -> None:
        """Take up how far the statistics reach."""
        try:
            if stored := await self._store.async_load():
                self.state = load(HistoryState, stored)
        except AttributeError, KeyError, TypeError, ValueError:
            _LOGGER.warning("The state of the history of %s cannot be read and is worked out anew", self.name)

    @callback
    def async_start(self) -> None:
        """Begin to follow the system."""
        entry = self._coordinator.config_entry
        entry.async_on_unload(self._coordinator.async_add_listener(self.async_wake))
        self.async_wake()

    @callback
    def async_wake(self) -> None:
        """Look for what is to be done; while that is under way, once more after it."""
        self._again = True
        if not self._working and not self._stopped and self._coordinator.has_data and self.book.available:
            self._working = True
            self.book.system = self.data.system
            self._coordinator.config_entry.async_create_background_task(
                self.hass, self._async_work(), name=f"{DOMAIN} statistics of {self._coordinator.system.key}"
            )

    @callback
    def shutdown(self) -> None:
        """Stop after the step that is under way."""
        self._stopped = True
        self._offers.shutdown()

    @property
    def name(self) -> str:
        """The system's name."""
        return self._coordinator.name

    @property
    def archive(self) -> Archive | None:
        """What the cloud tells of the past."""
        return self._coordinator.client.archive

    @property
    def data(self) -> SystemData:
        """What is known of the system."""
        return self._coordinator.data

    def today(self) -> date:
        """Return the date at the system."""
        return self._coordinator.today()

    def begin(self) -> date | None:
        """Return the day that the system's life began on, as its cloud tells it."""
        installed = self.data.system.installed_at
        return None if installed is None else local_day(installed, self._coordinator.zone)

    def price(self, since: date) -> int:
        """Return the requests that it takes to import everything from a day on which is not there yet."""
        first = self.state.first or self.today()
        if self.archive is None or since >= first:
            return 0
        return self._price_of(self.archive, since, first - DAY)

    def _price_of(self, archive: Archive, first: date, last: date) -> int:
        """Return the requests that totals, and details of the newest days, cost from one day to another."""
        detailed = days_between(max(first, self._first_detailed()), last)
        return archive.price(self.data, first, last) + len(detailed) * archive.detail_price(self.data)

    def _first_detailed(self) -> date:
        """Return the oldest day that is read in hours."""
        return self.today() - DETAIL_DAYS * DAY

    async def async_import(self, since: date) -> None:
        """Import the past from a day on, at the price that the owner was told; goes on after a restart."""
        self.state = replace(self.state, wanted=since, not_before=None, failures=0)
        await self._async_save()
        take_back_offer(self.hass, Offer.IMPORT_HISTORY, self._coordinator.system.key)
        self._coordinator.async_update_listeners()
        self.async_wake()

    async def async_take_over(self, hours: Mapping[datetime, float]) -> bool:
        """Book production of before the first booked hour, Wh by UTC hour; tell whether there was a recorder for it.

        Where production is all that the cloud has, the days that are whole in it are not paid for any more. Where it
        tells more, an import still reads these days: it keeps the hours, and makes them add up to the days' totals.
        """
        if not hours or await self.book.async_put(Flow.PRODUCTION, hours) is None:
            return False
        await self.book.async_ground(Flow.PRODUCTION)
        first = first_whole_day(min(hours), self._coordinator.zone)
        alone = self.archive is None or self.archive.flows(self.data) == {Flow.PRODUCTION}
        if alone and self.state.first is not None and first < self.state.first:
            self.state = replace(self.state, first=first)
            await self._async_save()
        self._coordinator.async_update_listeners()
        self.async_wake()
        return True

    async def _async_work(self) -> None:
        try:
            await self._async_check()
            while self._again and not self._stopped:
                self._again = False
                await self._async_book_recent()
                await self._inverters.async_book(dt_util.utcnow())
                await self._async_request(self._async_import_past)
                await self._async_request(self._async_close_days)
                await self._offers.async_look(dt_util.utcnow())
        except DATABASE_ERRORS as err:
            # The next reading tries again; rows and sums are completed by putting the same hours once more.
            if not self.hass.is_stopping:
                _LOGGER.warning("The statistics of %s could not be kept up: %s", self.name, err)
        finally:
            self._working = False

    async def _async_check(self) -> None:
        """Begin anew, once in a run, where somebody has deleted the statistic; nothing is paid for without asking."""
        if self._checked:
            return
        if self.state.first is not None and await self.book.async_span(Flow.PRODUCTION) is None:
            if not self.book.available:
                return
            self.state = HistoryState()
            await self._async_save()
        self._checked = True

    async def _async_book_recent(self) -> None:
        """Book the whole hours that the newest intervals tell; a changed hour of a finished day reopens it."""
        reopened: date | None = None
        for flow, series in self.data.recent().items():
            told = self._told(flow, series)
            known = self._raw.setdefault(flow, {})
            changed = {hour: energy for hour, energy in told.items() if known.get(hour) != energy}
            fresh = {hour: energy for hour, energy in changed.items() if not self._is_closed(hour)}
            # At the first look of a run, what is in finished days is what they were finished with.
            late = {hour: energy for hour, energy in changed.items() if known and self._is_late(hour)}
            if late:
                day = self._day_of(min(late))
                reopened = day if reopened is None else min(day, reopened)
            before = await self.book.async_span(Flow.PRODUCTION) if fresh and self.state.first is None else None
            if (fresh or late) and await self.book.async_put(flow, fresh | late) is None:
                return
            self._raw[flow] = told
            if fresh and self.state.first is None:
                await self._async_begin(self._day_of(min(fresh)), before)
        if reopened is not None:
            self.state = replace(self.state, closed=reopened - DAY)
            await self._async_save()

    async def _async_begin(self, today: date, before: tuple[datetime, datetime] | None) -> None:
        """Note where the statistics begin: on this day, or where those begin that the system had when it was removed.

        What lies between the two is a gap like any other.
        """
        first, closed = today, today - DAY
        if before is not None:
            first = min(first, first_whole_day(before[0], self._coordinator.zone))
            closed = min(closed, self._day_of(before[1]) - DAY)
        self.state = replace(self.state, first=first, closed=max(closed, first - DAY))
        await self._async_save()

    def _told(self, flow: Flow, series: Series) -> dict[datetime, float]:
        """Return the energies of the hours that a series knows wholly; nothing is produced in the dark."""
        told = read(series)
        if flow is not Flow.PRODUCTION:
            return measured(told)
        return production(told, dt_util.utcnow(), KEEP_INTERVALS, self._coordinator.sunlight.is_dark)

    async def _async_request(self, step: Callable[[Archive, datetime], Awaitable[None]]) -> None:
        """Do what may cost requests; a failure pauses it, longer each time."""
        now = dt_util.utcnow()
        if self._stopped or self.archive is None or self.state.first is None or not self._is_acquainted():
            return
        if self.state.not_before is not None and self.state.not_before > now:
            return
        try:
            await step(self.archive, now)
        except Throttled as err:
            self.state = replace(self.state, not_before=err.until)
            await self._async_save()
        except CloudError as err:
            _LOGGER.debug("%s: the past could not be read: %s", self.name, err)
            pause = PAUSES[min(self.state.failures, len(PAUSES) - 1)]
            self.state = replace(self.state, not_before=now + pause, failures=self.state.failures + 1)
            await self._async_save()

    def _is_acquainted(self) -> bool:
        """Tell whether every job has told once what the system has: nobody pays for a past without its meters.

        One that fails again and again keeps nobody waiting.
        """
        one = self._coordinator
        states = [one.schedule.state(job.terms) for job in one.client.jobs if job.applies_to(self.data)]
        return all(state.done_at or state.resting or state.failures >= UNANSWERED for state in states)

    async def _async_close_days(self, archive: Archive, now: datetime) -> None:
        """Finish the days that are over: with what is known, or with the cloud's total where something is missing."""
        today = self.today()
        last = today - DAY
        over = midnight(today, self._coordinator.zone) + archive.settled
        if now < over:
            last, over = last - DAY, over - DAY
        while (open_day := self._open_day()) is not None and open_day <= last and not archive.late:
            if not self._is_complete(open_day):
                break
            self.state = replace(self.state, closed=open_day)
            await self._async_save()
        read_today = self.state.totals_at is not None and self._day_of(self.state.totals_at) == today
        open_day = self._open_day()
        is_open = open_day is not None and open_day <= last
        before = self.state.totals_at
        compare = before is None or now - before >= COMPARE
        if read_today or not (is_open or (compare and self.state.first is not None and self.state.first < today)):
            return
        if not self._has_read(over, now):
            return
        oldest = max(self.state.first or last, last - (COMPARED_DAYS - 1) * DAY)
        if is_open and open_day is not None:
            oldest = min(oldest, open_day) if compare or archive.late else open_day
        whole_life = self._old_days.is_life_due(archive, now)
        since = min(oldest, self.state.first or oldest) if whole_life else oldest
        for first, until in reversed(archive.chunks(self.data, since, last)):
            totals = await archive.totals(self.data, first, until, now)
            await self._old_days.async_correct(totals, first, oldest - DAY)
            await self._async_settle(archive, totals, max(first, oldest), until, now)
            self.state = self.state.with_totals(totals, now, today)
            await self._async_save()
        if whole_life:
            await self.async_note(replace(self.state, compared_at=now))
        elif compare and before is not None and not archive.is_free:
            await self._old_days.async_compare_month(archive, oldest, now)

    def _has_read(self, since: datetime, now: datetime) -> bool:
        """Tell whether the intervals were read since an instant: what that may bring is not asked for at a price.

        Nobody waits for it all day.
        """
        one = self._coordinator
        main = [job for job in one.client.job_terms() if job.weight > 0 and not job.optional]
        reads = [one.schedule.state(job).done_at for job in main]
        return now >= since + WAITED or all(read_at is not None and read_at >= since for read_at in reads)

    async def _async_settle(self, archive: Archive, totals: Totals, first: date, last: date, now: datetime) -> None:
        """Make the hours of each day add up to its total, oldest day first."""
        for day in days_between(first, last):
            told = {flow: days[day] for flow, days in totals.items() if day in days}
            is_open = self.state.closed is None or day > self.state.closed
            detail: Mapping[Flow, tuple[Interval, ...]] = {}
            if is_open and day >= self._first_detailed() and await self._async_lacks(day, told):
                detail = await archive.detail(self.data, day, now)
            for flow, total in told.items():
                await self.async_settle_day(flow, day, total, detail.get(flow))
            missing = archive.flows(self.data) - told.keys()
            if is_open and day == self._open_day() and (not missing or self.today() - day >= GIVEN_UP):
                self.state = replace(self.state, closed=day)

    async def _async_lacks(self, day: date, told: Mapping[Flow, float]) -> bool:
        """Tell whether hours of a day are missing that have energy, as its totals tell."""
        if self._is_complete(day):
            return False
        hours, zone = day_hours(day, self._coordinator.zone), self._coordinator.zone
        for flow, total in told.items():
            if self._tells_all(flow, day, total):
                continue
            booked = await self.book.async_rows(flow, hours[0] - HOUR, hours[-1] + HOUR)
            if not adds_up(booked, day, zone, total):
                return True
        return False

    def _tells_all(self, flow: Flow, day: date, total: float) -> bool:
        """Tell whether the recent intervals of a day add up to its total: then nothing is missing between them."""
        known = day_energy_wh(self.data.recent().get(flow, EMPTY).values(), day, self._coordinator.zone)
        return known is not None and abs(known - total) < SAME_WH

    async def async_settle_day(
        self, flow: Flow, day: date, total: float, detail: tuple[Interval, ...] | None = None
    ) -> None:
        """Make the hours of a finished day add up to its total, in Wh; a day that does already is left alone."""
        hours = day_hours(day, self._coordinator.zone)
        around = await self.book.async_rows(flow, hours[0] - HOUR, hours[-1] + HOUR)
        booked = {hour: around[hour] for hour in hours if hour in around}
        if booked and detail is None and adds_up(around, day, self._coordinator.zone, total):
            return
        recent = self._is_recent(day) or self._tells_all(flow, day, total)
        known: Series = self.data.recent().get(flow, EMPTY) if recent else EMPTY
        if detail:
            known = {one.start: one for one in detail}
        elif not known and booked:
            known = series_of_hours(booked)
        zone, place = self._coordinator.zone, self._coordinator.place
        new = await self.hass.async_add_executor_job(reconciled, day, zone, total, known, place, shape_of(flow))
        await self.book.async_put(flow, new)

    async def _async_import_past(self, archive: Archive, now: datetime) -> None:
        """Read the past that is wanted, the newest part first."""
        if archive.is_free and self.state.wanted is None and (begin := self.begin()) is not None:
            self.state = replace(self.state, wanted=begin)
        while self.state.is_importing and not self._stopped:
            if not archive.is_free and self.spare() <= 0:
                # The readings of today come first.
                return
            first, wanted = self.state.first, self.state.wanted
            if first is None or wanted is None:
                return
            begin, last = archive.chunks(self.data, wanted, first - DAY)[0]
            totals = await archive.totals(self.data, begin, last, now)
            await self._async_prepend(archive, totals, begin, last, now)
            if last >= self.today() - DAY:
                self.state = self.state.with_totals(totals, now, self.today())
            # What was moved over meanwhile may begin earlier.
            self.state = replace(self.state, first=min(begin, self.state.first or begin), failures=0)
            await self._async_save()
            self._coordinator.async_update_listeners()

    async def _async_prepend(self, archive: Archive, totals: Totals, first: date, last: date, now: datetime) -> None:
        """Book days before everything that is booked."""
        zone, place = self._coordinator.zone, self._coordinator.place
        details: dict[date, Mapping[Flow, tuple[Interval, ...]]] = {}
        for day in days_between(max(first, self._first_detailed()), last):
            details[day] = await archive.detail(self.data, day, now)
        for flow, days in totals.items():
            # Hours that were moved over from elsewhere keep their place in the day.
            start, end = midnight(first, zone), midnight(last + DAY, zone)
            booked = series_of_hours(await self.book.async_rows(flow, start, end))

            def work_out(
                flow: Flow = flow, days: Mapping[date, float] = days, booked: Series = booked
            ) -> dict[datetime, float]:
                hours: dict[datetime, float] = {}
                for day, total in days.items():
                    known = {one.start: one for one in details.get(day, {}).get(flow, ())} or booked
                    hours |= reconciled(day, zone, total, known, place, shape_of(flow))
                return hours

            hours = await self.hass.async_add_executor_job(work_out)
            if hours:
                await self.book.async_put(flow, hours)
                # What lies before the first hour counts as this hour's energy: nothing may.
                await self.book.async_ground(flow)

    def _open_day(self) -> date | None:
        """Return the oldest day that is not finished."""
        return None if self.state.closed is None else self.state.closed + DAY

    def _is_complete(self, day: date) -> bool:
        """Tell whether the recent intervals tell a day wholly, in every flow that has a past."""
        flows = self.archive.flows(self.data) if self.archive else frozenset()
        return all(self.is_told(flow, day) for flow in flows)

    def _is_recent(self, day: date) -> bool:
        """Tell whether the intervals that are kept reach back to the beginning of a day."""
        start = midnight(day, self._coordinator.zone)
        return any(series and min(series) <= start + HOUR for series in self.data.recent().values())

    def _is_closed(self, hour: datetime) -> bool:
        return self.state.closed is not None and self._day_of(hour) <= self.state.closed

    def _is_late(self, hour: datetime) -> bool:
        """Tell whether an hour is one of a finished day that is booked."""
        return self._is_closed(hour) and self.state.first is not None and self._day_of(hour) >= self.state.first

    def _day_of(self, moment: datetime) -> date:
        return local_day(moment, self._coordinator.zone)

    async def async_note(self, state: HistoryState) -> None:
        """Take a new state, and keep it over a restart."""
        self.state = state
        await self._async_save()

    async def _async_save(self) -> None:
        await self._store.async_save(dump(self.state))

    def is_told(self, flow: Flow, day: date) -> bool:
        """Tell whether the recent intervals tell a finished day of a flow wholly; in the dark nothing is produced."""
        told = self._told(flow, self.data.recent().get(flow, EMPTY))
        dark = self._coordinator.sunlight.is_dark
        return all(
            hour in told or (flow is Flow.PRODUCTION and dark(hour, hour + HOUR))
            for hour in day_hours(day, self._coordinator.zone)
        )

    def largest_step(self, since: date) -> int:
        """Return the requests that the dearest part of an import takes: a month that does not allow it never will."""
        if self.archive is None:
            return 0
        last = (self.state.first or self.today()) - DAY
        chunks = self.archive.chunks(self.data, since, last)
        return max((self._price_of(self.archive, first, until) for first, until in chunks), default=0)

    def spare(self) -> int:
        """Return the requests that an import may still spend this month: the readings of today keep some."""
        budget = budget_of(self._coordinator.ledger, dt_util.utcnow())
        return max(0, int(budget.left - budget.share * RESERVE))
