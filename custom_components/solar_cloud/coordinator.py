"""One coordinator for each system: runs its jobs when they are due, publishes the data, keeps them over restarts."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import partial
import logging
from typing import override
from zoneinfo import ZoneInfo

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed, HomeAssistantError
from homeassistant.helpers.event import async_track_point_in_utc_time
from homeassistant.util import dt as dt_util

from .account.metered import CLOUD_VENDOR, MeteredAccount, default_zone, is_signed_in
from .budget.ledger import Ledger
from .cloud.base import Cloud
from .cloud.errors import CredentialRefused
from .const import CONF_CLOUD, CONF_SYSTEM_ID, CONF_TIMEZONE, DOMAIN
from .model.data import SystemData
from .model.elements import Alert, System
from .model.merging import recalled
from .sky.sun import Place
from .system.asking import Asking
from .system.availability import Availability
from .system.failures import explained
from .system.follower import Follower
from .system.pace import SystemPace
from .system.runner import JobRunner
from .system.schedule import Schedule
from .system.state import SystemState
from .system.storage import Snapshot, SystemStorage
from .system.sunlight import Sunlight
from .system.timetable import Timetable
from .system.up_to_date import is_up_to_date
from .system.values import SystemValues
from .system.withheld import WithheldLog

_LOGGER = logging.getLogger(__name__)

SOONEST = timedelta(seconds=5)


class SystemCoordinator(SystemValues):
    """The data of one system, as fresh as the plan allows."""

    config_entry: ConfigEntry

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, subentry: ConfigSubentry, client: Cloud, metered: MeteredAccount
    ) -> None:
        """Start from what the subentry says; `async_restore` adds what was known before."""
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=metered.vendor_log.shown(subentry.title),
            update_interval=timedelta(minutes=15),
            always_update=False,
        )
        self.client = client
        self.metered = metered
        self.subentry_id = subentry.subentry_id
        self.subentry_data = subentry.data
        """What the owner has said of the system."""
        self.system = System(
            vendor=CLOUD_VENDOR[entry.data[CONF_CLOUD]],
            id=subentry.data[CONF_SYSTEM_ID],
            name=subentry.title,
            timezone=subentry.data.get(CONF_TIMEZONE),
        )
        self.alerts_before: Mapping[str, Alert] = {}
        """The alerts that were open before the restart."""
        self._zone = default_zone(hass)
        self._state = SystemState(data=SystemData(system=self.system))
        self._storage = SystemStorage(hass, self._state)
        self._pace = SystemPace(hass, client, metered, self._state, self._zone)
        self._timetable = Timetable(client, self._state, self._pace)
        self._asking = Asking(self.name, self._timetable, metered)
        self._availability = Availability(self.name, entry.title, client, self._state)
        self._runner = JobRunner(
            self.name, self._state, self._timetable, self._pace, self._zone, is_signed_in=is_signed_in(entry.data)
        )
        self._withheld = WithheldLog(self.name)
        self._followers: list[Follower] = []
        self._forced = False
        self._failure: HomeAssistantError | None = None
        """Why the newest pass over the jobs lacks what matters."""
        self._stopped = False
        self._is_running = False
        self._silent: frozenset[str] = frozenset()
        """What was withheld after the last refresh."""
        self._unsub_turn: CALLBACK_TYPE | None = None

    @callback
    def async_add_follower(self, follower: Follower) -> None:
        """Have somebody follow the system for as long as it runs; see `Follower` for when it is called."""
        self._followers.append(follower)

    async def async_restore(self, *, retry_refused: bool = False) -> None:
        """Take up what was known before the restart; what cannot be read is left, and asked for anew.

        With `retry_refused` what was refused before is asked for again at once: the owner has just given the account
        another credential, plan or address.
        """
        await self._storage.async_load()
        self.alerts_before = self._state.data.alerts or {}
        if retry_refused:
            self._state.retry_refused(self.client)
        if self._timetable.is_known:
            self.data = self._state.data
        for follower in self._followers:
            follower.async_restored()
        await self._pace.async_join()
        self._state.data = recalled(self._state.data, dt_util.utcnow(), self._zone, self.sunlight.is_dark)
        if self.has_data:
            self.data = self._state.data
        self._availability.check(dt_util.utcnow(), self.metered.outage)

    @callback
    def async_start(self) -> None:
        """Begin to read the system; called once the entities listen."""
        self._arm_turn()
        self._set_interval()
        # A listener of its own: the data go on being read when every entity is disabled, and new devices are seen.
        self.config_entry.async_on_unload(self.async_add_listener(lambda: None))
        self.config_entry.async_on_unload(self.metered.outage.wait(self._cloud_is_back))
        if not self.has_data or self.update_interval == SOONEST:
            self.config_entry.async_create_background_task(
                self.hass, self.async_refresh(), name=f"{DOMAIN} first refresh of {self.system.key}"
            )

    @override
    async def async_shutdown(self) -> None:
        """Stop the timers and write what is known, so that a reload starts from it."""
        await super().async_shutdown()
        if self._unsub_turn is not None:
            self._unsub_turn()
            self._unsub_turn = None
        self._stopped = True
        self._runner.stop()
        snapshot = self._snapshot() if self._pace.has_joined else None
        self._pace.async_leave()
        if snapshot is not None:
            await self._storage.async_save(snapshot)

    @override
    async def async_request_refresh(self) -> None:
        """Refresh what moves, although it is not due: the owner asked for it (`homeassistant.update_entity`).

        Where the part of the plan for that is used up, only what is due is read; the log says so once a day.
        """
        self._forced = True
        await super().async_request_refresh()

    async def async_read_now(self) -> None:
        """Read what moves now, and raise `HomeAssistantError` where that cannot be, or fails."""
        self._asking.require(dt_util.utcnow())
        self._forced = True
        await self.async_refresh()
        if self._failure is not None:
            raise self._failure

    @property
    def has_data(self) -> bool:
        """Whether anything is known that can be published."""
        return self.data is not None

    def is_available(self, job: str) -> bool:
        """Return whether the values of a job can still be trusted: it works, or has worked until recently."""
        return self.has_data and self._availability.is_available(job)

    def is_one_available(self, jobs: Collection[str]) -> bool:
        """Return whether one of the jobs that a value comes from can still be trusted."""
        return self.has_data and self._availability.is_one_available(jobs)

    @property
    def known(self) -> SystemData:
        """All that was ever read, also before there is enough to publish."""
        return self._state.data

    @property
    def schedule(self) -> Schedule:
        """How the system's jobs have fared."""
        return self._state.schedule

    @property
    def ledger(self) -> Ledger:
        """What was spent of the plan that the system draws on."""
        return self.metered.ledger

    @property
    @override
    def zone(self) -> ZoneInfo:
        """The system's own time zone, as far as its cloud reports one."""
        return self._state.data.system.zone(self._zone)

    @property
    @override
    def settling(self) -> timedelta:
        """How long after its end an interval may still fill, as the client has learned."""
        return self.client.settling(self._state.data, dt_util.utcnow())

    def expected_at(self, jobs: Collection[str] | None = None) -> datetime | None:
        """Return when the last of these jobs, or of all, is to bring its first answer (aware UTC).

        `None` if each was tried.
        """
        return self._timetable.expected_at(jobs, dt_util.utcnow())

    def is_up_to_date(self) -> bool | None:
        """Return whether the newest power is as new as the present pace lets it be; `None` before there is one."""
        now = dt_util.utcnow()
        ends = [end for end in (self.measured_at(), self.production_power().end) if end is not None]
        due = partial(self._timetable.next_at, now)
        runs_with = {job.name: job.runs_with for job in self.client.job_terms() if job.runs_with is not None}
        return is_up_to_date(self.data, self.schedule, max(ends, default=None), due, now, self.settling, runs_with)

    @property
    @override
    def sunlight(self) -> Sunlight:
        """The light at the system, and its days."""
        return self._pace.sunlight

    @property
    def place(self) -> Place:
        """Where the system is, as well as it is known."""
        return self._pace.place

    @override
    async def _async_update_data(self) -> SystemData:
        if self.client.refused:
            raise self._refused()
        forced, self._forced = self._forced and self._asking.may_ask(dt_util.utcnow()), False
        self._is_running = True
        try:
            self._failure = failure = await self._runner.async_run(forced=forced)
        except CredentialRefused as err:
            self.client.refused = True
            raise self._refused() from err
        finally:
            self._is_running = False
        now = dt_util.utcnow()
        self._availability.check(now, self.metered.outage)
        for follower in self._followers:
            follower.async_jobs_ran()
        if self._stopped:
            return self._state.data
        self._set_interval()
        if self._timetable.is_known:
            self._storage.async_save_later(self._snapshot())
            return self._state.data
        # Written at once: Home Assistant's next try at setting up must know of this one.
        await self._storage.async_save(self._snapshot())
        raise failure or explained(self.name, "not_yet", None, until=now + (self.update_interval or SOONEST))

    def _refused(self) -> ConfigEntryAuthFailed:
        """Return, and note, that the credential is refused."""
        self._failure = refused = ConfigEntryAuthFailed(translation_domain=DOMAIN, translation_key="invalid_auth")
        return refused

    @override
    def _async_refresh_finished(self) -> None:
        self.metered.async_notify_watchers()
        if self.last_update_success:
            self._withheld.look_at_rows(self.data)
            self._withheld.look(self.values())
            for follower in self._followers:
                follower.async_refreshed()
        if self._availability.take_change() or self._has_fallen_silent():
            self.async_update_listeners()

    def _has_fallen_silent(self) -> bool:
        """Return whether other values stand than after the last refresh: answers that change nothing make them old."""
        before = self._silent
        if self.last_update_success:
            self._silent = self.withheld()
        return self._silent != before

    def _snapshot(self) -> Snapshot:
        return self._storage.snapshot(self._pace.memory())

    def _set_interval(self) -> None:
        """Wake up when the next job is due."""
        now = dt_util.utcnow()
        self.update_interval = max(SOONEST, self._timetable.next_at(now) - now)

    @callback
    def _cloud_is_back(self) -> None:
        """Read at once what an outage of the account has cost; a run that is under way sees to it by itself."""
        self._timetable.cloud_is_back()
        if not self._is_running:
            self.config_entry.async_create_background_task(
                self.hass, self._async_catch_up(), name=f"{DOMAIN} catch up {self.system.key}", eager_start=False
            )

    async def _async_catch_up(self) -> None:
        if not self._is_running and not self._stopped:
            await self.async_refresh()

    def _arm_turn(self) -> None:
        """Have the entities written when the system's day or its light ends."""
        turn = self.sunlight.next_turn(dt_util.utcnow())
        self._unsub_turn = async_track_point_in_utc_time(self.hass, self._turn, turn)

    @callback
    def _turn(self, _now: datetime) -> None:
        self._arm_turn()
        for follower in self._followers:
            follower.async_turned()
        self.async_update_listeners()
