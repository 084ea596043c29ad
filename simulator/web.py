"""What a request of a client is, and what answers it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
import json
from typing import Any

from multidict import CIMultiDict, CIMultiDictProxy, MultiMapping
from yarl import URL


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request on its way to the service that answers it."""

    method: str
    path: str
    """The path behind the service's prefix, without a leading slash."""
    query: MultiMapping[str]
    headers: CIMultiDictProxy[str]
    now: datetime
    body: bytes = b""


@dataclass(slots=True, kw_only=True)
class Answer:
    """What goes back: JSON unless it is bytes already."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    wrap: str | None = None
    """The name of the JSONP callback around the body."""

    def encoded(self) -> bytes:
        """Return the body as it is sent."""
        if self.body is None:
            return b""
        if isinstance(self.body, bytes):
            return self.body
        if isinstance(self.body, str):
            return self.body.encode()
        text = json.dumps(self.body, separators=(",", ":"), ensure_ascii=False)
        return (f"{self.wrap}({text})" if self.wrap else text).encode()


class Refusal(Exception):
    """Ends a request with an answer that is not 200."""

    def __init__(self, answer: Answer) -> None:
        """Carry the answer."""
        super().__init__(answer.status)
        self.answer = answer


def page_call(url: URL, path: str, now: datetime) -> Call:
    """Return the request of a browser that opens a page, whose path behind the service's prefix is given."""
    return Call(method="GET", path=path, query=url.query, headers=CIMultiDictProxy(CIMultiDict()), now=now)


def bearer_token(call: Call) -> str | None:
    """Return the access token of a request; None where there is none."""
    kind, _, token = call.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.casefold() == "bearer" else None


def to_tuple(query: MultiMapping[str]) -> tuple[tuple[str, str], ...]:
    """Return a query's pairs in the order sent."""
    return tuple((name, value) for name, value in query.items())


def headers_of(source: Mapping[str, str] | None) -> dict[str, str]:
    """Return a copy of optional headers."""
    return dict(source or {})
