"""What a request of a client is, what answers it, and which vendor does so."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
import json
from typing import Any, Protocol

from multidict import CIMultiDictProxy, MultiMapping

from .quota import Quota, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One line of the log of vendor requests."""

    time: datetime
    """Simulated time of arrival, aware UTC."""
    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    credential: str | None
    """The key as it was sent: Enphase's `key`, SolarEdge's `X-API-Key`.

    Where somebody is signed in or signs in: what names the application that asks, because its plan pays. That is the
    API key with Enphase, the client id with SolarEdge.
    """
    status: int = 0
    """0 while it is not answered, and for ever when the connection was dropped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request on its way to a vendor's code."""

    method: str
    path: str
    """The path behind the vendor's prefix, without a leading slash."""
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


class Vendor(Protocol):
    """One vendor's API."""

    prefix: str
    quota: Quota

    @abstractmethod
    def credential(self, call: Call) -> str | None:
        """Return the key that a request carries."""

    def counts(self, call: Call) -> bool:
        """Tell whether a request uses up some of the plan."""
        return True

    def logged(self, call: Call) -> tuple[tuple[str, str], ...]:
        """Return what the log says of a request's parameters."""
        return to_tuple(call.query)

    @abstractmethod
    def too_many(self, call: Call, minute: Window, month: Window, in_flight: int) -> Answer | None:
        """Return the refusal of a request that exceeds a limit, or None when it does not."""

    @abstractmethod
    def answer(self, call: Call) -> Answer:
        """Answer a request. Raise Refusal."""

    @abstractmethod
    def finish(self, call: Call, answer: Answer, minute: Window) -> None:
        """Add what is on every answer."""


def to_tuple(query: MultiMapping[str]) -> tuple[tuple[str, str], ...]:
    """Return a query's pairs in the order sent."""
    return tuple((name, value) for name, value in query.items())


def headers_of(source: Mapping[str, str] | None) -> dict[str, str]:
    """Return a copy of optional headers."""
    return dict(source or {})
