"""One HTTP request: sent once, with a time-out, its response read to the end."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
import logging
from time import monotonic
from types import MappingProxyType
from typing import Any

import aiohttp
from yarl import URL

from .errors import CloudError, InvalidRequest, TemporarilyUnavailable
from .response import Response

_LOGGER = logging.getLogger(__name__)

LARGEST_ANSWER = 2 * 1024 * 1024
"""Bytes; no documented answer comes near."""
LARGEST_ERROR = 64 * 1024
"""Bytes of an error: a sentence, or a page of a proxy."""

NO_ITEMS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request to be sent."""

    method: str
    path: str
    """Begins with a slash and is logged, so it holds no credential."""
    query: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = NO_ITEMS
    form: Mapping[str, str] | None = None
    json: Mapping[str, Any] | None = None
    secrets: Collection[str] = ()
    """What must be in no message about it."""


async def send(
    session: aiohttp.ClientSession, base_url: str, request: Request, seconds: float
) -> Response | CloudError:
    """Send one request; return what came, or what kept it away, in words without any of its secrets.

    `seconds` is how long the whole answer may take.
    The error is returned, not raised, so that it has no context: aiohttp's own errors print the URL.
    """
    started = monotonic()
    status: int | None = None
    try:
        async with session.request(
            request.method,
            URL(base_url + request.path).extend_query(request.query),
            headers=request.headers,
            data=request.form,
            json=request.json,
            timeout=aiohttp.ClientTimeout(total=seconds),
            allow_redirects=False,
            middlewares=(_send_once,),
        ) as response:
            status = response.status
            outcome: Response | CloudError = Response(
                status=status,
                headers=response.headers,
                content_type=response.content_type,
                body=await _read_body(response),
            )
    except TimeoutError:
        outcome = TemporarilyUnavailable("no answer in time")
    except aiohttp.ClientPayloadError:
        outcome = TemporarilyUnavailable("the answer was cut short")
    except (aiohttp.ClientError, OSError) as err:
        outcome = TemporarilyUnavailable(f"no connection ({type(err).__name__})")
    except ValueError:
        # A line break in a credential, for one.
        outcome = InvalidRequest("the request cannot be sent as it is")
    milliseconds = (monotonic() - started) * 1000
    _LOGGER.debug("%s %s: %s in %.0f ms", request.method, request.path, status or "no answer", milliseconds)
    return outcome


async def _send_once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Send a request a single time: aiohttp repeats one whose connection breaks, and the cloud would count both."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as err:
        raise aiohttp.ClientConnectionError(type(err).__name__) from None


async def _read_body(response: aiohttp.ClientResponse) -> bytes | None:
    """Read the body; `None` when it is larger than any answer can be."""
    most = LARGEST_ERROR if response.status >= 400 else LARGEST_ANSWER
    parts: list[bytes] = []
    size = 0
    async for part in response.content.iter_chunked(65536):
        size += len(part)
        if size > most:
            response.close()
            return None
        parts.append(part)
    return b"".join(parts)
