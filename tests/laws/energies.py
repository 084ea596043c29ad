"""Laws 1 to 4 for energies: of the day, of the life."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from simulator.plant.slots import slot_of, slot_time
from simulator.scenarios import FlowName, Stage

from .tracks import Slack, Track, age, ends_of_energy
from .violations import Violations

DAY, HALF_AN_HOUR = timedelta(days=1), timedelta(minutes=30)
LEAST_WH = 100
"""What a counter may miss although it stands still."""


@dataclass(slots=True)
class Seen:
    """What is remembered of a counter."""

    value: float | None = None
    day: int = 0
    """The slot that the value's day began with."""
    changed_at: datetime | None = None
    changed_at_wh: float = 0.0
    """What was true when it changed last."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A value of an entity, and what it is to be compared with."""

    key: str
    energy_wh: float
    now: datetime
    bound: timedelta
    """How old it may be."""
    lenient: bool
    """Whether it may be older, as nobody can know better."""


class Energies:
    """Judges the counters of one run."""

    def __init__(self, stage: Stage, found: Violations) -> None:
        self._stage = stage
        self._found = found
        self._seen: dict[str, Seen] = {}
        self._first = slot_of(stage.plant.operational_at)

    def slack(self, names: frozenset[FlowName], track: Track, now: datetime, gap: timedelta) -> Slack:
        """Return what a value of flows may lack or have too much after what their cloud told.

        `gap` is how long ago they were read.
        """
        stage, slack = self._stage, Slack()
        slack.more = sum(wh for flow, wh, since in stage.overtold if flow in names and since <= now)
        spans = [*stage.lost, *([stage.late] if stage.late else [])]
        for flows, start, end in spans:
            if names & set(flows):
                slack.lose(track, start, end)
        if stage.zeros_until and now < stage.after(12):
            since = now - stage.zeros_until - timedelta(minutes=30)
            slack.lose(track, since, now)
            if "consumption" in names:
                # It follows from production less what goes elsewhere, of which only a part may have been told.
                slack.more += sum(stage.truth.wh(flow, since - gap, now) for flow in ("grid_export", "battery_charge"))
        if stage.late_until_now:
            # What was read then lacked as much.
            slack.lose(track, now - stage.late_until_now - max(gap, HALF_AN_HOUR), now)
        return slack

    def judge_day(self, claim: Claim, track: Track, slack: Slack, law: int) -> None:
        """Judge an energy since the plant's midnight."""
        plant, now, energy_wh = self._stage.plant, claim.now, claim.energy_wh
        start, _ = plant.day_slots(plant.local_day(now))
        newest = max(slot_of(now), start)
        if energy_wh < 0:
            self._found.add(3, claim.key, "below zero", now, seen=energy_wh)
        most = track.until(newest) - track.until(start)
        ends = ends_of_energy(track, start, energy_wh, start, newest, slack)
        if ends is None:
            more = energy_wh > most + slack.more + 1
            why = "more than there was" if more else "at no time of the day"
            self._found.add(
                law or (3 if more else 1), claim.key, why, now, seen=round(energy_wh, 2), right=f"≤ {most:.1f}"
            )
        elif age(ends[1], now) > claim.bound and not claim.lenient:
            seen = f"{energy_wh:.1f} of {slot_time(ends[1]):%d %H:%M}"
            self._found.add(2, claim.key, "too old", now, seen=seen, right=f"{most:.1f}")
        seen = self._seen.setdefault(claim.key, Seen())
        # What was told too much of the same intervals may be taken back.
        if seen.value is not None and seen.day == start and energy_wh < seen.value - slack.more - 0.5:
            self._found.add(4, claim.key, "fell within a day", now, seen=energy_wh, right=seen.value)
        seen.value, seen.day = energy_wh, start

    def judge_rise(self, claim: Claim) -> None:
        """Judge a lifetime of which nothing else is known."""
        seen = self._seen.setdefault(claim.key, Seen())
        if seen.value is not None and claim.energy_wh < seen.value - 0.5:
            self._found.add(4, claim.key, "fell", claim.now, seen=claim.energy_wh, right=seen.value)
        seen.value = claim.energy_wh

    def judge_life(self, claim: Claim, track: Track, slack: Slack, law: int, *, relative: bool) -> None:
        """Judge an energy since the plant was there; `relative`: only how it grows."""
        now, energy_wh = claim.now, claim.energy_wh
        seen = self._seen.setdefault(claim.key, Seen())
        newest = slot_of(now)
        counted = track.until(newest)
        if seen.value is not None and energy_wh < seen.value - 0.5:
            self._found.add(4, claim.key, "fell", now, seen=energy_wh, right=seen.value)
        if relative:
            if seen.value is not None and seen.changed_at is not None:
                oldest = slot_of(seen.changed_at - claim.bound - DAY)
                allowed = counted - track.until(max(self._first, oldest))
                if energy_wh - seen.value > allowed + 1:
                    self._found.add(4, claim.key, "jumped", now, seen=energy_wh - seen.value, right=f"≤ {allowed:.0f}")
        elif ends_of_energy(track, self._first, energy_wh, self._first, newest, slack) is None:
            why = "more than there was" if energy_wh > counted + slack.more else "at no time"
            self._found.add(law or 4, claim.key, why, now, seen=round(energy_wh, 1), right=f"≤ {counted:.1f}")
        if seen.value is None or energy_wh > seen.value + 0.5 or seen.changed_at is None:
            seen.changed_at, seen.changed_at_wh = now, counted
        elif now - seen.changed_at > DAY + claim.bound and not claim.lenient:
            due = track.until(slot_of(now - DAY)) - seen.changed_at_wh
            if due > LEAST_WH:
                self._found.add(4, claim.key, "stands still", now, seen=round(energy_wh), right=f"+{due:.0f} a day ago")
        seen.value = energy_wh
