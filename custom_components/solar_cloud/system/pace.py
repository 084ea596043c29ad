"""One system's part in its plan: where it is, the light there, and the jobs that pacing decides about."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from homeassistant.core import HomeAssistant, callback

from ..account.metered import MeteredAccount
from ..budget.rates import Budget, budget_of, patience
from ..cloud.base import Cloud, JobTerms
from ..sky.sun import Place
from .jobs import offered, paced
from .place import place_of
from .state import SystemState
from .sunlight import Sunlight


class SystemPace:
    """What pacing knows of one system, kept in line with what its cloud reports. All instants are aware UTC."""

    sunlight: Sunlight
    place: Place
    """Where the system is, as well as it is known."""

    def __init__(
        self, hass: HomeAssistant, client: Cloud, metered: MeteredAccount, state: SystemState, zone: ZoneInfo
    ) -> None:
        """Prepare; `async_join` makes the system known. `zone` is for a system whose own is unknown."""
        self._hass = hass
        self._client = client
        self._metered = metered
        self._state = state
        self._zone = zone
        self._key = state.data.system.key
        self._located: str | None = None
        """The time zone that the system's place was looked up for."""
        self._jobs: tuple[JobTerms, ...] = ()
        self._has_left = False

    @property
    def has_joined(self) -> bool:
        """Whether the system draws on the plan."""
        return bool(self._jobs)

    async def async_join(self) -> None:
        """Let pacing know the system: where it is, and its jobs."""
        timezone, home = self._state.data.system.timezone, self._hass.config
        place = await self._hass.async_add_executor_job(
            place_of, timezone, home.time_zone, home.latitude, home.longitude
        )
        if self._has_left:
            return
        self._located = timezone
        self.place = place
        self.sunlight = Sunlight(place, self._state.data.system.zone(self._zone))
        self._jobs = self._current_jobs()
        self._metered.pacing.put(self._key, place, self._jobs, self._state.pacing)

    async def async_update(self) -> None:
        """Let pacing know of another place, and of jobs that the system has got or lost."""
        # The owner's request may come back after the account was unloaded.
        if self._has_left:
            return
        if self._state.data.system.timezone != self._located or self._jobs != self._current_jobs():
            await self.async_join()

    @callback
    def async_leave(self) -> None:
        """Take the system out of its plan; it cannot join again."""
        self._has_left = True
        if self._jobs:
            self._metered.pacing.remove(self._key)
            self._jobs = ()

    def includes(self, name: str) -> bool:
        """Return whether pacing decides about the job of a name."""
        return any(job.name == name for job in self._jobs)

    def budget(self, now: datetime) -> Budget:
        """Return what the plan has left."""
        return budget_of(self._metered.ledger, now)

    def next_at(self, name: str, now: datetime, budget: Budget) -> datetime:
        """Return when a job is next worth its requests, with the budget of now; `now` means that it is due."""
        return self._metered.pacing.next_at(self._key, name, now, budget)

    def patience(self, now: datetime) -> float:
        """Return what part of its waiting time (0 … 1) the first run of a job waits, by what the plan has left."""
        return patience(self.budget(now), self._metered.pacing.systems, now)

    def ran(self, name: str, now: datetime, measured: datetime | None = None) -> None:
        """Note that a job has run, and where the newest interval ends that it brought."""
        if self.includes(name):
            self._metered.pacing.ran(self._key, name, now, measured)

    def memory(self) -> dict[str, Any]:
        """Return what pacing is to know after a restart, as plain JSON data."""
        return self._metered.pacing.memory(self._key)

    def _current_jobs(self) -> tuple[JobTerms, ...]:
        return paced(offered(self._client, self._state.schedule, self._state.data))
