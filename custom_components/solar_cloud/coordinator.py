"""One coordinator for each system: runs the jobs that are due, merges what they bring, keeps it over restarts."""

from collections.abc import Callable, Collection, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
import logging
from types import MappingProxyType
from typing import Any, override
from zoneinfo import ZoneInfo

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers.event import async_track_point_in_utc_time
from homeassistant.helpers.storage import Store
from homeassistant.helpers.update_coordinator import UpdateFailed
from homeassistant.util import dt as dt_util

from .account.coordinator import AccountCoordinator
from .account.metered import CLOUD_VENDOR, MeteredAccount, default_zone, is_signed_in
from .budget.ledger import Ledger
from .budget.limit import Scope
from .budget.rates import budget_of
from .cloud.base import Cloud, JobTerms
from .cloud.errors import CloudError, CredentialRefused, InvalidRequest, NoDataYet, NotAllowed, NotFound, Throttled
from .cloud.transport import owner_asks
from .const import CONF_CLOUD, CONF_SYSTEM_ID, CONF_TIMEZONE, DOMAIN, NOT_ALLOWED_REST
from .model.data import SystemData
from .model.elements import Alert, DayEnergy, System
from .model.merging import merge
from .sky.sun import Place
from .statistics.bookkeeper import Bookkeeper
from .system.devices import device_identifier, sync_devices
from .system.failures import ERROR_KEYS, explained
from .system.jobs import companions, offered, paced, proving
from .system.notices import Notices
from .system.place import place_of
from .system.restore import dump, load
from .system.schedule import BACK_OFF, REFUSED, Schedule
from .system.sunlight import Sunlight
from .system.values import ShownValues

_LOGGER = logging.getLogger(__name__)

STORAGE_VERSION = 1
SAVE_DELAY = 10
"""Seconds; writes of one refresh become one. A clean stop writes at once."""
SOONEST = timedelta(seconds=5)
FORCED_GAP = timedelta(minutes=1)
"""What an owner asks for is read at once, but an automation gone wild must not empty the plan."""

type SolarCloudConfigEntry = ConfigEntry[SolarCloudRuntimeData]


@dataclass(frozen=True, kw_only=True)
class SolarCloudRuntimeData:
    """What a loaded account holds."""

    client: Cloud
    metered: MeteredAccount
    account: AccountCoordinator
    coordinators: dict[str, SystemCoordinator]
    """By subentry id."""


def system_store(hass: HomeAssistant, system_key: str) -> Store[dict[str, Any]]:
    """Return where the last data of a system are kept."""
    # All that is stored is frozen, so another thread may turn it into JSON: a large system takes its time.
    return Store(
        hass,
        STORAGE_VERSION,
        f"{DOMAIN}.system.{system_key}",
        private=True,
        atomic_writes=True,
        serialize_in_event_loop=False,
    )


@dataclass(slots=True, kw_only=True)
class _Run:
    """A job, and those that run with it, in one pass."""

    due: bool
    """Whether pacing wanted it; else the owner did."""
    failed: bool = False
    measured: datetime | None = None
    """The end of the newest interval that it brought."""


class SystemCoordinator(ShownValues):
    """The data of one system, as fresh as the plan allows."""

    config_entry: SolarCloudConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: SolarCloudConfigEntry,
        subentry: ConfigSubentry,
        client: Cloud,
        metered: MeteredAccount,
        account_device_id: str,
    ) -> None:
        """Start from what the subentry says; `async_restore` adds what was known before."""
        self.client = client
        self.account_device_id = account_device_id
        self.subentry_id = subentry.subentry_id
        self.system = System(
            vendor=CLOUD_VENDOR[entry.data[CONF_CLOUD]],
            id=subentry.data[CONF_SYSTEM_ID],
            name=subentry.title,
            timezone=subentry.data.get(CONF_TIMEZONE),
        )
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=subentry.title,
            update_interval=timedelta(minutes=15),
            always_update=False,
        )
        self._metered = metered
        self._store = system_store(hass, self.system.key)
        self._zone = default_zone(hass)
        self._forced = False
        self._unsub_turn: CALLBACK_TYPE | None = None
        self._unavailable: set[str] = set()
        self._proving: dict[frozenset[str], Collection[str]] = {}
        """Of each set of jobs those that show whether their cloud can be read; worked out once after each refresh."""
        self._judged_anew = False
        """Whether entities have come to be unavailable, or to be available, of which the data show nothing."""
        self._paused_until = dt_util.utc_from_timestamp(0)
        self._throttles = 0
        self._stopped = False
        self._working = SystemData(system=self.system)
        """All that was ever read; it becomes `data` once there is enough to show."""
        self.schedule = Schedule()
        self.sunlight: Sunlight
        self.place: Place
        """Where the system is, as well as it is known."""
        self._located: str | None = None
        """The time zone that the system's place was looked up for."""
        self._paced: tuple[JobTerms, ...] = ()
        """The jobs that draw on the plan, as pacing knows them."""
        self._memory: Mapping[str, Any] = {}
        """What pacing knew before the restart."""
        self.alerts_before: Mapping[str, Alert] = {}
        """The alerts that were open before the restart."""
        self.notices = Notices(self, metered)
        self.bookkeeper = Bookkeeper(self, metered)

    async def async_restore(self, *, anew: bool = False) -> None:
        """Take up what was known before the restart; what cannot be read is left, and asked for anew.

        `anew`: the owner has just given the account another credential, plan or address, so what was refused before is
        asked for again at once.
        """
        await self._async_load()
        if anew:
            self.schedule = self.schedule.awakened({job.name for job in self.client.jobs})
            notes = MappingProxyType({**self._working.notes, **self.client.retried(self._working)})
            self._working = replace(self._working, notes=notes)
            self.data = self._working if self._is_known() else self.data
        await self.bookkeeper.async_restore()
        await self._async_enroll()
        self._judge(dt_util.utcnow())

    async def _async_load(self) -> None:
        stored = await self._store.async_load()
        if not stored:
            return
        try:
            self._memory = stored.get("pacing", {})
            # Days of quarter hours of each inverter: too much for the event loop.
            schedule, data = await self.hass.async_add_executor_job(_load, stored)
        except AttributeError, KeyError, TypeError, ValueError:
            _LOGGER.warning("The stored data of %s cannot be read and are asked for anew", self.name)
            return
        self.schedule = schedule
        self._working = replace(data, system=replace(data.system, vendor=self.system.vendor, id=self.system.id))
        self.alerts_before = self._working.alerts or {}
        self.notices.recall(data)
        if self._is_known():
            self.data = self._working
            sync_devices(self)

    async def _async_enroll(self) -> None:
        """Let pacing know the system: where it is, and the jobs that draw on the plan."""
        timezone = self.zone_name
        home = self.hass.config
        place = await self.hass.async_add_executor_job(
            place_of, timezone, home.time_zone, home.latitude, home.longitude
        )
        self._located = timezone
        self.place = place
        self.sunlight = Sunlight(place, self._working.system.zone(self._zone))
        self._paced = self._to_pace()
        self._metered.pacing.put(self.system.key, place, self._paced, self._memory)

    def _offered(self) -> tuple[JobTerms, ...]:
        """Return the jobs that account and system have, as far as is known."""
        return offered(self.client, self.schedule, self._working)

    def _jobs(self) -> tuple[JobTerms, ...]:
        """Return all jobs of the cloud as the system needs them."""
        return tuple(job.terms_for(self._working) for job in self.client.jobs)

    def _to_pace(self) -> tuple[JobTerms, ...]:
        return paced(self._offered())

    def _is_paced(self, name: str) -> bool:
        return any(job.name == name for job in self._paced)

    @callback
    def async_start(self) -> None:
        """Begin to follow the system; called once the entities listen."""
        self._arm_turn()
        self.notices.plan()
        self.notices.month()
        self.notices.performance()
        self._set_interval()
        # A listener of its own: the data go on being read when every entity is disabled, and new devices are seen.
        self.config_entry.async_on_unload(self.async_add_listener(lambda: None))
        self.bookkeeper.async_start()
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
        self.notices.shutdown()
        self.bookkeeper.shutdown()
        self._stopped = True
        if self._paced:
            dump_known = self._dumper()
            self._metered.pacing.remove(self.system.key)
            self._paced = ()
            await self._store.async_save(await self.hass.async_add_executor_job(dump_known))

    @override
    async def async_request_refresh(self) -> None:
        """Refresh what moves, although it is not due: the owner asked for it (`homeassistant.update_entity`)."""
        self._forced = True
        await super().async_request_refresh()

    @property
    def has_data(self) -> bool:
        """Tell whether anything is known that can be shown."""
        return self.data is not None

    def is_available(self, job: str) -> bool:
        """Tell whether the values of a job can still be trusted: it works, or has worked until recently."""
        return self.has_data and job not in self._unavailable

    def is_one_available(self, jobs: Collection[str]) -> bool:
        """Tell whether one of the jobs that a value comes from can still be trusted."""
        key = frozenset(jobs)
        if (found := self._proving.get(key)) is None:
            found = self._proving[key] = jobs if len(jobs) == 1 else proving(self._offered(), jobs) or jobs
        return any(self.is_available(job) for job in found)

    @property
    def known(self) -> SystemData:
        """All that was ever read, also before there is enough to show."""
        return self._working

    @property
    def ledger(self) -> Ledger:
        """What was spent of the plan that the system draws on."""
        return self._metered.ledger

    @property
    def zone_name(self) -> str | None:
        """The name that the cloud gives the system's time zone."""
        return self._working.system.timezone

    @property
    @override
    def zone(self) -> ZoneInfo:
        """The system's own time zone, as far as its cloud tells."""
        return self._working.system.zone(self._zone)

    def day_energy_wh(self, newest: DayEnergy | None) -> float | None:
        """Return the energy since the system's midnight in Wh, of the system or of a device with this newest day."""
        return self.sunlight.day_energy_wh(newest, dt_util.utcnow())

    def device_identifiers(self) -> set[tuple[str, str]]:
        """Return the identifiers of the system and of everything its cloud lists under it."""
        hardware = {(DOMAIN, device_identifier(self.system.vendor, serial)) for serial in self.data.devices}
        return hardware | {(DOMAIN, self.system.key)}

    @override
    async def _async_update_data(self) -> SystemData:
        if self.client.refused:
            raise ConfigEntryAuthFailed(translation_domain=DOMAIN, translation_key="invalid_auth")
        now = dt_util.utcnow()
        forced, self._forced = self._forced, False
        failure: Exception | None = None
        begun = self._is_known()
        runs: dict[str, _Run] = {}
        for fetch, job in zip(self.client.jobs, self._jobs(), strict=True):
            # A new system shows its power first; what else there is follows at once, but set-up does not wait for it.
            # Each of the first jobs needs the one before it: a day cannot be counted before the time zone is known.
            if self._stopped or (not begun and not job.first) or not fetch.applies_to(self._working):
                continue
            due = now >= self._paused_until and self._is_due(job, runs, now)
            if not due and not (forced and self._may_force(job, runs, now)):
                if not begun and self.schedule.state(job).done_at is None:
                    break
                continue
            run = runs.setdefault(job.runs_with or job.name, _Run(due=due))
            if due and job.sunlit and self._may_sleep(job, now):
                continue
            try:
                with nullcontext() if run.due else owner_asks():
                    update = await fetch.run(self._working, now)
            except CredentialRefused as err:
                self.client.refused = True
                raise ConfigEntryAuthFailed(translation_domain=DOMAIN, translation_key="invalid_auth") from err
            except Throttled as err:
                failure = self._throttled(err)
                run.failed = True
            except NoDataYet:
                self.schedule = self.schedule.done(job, dt_util.utcnow())
            except CloudError as err:
                failure = self._failed(job, err) or failure
                run.failed = run.failed or job.runs_with is None
            else:
                now = dt_util.utcnow()
                self._working = merge(self._working, update, now, self._zone, self.sunlight.is_dark)
                run.measured = max(filter(None, (run.measured, update.newest)), default=None)
                self.schedule = self.schedule.done(job, now)
                self._throttles = 0
            await self._async_follow_jobs()
            if failure is not None and not begun:
                break
            now = dt_util.utcnow()
        self._note_runs(runs, now)
        self._judge(now)
        self.notices.month()
        self.notices.devices()
        if self._stopped:
            return self._working
        self.notices.performance()
        self._set_interval()
        if self._is_known():
            self._store.async_delay_save(self._dumper(), SAVE_DELAY)
            return self._working
        # Written at once: Home Assistant's next try at setting up must know of this one.
        await self._store.async_save(self._dumper()())
        raise failure or self._explained("not_yet", None, until=now + (self.update_interval or SOONEST))

    @override
    def _async_refresh_finished(self) -> None:
        self._metered.async_tell()
        if self.last_update_success:
            sync_devices(self)
        if self._judged_anew:
            self._judged_anew = False
            self.async_update_listeners()

    def _main_jobs(self) -> list[JobTerms]:
        """Return the jobs without which there is nothing to show."""
        return [job for job in self.client.job_terms() if job.weight > 0 and not job.optional]

    def _is_known(self) -> bool:
        return any(self.schedule.state(job).done_at for job in self._main_jobs())

    def _due_at(self, job: JobTerms, now: datetime) -> datetime:
        """Return when a job is next worth its requests: after its pause, and when pacing says so."""
        until = self.schedule.not_before(job, now)
        if (settled := self._settled_at(job)) is not None:
            until = settled if until is None else max(until, settled)
        if job.runs_with is not None:
            leader = self.client.job(job.runs_with).terms_for(self._working)
            due = self._due_at(leader, now) if self.schedule.state(job).done_at else now
            return due if until is None else max(due, until)
        if until is not None and (until > now or not self._is_paced(job.name)):
            return until
        if job.night and job.weight and self.schedule.state(job).tried_at is None:
            # What tells something in the dark is shown at once when a system is new.
            return now
        return self._metered.pacing.next_at(self.system.key, job.name, now, budget_of(self._metered.ledger, now))

    def _settled_at(self, job: JobTerms) -> datetime | None:
        """Return until when a job leaves a new system to those that show its power; `None` once it has run."""
        if not job.settle or self.schedule.state(job).done_at is not None:
            return None
        known = [state.first_at for main in self._main_jobs() if (state := self.schedule.state(main)).first_at]
        return min(known) + job.settle if known else None

    def _is_due(self, job: JobTerms, runs: Mapping[str, _Run], now: datetime) -> bool:
        """Tell whether a job is to run now; one that runs with another does when that one has just done so."""
        if job.runs_with is None:
            return self._due_at(job, now) <= now
        if (settled := self._settled_at(job)) is not None and settled > now:
            return False
        until = self.schedule.not_before(job, now)
        if until is not None and until > now:
            return False
        run = runs.get(job.runs_with)
        # What has just failed for one would fail for the other.
        return self.schedule.state(job).done_at is None if run is None else run.due and not run.failed

    def _may_sleep(self, job: JobTerms, now: datetime) -> bool:
        """Tell whether those which run with a job may go alone: it is dark, and the day has been read to its end."""
        done, dark_since = self.schedule.state(job).done_at, self.sunlight.dark_since(now)
        if done is None or dark_since is None or done < dark_since + job.delay + job.cadence:
            return False
        return any(self.schedule.state(other).done_at for other in companions(self._offered(), job))

    def _note_runs(self, runs: Mapping[str, _Run], now: datetime) -> None:
        """Tell pacing what has run, and where the newest interval ends that it brought."""
        for name, run in runs.items():
            if not run.failed and self._is_paced(name):
                self._metered.pacing.ran(self.system.key, name, now, run.measured)

    async def _async_follow_jobs(self) -> None:
        """Tell pacing of jobs that have become worth asking for, or have ceased to be, and of another place."""
        # The owner's request may come back after the account was unloaded.
        if not self._stopped and (self.zone_name != self._located or self._paced != self._to_pace()):
            await self._async_enroll()

    def _may_force(self, job: JobTerms, runs: Mapping[str, _Run], now: datetime) -> bool:
        """Tell whether the owner may have a job run before it is due: neither in a back-off nor just done."""
        state = self.schedule.state(job)
        return (
            ((job.weight > 0 and (not job.optional or job.on_request)) or job.runs_with in runs)
            and state.not_before is None
            and (state.tried_at is None or now - state.tried_at >= FORCED_GAP)
        )

    def _throttled(self, err: Throttled) -> UpdateFailed:
        """Pause all jobs; a cloud that says so again and again is asked less and less: each answer costs a request."""
        until = err.until
        if err.sent:
            if self._throttles:
                until = max(until, dt_util.utcnow() + BACK_OFF[min(self._throttles, len(BACK_OFF)) - 1])
            self._throttles += 1
        self._paused_until = until
        if err.scope is Scope.MONTH:
            _LOGGER.info("%s: the requests of the month are used up, it is read again at %s", self.name, until)
        return self._explained("rate_limited", err, until=until)

    def _failed(self, job: JobTerms, err: CloudError) -> UpdateFailed | None:
        """Note a failure of one job; only its own values are late or missing then."""
        now = dt_util.utcnow()
        key = ERROR_KEYS.get(type(err), "temporarily_unavailable")
        lacking = isinstance(err, NotAllowed | NotFound | InvalidRequest)
        if lacking and job.optional:
            if not self.schedule.state(job).resting:
                _LOGGER.info("%s: the account does not offer %s, it is asked for weekly", self.name, job.name)
            self.schedule = self.schedule.rested(job, now, now + NOT_ALLOWED_REST, key)
            return None
        _LOGGER.debug("%s: %s failed: %s", self.name, job.name, err)
        state = self.schedule.state(job)
        if state.failures and state.done_at is not None and self._is_paced(job.name):
            # Tried again early once; then it costs no more than if it worked, or an outage would eat the plan.
            self._metered.pacing.ran(self.system.key, job.name, now)
        # A token is renewed, the request repeated, and the consent proved before a refusal is a matter of the plan.
        is_dear = isinstance(err, NotAllowed) and is_signed_in(self.config_entry.data)
        self.schedule = self.schedule.failed(job, now, key, REFUSED if is_dear else BACK_OFF)
        return None if job.optional else self._explained(key, err)

    def _explained(self, key: str, err: Exception | None, *, until: datetime | None = None) -> UpdateFailed:
        return explained(self.name, key, err, until=until)

    def _judge(self, now: datetime) -> None:
        """Decide which jobs' values are too old to be shown, and say so in the log once."""
        self._proving.clear()
        for job in self.client.job_terms():
            state, lost = self.schedule.state(job), self.schedule.is_lost(job, now)
            self._judged_anew = self._judged_anew or lost != (job.name in self._unavailable)
            if lost and job.name not in self._unavailable:
                self._unavailable.add(job.name)
                if state.failures and self._is_known():
                    _LOGGER.warning("%s: %s cannot be read (%s)", self.name, job.name, state.error)
            elif not lost and job.name in self._unavailable:
                self._unavailable.discard(job.name)
                _LOGGER.info("%s: %s can be read again", self.name, job.name)

    def _set_interval(self) -> None:
        """Wake up when the next job is due."""
        now = dt_util.utcnow()
        known = self._is_known()
        due = [
            self._due_at(job, now)
            for fetch, job in zip(self.client.jobs, self._jobs(), strict=True)
            if (job.first or known) and fetch.applies_to(self._working)
        ]
        self.update_interval = max(SOONEST, max(min(due), self._paused_until) - now)

    def _arm_turn(self) -> None:
        """Have the entities written when the system's day or its light ends."""
        turn = self.sunlight.next_turn(dt_util.utcnow())
        self._unsub_turn = async_track_point_in_utc_time(self.hass, self._turn, turn)

    @callback
    def _turn(self, _now: datetime) -> None:
        self._arm_turn()
        self.notices.plan()
        self.async_update_listeners()

    @callback
    def _dumper(self) -> Callable[[], dict[str, Any]]:
        """Return what turns all that is known now into JSON data, in any thread."""
        return partial(_dump, self.schedule, self._working, self._metered.pacing.memory(self.system.key))


def _load(stored: Mapping[str, Any]) -> tuple[Schedule, SystemData]:
    return load(Schedule, stored["schedule"]), load(SystemData, stored["data"])


def _dump(schedule: Schedule, data: SystemData, memory: Mapping[str, Any]) -> dict[str, Any]:
    return {"schedule": dump(schedule), "data": dump(data), "pacing": memory}
