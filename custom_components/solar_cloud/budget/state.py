"""What a ledger remembers, and reading it back from a file that may be damaged, old or edited by hand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from .limit import Scope

MOST_DAYS = 100
"""Days that are remembered: three cycles, the longest that one may need is 31."""
MOST_REQUESTS = 10**9
"""More than any plan sells in a day: a greater count is damage."""
NEVER = date.min
YEARS = range(1970, 9000)
"""What a clock, however wrong, may say; beyond it the arithmetic of months runs off the calendar."""


@dataclass(slots=True, kw_only=True)
class LedgerState:
    """The memory of one ledger. Mutable, and nobody's but the ledger's."""

    days: dict[date, int] = field(default_factory=dict)
    """Requests sent, by UTC day."""
    asked: dict[date, int] = field(default_factory=dict)
    """Those of them that somebody asked for before they were due, by UTC day."""
    recent: list[datetime] = field(default_factory=list)
    """When requests were sent in the last minute, ascending."""
    leased: int = 0
    """Requests that are on disk as spent and have not been sent."""
    lease_day: date = NEVER
    blocked: dict[Scope, datetime] = field(default_factory=dict)
    """What the cloud said: nothing may be sent before."""
    learned: dict[Scope, int] = field(default_factory=dict)
    """The limits that the cloud itself named."""
    learned_on: dict[Scope, date] = field(default_factory=dict)
    """The UTC day on which it did."""
    limits: tuple[int, int] | None = None
    """The plan that `blocked` and `learned` were said about: per minute, per month."""
    last_seen: date | None = None
    """The UTC day of the newest clock value."""
    unclean: int = 0
    """Leased requests of a run that did not end cleanly."""
    doubtful: bool = False
    """Whether the count could not be read wholly, so that it may be too low."""

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain JSON data; open leases are in it as such."""
        today = self.last_seen
        kept = sorted(self.days)[-MOST_DAYS:]
        days = {day.isoformat(): count for day, count in self.days.items() if day in kept or day == today}
        return {
            "days": days,
            # A second witness: days that are missing in a damaged file are not taken for days without requests.
            "sum": sum(days.values()),
            "asked": {day.isoformat(): count for day, count in self.asked.items() if day in kept or day == today},
            "recent": [moment.isoformat() for moment in self.recent],
            "leased": self.leased,
            "lease_day": self.lease_day.isoformat(),
            "blocked": {str(scope): until.isoformat() for scope, until in self.blocked.items()},
            "learned": {str(scope): limit for scope, limit in self.learned.items()},
            "learned_on": {
                str(scope): day.isoformat() for scope, day in self.learned_on.items() if scope in self.learned
            },
            "limits": list(self.limits) if self.limits else None,
            "last_seen": today.isoformat() if today else None,
        }


def read_state(stored: Any) -> LedgerState:
    """Read what `LedgerState.as_dict` wrote. What cannot be read never lowers the count: it makes the state doubtful.

    `None` and an empty mapping are a credential that is used for the first time.
    """
    state = LedgerState()
    if stored is None or stored == {}:
        return state
    if not isinstance(stored, Mapping):
        state.doubtful = True
        return state
    _read_days(state, stored.get("days"))
    # Older files have no sum.
    if (total := stored.get("sum", 0)) != 0 and _count(total) != sum(state.days.values()):
        state.doubtful = True
    _read_asked(state, stored.get("asked"))
    _read_lease(state, stored.get("leased"), stored.get("lease_day"))
    recent = stored.get("recent")
    state.recent = sorted(moment for item in _items(recent) if (moment := _moment(item)))
    state.unclean += len(_items(recent)) - len(state.recent)
    for scope in Scope:
        if until := _moment(_member(stored.get("blocked"), scope)):
            state.blocked[scope] = until
        if (limit := _count(_member(stored.get("learned"), scope))) is not None and limit >= 1:
            state.learned[scope] = limit
            # Older files do not say when: at the latest when they were written.
            said = _date(_member(stored.get("learned_on"), scope)) or _date(stored.get("last_seen"))
            if said is not None:
                state.learned_on[scope] = said
    match [_count(item) for item in _items(stored.get("limits"))]:
        case [int() as per_minute, int() as per_month]:
            state.limits = (per_minute, per_month)
    state.last_seen = _date(stored.get("last_seen"))
    return state


def _read_days(state: LedgerState, stored: Any) -> None:
    if not isinstance(stored, Mapping):
        state.doubtful = True
        return
    for key, value in stored.items():
        day, count = _date(key), _count(value)
        if day is None or count is None:
            state.doubtful = True
        else:
            state.days[day] = count


def _read_asked(state: LedgerState, stored: Any) -> None:
    """Take over what somebody asked for; what is damaged is left out, and more than was sent is not believed."""
    for key, value in stored.items() if isinstance(stored, Mapping) else ():
        if (day := _date(key)) is not None and (count := _count(value)):
            state.asked[day] = min(count, state.days.get(day, 0))


def _read_lease(state: LedgerState, leased: Any, lease_day: Any) -> None:
    """Count a lease that was not given back as spent: nobody knows how much of it was."""
    count, day = _count(leased), _date(lease_day)
    if count is None or (count and day is None):
        state.doubtful = True
    elif count and day:
        state.days[day] = state.days.get(day, 0) + count
        state.unclean = count


def _items(value: Any) -> list[Any]:
    return value[:1000] if isinstance(value, list) else []


def _member(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, Mapping) else None


def _count(value: Any) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_REQUESTS:
        return value
    return None


def _date(value: Any) -> date | None:
    if not isinstance(value, str):
        return None
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return None
    return day if day.year in YEARS else None


def _moment(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo and moment.year in YEARS else None
    except ValueError, OverflowError:
        return None
