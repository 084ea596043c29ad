"""One metered credential: a request is counted, and its count is on disk, before it is sent."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
import logging
from typing import Any

from ..budget.ledger import Ledger
from ..budget.limit import LimitReached
from .clock import CloudClock, utcnow
from .errors import TemporarilyUnavailable, Throttled, ThrottleScope
from .outage import Outage
from .redaction import Secrets
from .vendor_text import VendorLog

_LOGGER = logging.getLogger(__name__)

LONGEST_WAIT = timedelta(seconds=90)
"""How long a request waits for slots in the minute; where it would have to wait longer, it fails at once."""

MOST_SECRETS = 24
"""Secrets of an account that are remembered: its keys, and the tokens of its last requests."""

_owner_asks: ContextVar[bool] = ContextVar("owner_asks", default=False)


@contextmanager
def owner_asks() -> Iterator[None]:
    """Let the requests of a block count as asked for: they may use the last 5 % of the month."""
    token = _owner_asks.set(True)
    try:
        yield
    finally:
        _owner_asks.reset(token)


class Account:
    """One metered credential: its ledger, where that is saved, and the rule of one request in flight.

    Shared by every client that uses the credential. `save` writes the ledger's state to disk before it returns,
    `on_spent` is called for each request.
    """

    def __init__(
        self,
        ledger: Ledger,
        save: Callable[[dict[str, Any]], Awaitable[None]],
        *,
        clock: Callable[[], datetime] = utcnow,
        sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep,
        on_spent: Callable[[], None] = lambda: None,
    ) -> None:
        self.ledger = ledger
        self.clock = clock
        self.outage = Outage()
        """Whether anything is answered that is asked under the credential."""
        self.cloud_clock = CloudClock()
        """What the cloud's answers say of our clock."""
        self.secrets = Secrets(())
        """What must be in no log and on no page."""
        self.vendor_log = VendorLog(clock, lambda: self.secrets)
        """Says what the cloud says."""
        self._save = save
        self._sleep = sleep
        self._on_spent = on_spent
        self._in_flight = asyncio.Lock()

    def hide(self, secrets: Iterable[str]) -> Secrets:
        """Have secrets hidden from now on, and return all that are."""
        self.secrets = self.secrets.with_more(secrets, MOST_SECRETS)
        return self.secrets

    @asynccontextmanager
    async def request(self, *, owner: bool = False, vital: bool = False) -> AsyncGenerator[None]:
        """Hold the credential for one request, which is counted on entry, whatever comes of it.

        Waits for the request in flight and for a slot in the minute; other requests may pass while it waits for a slot.
        Raises `Throttled` when the ledger has no slot within 90 s, and `TemporarilyUnavailable` when the ledger cannot
        be saved: a request that is not on disk is not sent. A `vital` one, without which the account would be lost,
        does not wait for the month.
        """
        patience = LONGEST_WAIT
        while True:
            async with self._in_flight:
                wait = await self._slot(owner=owner or vital or _owner_asks.get(), vital=vital)
                if not wait:
                    self._on_spent()
                    yield
                    return
            if wait > patience:
                raise Throttled(self.clock() + wait, ThrottleScope.MINUTE, sent=False)
            patience -= wait
            await self._sleep(wait.total_seconds())

    async def save(self) -> None:
        """Write to disk which limit the cloud just reported; a failure only costs a request after the next start."""
        try:
            await self._save(self.ledger.snapshot())
        except Exception as err:  # noqa: BLE001 - any error of the storage: it must not hide what the cloud reported
            _LOGGER.debug("The request ledger could not be saved: %s", type(err).__name__)

    async def _slot(self, *, owner: bool, vital: bool) -> timedelta:
        """Return how long to wait for a slot; 0: one is free, and a lease for it is on disk."""
        while True:
            try:
                wait = self.ledger.wait(now := self.clock(), owner=owner)
            except LimitReached as err:
                if not vital or err.scope is not ThrottleScope.MONTH:
                    raise Throttled(err.until, err.scope, sent=False) from None
                self.ledger.spend(now, asked=_owner_asks.get())
                await self._lease(now)
                return timedelta(0)
            if wait:
                return wait
            if not self.ledger.needs_lease(now):
                # With the same moment: in between, the month of the lease must not turn.
                self.ledger.spend(now, asked=_owner_asks.get())
                return wait
            await self._lease(now)

    async def _lease(self, now: datetime) -> None:
        """Write to disk that the next few requests are spent; raises `TemporarilyUnavailable` where that fails."""
        saved = False
        try:
            await self._save(self.ledger.lease(now))
            saved = True
        except Exception as err:  # noqa: BLE001 - any error of the storage: whatever it is, nothing may be sent
            _LOGGER.debug("The request ledger could not be saved: %s", type(err).__name__)
        finally:
            if not saved:
                self.ledger.as_dict()  # gives the lease back
        if not saved:
            raise TemporarilyUnavailable("the request ledger could not be saved")
