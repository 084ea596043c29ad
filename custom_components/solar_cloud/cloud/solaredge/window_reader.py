"""Reading quarter hours window by window: the newest window in every run, older ones where they were never read."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from ...model.elements import System
from ...model.series import EMPTY, Series
from ..errors import CloudError, CredentialRefused, MalformedAnswer, TemporarilyUnavailable, Throttled
from .windows import Asked, Window, late_windows, newest_window, older_windows

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


class WindowReader[AnswerT]:
    """Reads the windows that one job needs; remembers for each system what has been asked for."""

    def __init__(self, starts: Callable[[AnswerT, Window], Iterable[datetime]]) -> None:
        """Take what returns the starts of the buckets that an answer brought."""
        self._starts = starts
        self._asked: dict[str, Asked] = {}

    async def read(
        self, system: System, need: Need, fetch: Callable[[Window], Awaitable[AnswerT]], now: datetime, zone: ZoneInfo
    ) -> list[tuple[Window, AnswerT]]:
        """Return the answers of the newest window and of those before it that were never read, newest first.

        Raises the `CloudError` of the newest window. A failure of an older window does not cost what is newer: what was
        paid for is kept, the rest is read next time.
        """
        known_of_any = need.known_of_any()
        newest = newest_window(need.start, known_of_any, now, zone)
        answer = await fetch(newest)
        answers = [(newest, answer)]
        before = self._asked.get(system.key)
        older = older_windows(newest, need.start, need.oldest, need.known_of_all(), before, zone)
        older = older or late_windows(newest, need.oldest, known_of_any, self._starts(answer, newest), zone)
        read = Asked(newest.start, newest.end)
        for window in older:
            try:
                answers.append((window, await fetch(window)))
            except MAY_PASS:
                break
            except CloudError:
                pass
            read = Asked(window.start, read.end)
        self._asked[system.key] = before.joined(read) if before else read
        return answers
