"""The plan of a copy: which rows a target gets, and by how much its own rows are shifted. Pure, and nothing is written.

Times are seconds since 1970, energies Wh; states and sums are in the target's unit.
"""

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from math import fsum

from .agreement import Agreement, compared
from .gaps import DayOf, Gap, find_gaps
from .rows import HOUR, SAME_WH, Step, Target, TargetRow, changes_of, resolution_of


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyPlan:
    """What a copy would do to a target."""

    target: Target
    basis: tuple[TargetRow, ...]
    """The target's rows that the plan was made for, in order; never empty."""
    agreement: Agreement
    gaps: tuple[Gap, ...]
    filled: tuple[Gap, ...]
    """Those gaps that something is written into."""
    inserts: tuple[TargetRow, ...]
    """The rows that are new, in order."""
    steps: tuple[Step, ...]
    """By how much the sums of the rows that are there grow."""
    hours_before: int
    """How many of the new rows lie before the target's first one."""
    added_wh: float
    """The energy that the target has more than before."""
    spread_wh: float
    """The energy that came in lumps, and is laid out over its hours."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not self.inserts and not self.steps

    @property
    def hours_in_gaps(self) -> int:
        """How many hours of gaps get their energy."""
        return sum(len(_written(gap, is_spread=self.spread_wh > 0)) for gap in self.filled)

    @property
    def sums(self) -> tuple[float, float]:
        """The sums of the first and the last row after the copy, in the target's unit."""
        first = self.inserts[0].sum if self.hours_before else self.basis[0].sum
        return first, self.basis[-1].sum + (self.steps[-1].shift if self.steps else 0.0)


def make_plan(
    target: Target,
    rows: Sequence[TargetRow],
    ours: Mapping[int, float],
    *,
    chosen: Collection[int] | range,
    copied: Collection[int],
    spread_lumps: bool,
    day_of: DayOf,
) -> CopyPlan:
    """Plan to write the system's energies before a target's first row, and into its gaps.

    The target has at least one row; all are in order. Only chosen hours are written. What was copied before does not
    count as agreement, and says nothing of the target's counter. A lump is laid out over its hours only if wanted.
    """
    changes = changes_of(rows, target.unit_wh)
    resolution = resolution_of(change for hour, change in changes.items() if hour not in copied)
    gaps = tuple(find_gaps(changes, ours, resolution, day_of))
    apart = [hour for gap in gaps for hour in (*gap.hours, gap.back)]
    agreement = compared(changes, ours, [*apart, *copied], day_of)
    writer = _Writer(target, rows)
    before = [hour for hour in sorted(ours) if hour < rows[0].start and hour in chosen]
    writer.put_before([(hour, ours[hour]) for hour in before], changes[rows[0].start])
    filled = []
    for gap in gaps:
        hours = _written(gap, is_spread=spread_lumps)
        if not gap.is_known or not hours or not all(hour in chosen for hour in (*hours, gap.back)):
            continue
        writer.add_lost([(hour, ours[hour]) for hour in gap.lost])
        if spread_lumps:
            writer.lay_out([(hour, ours[hour]) for hour in gap.lumped], changes[gap.back], ours[gap.back], gap.back)
        filled.append(gap)
    return CopyPlan(
        target=target,
        basis=tuple(rows),
        agreement=agreement,
        gaps=gaps,
        filled=tuple(filled),
        inserts=tuple(writer.inserts),
        steps=_needed(writer.steps, [row.start for row in rows]),
        hours_before=len(before),
        added_wh=writer.added,
        spread_wh=writer.spread,
    )


def _written(gap: Gap, *, is_spread: bool) -> tuple[int, ...]:
    """Return the hours of a gap that get their energy."""
    return gap.hours if is_spread else gap.lost


class _Writer:
    """Collects the rows and the steps, from the oldest to the newest."""

    def __init__(self, target: Target, rows: Sequence[TargetRow]) -> None:
        self.inserts: list[TargetRow] = []
        self.steps: list[Step] = []
        self.added = 0.0
        self.spread = 0.0
        self._unit_wh = target.unit_wh
        self._rows = rows
        self._starts = [row.start for row in rows]

    def put_before(self, hours: Sequence[tuple[int, float]], first_change: float) -> None:
        """Put hours before the first row. Its counter tells their states, if it counts from the very beginning."""
        if not hours:
            return
        first, total = self._rows[0], fsum(energy for _, energy in hours)
        begin = None if first.state is None else first.state * self._unit_wh - first_change - total
        if begin is not None and begin < -SAME_WH:
            begin = None
        for hour, energy in hours:
            self.added += energy
            state = None if begin is None else (begin + self.added) / self._unit_wh
            self.inserts.append(TargetRow(hour, state, self.added / self._unit_wh, None))
        self._step(first.start)

    def add_lost(self, hours: Sequence[tuple[int, float]]) -> None:
        """Add the energies of hours that the target has lost. Its counter has stood still meanwhile."""
        for hour, energy in hours:
            self.added += energy
            self._write(hour, self.added, 0.0)
            self._step(hour + HOUR)

    def lay_out(self, hours: Sequence[tuple[int, float]], lump: float, own: float, back: int) -> None:
        """Lay a lump out over the hours that it is of, in proportion to what the system had; the sum after it stays."""
        total = fsum(energy for _, energy in hours) + own
        if not hours or total <= 0:
            return
        laid = 0.0
        for hour, energy in hours:
            laid += energy * lump / total
            self._write(hour, self.added + laid, laid)
            self.steps.append(Step(hour + HOUR, (self.added + laid) / self._unit_wh))
        self.spread += laid
        self._step(back)

    def _write(self, hour: int, more: float, counted: float) -> None:
        """Give an hour so many Wh more than the last row before the gap has: in a new row, or in the one it has."""
        index = bisect_left(self._starts, hour)
        if index < len(self._starts) and self._starts[index] == hour:
            self.steps.append(Step(hour, more / self._unit_wh))
            return
        last = self._rows[index - 1]
        state = None if last.state is None else last.state + counted / self._unit_wh
        self.inserts.append(TargetRow(hour, state, last.sum + more / self._unit_wh, last.last_reset))

    def _step(self, start: int) -> None:
        """Let the rows from an hour on follow what was added."""
        self.steps.append(Step(start, self.added / self._unit_wh))


def _needed(steps: Sequence[Step], starts: Sequence[int]) -> tuple[Step, ...]:
    """Return the steps that shift a row otherwise than the row before it. The last one is also for rows to come."""
    needed: list[Step] = []
    shift = 0.0
    # Of two steps at the same hour the later one says what holds.
    last = sorted({step.start: step for step in steps}.values(), key=lambda step: step.start)
    for step, following in zip_longest(last, last[1:]):
        index = bisect_left(starts, step.start)
        is_reached = following is None or (index < len(starts) and starts[index] < following.start)
        if is_reached and step.shift != shift:
            needed.append(step)
            shift = step.shift
    return tuple(needed)
