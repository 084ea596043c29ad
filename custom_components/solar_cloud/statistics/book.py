"""Hourly energy in Home Assistant's long-term statistics, as the Energy dashboard reads it.

One external statistic for each flow of a system, and for the production of each inverter: `state` is the energy of an
hour, `sum` the lifetime at its end, both in kWh (see `units`). Inside, energies are whole mWh, so that ten years of
sums do not drift.

Only rows that differ are written. What is older than the first row gets its sums backwards from it, so no later row is
touched; a correction shifts every later sum in one statement of the database. Every step may be cut short by a crash
or a power cut: the sums that the rows ought to have follow from the energies in them, and putting the same hours again
completes what was begun.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import partial
from itertools import batched
import logging
import math
from typing import Any

from homeassistant.components.recorder.models import StatisticMetaData
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance
from sqlalchemy.exc import SQLAlchemyError

from ..history.tariff import Side
from ..home_assistant_internals import Recorder, async_queue_marker, async_rewrite, async_shift_sums
from ..model.elements import Flow, System
from .measures import async_measure
from .names import COSTS, cost_metadata, energy_id, energy_metadata, statistic_id
from .rows import MILLI, Edges, HourRows, count_rows, read_edges, read_rows, read_span, to_instant, to_milli
from .units import MICRO, SCALES, Units
from .writing import write_rows

_LOGGER = logging.getLogger(__name__)

DATABASE_ERRORS = (SQLAlchemyError, RuntimeError)
"""What reading may raise: the database fails, or the threads for it have ended because Home Assistant stops."""
RECORDER = "recorder"
HOUR = 3600
CHUNK = 2000
"""Rows that the recorder is given at once: it does nothing else meanwhile."""
SLICE = 366 * 24 * HOUR
"""How much is read at once, in seconds: the recorder has one thread for everybody's reading."""
PATIENCE = 10
"""After how many seconds of waiting for the recorder it is looked whether it still runs."""
PARTS = MICRO
"""Parts of a currency's unit that costs are kept in: the roundings of a day's hours stay below its smallest coin."""


class Book:
    """The statistics of one system. Two puts at once follow one another.

    Without a running recorder nothing is booked and nothing is found: `available` is false then, and `async_put`
    returns `None`. Every method waits until the recorder has emptied its queue, thus until Home Assistant has started:
    call them in the background. Errors of the database are passed on.
    """

    def __init__(self, hass: HomeAssistant, system: System) -> None:
        """Take the system that the statistics are of."""
        self.system = system
        """May be replaced by one with another name: the next put writes it to the description of the statistic."""
        self._hass = hass
        self._lock = asyncio.Lock()
        self._units = Units(hass)
        self._is_logged = False
        self._spans: dict[str, tuple[int, int]] = {}
        """The first and the last hour that each statistic had after the last put of this run."""
        self._changed: dict[Flow, int] = {}
        """The first hour of each flow that was written since somebody asked for it."""
        self.before_change: Callable[[Flow, datetime], Awaitable[None]] | None = None
        """Is called with a flow of the system and an instant before hours from there on are written, if any are."""
        self.is_shorter = False
        """Whether a put has found less in the database than there was: somebody has taken rows away."""

    @property
    def available(self) -> bool:
        """Whether there is a recorder that takes and gives rows."""
        return self._recorder is not None

    async def async_put(
        self,
        flow: Flow,
        hours: Mapping[datetime, float],
        *,
        anchor: float | None = None,
        serial: str | None = None,
        label: str | None = None,
    ) -> int | None:
        """Book the energies of hours in Wh, keyed by the aware start of the hour; older rows and gaps stay.

        With a serial number they are an inverter's, and the label is what it is called.

        The anchor is the lifetime in Wh at the beginning of the first of these hours; it counts only when nothing is
        booked yet. Returns when everything is in the database: how many rows had to be written, without those later
        ones that were merely shifted; 0 when the book has said the same before, and `None` when nothing could be
        booked, because there is no recorder. Raises ValueError for an energy that is negative or no number, and for a
        start that is naive, does not begin an hour or occurs twice.
        """
        if anchor is not None and not math.isfinite(anchor):
            raise ValueError(f"The anchor is no number: {anchor}")
        given = await self._hass.async_add_executor_job(_checked, dict(hours))
        measure = await async_measure(self._hass, flow)
        metadata = energy_metadata(self.system, flow, measure, serial, label)
        written = await self._async_put(
            metadata, given, to_milli(anchor or 0.0), None, flow if serial is None else None
        )
        if written and serial is None:
            self._note_change(flow, min(given))
        return written

    async def async_put_costs(self, side: Side, costs: Mapping[datetime, float]) -> int | None:
        """Book what hours have cost, or what was paid for them, in Home Assistant's currency; below zero is fine.

        Returns what `async_put` does, and raises what it does for starts.
        """
        given = await self._hass.async_add_executor_job(partial(_checked, dict(costs), scale=PARTS, signed=True))
        currency = self._hass.config.currency
        metadata = cost_metadata(self.system, side, await async_measure(self._hass, COSTS[side]), currency)
        if written := await self._async_put(metadata, given, 0, PARTS):
            # What was put before the first row has left sums that do not begin with 0.
            await self._async_ground(metadata["statistic_id"], PARTS, currency)
        return written

    async def async_cost_span(self, side: Side) -> tuple[datetime, datetime] | None:
        """Return the starts of the first and the last hour that have a cost, in UTC; `None` when none has."""
        return await self._async_span(statistic_id(self.system.key, COSTS[side]))

    def take_change(self, flow: Flow) -> datetime | None:
        """Return, once, the start of the first hour of a flow that was written since this was asked last."""
        first = self._changed.pop(flow, None)
        return None if first is None else to_instant(first)

    def _note_change(self, flow: Flow, first: int) -> None:
        self._changed[flow] = min(first, self._changed.get(flow, first))

    async def _async_put(
        self,
        metadata: StatisticMetaData,
        given: dict[int, int],
        anchor: int,
        scale: int | None,
        flow: Flow | None = None,
    ) -> int | None:
        """Book hours, whole numbers of a part of the unit, by their start in seconds since 1970.

        The scale says how many parts the unit has; without one they are mWh. The flow is the system's own that they are
        of; without one nobody is told.
        """
        if not given:
            return 0
        name = metadata["statistic_id"]
        async with self._lock:
            if (recorder := await self._async_ready()) is None:
                return None
            if scale is None:
                unit = await self._units.async_unit(recorder, name)
                metadata, scale = metadata | {"unit_of_measurement": unit}, SCALES[unit]
            edges = await recorder.async_add_executor_job(read_edges, self._hass, name, min(given), max(given), scale)
            self._compare_span(name, min(given), max(given), edges)
            rows = await self._async_read(recorder, name, edges, scale)
            changed, shift = await self._hass.async_add_executor_job(_changed_rows, given, rows, edges, anchor)
            described = edges.describes(metadata)
            if changed and flow is not None and self.before_change is not None:
                await self.before_change(flow, to_instant(min(given)))
            done = await self._async_write(recorder, metadata, changed, scale, described=described)
            if done and shift and edges.after is not None:
                unit = metadata["unit_of_measurement"] or ""
                done = await self._async_shift(recorder, name, edges.after.start, shift / scale, unit)
        # A shift alone completes what was cut short: that is a change too.
        return (len(changed) or int(shift != 0)) if done else None

    async def async_rows(
        self, flow: Flow, start: datetime, end: datetime, *, serial: str | None = None
    ) -> dict[datetime, float]:
        """Return the energies in Wh of the hours that are booked and begin between two aware instants, end excluded.

        The keys are in UTC and in order; an hour without a row is not in it.
        """
        first, end_ts = math.ceil(_seconds(start)), math.ceil(_seconds(end))
        if (recorder := await self._async_ready()) is None:
            return {}
        name = energy_id(self.system, flow, serial)
        scale = await self._units.async_scale(recorder, name)
        edges = await recorder.async_add_executor_job(read_edges, self._hass, name, first, end_ts - 1, scale)
        rows = await self._async_read(recorder, name, edges, scale)
        return await self._hass.async_add_executor_job(_energies, rows)

    async def async_span(self, flow: Flow, *, serial: str | None = None) -> tuple[datetime, datetime] | None:
        """Return the starts of the first and the last hour that are booked, in UTC; `None` when none is."""
        return await self._async_span(energy_id(self.system, flow, serial))

    async def _async_span(self, name: str) -> tuple[datetime, datetime] | None:
        if (recorder := await self._async_ready()) is None:
            return None
        edges = await recorder.async_add_executor_job(read_span, self._hass, name)
        if edges.first is None or edges.last is None:
            return None
        return to_instant(edges.first.start), to_instant(edges.last.start)

    async def async_ground(self, flow: Flow, *, serial: str | None = None) -> bool:
        """Make the lifetime before the first row 0, shifting all sums in one statement; returns whether it was not.

        The recorder takes the change of a statistic's very first hour from 0: with a lifetime before it the Energy
        dashboard would show all that as the energy of this hour. Energies, and the changes of all other hours, stay.
        """
        return await self._async_ground(energy_id(self.system, flow, serial))

    async def _async_ground(self, name: str, scale: int | None = None, unit: str = "") -> bool:
        async with self._lock:
            if (recorder := await self._async_ready()) is None:
                return False
            if scale is None:
                unit = await self._units.async_unit(recorder, name)
                scale = SCALES[unit]
            edges = await recorder.async_add_executor_job(read_span, self._hass, name, scale)
            if (first := edges.first) is None or first.sum == first.energy:
                return False
            return await self._async_shift(recorder, name, first.start, (first.energy - first.sum) / scale, unit)

    async def async_count(self, flow: Flow, start: datetime, end: datetime) -> tuple[int, float] | None:
        """Return how many hours are booked that begin between two aware instants, end excluded, and their Wh.

        `None` without a recorder.
        """
        if (recorder := await self._async_ready()) is None:
            return None
        name = energy_id(self.system, flow)
        first, last = math.ceil(_seconds(start)), math.ceil(_seconds(end)) - 1
        scale = await self._units.async_scale(recorder, name)
        count, energy = await recorder.async_add_executor_job(count_rows, self._hass, name, first, last, scale)
        return count, energy / MILLI

    def _compare_span(self, name: str, first: int, last: int, edges: Edges) -> None:
        """Compare what the database has with what it had after the last put, and take up what it will have now."""
        known = self._spans.get(name)
        self._spans[name] = (first, last) if known is None else (min(first, known[0]), max(last, known[1]))
        if known is None:
            return
        begin, end = known
        is_shorter = (
            (begin < first and (edges.before is None or (end < first and edges.before.start < end)))
            or (end > last and edges.after is None)
            or (first <= end <= last and (edges.last is None or edges.last.start < end))
            or (first <= begin <= last and (edges.first is None or edges.first.start > begin))
        )
        if is_shorter:
            self.is_shorter = True
            del self._spans[name]

    @property
    def _recorder(self) -> Recorder | None:
        """The recorder, when its database is ready and Home Assistant is not about to stop."""
        # The recorder counts as set up once its database is ready.
        if RECORDER not in self._hass.config.components or self._hass.is_stopping:
            return None
        recorder = get_instance(self._hass)
        return recorder if recorder.is_alive() else None

    async def _async_ready(self) -> Recorder | None:
        """Return the recorder once it has written all that it had been given; `None` when there is none."""
        recorder = self._recorder
        if recorder is not None and await self._async_committed(recorder):
            self._is_logged = False
            return recorder
        if not self._is_logged:
            self._is_logged = True
            _LOGGER.info("No statistics of %s are booked or read: the recorder is not running", self.system.key)
        return None

    async def _async_committed(self, recorder: Recorder) -> bool:
        """Wait until the recorder has done everything that is in its queue; returns whether it has."""
        return await self.async_done(async_queue_marker(recorder))

    async def async_done(self, task: asyncio.Future[Any]) -> bool:
        """Wait for a task of the recorder, and raise its error; returns whether it was done."""
        while not task.done():
            if self._recorder is None:
                # At its end it empties its queue, so this might never be answered.
                return False
            await asyncio.wait([task], timeout=PATIENCE)
        task.result()
        return True

    async def _async_read(self, recorder: Recorder, name: str, edges: Edges, scale: int) -> HourRows:
        """Return the rows within the window in order, read slice by slice so that others get their turn."""
        rows: HourRows = {}
        if edges.first is None or edges.last is None:
            return rows
        for first in range(edges.first.start, edges.last.start + 1, SLICE):
            last = min(first + SLICE - 1, edges.last.start)
            rows |= await recorder.async_add_executor_job(read_rows, self._hass, name, first, last, scale)
        return rows

    async def _async_write(
        self,
        recorder: Recorder,
        metadata: StatisticMetaData,
        rows: list[tuple[int, int, int]],
        scale: int,
        *,
        described: bool,
    ) -> bool:
        """Hand rows over chunk by chunk and wait for each, so that the recorder can do other work in between."""
        chunks: list[tuple[tuple[int, int, int], ...]] = list(batched(rows, CHUNK, strict=False))
        if not chunks and not described:
            chunks = [()]
        for chunk in chunks:
            written = async_rewrite(recorder, partial(write_rows, recorder, metadata, chunk, scale))
            if not await self.async_done(written):
                return False
        return True

    async def _async_shift(self, recorder: Recorder, name: str, start: int, shift: float, unit: str) -> bool:
        """Add so much of a unit to every sum from a row on."""
        async_shift_sums(recorder, name, to_instant(start), shift, unit)
        return await self._async_committed(recorder)


def _checked(hours: Mapping[datetime, float], *, scale: int = MILLI, signed: bool = False) -> dict[int, int]:
    """Return whole numbers by the start in seconds since 1970; raises ValueError for what cannot be booked."""
    given: dict[int, int] = {}
    for start, energy_wh in hours.items():
        seconds = _seconds(start)
        if seconds % HOUR:
            raise ValueError(f"Not the beginning of an hour: {start}")
        if seconds in given:
            raise ValueError(f"Given twice: {start}")
        if not math.isfinite(energy_wh) or (energy_wh < 0 and not signed):
            raise ValueError(f"Not an energy: {energy_wh} at {start}")
        given[int(seconds)] = round(energy_wh * scale)
    return given


def _changed_rows(
    given: dict[int, int], rows: HourRows, edges: Edges, anchor: int
) -> tuple[list[tuple[int, int, int]], int]:
    """Return the rows to write, in order, and what all rows after the window have to be shifted by, in mWh.

    The energies in the rows are the truth. Their sums follow from the lifetime before them, so what a crash, or a hand,
    has left in disorder between the first given hour and the first row after the last one is put right.
    """
    total = _lifetime_before(given, edges, anchor)
    changed = []
    # Two runs in order: sorting a set of so many would hold the interpreter's lock for long.
    for start in sorted([*given, *(start for start in rows if start not in given)]):
        energy = given[start] if start in given else rows[start][0]
        total += energy
        if rows.get(start) != (energy, total):
            changed.append((start, energy, total))
    shift = 0 if edges.after is None else total + edges.after.energy - edges.after.sum
    return changed, shift


def _lifetime_before(given: dict[int, int], edges: Edges, anchor: int) -> int:
    """Return the lifetime at the beginning of the window, in mWh."""
    if edges.before is not None:
        return edges.before.sum
    if (first := edges.first or edges.after) is None:
        return anchor
    return first.sum - first.energy - sum(energy for start, energy in given.items() if start < first.start)


def _energies(rows: HourRows) -> dict[datetime, float]:
    """Return energies in Wh by the start, in order."""
    return {to_instant(start): energy / MILLI for start, (energy, _) in rows.items()}


def _seconds(instant: datetime) -> float:
    """Return the seconds since 1970; raises ValueError for a naive instant."""
    if instant.utcoffset() is None:
        raise ValueError(f"No time zone: {instant}")
    return instant.timestamp()
