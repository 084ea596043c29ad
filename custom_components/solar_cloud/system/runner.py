"""One pass over the jobs of a system: those that are due run, and what they bring is merged."""

import asyncio
from collections.abc import Collection, Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta
import logging
from typing import Any
from zoneinfo import ZoneInfo

from homeassistant.helpers.update_coordinator import UpdateFailed
from homeassistant.util import dt as dt_util

from ..budget.limit import Scope
from ..cloud.account import owner_asks
from ..cloud.base import Job, JobTerms
from ..cloud.errors import (
    AllRefused,
    CloudError,
    CredentialRefused,
    InvalidRequest,
    MalformedAnswer,
    NoDataYet,
    NotAllowed,
    NotFound,
    Throttled,
)
from ..cloud.vendor_text import say
from ..const import NOT_ALLOWED_REST
from ..model.merging import merge
from .failures import error_key, explained
from .pace import SystemPace
from .schedule import BACK_OFF, NOT_FOUND, REFUSED, UNKNOWN_SYSTEM, UNLUCKY
from .state import SystemState
from .timetable import Run, Timetable

_LOGGER = logging.getLogger(__name__)

WRONG_REST = timedelta(days=1)
"""How long a job rests whose request the cloud calls wrong."""
NOT_OFFERED = "%s: the account does not offer %s, it is asked for weekly (%s)"
WRONG = "%s: the service rejected our request for %s. It is tried again in a day. Please report this as a bug: %s"


class JobRunner:
    """Runs the jobs of one system, in the order in which a new system needs them."""

    def __init__(
        self,
        name: str,
        state: SystemState,
        timetable: Timetable,
        pace: SystemPace,
        zone: ZoneInfo,
        *,
        is_signed_in: bool,
    ) -> None:
        """Take what is known of the system and when its jobs are due.

        The system's name is for the log, `zone` for a system whose own is unknown. `is_signed_in` says whether the
        account has an owner's consent instead of a key.
        """
        self._name = name
        self._state = state
        self._timetable = timetable
        self._pace = pace
        self._zone = zone
        self._is_signed_in = is_signed_in
        self._stopped = False

    def stop(self) -> None:
        """Begin no job any more; one that is under way ends."""
        self._stopped = True

    async def async_run(self, *, forced: bool) -> UpdateFailed | None:
        """Run the jobs that are due, and with `forced` what moves, and return the newest failure of one that matters.

        Raises `CredentialRefused`.
        """
        failure: UpdateFailed | None = None
        begun = self._timetable.is_known
        runs: dict[str, Run] = {}
        unlucky: list[tuple[Job[Any], JobTerms]] = []
        now = started = dt_util.utcnow()
        for job, terms in self._timetable.jobs():
            # A new system shows its power first; what else there is follows at once, but set-up does not wait for it.
            # Each of the first jobs needs the one before it: a day cannot be counted before the time zone is known.
            if self._stopped or (not begun and not terms.first) or not job.applies_to(self._state.data):
                continue
            due = self._timetable.is_due(terms, runs, now)
            if not due and not (forced and self._timetable.may_force(terms, runs, now)):
                if not begun and self._state.schedule.state(terms).done_at is None:
                    break
                continue
            run = runs.setdefault(terms.runs_with or terms.name, Run(due=due))
            if due and self._timetable.may_sleep(terms, now):
                continue
            failed = await self._async_run_job(job, terms, run, now)
            failure = failed or failure
            await self._pace.async_update()
            await asyncio.sleep(0)
            if failure is not None and not begun:
                break
            if failed is not None and self._state.schedule.state(terms).error == UNLUCKY:
                unlucky.append((job, terms))
            now = dt_util.utcnow()
        # What matters is tried once more where the cloud has answered the others: a connection broke.
        if unlucky and self._has_answered(started, {terms.name for _, terms in unlucky}):
            failure = None
            for job, terms in unlucky:
                failure = await self._async_run_job(job, terms, runs[terms.runs_with or terms.name], now) or failure
        for name, run in runs.items():
            if not run.failed:
                self._pace.ran(name, now, run.measured)
        return failure

    def _has_answered(self, since: datetime, but: Collection[str]) -> bool:
        """Return whether the cloud has answered other jobs since an instant: it is well, and a request was lost."""
        jobs = self._state.schedule.jobs
        return any(one.done_at is not None and one.done_at >= since for name, one in jobs.items() if name not in but)

    async def _async_run_job(self, job: Job[Any], terms: JobTerms, run: Run, now: datetime) -> UpdateFailed | None:
        """Run one job, and merge or note what comes of it; return why values that matter are missing.

        Whatever goes wrong is a failure of this job alone, an error of our own too.
        """
        state = self._state
        try:
            with nullcontext() if run.due else owner_asks():
                update = await job.run(state.data, now)
            # Reading an answer, merging it and writing the entities each take milliseconds: others run in between.
            await asyncio.sleep(0)
            now = dt_util.utcnow()
            state.data = merge(state.data, update, now, self._zone, self._pace.sunlight.is_dark, terms.name)
        except CredentialRefused:
            raise
        except Throttled as err:
            run.failed = True
            return self._throttled(err)
        except NoDataYet:
            state.schedule = state.schedule.done(terms, dt_util.utcnow(), brings=False)
            return None
        except CloudError as err:
            run.failed = run.failed or terms.runs_with is None
            return self._failed(terms, err)
        except Exception as err:  # noqa: BLE001 - an answer that nobody has foreseen must not stop the other jobs
            run.failed = run.failed or terms.runs_with is None
            return self._failed(terms, self._unforeseen(terms, err))
        run.failed = run.failed and terms.runs_with is not None
        before = state.schedule.state(terms)
        if before.error == NOT_FOUND and before.failing_since is not None:
            state.schedule = state.schedule.without_rests(before.failing_since)
        run.measured = max(filter(None, (run.measured, update.newest)), default=None)
        state.schedule = state.schedule.done(terms, now, brings=not update.is_empty)
        self._timetable.answered()
        return None

    def _throttled(self, err: Throttled) -> UpdateFailed:
        until = self._timetable.throttled(err, dt_util.utcnow())
        if err.scope is Scope.MONTH:
            _LOGGER.info("%s: the requests of the month are used up, it is read again at %s", self._name, until)
        return explained(self._name, "rate_limited", err, until=until)

    def _unforeseen(self, job: JobTerms, err: Exception) -> CloudError:
        """Return an error of our own as one of the cloud's, which its answer led to; the log has it once in a row."""
        if not self._state.schedule.state(job).failures:
            _LOGGER.warning(
                "%s: the answer for %s could not be understood (%s)", self._name, job.name, type(err).__name__
            )
            # Its words may be the vendor's.
            plain = MalformedAnswer(f"{type(err).__name__}: {err}").with_traceback(err.__traceback__)
            _LOGGER.debug("%s: %s", self._name, job.name, exc_info=plain)
        return MalformedAnswer(type(err).__name__)

    def _failed(self, job: JobTerms, err: CloudError) -> UpdateFailed | None:
        """Note a failure of one job; only its own values are late or missing then."""
        now, schedule = dt_util.utcnow(), self._state.schedule
        before = schedule.state(job)
        key = error_key(err)
        # What has worked until now is not given up for a single refusal, which may be a mistake of the cloud's.
        is_new = before.failures == 0 and before.done_at is not None
        if job.optional and not is_new and isinstance(err, NotAllowed | NotFound | InvalidRequest):
            is_wrong, rest = isinstance(err, InvalidRequest), NOT_ALLOWED_REST
            if is_wrong:
                # Not the account lacks it: what is sent does not suit the cloud, and that may be mended any day.
                rest = WRONG_REST
            if not before.resting:
                level = logging.WARNING if is_wrong else logging.INFO
                say(_LOGGER, level, WRONG if is_wrong else NOT_OFFERED, self._name, job.name, err)
            self._state.schedule = schedule.rested(job, now, now + rest, key)
            return None
        say(_LOGGER, logging.DEBUG, "%s: %s failed: %s", self._name, job.name, err)
        if before.failures and before.done_at is not None:
            # Tried again early once; then it costs no more than if it worked, or an outage would eat the plan.
            self._pace.ran(job.name, now)
        # A token is renewed, the request repeated, and the consent proved before a refusal is a matter of the plan.
        is_dear = isinstance(err, NotAllowed | AllRefused) and self._is_signed_in
        pauses: Sequence[timedelta] = REFUSED if is_dear else BACK_OFF
        if isinstance(err, NotFound):
            # What its cloud does not know any more seldom comes back.
            pauses = REFUSED if job.optional else UNKNOWN_SYSTEM
        self._state.schedule = schedule.failed(job, now, key, pauses)
        return None if job.optional else explained(self._name, key, err)
