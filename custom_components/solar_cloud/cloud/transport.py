"""One request: wait for the ledger, send it, and turn whatever comes back into JSON or a `CloudError`.

Knows no vendor: a client passes in how its errors are to be read. Nothing that leaves this module holds a credential.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
import json
import logging
from time import monotonic
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, quote_plus

import aiohttp
from yarl import URL

from ..budget.ledger import Ledger
from ..budget.limit import LimitReached
from .auth import Auth
from .errors import (
    CloudError,
    CredentialRefused,
    InvalidRequest,
    MalformedAnswer,
    NoDataYet,
    NotAllowed,
    NotFound,
    TemporarilyUnavailable,
    Throttled,
    ThrottleScope,
    TokenRefused,
)

_LOGGER = logging.getLogger(__name__)

LONGEST_WAIT = timedelta(seconds=90)
"""What a request waits for slots in the minute; who would have to wait longer is told so instead."""
MINUTE_RETRY = timedelta(seconds=65)
"""How long a minute's limit lasts at most when the cloud does not say, and a little for clocks that differ."""
LONGEST_RETRY = timedelta(days=31)
LARGEST_ANSWER = 16 * 1024 * 1024
"""Bytes; no documented answer comes near."""
HIDDEN = "**"
DEEPEST = 5
"""How deep the texts of an error lie at most; all of them lie higher."""

type Translate = Callable[[int, Mapping[str, str], Any], CloudError | None]
"""Status, headers and JSON body (`None` where there is none) to what is wrong; `None`: nothing that is special."""

_NO_ITEMS: Mapping[str, str] = MappingProxyType({})


_owner_asks: ContextVar[bool] = ContextVar("owner_asks", default=False)


@contextmanager
def owner_asks() -> Iterator[None]:
    """Let the requests of a block use the last 5 % of the month: the owner waits for their answers."""
    token = _owner_asks.set(True)
    try:
        yield
    finally:
        _owner_asks.reset(token)


def utcnow() -> datetime:
    """Return the time as aware UTC."""
    return datetime.now(UTC)


def retry_after(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """Read the header Retry-After, in seconds or as an HTTP date, as aware UTC; `None` where it says nothing usable."""
    text = next((value for name, value in headers.items() if name.lower() == "retry-after"), "").strip()
    try:
        if text.isascii() and text.isdigit():
            return now + min(timedelta(seconds=int(text[:9])), LONGEST_RETRY)
        moment = parsedate_to_datetime(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except ValueError, TypeError, OverflowError:
        return None
    return min(moment, now + LONGEST_RETRY) if moment > now else None


class Account:
    """One metered credential: its ledger, where that is saved, and the rule of one request in flight.

    Shared by every client that uses the credential. `save` writes the ledger's state to disk before it returns.
    """

    def __init__(
        self,
        ledger: Ledger,
        save: Callable[[dict[str, Any]], Awaitable[None]],
        *,
        clock: Callable[[], datetime] = utcnow,
        sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep,
    ) -> None:
        self.ledger = ledger
        self.clock = clock
        self._save = save
        self._sleep = sleep
        self._in_flight = asyncio.Lock()

    @asynccontextmanager
    async def request(self, *, owner: bool = False, vital: bool = False) -> AsyncGenerator[None]:
        """Hold the credential for one request, which is counted on entry, whatever comes of it.

        Waits for the request in flight and for a slot in the minute; while it waits for a slot, nobody waits for it.
        Raises `Throttled` when the ledger does not let it go within 90 s, `TemporarilyUnavailable` when the ledger
        cannot be saved: a request that is not on disk is not sent. A `vital` one, without which the account would be
        lost, does not wait for the month.
        """
        patience = LONGEST_WAIT
        while True:
            async with self._in_flight:
                wait = await self._slot(owner=owner or vital or _owner_asks.get(), vital=vital)
                if not wait:
                    yield
                    return
            if wait > patience:
                raise Throttled(self.clock() + wait, ThrottleScope.MINUTE, sent=False)
            patience -= wait
            await self._sleep(wait.total_seconds())

    async def remember(self) -> None:
        """Write to disk what the cloud just said; a failure only costs a request after the next start."""
        try:
            await self._save(self.ledger.snapshot())
        except Exception as err:  # noqa: BLE001 - saving is somebody else's: it must not hide what the cloud said
            _LOGGER.warning("The request ledger could not be saved: %s", type(err).__name__)

    async def _slot(self, *, owner: bool, vital: bool) -> timedelta:
        """Return how long to wait for a slot; 0: one is free, and a lease for it is on disk."""
        while True:
            try:
                wait = self.ledger.wait(now := self.clock(), owner=owner)
            except LimitReached as err:
                if not vital or err.scope is not ThrottleScope.MONTH:
                    raise Throttled(err.until, err.scope, sent=False) from None
                self.ledger.spend(now)
                await self._lease(now)
                return timedelta(0)
            if wait:
                return wait
            if not self.ledger.needs_lease(now):
                # With the same moment: in between, the month of the lease must not turn.
                self.ledger.spend(now)
                return wait
            await self._lease(now)

    async def _lease(self, now: datetime) -> None:
        saved = False
        try:
            await self._save(self.ledger.lease(now))
            saved = True
        except Exception as err:  # noqa: BLE001 - saving is somebody else's: whatever it raises, nothing may be sent
            _LOGGER.debug("The request ledger could not be saved: %s", type(err).__name__)
        finally:
            if not saved:
                self.ledger.as_dict()  # gives the lease back
        if not saved:
            raise TemporarilyUnavailable("the request ledger could not be saved")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Message:
    """One request to be sent."""

    method: str
    path: str
    query: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = _NO_ITEMS
    form: Mapping[str, str] | None = None
    json: Mapping[str, Any] | None = None
    secrets: Collection[str] = ()


class Transport:
    """Sends the requests of one client to one base address, under one account."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base_url: str,
        account: Account,
        *,
        headers: Mapping[str, str] = _NO_ITEMS,
        query: Mapping[str, str] = _NO_ITEMS,
        secrets: Collection[str],
        timeout: float = 30,
        translate: Translate,
        auth: Auth | None = None,
    ) -> None:
        """Remember where to and how: `headers` and `query` go with every request, `secrets` must be in no message.

        `auth` gives the access token that each request carries, where the credential is one.
        """
        self._session = session
        self._base_url = base_url.rstrip("/")
        self._account = account
        self._headers = {"Accept": "application/json", **headers}
        self._query = tuple(query.items())
        self._secrets = tuple(secrets)
        self._auth = auth
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._translate = translate
        self.last_success: datetime | None = None
        """When the cloud last gave what was asked for (aware UTC)."""

    async def get(
        self, path: str, query: Sequence[tuple[str, str]] = (), *, owner: bool = False, renews: bool = True
    ) -> Any:
        """Return the JSON that a path answers with; `None` for an answer without content (204).

        `path` begins with a slash and is logged, so it holds no credential. Raises `CloudError` and nothing else; every
        attempt counts, failed ones too. An access token that is refused is replaced once, and the request repeated,
        unless the path is known (`renews` is false) to be refused with any token.
        """
        message = _Message(method="GET", path=path, query=query)
        if self._auth is None:
            return await self._answered(message, owner=owner)
        return await self._authorized(self._auth, message, owner=owner, again=renews)

    async def post(
        self,
        path: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] = _NO_ITEMS,
        form: Mapping[str, str] | None = None,
        json: Mapping[str, Any] | None = None,
        secrets: Collection[str] = (),
        vital: bool = False,
    ) -> Any:
        """Send a form or JSON to a path where tokens are given out, and return the JSON that comes back.

        Such a request may use the owner's share of the month, a `vital` one does not even wait for the month's end.
        Raises `CloudError` and nothing else.
        """
        message = _Message(
            method="POST", path=path, query=query, headers=headers, form=form, json=json, secrets=secrets
        )
        return await self._answered(message, owner=True, vital=vital)

    async def _authorized(self, auth: Auth, message: _Message, *, owner: bool, again: bool) -> Any:
        token = await auth.token()
        headers = {**message.headers, "Authorization": f"Bearer {token}"}
        try:
            answer = await self._answered(replace(message, headers=headers, secrets=auth.secrets), owner=owner)
        except TokenRefused:
            if not again or not await auth.renewed(token):
                raise
        else:
            auth.worked(token)
            return answer
        return await self._authorized(auth, message, owner=owner, again=False)

    async def _answered(self, message: _Message, *, owner: bool = False, vital: bool = False) -> Any:
        if self._session.closed:
            raise TemporarilyUnavailable("the connection is shut down")
        async with self._account.request(owner=owner, vital=vital):
            answer, problem = await self._send(message)
        if isinstance(problem, Throttled):
            self._account.ledger.learn(problem.until, problem.scope, self._account.clock())
            if problem.scope is ThrottleScope.MONTH:
                await self._account.remember()
        if problem is not None:
            problem.args = tuple(_scrubbed(arg, self._hidden(message)) for arg in problem.args)
            raise problem
        self.last_success = self._account.clock()
        return answer

    def _hidden(self, message: _Message) -> tuple[str, ...]:
        """Return what must be in no message about a request, in every spelling."""
        return _spellings([*self._secrets, *message.secrets])

    async def _send(self, message: _Message) -> tuple[Any, CloudError | None]:
        """Send one request; return what came, or what is wrong, in words without any of its secrets.

        The problem is returned, not raised, so that it has no context: aiohttp's own errors print the URL.
        """
        started = monotonic()
        status: int | None = None
        is_json = False
        try:
            async with self._session.request(
                message.method,
                URL(self._base_url + message.path).extend_query([*message.query, *self._query]),
                headers={**self._headers, **message.headers},
                data=message.form,
                json=message.json,
                timeout=self._timeout,
                allow_redirects=False,
                middlewares=(_once,),
            ) as response:
                status = response.status
                is_json = _is_json(response.content_type)
                body = await _read(response)
        except TimeoutError:
            outcome: tuple[Any, CloudError | None] = None, TemporarilyUnavailable("no answer in time")
        except aiohttp.ClientPayloadError:
            outcome = None, _broken(status, "the answer was cut short", is_json=is_json)
        except (aiohttp.ClientError, OSError) as err:
            outcome = None, TemporarilyUnavailable(f"no connection ({type(err).__name__})")
        except ValueError:
            # A line break in a credential, for one.
            outcome = None, InvalidRequest("the request cannot be sent as it is")
        else:
            outcome = self._judge(message, response, body, is_json=is_json)
        milliseconds = (monotonic() - started) * 1000
        _LOGGER.debug("%s %s: %s in %.0f ms", message.method, message.path, status or "no answer", milliseconds)
        return outcome

    def _judge(
        self, message: _Message, response: aiohttp.ClientResponse, body: bytes | None, *, is_json: bool
    ) -> tuple[Any, CloudError | None]:
        """Return the parsed answer, or what is wrong with it."""
        status = response.status
        answer, readable = _parse(body)
        if status >= 400:
            # Before anybody shortens a text: of a token that is cut nobody can tell any more that it is one.
            answer = _scrubbed(answer, self._hidden(message))
        problem = self._translate(status, response.headers, answer)
        if isinstance(problem, Throttled):
            return None, problem
        if body is not None and _is_page(response.content_type, body):
            # A proxy, a portal or an outage speaks, not the cloud: its status says nothing about the credential.
            return None, TemporarilyUnavailable(f"a page came instead of data (HTTP {status})")
        if status == 401 and self._auth is not None and type(problem) is CredentialRefused:
            problem = TokenRefused(*problem.args)
        if problem is not None:
            return None, problem
        if not 200 <= status < 300:
            return None, _plain_error(status, response.headers, self._account.clock())
        if status == 204:
            return None, None
        if not readable:
            return None, _broken(status, "the answer is not JSON", is_json=is_json or body is None or not body)
        return answer, None


def _scrubbed(answer: Any, secrets: Collection[str], depth: int = DEEPEST) -> Any:
    """Return the JSON of an error without secrets in its texts, as deep as errors are read."""
    match answer:
        case str():
            for secret in secrets:
                answer = answer.replace(secret, HIDDEN)
            return answer
        case list() if depth:
            return [_scrubbed(item, secrets, depth - 1) for item in answer]
        case dict() if depth:
            return {key: _scrubbed(item, secrets, depth - 1) for key, item in answer.items()}
    return answer


def _spellings(secrets: Collection[str]) -> tuple[str, ...]:
    """Return every way a secret may be written in a message, the longest first."""
    spellings = {form for secret in secrets if secret for form in (secret, quote(secret, safe=""), quote_plus(secret))}
    return tuple(sorted(spellings, key=len, reverse=True))


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Send a request a single time: aiohttp repeats one whose connection breaks, and the cloud would count both."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as err:
        raise aiohttp.ClientConnectionError(type(err).__name__) from None


async def _read(response: aiohttp.ClientResponse) -> bytes | None:
    """Read the body; `None` when it is larger than any answer can be."""
    parts: list[bytes] = []
    size = 0
    async for part in response.content.iter_chunked(65536):
        size += len(part)
        if size > LARGEST_ANSWER:
            response.close()
            return None
        parts.append(part)
    return b"".join(parts)


def _parse(body: bytes | None) -> tuple[Any, bool]:
    """Parse JSON; the flag tells `null` from what is no JSON."""
    if not body:
        return None, False
    try:
        return json.loads(body.decode("utf-8-sig", errors="replace")), True
    except ValueError, RecursionError:
        return None, False


def _is_json(content_type: str) -> bool:
    # EV chargers at Enphase answer JSON as octet-stream; aiohttp says octet-stream too where the header is missing.
    return content_type.endswith("json") or content_type == "application/octet-stream"


def _is_page(content_type: str, body: bytes) -> bool:
    return content_type in {"text/html", "application/xhtml+xml"} or body.lstrip()[:1] == b"<"


def _broken(status: int | None, text: str, *, is_json: bool) -> CloudError:
    """Judge an answer that cannot be read: malformed where data were promised, elsewhere the cloud is not well."""
    if status is not None and 200 <= status < 300 and is_json:
        return MalformedAnswer(text)
    return TemporarilyUnavailable(text)


def _plain_error(status: int, headers: Mapping[str, str], now: datetime) -> CloudError:
    """Judge a status that the client has nothing special to say about."""
    text = f"HTTP {status}"
    match status:
        case 401 | 403:
            return NotAllowed(text)
        case 404 | 410:
            return NotFound(text)
        case 409 | 429:
            return Throttled(retry_after(headers, now) or now + MINUTE_RETRY, ThrottleScope.MINUTE, sent=True)
        case 422:
            return NoDataYet(text)
        case _ if 400 <= status < 500 and status != 408:
            return InvalidRequest(text)
        case _:
            # Redirects among them: neither cloud documents one, and a credential must not travel to where it points.
            return TemporarilyUnavailable(text)
