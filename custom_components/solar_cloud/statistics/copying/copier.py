"""Copies a system's hours into the statistic of another sensor, and takes them back.

The database is written in one transaction of the recorder's own thread: nothing that a sensor books comes between, and
a kill leaves all or nothing. What is to be written is on disk before it is. So whoever comes after a kill looks at one
hour, and knows which of both it was.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.recorder import get_instance
from homeassistant.util import dt as dt_util
from sqlalchemy.orm import Session

from ...const import DOMAIN
from ...home_assistant_internals import async_queue_marker, async_rewrite
from ...model.elements import Flow
from ...model.series import midnight
from ..book import DATABASE_ERRORS
from .database import TargetRefused, is_unchanged, read_sum, read_target, read_target_rows, take_back, write
from .plan import CopyPlan, make_plan
from .record import CopyRecord, Phase, TargetRecords, Witness, copy_records, with_phase
from .rows import HOUR, Target, TargetRow, runs_of, touched_hours

if TYPE_CHECKING:
    from ..system_statistics import SystemStatistics

DAY: Final = timedelta(days=1)
EARLY: Final = datetime(1990, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyRequest:
    """What the owner wants to be copied."""

    flow: Flow
    target: str
    """The id of the statistic."""
    start: date | None = None
    """The first of the system's days to write; without one, from the first that there is."""
    end: date | None = None
    """The last one."""
    spread_lumps: bool = False
    """Whether what a sensor booked in one lump is laid out over the hours that it is of."""


class Copier:
    """Copies from one system's statistics. Each method raises `ServiceValidationError` for a target that cannot be."""

    def __init__(self, statistics: SystemStatistics) -> None:
        """Take the statistics to copy from."""
        self._statistics = statistics
        self._hass = statistics.hass
        self._records = copy_records(statistics.hass)

    async def async_plan(self, request: CopyRequest) -> CopyPlan:
        """Return what a copy would do; nothing is written. Raises `HomeAssistantError` when the database fails."""
        async with self._records.lock:
            return await self._async_plan(request)

    async def async_copy(self, request: CopyRequest, *, accept_disagreement: bool) -> CopyPlan:
        """Copy, and return what was done.

        Raises `ServiceValidationError` for a target that disagrees, unless that is accepted, and `HomeAssistantError`
        when the record or the rows could not be written; then nothing was.
        """
        async with self._records.lock:
            plan = await self._async_plan(request)
            self.check(plan, accept_disagreement=accept_disagreement)
            if not plan.is_empty:
                await self._async_write(request, plan)
            return plan

    def check(self, plan: CopyPlan, *, accept_disagreement: bool) -> None:
        """Raise `ServiceValidationError` for a target that disagrees, unless that is accepted."""
        if plan.agreement.disagrees and not accept_disagreement:
            percent = f"{100 - (plan.agreement.percent or 0.0):.1f}"
            name = self._statistics.name
            raise invalid("copy_disagrees", {"target": plan.target.statistic_id, "name": name, "percent": percent})

    async def async_undo(self, target_id: str) -> int:
        """Take back all that was copied from this system into a statistic; returns how many hours had got a row.

        Raises `ServiceValidationError` when nothing was.
        """
        async with self._records.lock:
            target = await self._async_target(target_id)
            records = await self._async_settled(target)
            if records is None or records.system != self._key:
                raise invalid("copy_not_found", {"name": self._statistics.name, "target": target_id})
            hours = 0
            while records.copies:
                hours += await self._async_take_back(target, records)
                records = replace(records, copies=records.copies[:-1])
                with suppress(HomeAssistantError):
                    # The rows are gone. If the disk does not take it now, the next call finds out.
                    await self._async_record(target_id, records)
            return hours

    @property
    def _key(self) -> str:
        return self._statistics.coordinator.system.key

    async def _async_plan(self, request: CopyRequest) -> CopyPlan:
        target = await self._async_target(request.target)
        records = await self._async_settled(target)
        if records is not None and (records.system, records.flow) != (self._key, request.flow):
            raise invalid("copy_target_taken", {"target": request.target})
        rows, blocked = await self._async_read(partial(read_target_rows, self._hass, target))
        if not rows:
            raise invalid("copy_target_empty", {"target": request.target})
        booked = await self._statistics.book.async_rows(request.flow, EARLY, dt_util.utcnow())
        if not booked:
            raise invalid("no_statistics_yet", {"name": self._statistics.name})
        plan = partial(_planned, target, rows, blocked, booked, request, records, self._statistics.zone)
        return await self._hass.async_add_executor_job(plan)

    async def _async_target(self, target_id: str) -> Target:
        await self._async_wait(async_queue_marker(get_instance(self._hass)))
        try:
            return await self._async_read(partial(read_target, self._hass, target_id))
        except TargetRefused as err:
            raise invalid(err.reason, {"target": target_id}) from err

    async def _async_settled(self, target: Target) -> TargetRecords | None:
        """Return the records of a target, once it is clear what a kill has left of the newest one.

        A target that was deleted and came again has none: nothing of them is in it. Raises `ServiceValidationError`
        where it has another unit than when it was written to.
        """
        if (records := await self._records.async_get(target.statistic_id)) is None:
            return None
        held = [one for one in records.copies if one.metadata_id == target.metadata_id]
        if held and held[0].unit != target.unit:
            raise invalid("copy_unit_changed", {"target": target.statistic_id, "unit": held[0].unit})
        settled = []
        for copy in held:
            start = copy.witness.start
            now = await self._async_in_recorder(partial(read_sum, metadata_id=target.metadata_id, start=start))
            if copy.phase is Phase.WRITTEN:
                # The number of a target that was deleted may be given to the one that comes again.
                settled += [] if now is None else [copy]
                continue
            is_done = copy.witness.has_changed(now, target.unit_wh)
            if is_done is (copy.phase is Phase.WRITING):
                settled.append(replace(copy, phase=Phase.WRITTEN))
        if tuple(settled) != records.copies:
            records = replace(records, copies=tuple(settled))
            await self._async_record(target.statistic_id, records)
        return records if settled else None

    async def _async_write(self, request: CopyRequest, plan: CopyPlan) -> None:
        known = await self._records.async_get(request.target)
        records = known or TargetRecords(system=self._key, flow=request.flow)
        record = await self._hass.async_add_executor_job(_record, plan)
        records = replace(records, copies=(*records.copies, record))
        await self._async_record(request.target, records)
        if not await self._async_in_recorder(partial(_write, plan=plan)):
            await self._async_record(request.target, replace(records, copies=records.copies[:-1]))
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="copy_target_changed",
                translation_placeholders={"target": request.target},
            )
        with suppress(HomeAssistantError):
            # The rows are there. If the disk does not take it now, the next call finds out.
            await self._async_record(request.target, with_phase(records, -1, Phase.WRITTEN))

    async def _async_take_back(self, target: Target, records: TargetRecords) -> int:
        """Take the newest copy back; returns how many rows were deleted."""
        copy = records.copies[-1]
        start = copy.witness.start
        now = await self._async_in_recorder(partial(read_sum, metadata_id=target.metadata_id, start=start))
        marked = with_phase(records, -1, Phase.UNDOING, Witness(start=start, before=now))
        await self._async_record(target.statistic_id, marked)
        return await self._async_in_recorder(
            partial(take_back, metadata_id=target.metadata_id, runs=copy.runs, steps=copy.steps)
        )

    async def _async_record(self, target_id: str, records: TargetRecords) -> None:
        """Keep the records on disk; raises `HomeAssistantError` when they are not there on return."""
        try:
            await self._records.async_put(target_id, records)
        except HomeAssistantError as err:
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key="copy_not_recorded") from err

    async def _async_read[T](self, read: Callable[[], T]) -> T:
        """Return what the recorder's threads for reading do; raises `HomeAssistantError` when the database fails."""
        try:
            return await get_instance(self._hass).async_add_executor_job(read)
        except DATABASE_ERRORS as err:
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key="copy_database_failed") from err

    async def _async_in_recorder[T](self, work: Callable[[Session], T]) -> T:
        """Return what the recorder's own thread does; raises `HomeAssistantError` when the database fails."""
        done = async_rewrite(get_instance(self._hass), work)
        try:
            await self._async_wait(done)
            return done.result()
        except DATABASE_ERRORS as err:
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key="copy_database_failed") from err

    async def _async_wait(self, done: asyncio.Future[Any]) -> None:
        """Wait for the recorder; raises its error, and `ServiceValidationError` when it does not run any more."""
        if not await self._statistics.book.async_done(done):
            raise invalid("no_recorder")


def invalid(key: str, placeholders: dict[str, str] | None = None) -> ServiceValidationError:
    """Return the error that says why something cannot be copied."""
    return ServiceValidationError(translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders)


def _write(session: Session, plan: CopyPlan) -> bool:
    """Carry a plan out, unless the target is not what it was made for any more; returns whether it was."""
    if not is_unchanged(session, plan.target, plan.basis):
        return False
    write(session, plan.target, plan.inserts, plan.steps)
    return True


def _planned(
    target: Target,
    rows: list[TargetRow],
    blocked: frozenset[int],
    booked: dict[datetime, float],
    request: CopyRequest,
    records: TargetRecords | None,
    zone: ZoneInfo,
) -> CopyPlan:
    """Return the plan; takes its time."""
    copies = () if records is None else records.copies
    ours = {int(hour.timestamp()): energy for hour, energy in booked.items()}
    first = min(ours) if request.start is None else int(midnight(request.start, zone).timestamp())
    end = max(ours) + HOUR if request.end is None else int(midnight(request.end + DAY, zone).timestamp())

    def day_of(start: int) -> date:
        return datetime.fromtimestamp(start, zone).date()

    return make_plan(
        target,
        rows,
        {hour: energy for hour, energy in ours.items() if hour not in blocked},
        chosen=range(-(-first // HOUR) * HOUR, end, HOUR),
        copied={hour for one in copies for hour in touched_hours(one.runs, one.steps)},
        spread_lumps=request.spread_lumps,
        day_of=day_of,
    )


def _record(plan: CopyPlan) -> CopyRecord:
    """Return what is kept of a plan that is about to be carried out."""
    if plan.inserts:
        witness = Witness(start=plan.inserts[0].start)
    else:
        step = plan.steps[0]
        row = next(row for row in plan.basis if row.start >= step.start)
        witness = Witness(start=row.start, before=row.sum)
    return CopyRecord(
        phase=Phase.WRITING,
        metadata_id=plan.target.metadata_id,
        unit=plan.target.unit,
        runs=runs_of(row.start for row in plan.inserts),
        steps=plan.steps,
        witness=witness,
        at=dt_util.utcnow().timestamp(),
    )
