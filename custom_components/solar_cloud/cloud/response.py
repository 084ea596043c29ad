"""What a cloud sent back, and how it is read: as the JSON that was asked for, or as the error that it means."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
import json
from typing import Any

import orjson

from .errors import (
    CloudError,
    InvalidRequest,
    MalformedAnswer,
    NoDataYet,
    NotAllowed,
    NotFound,
    TemporarilyUnavailable,
    Throttled,
    ThrottleScope,
)
from .parse import status_text
from .redaction import DEEPEST, Secrets
from .retry_after import MINUTE_RETRY, retry_after

LONG = 256 * 1024
"""Bytes; parsing more takes tens of milliseconds."""
LONG_SCRUB = 4096
"""Bytes; looking through every text of more takes milliseconds."""

type Translate = Callable[[int, Mapping[str, str], Any], CloudError | None]
"""Status, headers and JSON body (`None` where there is none) to the error that they mean; `None`: nothing special."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One response with its body read to the end."""

    status: int
    headers: Mapping[str, str]
    content_type: str
    body: bytes | None
    """`None`: larger than any answer can be."""

    @property
    def is_page(self) -> bool:
        """Whether a web page came, as from a proxy or a portal; no error of a cloud is too long to be read."""
        if self.body is None:
            return self.status >= 400
        return self.content_type in {"text/html", "application/xhtml+xml"} or self.body.lstrip()[:1] == b"<"

    def json(self) -> tuple[Any, bool]:
        """Parse the body; the flag is false where it is no JSON, which `None` alone could not say."""
        if not self.body:
            return None, False
        try:
            return orjson.loads(self.body), True
        except orjson.JSONDecodeError:
            # It is strict: what begins with a mark of its encoding, or has halves of characters in it, can be read too.
            pass
        try:
            return json.loads(self._text()), True
        except ValueError, RecursionError:
            return None, False

    async def parsed(self, hidden: Secrets, *, gives_tokens: bool = False) -> tuple[Any, bool]:
        """Parse the body as `json` does, and take the secrets out of it; where tokens are given out, they stay.

        What takes long is done in a thread, so that nothing else has to wait.
        """
        scrub: Callable[[Any], Any] | None = None
        if self.status >= 400:
            # Before a text is shortened: a piece of a token may be too short then to be recognised.
            scrub = partial(hidden.scrubbed, depth=DEEPEST)
        elif not gives_tokens:
            scrub = partial(hidden.scrubbed, short=False)
        if self.body is not None and len(self.body) > LONG:
            return await asyncio.to_thread(self._parsed_at_once, hidden, scrub)
        answer = self.json()
        if scrub is None or not self._may_have(hidden):
            return answer
        if len(self.body or b"") <= LONG_SCRUB:
            return _scrubbed(answer, scrub)
        return await asyncio.to_thread(_scrubbed, answer, scrub)

    def _parsed_at_once(self, hidden: Secrets, scrub: Callable[[Any], Any] | None) -> tuple[Any, bool]:
        answer = self.json()
        return answer if scrub is None or not self._may_have(hidden) else _scrubbed(answer, scrub)

    def _may_have(self, hidden: Secrets) -> bool:
        """Return whether every text has to be looked through: of an error always, its short secrets are hidden too."""
        return self.status >= 400 or hidden.may_be_in(self._text())

    def _text(self) -> str:
        return (self.body or b"").decode("utf-8-sig", errors="replace")

    def not_json(self) -> CloudError:
        """Return what is wrong with a response whose body is no JSON."""
        promised = is_json(self.content_type) or not self.body
        return unreadable(self.status, "the answer is not JSON", promised=promised)


def _scrubbed(parsed: tuple[Any, bool], scrub: Callable[[Any], Any]) -> tuple[Any, bool]:
    try:
        return scrub(parsed[0]), parsed[1]
    except RecursionError:
        return None, False


def is_json(content_type: str) -> bool:
    """Return whether a content type promises JSON."""
    # EV chargers at Enphase answer JSON as octet-stream; aiohttp says octet-stream too where the header is missing.
    return content_type.endswith("json") or content_type == "application/octet-stream"


def unreadable(status: int | None, text: str, *, promised: bool) -> CloudError:
    """Return what is wrong with an answer that cannot be read.

    It is malformed where JSON was `promised` with a success; elsewhere the cloud is not well.
    """
    if status is not None and 200 <= status < 300 and promised:
        return MalformedAnswer(text)
    return TemporarilyUnavailable(text)


def plain_error(status: int, headers: Mapping[str, str], now: datetime) -> CloudError:
    """Return what a status means that is nothing special to its vendor."""
    text = status_text(status)
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
