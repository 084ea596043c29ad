"""A request of Enphase v4, and the endpoints there are (Enphase v4 specification)."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
import re
from typing import Any, ClassVar, Literal, override

from ..data_api import Endpoint
from ..plant.plant import Plant
from ..web import Refusal
from .request import EnphaseRequest
from .v4_errors import forbidden, no_system, unprocessable

type Control = Literal["system", "production", "consumption", "ev", "device", "streaming", "configuration", "control"]
"""An access control of an application: what the developer portal has boxes for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class V4Request(EnphaseRequest):
    """A request of an application for an owner who has consented."""

    impossible_year: ClassVar[str] = "Failed to parse date {text}"
    controls: Collection[Control]
    """The access controls that the application has."""

    @override
    def unreadable(self, reason: str, name: str, text: str) -> Refusal:
        return unprocessable(reason)

    def number_or(self, name: str, default: int) -> int:
        """Return a whole number of the query, or a default. Raise Refusal (422)."""
        found = self.number(name)
        return default if found is None else found

    def page(self, default: int, most: int) -> tuple[int, int]:
        """Return which page is asked for, from 1 on, and how long it is. Raise Refusal (422)."""
        page, size = self.number_or("page", 1), self.number_or("size", default)
        if not page or not size:
            raise unprocessable("page and size must be greater than 0")
        return page, min(size, most)


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemRequest(V4Request):
    """A request for one system, which the sender may see."""

    plant: Plant
    serial: str = ""
    """The device that the path names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class V4Endpoint(Endpoint[V4Request]):
    """A path of the API, and the access control that opens it."""

    control: Control
    long_429: bool
    """Whether the documented refusal of too many requests names the period."""
    content_type: str = "application/json"
    lists_devices: bool = False
    """Whether the answer is a list of devices by their kinds."""


def general(
    path: str, control: Control, answer: Callable[[V4Request], Any], *, long: bool, method: str = "GET"
) -> V4Endpoint:
    """Return an endpoint that is not one of a system."""
    return V4Endpoint(
        path=re.compile(path), control=control, long_429=long, method=method, answer=lambda request, _: answer(request)
    )


def of_system(
    name: str,
    control: Control,
    answer: Callable[[SystemRequest], Any],
    *,
    long: bool,
    no_system: Callable[[int], Refusal] = no_system,
    content_type: str = "application/json",
    lists_devices: bool = False,
) -> V4Endpoint:
    """Return an endpoint of a system by its path below the system's, in which ``{sn}`` is a serial number.

    `no_system` is what refuses a number that no system has.
    """
    pattern = rf"systems/(?P<system>\d{{1,12}})/{name}".rstrip("/").replace("{sn}", "(?P<serial>[^/]+)")

    def answered(request: V4Request, match: re.Match[str]) -> Any:
        system_id = int(match["system"])
        missing, foreign = no_system(system_id), forbidden()
        return answer(
            SystemRequest(
                call=request.call,
                switches=request.switches,
                plants=request.plants,
                owned=request.owned,
                controls=request.controls,
                plant=request.visible(request.plants.get(system_id), missing=missing, foreign=foreign),
                serial=match.groupdict().get("serial", ""),
            )
        )

    return V4Endpoint(
        path=re.compile(pattern),
        control=control,
        long_429=long,
        answer=answered,
        content_type=content_type,
        lists_devices=lists_devices,
    )
