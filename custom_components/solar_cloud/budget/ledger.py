"""The ledger of one metered credential: what was spent, and whether one more request may go.

Pure: clock values (aware UTC) are passed in, and what must be on disk is handed out. A crash may make it count too many
requests, never too few: a few at a time are *leased*, and the state that is written before the first of them is sent
counts all of them as spent.

Requests are counted by UTC day. So a month's turn, a changed billing day and a clock that was set back need no special
care: what counts is the sum of all days since the cycle began, those that lie in the future of a wrong clock included.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
import math
from typing import Any

from .cycle import cycle_start, next_cycle
from .limit import LimitReached, Scope
from .owners_share import OwnersShare, part_of
from .plan import Limits
from .state import LedgerState, read_state

LEASE = 5
"""Requests written to disk at a time; what a crash may over-count."""
MINUTE = timedelta(seconds=60)
LEAST = {Scope.MINUTE: 2, Scope.MONTH: 30}
"""No plan has fewer requests: a cloud that names a smaller number has named something else."""
LONGEST_BLOCK = {Scope.MINUTE: timedelta(hours=1), Scope.MONTH: timedelta(days=32)}
"""No limit lasts longer: a later instant is a mistake of a clock."""


class Ledger:
    """The count of requests under one credential, obeying `Limits`: see the module's text for how."""

    def __init__(self, limits: Limits, stored: Mapping[str, Any] | None = None, *, cycle_day: int = 1) -> None:
        """Begin anew, or from what `lease`, `snapshot` or `as_dict` gave out; `stored` may be damaged.

        `cycle_day` is the day of the month that the vendor's count begins again on: 1 for Enphase (UTC calendar month),
        the day of the billing cycle for SolarEdge.
        """
        self._limits = limits
        self._cycle_day = cycle_day
        self._state: LedgerState = read_state(stored)
        if self._state.limits != (limits.per_minute, limits.per_month):
            self._forget_learned()

    @property
    def limits(self) -> Limits:
        """The limits in force: the plan's, or what the cloud itself said of this period where that is lower."""
        return Limits(
            per_minute=self._lower(Scope.MINUTE, self._limits.per_minute),
            per_month=self._lower(Scope.MONTH, self._limits.per_month),
        )

    def set_limits(self, limits: Limits, now: datetime) -> None:
        """Take over another plan: what was used stays used, what the cloud said about the old plan is forgotten."""
        self._settle(now)
        if limits != self._limits:
            self._limits = limits
            self._forget_learned()

    def confirm_limits(self, now: datetime) -> None:
        """Forget the limits that the cloud named: the plan's owner has just said which one it is."""
        self._settle(now)
        self._state.learned.clear()
        self._state.learned_on.clear()

    def set_cycle_day(self, cycle_day: int) -> None:
        """Take over the day of the month that the vendor's count begins again on: requests are kept by day."""
        self._cycle_day = cycle_day

    def wait(self, now: datetime, *, owner: bool = False) -> timedelta:
        """Return how long the next request has to wait for a slot in the minute; 0: it may go now.

        `owner`: the owner asked for it, and it may use the last 5 % of the month. Raises `LimitReached` when the share
        of the month is spent, or when the cloud said that nothing may be sent before a certain time.
        """
        self._settle(now)
        self._heed(now)
        for scope in (Scope.MONTH, Scope.MINUTE):
            if until := self._state.blocked.get(scope):
                raise LimitReached(until, scope)
        limits = self.limits
        if (self.left(now) if owner else self.left_for_readings(now)) <= 0:
            raise LimitReached(self.resets_at(now), Scope.MONTH)
        recent = self._state.recent
        if len(recent) < limits.minute_share:
            return timedelta(0)
        return recent[-limits.minute_share] + MINUTE - now

    def needs_lease(self, now: datetime) -> bool:
        """Return whether no request is left that is on disk already."""
        self._settle(now)
        return self._state.leased <= 0

    def lease(self, now: datetime) -> dict[str, Any]:
        """Take a lease of a few requests, never past the limit; return what must be on disk before one is sent."""
        self._settle(now)
        left = self.limits.per_month - self.used(now)
        self._state.leased = max(0, min(LEASE, left))
        self._state.lease_day = _day(now)
        return self.snapshot()

    def spend(self, now: datetime, *, asked: bool = False) -> None:
        """Count one request that is being sent, whatever will come of it; `asked`: somebody asked before it was due."""
        self._settle(now)
        today = _day(now)
        self._state.days[today] = self._state.days.get(today, 0) + 1
        if asked:
            self._state.asked[today] = self._state.asked.get(today, 0) + 1
        self._state.recent.append(now)
        self._state.leased = max(0, self._state.leased - 1)

    def learn(self, throttled_until: datetime | None, scope: Scope, now: datetime, limit: int | None = None) -> None:
        """Record what the cloud said: send nothing before an instant, and how many requests it really allows.

        A limit above the plan's changes nothing. That of a month holds until the month ends, that of a minute until the
        next day ends: the cloud says it again if it is still true. A month that the cloud calls full counts as used up
        to its limit: another program uses the same credential.
        """
        self._settle(now)
        if limit is not None and limit >= 1:
            self._state.learned[scope] = limit
            self._state.learned_on[scope] = _day(now)
        if throttled_until is None or throttled_until <= now:
            return
        self._state.blocked[scope] = min(throttled_until, now + LONGEST_BLOCK[scope])
        if scope is Scope.MONTH and limit is not None and (unknown := limit - self.used(now)) > 0:
            self._state.days[_day(now)] = self._state.days.get(_day(now), 0) + unknown

    def used(self, now: datetime) -> int:
        """Return the requests of this cycle that were sent, or must be taken to be."""
        self._settle(now)
        start = cycle_start(_day(now), self._cycle_day)
        return sum(count for day, count in self._state.days.items() if day >= start)

    def blocked(self, scope: Scope, now: datetime) -> datetime | None:
        """Return until when the cloud itself said that nothing may be sent, because of this limit (aware UTC)."""
        self._settle(now)
        return self._state.blocked.get(scope)

    def left(self, now: datetime) -> int:
        """Return the requests that the plan still allows in this cycle, the owner's share included."""
        return max(0, self.limits.per_month - self.used(now))

    def left_for_readings(self, now: datetime) -> int:
        """Return the requests that may still be sent in this cycle without anybody asking.

        What is asked for is taken from the last 5 % first, which is there for that.
        """
        return max(0, min(self.left(now), self.limits.month_share + self._asked(now) - self.used(now)))

    def owners_share(self, now: datetime) -> OwnersShare:
        """Return what may still be asked for by hand."""
        self._settle(now)
        today = self._state.asked.get(_day(now), 0)
        return OwnersShare(
            part=part_of(self.limits),
            before=self._asked(now) - today,
            today=today,
            midnight=_midnight(_day(now)),
            resets_at=self.resets_at(now),
        )

    def resets_at(self, now: datetime) -> datetime:
        """Return when the count begins again (aware UTC)."""
        return _midnight(next_cycle(_day(now), self._cycle_day))

    def snapshot(self) -> dict[str, Any]:
        """Return what must be on disk now; the open lease stays open."""
        self._state.limits = (self._limits.per_minute, self._limits.per_month)
        return self._state.as_dict()

    def as_dict(self) -> dict[str, Any]:
        """Return what must be on disk after a clean shutdown: requests that were leased and not sent are given back."""
        self._state.leased = 0
        return self.snapshot()

    def _asked(self, now: datetime) -> int:
        """Return the requests of this cycle that somebody asked for."""
        start = cycle_start(_day(now), self._cycle_day)
        return sum(count for day, count in self._state.asked.items() if day >= start)

    def _lower(self, scope: Scope, planned: int) -> int:
        """Return a limit of the plan, or what the cloud named instead."""
        named = self._state.learned.get(scope)
        return planned if named is None else min(planned, max(named, LEAST[scope]))

    def _holds(self, scope: Scope, today: date, start: date) -> bool:
        """Return whether a limit that the cloud named is still one of this period; a later day is a clock's mistake."""
        said = self._state.learned_on.get(scope, today)
        since = start if scope is Scope.MONTH else today - timedelta(days=1)
        return since <= said <= today + timedelta(days=1)

    def _forget_learned(self) -> None:
        self._state.learned.clear()
        self._state.learned_on.clear()
        self._state.blocked.clear()

    def _settle(self, now: datetime) -> None:
        """Bring the state up to the present: every public method begins with this."""
        state, today = self._state, _day(now)
        start = cycle_start(today, self._cycle_day)
        if state.last_seen and cycle_start(state.last_seen, self._cycle_day) == cycle_start(
            start - timedelta(days=1), self._cycle_day
        ):
            # The month turned under our eyes: this clock runs true, and a wrong one counted days of later months.
            end = next_cycle(today, self._cycle_day)
            state.days = {day: count for day, count in state.days.items() if day < end}
            state.asked = {day: count for day, count in state.asked.items() if day < end}
        state.last_seen = today
        state.learned = {scope: limit for scope, limit in state.learned.items() if self._holds(scope, today, start)}
        if state.doubtful:
            self._assume(now, start)
        if state.unclean:
            # Of a lease that was not closed nobody knows when its requests went: the latest possible is now.
            state.recent = [*state.recent, *(now for _ in range(state.unclean))]
            state.unclean = 0
        if state.leased and state.lease_day < start:
            state.leased = 0
        state.recent = [sent for sent in state.recent if now - sent < MINUTE]
        state.blocked = {scope: until for scope, until in state.blocked.items() if now < until}

    def _heed(self, now: datetime) -> None:
        """Let nobody wait for more than a minute, or for what the cloud never said, after the clock was set back.

        Only who sends asks with the clock itself. Who reads the count may ask with an instant of some minutes ago, and
        must not make requests older than they are.
        """
        state = self._state
        state.recent = [min(sent, now) for sent in state.recent]
        state.blocked = {scope: until for scope, until in state.blocked.items() if until <= now + LONGEST_BLOCK[scope]}

    def _assume(self, now: datetime, start: date) -> None:
        """Fill up a count that could not be read: what an even pace had sent by now, and the owner's share."""
        self._state.doubtful = False
        begin = _midnight(start)
        elapsed = (now - begin) / (self.resets_at(now) - begin)
        limits = self.limits
        owners = limits.per_month - limits.month_share
        most = min(math.ceil(limits.per_month * elapsed) + owners, limits.per_month)
        unknown = most - sum(count for day, count in self._state.days.items() if day >= start)
        if unknown > 0:
            self._state.days[_day(now)] = self._state.days.get(_day(now), 0) + unknown


def _day(now: datetime) -> date:
    return now.astimezone(UTC).date()


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
