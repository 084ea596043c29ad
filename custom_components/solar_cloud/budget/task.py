"""One job of one system: what is known of it, and when it is next worth its requests at a given rate.

Instants are seconds since the Unix epoch.
"""

from collections.abc import Mapping
from typing import Any

from ..sky.sun import DAY
from .daylight import Daylight, Span
from .dayplan import DayPlan, read_plan
from .rates import Demand, PacedJob, Rate
from .rhythm import Rhythm
from .stored import number

FINISHING = 20
"""Readings of a day that allow one more after sunset. With fewer, the next morning's has to finish the day."""
FINISH_WITHIN = 8 * 3600.0
"""Seconds after sunset in which that one still comes, where nothing could be sent: in winter until midnight."""
LANDING = 4
"""Readings of a day and more begin and end with the light, where the night has readings too."""
DAWN = 3600.0
"""Seconds after sunrise and before sunset in which inverters may be silent, depending on their roof."""
UNDECIDED = 0.75
"""Readings that the rest of a day may be off their whole number before another one is taken."""
LOOK_BACK = 2 * DAY
CUT_OFF = 3
"""Answers in a row without anything newer, over so much light, that no inverter which is asleep explains."""
CUT_OFF_LIGHT = 4 * 3600.0


class Task:
    """One job of one system."""

    __slots__ = (
        "_aim",
        "_changed",
        "_hold",
        "_later",
        "_phase",
        "_plan",
        "_shift",
        "cadence",
        "demand",
        "is_awaited",
        "job",
        "ran_at",
        "rank",
        "rhythm",
    )

    def __init__(self, job: PacedJob) -> None:
        """Begin with a job that never ran."""
        self.job = job
        self.demand = Demand(job)
        """What all systems that have the job in this form need together."""
        self.cadence = job.cadence.total_seconds()
        self.rhythm = Rhythm(self.cadence, job.delay.total_seconds())
        self.ran_at: float | None = None
        self.rank = 0
        """The place among the system's jobs that follow the sun."""
        self._phase = 0.0
        self._plan: DayPlan | None = None
        self._aim: float | None = None
        """Where a report was looked for, around the clock."""
        self._shift = 0.0
        """By how much the one that was read ends before it: what one gap lacks, the next one gets."""
        self._later = 0
        """Readings by day after the one that was looked for, around the clock."""
        self._changed = False
        """Whether the next time has not been asked for since the job took another form."""
        self._hold = 0.0
        """The instant before which the other form alone causes no request."""
        self.is_awaited = False
        """Whether the system was cut off, and another job has shown since that it reports again."""

    def become(self, job: PacedJob) -> None:
        """Take over another form of the job: when it ran and what its cloud's rhythm is stay known."""
        if job == self.job:
            return
        if (job.cadence, job.delay) != (self.job.cadence, self.job.delay):
            self.cadence = job.cadence.total_seconds()
            anchor, self.rhythm = self.rhythm.anchor, Rhythm(self.cadence, job.delay.total_seconds())
            self.rhythm.anchor = anchor
        self.job = job
        self._plan = self._aim = None
        self._shift = 0.0
        self._changed = True

    def replan(self, phase: float) -> None:
        """Forget how the day was laid out, because it is another system's turn or pace now.

        `phase` (0 … 1) says which of several systems gets the reading that cannot be divided.
        """
        self._phase = phase
        self._plan = None

    def as_dict(self) -> dict[str, Any]:
        """Return what is worth keeping over a restart, as plain JSON data."""
        return {
            "ran_at": self.ran_at,
            "shift": self._shift,
            "later": self._later,
            "plan": self._plan.as_list() if self._plan else None,
            **self.rhythm.as_dict(),
        }

    def recall(self, stored: Any) -> None:
        """Take over what `as_dict` gave out; what is damaged or missing counts as unknown."""
        if isinstance(stored, Mapping):
            self.ran_at = number(stored.get("ran_at"))
            self.rhythm.recall(stored)
            self._shift = min(max(number(stored.get("shift")) or 0.0, -self.cadence), self.cadence)
            later = stored.get("later")
            self._later = later if isinstance(later, int) and not isinstance(later, bool) else 0
            self._plan = read_plan(stored.get("plan"), self.cadence)

    def ran(self, daylight: Daylight, now: float, end: float | None) -> bool:
        """Note an answer, and where the newest interval in it ends.

        Return whether it shows that a system reports again which was cut off from its cloud.
        """
        rhythm, before = self.rhythm, self.rhythm.anchor
        was_cut_off = self._is_cut_off(daylight)
        self.is_awaited = False
        self.ran_at = now
        if before is not None and before > now + self.cadence:
            rhythm.anchor = before = None
        if end is not None:
            rhythm.learn(now, end, steady=steady(daylight, now))
        elif before is not None:
            rhythm.silent += 1
        newest = rhythm.anchor if rhythm.anchor is not None else now - rhythm.delay
        self._shift = min(max((self._aim or newest) - newest, -rhythm.cadence), rhythm.cadence)
        self._later -= newest != before
        if self._plan is not None:
            self._plan.read(newest if newest != before else None, rhythm.cadence)
        return was_cut_off and newest != before

    def _is_cut_off(self, daylight: Daylight) -> bool:
        """Return whether nothing newer has come for hours of light, however often it was asked for."""
        anchor, ran_at = self.rhythm.anchor, self.ran_at
        if anchor is None or ran_at is None or self.rhythm.silent < CUT_OFF:
            return False
        return daylight.seconds(max(anchor, ran_at - LOOK_BACK), ran_at) >= CUT_OFF_LIGHT

    def system_is_back(self) -> None:
        """Note that the system reports again: what the last answer of this job lacked is worth reading now."""
        self.is_awaited = self.rhythm.silent > 0

    def pause(self, daylight: Daylight, now: float, rate: Rate) -> float:
        """Return how long nothing may be sent after the newest answer.

        Where no answer has ever said what it is of, the cloud has nothing newer within the cadence.
        """
        if self.rhythm.anchor is None:
            return self.cadence
        if not self.rhythm.silent:
            return self.cadence / 4
        gap = 1 / rate.light if rate.light > 0 else self.cadence
        return max(self.cadence / 4, self.rhythm.pause(gap, steady=steady(daylight, now)))

    def rounded(self, due: float, now: float, offset: float) -> float:
        """Return when to send what should have been sent a moment ago: at once, or with the next report.

        A job that is much too late runs at once. One that is late only because it took another form waits for the next
        report.
        """
        rhythm = self.rhythm
        late = (now - offset - rhythm.delay - self._newest()) % rhythm.cadence
        if self._changed:
            self._changed = False
            self._hold = now - late + rhythm.cadence if due <= now else 0.0
        due = max(due, self._hold)
        if due >= now or due < now - rhythm.cadence or rhythm.anchor is None:
            return due
        return due if late <= rhythm.cadence / 2 else now - late + rhythm.cadence

    def around_the_clock(self, daylight: Daylight, now: float, rate: Rate, reset: float) -> float | None:
        """Return when a job is due that reports something in the dark too, `None` if not in this cycle.

        The time since the newest report counts, an hour of the night less than one of the day, until it makes one
        reading. Where a day has some readings they are laid so that one takes the report at sunrise, which is the
        night's last, and one the first report after sunset.
        """
        rhythm = self.rhythm
        at = max(self._known_until(daylight), now - LOOK_BACK)
        spans, index = daylight.spans(at)
        need = 1.0
        while at < reset:
            lit = index < len(spans) and spans[index].rise <= at
            pace = rate.light if lit else rate.dark
            if lit and rate.full:
                self._aim = rhythm.after(at + 1)
                return self._aim + rhythm.delay
            until = reset
            if index < len(spans):
                span = spans[index]
                until = span.set if lit else span.rise
                if _lands(span, rate) and (lit or (until - at) * rate.light >= 1):
                    if lit:
                        pace -= _night_surplus(spans, index, rate) / (span.set - span.rise)
                    return self._landing(at, until, need, pace, before=not lit) + rhythm.delay
                until = min(until, reset)
            index += lit
            if pace * (until - at) >= need:
                self._aim = at + need / pace
                return rhythm.near(self._aim) + rhythm.delay
            need -= pace * (until - at)
            at = until
        return None

    def _landing(self, at: float, until: float, need: float, pace: float, *, before: bool) -> float:
        """Return the next report to read where the last one is to end at an instant, or just before or after it."""
        last = self.rhythm.near(until) if before else self.rhythm.after(until)
        exact = pace * (until - at) - need
        if self._later < 0 or abs(exact - self._later) > UNDECIDED:
            self._later = max(0, round(exact))
        self._aim = at + need / (need + self._later) * (last - at)
        return self.rhythm.near(self._aim)

    def _known_until(self, daylight: Daylight) -> float:
        """Return up to when a job that runs around the clock counts as done."""
        done = self._newest() + self._shift
        if self.rhythm.silent > 1 and self.ran_at is not None and not _is_lit(daylight, self.ran_at):
            # Nothing comes in the dark: asking goes on at its pace, as if something had come.
            return max(done, self.ran_at - self.rhythm.delay)
        return done

    def by_day(
        self, daylight: Daylight, now: float, rate: Rate, reset: float, *, shift: float, pulse: float
    ) -> float | None:
        """Return when a job is due that follows the sun, `None` if not in this cycle.

        `shift` is how many reports later than others this one begins its day; `pulse` is how often it runs where there
        is no light at all.
        """
        rhythm, ran_at = self.rhythm, self.ran_at or 0.0
        spans, index = daylight.spans(now)
        if index and now < spans[index - 1].set + FINISH_WITHIN and _finishes(over := spans[index - 1], rate):
            last = rhythm.after(over.set) + rhythm.delay
            if over.rise <= ran_at < over.set + rhythm.delay:
                return last
        due: float | None = None
        ahead = index
        while due is None and ahead < len(spans) and spans[ahead].rise < reset:
            due = self._in_span(daylight, spans[ahead], rate, reset, shift, keep=ahead == index)
            ahead += 1
        if index == 0 or spans[index - 1].set <= ran_at:
            # Nothing but darkness since the last answer.
            rise = spans[index].rise if index < len(spans) else reset
            if rise > ran_at + pulse:
                return ran_at + pulse
        return due

    def _in_span(
        self, daylight: Daylight, span: Span, rate: Rate, reset: float, shift: float, *, keep: bool
    ) -> float | None:
        """Return when the next report of a stretch of light is to be read, `None` if none is left to be."""
        rhythm, newest = self.rhythm, self._newest()
        plan = self._plan
        start = max(span.rise, newest)
        finishes = _finishes(span, rate) and span.set + rhythm.delay < reset
        if (
            plan is None
            or plan.span != span
            or plan.cut != (reset < span.set)
            or plan.finishes != finishes
            or not plan.fits(rate.light, start, full=rate.full)
        ):
            begins = plan is None or plan.span != span
            plan = self._drawn(daylight, span, start, rate, reset, finishes=finishes)
            if begins and not plan.full:
                plan.base += shift * rhythm.cadence
            if keep:
                self._plan = plan
        if (target := plan.target()) is not None:
            report = rhythm.after(newest + 1) if plan.full else rhythm.near(target)
            if report <= span.rise:
                report = rhythm.after(span.rise + 1)
            if report + (0 if finishes else rhythm.delay) < span.set:
                return report + rhythm.delay
        if finishes and (self.ran_at or 0.0) < span.set + rhythm.delay:
            return rhythm.after(span.set) + rhythm.delay
        return None

    def _drawn(
        self, daylight: Daylight, span: Span, start: float, rate: Rate, reset: float, *, finishes: bool
    ) -> DayPlan:
        """Return a new plan; over the days its readings add up to the rate, although each has a whole number."""
        end = min(span.set, reset)
        cut = reset < span.set
        until_start = self._phase + rate.light * daylight.seconds(start, reset)
        until_end = self._phase + rate.light * daylight.seconds(end, reset)
        plan = DayPlan(
            span=span,
            stop=end if cut or finishes else end - self.rhythm.delay,
            cut=cut,
            finishes=finishes,
            full=rate.full,
            left=int(until_start) - int(until_end) - finishes,
            base=start,
        )
        plan.begin(start, self.rhythm.cadence)
        return plan

    def _newest(self) -> float:
        anchor = self.rhythm.anchor
        return anchor if anchor is not None else (self.ran_at or 0.0) - self.rhythm.delay


def steady(daylight: Daylight, moment: float) -> bool:
    """Return whether the sun is well up, so that every report is to be expected."""
    spans, index = daylight.spans(moment)
    return index < len(spans) and spans[index].rise + DAWN <= moment <= spans[index].set - DAWN


def _lands(span: Span, rate: Rate) -> bool:
    return not rate.full and rate.light * (span.set - span.rise) >= LANDING


def _night_surplus(spans: list[Span], index: int, rate: Rate) -> float:
    """Return how many readings the night before a stretch of light gets beyond its part: the day gives them back."""
    night = spans[index].rise - spans[index - 1].set if index else 0.0
    if night * rate.light < 1:
        return 0.0
    return max(1, round(night * rate.dark)) - night * rate.dark


def _is_lit(daylight: Daylight, moment: float) -> bool:
    spans, index = daylight.spans(moment)
    return index < len(spans) and spans[index].rise <= moment


def _finishes(span: Span, rate: Rate) -> bool:
    return rate.full or rate.light * (span.set - span.rise) >= FINISHING
