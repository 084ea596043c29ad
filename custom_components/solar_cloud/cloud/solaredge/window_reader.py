"""Reading quarter hours window by window: the newest window in every run, older ones where they were never read."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from ...model.data import SystemData
from ...model.series import EMPTY, Series
from ..errors import CloudError, CredentialRefused, MalformedAnswer, TemporarilyUnavailable, Throttled
from .settling import SETTLES, Recent, Values, open_at, recent_of, relearned, settling_delay
from .windows import LEAST_LOOK_BACK, QUARTER, Asked, Window, floor_quarter, late_windows, newest_window, older_windows

MAY_PASS = (Throttled, TemporarilyUnavailable, CredentialRefused, MalformedAnswer)
"""Failures that another try at the same time span may mend; any other refusal of it is final."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """The intervals that a job needs, and those that are known."""

    start: datetime
    """Every interval is needed from here on."""
    oldest: datetime
    """Gaps before it are not read any more."""
    known: Sequence[Series]
    """The known intervals: one series of the site, or one of each device that a request reads."""

    def known_of_all(self) -> Series:
        """Return the intervals that all series have."""
        shortest = min(self.known, key=len, default=EMPTY)
        return {start: one for start, one in shortest.items() if all(start in other for other in self.known)}

    def known_of_any(self) -> Series:
        """Return the intervals that any series has."""
        return {start: one for series in self.known for start, one in series.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Read[AnswerT]:
    """What one run has read."""

    answers: Sequence[tuple[Window, AnswerT]]
    """Newest first, each with the time whose buckets are full: the newest ones of an answer may still be filling."""
    notes: Mapping[str, str]
    """What is worth knowing in the next run."""


def asked_note(name: str) -> str:
    """Return the name of the note about the time that a job has asked for and got an answer to."""
    return f"asked_{name}"


class WindowReader[AnswerT]:
    """Reads the windows that one job needs; remembers for each system what has been asked for."""

    def __init__(self, name: str, values: Callable[[AnswerT, Window], Values]) -> None:
        """Take the job's name, and what returns the energies of the buckets that an answer brought."""
        self._note = asked_note(name)
        self._values = values
        self._asked: dict[str, Asked] = {}
        self._recent: dict[str, Recent] = {}

    async def read(
        self,
        data: SystemData,
        need: Need,
        fetch: Callable[[Window], Awaitable[AnswerT]],
        now: datetime,
        zone: ZoneInfo,
    ) -> Read[AnswerT]:
        """Return the answers of the newest window and of those before it that were never read.

        Raises the `CloudError` of the newest window. A failure of an older window does not cost what is newer: what was
        paid for is kept, the rest is read next time.
        """
        key, known_of_any = data.system.key, need.known_of_any()
        newest = newest_window(need.start, known_of_any, now, zone)
        answer = await fetch(newest)
        values = self._values(answer, newest)
        before = self._asked_before(data, newest)
        older = older_windows(newest, need.start, need.oldest, need.known_of_all(), before, zone)
        brought = {start for series in values.values() for start in series}
        older = older or late_windows(newest, need.oldest, known_of_any, brought, zone)
        answers: list[tuple[Window, AnswerT]] = []
        read_from = newest.start
        for window in older:
            try:
                answers.append((window, await fetch(window)))
            except MAY_PASS:
                break
            except CloudError:
                pass
            read_from = window.start
        settles = self._learned(key, values, answers, data.notes.get(SETTLES), now)
        full = Window(newest.start, min(newest.end, floor_quarter(now - settling_delay(settles))))
        # The last bucket may still be filling, and what is missing may only be late: after a pause it is read again.
        final = min(full.end, newest.end - QUARTER, _told_until(values, newest))
        read = Asked(read_from, max(newest.start, final))
        read = before.joined(read) if before else read
        self._asked[key] = read
        notes = {self._note: read.text()}
        if settles != data.notes.get(SETTLES, ""):
            notes[SETTLES] = settles
        return Read(answers=[(full, answer), *answers], notes=MappingProxyType(notes))

    def _learned(
        self,
        key: str,
        newest: Values,
        older: Sequence[tuple[Window, AnswerT]],
        note: str | None,
        now: datetime,
    ) -> str:
        """Return the note about the delay: the answers show whether the newest buckets of the last run were full."""
        before = self._recent.get(key, {})
        self._recent[key] = recent_of(newest, QUARTER, now)
        ages = [open_at(before, values) for values in (newest, *(self._values(one, window) for window, one in older))]
        return relearned(note, now, max((age for age in ages if age is not None), default=None))

    def _asked_before(self, data: SystemData, newest: Window) -> Asked | None:
        """Return what has been asked for before, also before a restart; what lies in the future is forgotten."""
        asked = self._asked.get(data.system.key) or Asked.of(data.notes.get(self._note))
        return None if asked is None or asked.end > newest.end else asked


def _told_until(values: Values, window: Window) -> datetime:
    """Return the first bucket of a window that a series lacks and that may still come, else the end of the window."""
    at = max(window.start, window.end - LEAST_LOOK_BACK)
    series = [one for one in values.values() if one]
    while at < window.end and series and all(at in one for one in series):
        at += QUARTER
    return at


def delayed(delay: timedelta, note: str | None) -> timedelta:
    """Return how long after the end of a bucket it is worth asking for: not before it is full."""
    return max(delay, settling_delay(note))
