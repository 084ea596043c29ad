"""An OAuth grant: a pair of an access token and a refresh token that must never be lost.

Both vendors rotate: each refresh gives a new pair, and the old refresh token is not valid any more. So there is one
refresh at a time, a caller that waits for it cannot cancel it, and a new pair is on disk before it is used.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
import logging
from typing import Any, Protocol, Self, override

from .auth import Auth
from .clock import utcnow
from .errors import CredentialRefused, TemporarilyUnavailable
from .parse import as_float, as_int, as_secret, as_str

_LOGGER = logging.getLogger(__name__)

REFRESH_AGE = timedelta(days=6)
"""A pair that is older is replaced although no request needs it: at least weekly, with a day for outages.

A refresh token that is not used lives 30 days (Enphase release notes, SolarEdge homeowner guide).
"""
VITAL_AGE = timedelta(days=21)
"""From this age on the refresh may not wait for the month's limit: the sign-in would be lost before."""
LONGEST_MARGIN = timedelta(hours=1)
"""How long before its end an access token is replaced at the earliest (Enphase: a day's token, an hour before)."""
CLOCKS_DIFFER = timedelta(hours=1)
"""A pair that is issued later than this after now is from before the clock was set back."""
PROOF_LASTS = timedelta(minutes=10)
"""How long a token that worked or was just issued counts as good: a refusal then comes from a plan's gate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """A pair of tokens, and its place among the pairs of one consent."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    issued_at: datetime
    expires_at: datetime
    """When the access token ends; aware UTC, as all instants here."""
    consent: str = ""
    """Names the consent that the pair comes from; chosen here, not by the vendor."""
    number: int = 0
    """Counts the pairs of one consent: only the highest one is valid."""

    def as_dict(self) -> dict[str, Any]:
        """Return what is stored; the names are those that Home Assistant stores tokens under."""
        return {
            "access_token": self.access,
            "refresh_token": self.refresh,
            "token_type": "Bearer",
            "issued_at": self.issued_at.timestamp(),
            "expires_at": self.expires_at.timestamp(),
            "consent": self.consent,
            "number": self.number,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self | None:
        """Read what `as_dict` gave; `None` for anything else."""
        access, refresh = as_secret(stored.get("access_token")), as_secret(stored.get("refresh_token"))
        issued, expires = as_float(stored.get("issued_at")), as_float(stored.get("expires_at"))
        if not access or not refresh or issued is None or expires is None:
            return None
        try:
            return cls(
                access=access,
                refresh=refresh,
                issued_at=datetime.fromtimestamp(issued, UTC),
                expires_at=datetime.fromtimestamp(expires, UTC),
                consent=as_str(stored.get("consent")) or "",
                number=as_int(stored.get("number")) or 0,
            )
        except ValueError, OverflowError, OSError:
            return None


def newer(one: Tokens | None, other: Tokens | None) -> Tokens | None:
    """Return the pair that is valid: the later one of one consent; of two consents `one`, the consent given last."""
    if one is None or other is None:
        return one or other
    return other if other.consent == one.consent and other.number > one.number else one


class Refresher(Protocol):
    """What a grant needs of a token endpoint."""

    async def refresh(self, tokens: Tokens, *, vital: bool) -> Tokens:
        """Return the next pair; raise `CredentialRefused` when the old one is no longer valid."""

    async def revoke(self, tokens: Tokens) -> None:
        """End a pair, where the cloud offers that."""


class Grant(Auth):
    """The one holder of a pair of tokens, shared by everything that uses the pair."""

    def __init__(
        self,
        endpoint: Refresher,
        tokens: Tokens,
        save: Callable[[Tokens], Awaitable[None]],
        *,
        clock: Callable[[], datetime] = utcnow,
        start: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]] = asyncio.create_task,
    ) -> None:
        """Take the newest pair. `save` returns when a pair is on disk and raises otherwise; `start` starts a task."""
        self._endpoint = endpoint
        self._tokens = tokens
        self._save = save
        self._clock = clock
        self._start = start
        self._unsaved: Tokens | None = None
        """A pair that the cloud has issued and that is not on disk yet; the old one is dead."""
        self._worked: tuple[str, datetime] | None = None
        self._refreshing: asyncio.Task[None] | None = None
        self._refused: CredentialRefused | None = None
        """Why the endpoint refused the pair for good; asking again would only cost requests."""

    @property
    def tokens(self) -> Tokens:
        """Return the pair in use."""
        return self._tokens

    @property
    def used_for(self) -> timedelta:
        """Return how long after its issue an access token is replaced, where something is to be sent."""
        life = self._tokens.expires_at - self._tokens.issued_at
        return life - min(LONGEST_MARGIN, life / 12)

    @property
    @override
    def secrets(self) -> Collection[str]:
        """Return both tokens of the pair, and those of a new pair that is not on disk yet."""
        return [
            text for pair in (self._tokens, self._unsaved) if pair is not None for text in (pair.access, pair.refresh)
        ]

    @override
    async def token(self) -> str:
        """Return the access token; one that is about to expire is replaced before. Raises `CloudError`."""
        if self._unsaved is not None or self._expires_soon():
            await self._refreshed()
        return self._tokens.access

    @override
    async def renewed(self, token: str) -> bool:
        """Replace a token that was refused; return whether another try makes sense. Raises `CloudError`.

        A token that is young or was accepted a moment ago is kept: something else must be the cause.
        """
        if token != self._tokens.access:
            return True
        if self._unsaved is not None or (self._refreshing is not None and not self._refreshing.done()):
            # The next pair is on its way, so this one is dead already, however young it is.
            await self._refreshed()
            return True
        now = self._clock()
        proofs = [self._tokens.issued_at, *([self._worked[1]] if self._worked and self._worked[0] == token else [])]
        if any(timedelta(0) <= now - proof < PROOF_LASTS for proof in proofs):
            return False
        await self._refreshed()
        return True

    @override
    def worked(self, token: str) -> None:
        """Record that a request with this token was answered."""
        self._worked = (token, self._clock())

    def use(self, endpoint: Refresher) -> None:
        """Use another endpoint from now on: the application's secret or the address was changed."""
        self._endpoint = endpoint
        self._refused = None

    async def keep_alive(self) -> None:
        """Replace a pair that has not been replaced for days, else send nothing. Raises `CloudError`.

        A refresh token that is not used dies after 30 days, however few requests the plan leaves.
        """
        if self._unsaved is not None or self._age() >= REFRESH_AGE:
            await self._refreshed()

    async def settled(self) -> None:
        """Wait until no refresh is under way, however it ends; `tokens` is the last pair then."""
        while self._refreshing is not None and not self._refreshing.done():
            await asyncio.wait([self._refreshing])

    async def revoke(self) -> None:
        """End the last pair at the cloud, where it offers that; raises `CloudError`."""
        await self.settled()
        await self._endpoint.revoke(self._tokens)

    def _age(self) -> timedelta:
        """Return how old the pair is; one from the future counts as about to die, because its age is unknown.

        Otherwise a clock that was set back by a month would let it die before it seems to be a week old.
        """
        age = self._clock() - self._tokens.issued_at
        return age if age >= -CLOCKS_DIFFER else VITAL_AGE

    def _expires_soon(self) -> bool:
        """Return whether the access token is about to expire."""
        return self._clock() >= self._tokens.issued_at + self.used_for

    async def _refreshed(self) -> None:
        """Wait for the refresh that runs, or start one; a caller that is cancelled does not stop it."""
        if self._refused is not None:
            raise type(self._refused)(*self._refused.args)
        if self._refreshing is None or self._refreshing.done():
            self._refreshing = self._start(self._refresh())
            # Its error is retrieved here, because every caller may be gone when it fails.
            self._refreshing.add_done_callback(lambda task: task.cancelled() or task.exception())
        refreshing = self._refreshing
        await asyncio.wait([refreshing])
        if refreshing.cancelled():
            raise TemporarilyUnavailable("the refresh was stopped")
        refreshing.result()

    async def _refresh(self) -> None:
        """Get the next pair unless one is waiting to be saved, save it, and only then use it."""
        if self._unsaved is None:
            try:
                self._unsaved = await self._endpoint.refresh(self._tokens, vital=self._age() >= VITAL_AGE)
            except CredentialRefused as err:
                self._refused = err
                raise
        pair = self._unsaved
        try:
            await self._save(pair)
        except Exception as err:  # noqa: BLE001 - any error of the storage: the pair is kept and saved the next time
            _LOGGER.debug("The new sign-in tokens could not be saved: %s", type(err).__name__)
            raise TemporarilyUnavailable("the new tokens could not be saved") from None
        self._tokens, self._unsaved = pair, None
