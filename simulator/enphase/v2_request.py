"""A request of Enphase v2, and how its endpoints are described (Enphase v2 documentation)."""

from collections.abc import Callable
from dataclasses import dataclass
import re
from typing import Any, ClassVar, override

from ..data_api import Endpoint, always
from ..plant.plant import Plant
from ..switches import Switches
from ..web import Call, Refusal
from .format import render
from .request import EnphaseRequest
from .v2_errors import not_found, unauthorized, unprocessable


def time_format_of(call: Call) -> str | None:
    """Return the form of times that a request asks for. Raise Refusal (422) for one that does not exist."""
    mode = call.query.get("datetime_format")
    if mode not in {None, "iso8601", "epoch"}:
        raise unprocessable("Invalid datetime_format", {"datetime_format": mode})
    return mode


@dataclass(frozen=True, slots=True, kw_only=True)
class V2Request(EnphaseRequest):
    """A request of a user who has given an application's key."""

    impossible_year: ClassVar[str] = "Requested date range is invalid for this system"
    time_format: str | None
    """How the answer writes times and dates, as `render` has it."""

    @override
    def unreadable(self, reason: str, name: str, text: str) -> Refusal:
        return unprocessable(reason, {name: text})

    def system(self, system_id: int) -> Plant:
        """Return a system that the user may read. Raise Refusal (401, 404)."""
        return self.visible(self.plants.get(system_id), missing=not_found(), foreign=unauthorized())


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemRequest(V2Request):
    """A request for one system, which the user may read."""

    plant: Plant


def general(
    path: str, answer: Callable[[V2Request], Any], *, offered: Callable[[Switches], bool] = always
) -> Endpoint[V2Request]:
    """Return an endpoint that is not one of a system."""
    return Endpoint(path=re.compile(path), answer=lambda request, _: answer(request), offered=offered)


def of_system(
    name: str,
    answer: Callable[[SystemRequest], dict[str, Any] | None],
    *,
    offered: Callable[[Switches], bool] = always,
    consumption: bool = False,
) -> Endpoint[V2Request]:
    """Return an endpoint of a system by its path below the system's; None stands for no content.

    With `consumption`, the user needs the right to see what the house uses.
    """

    def answered(request: V2Request, match: re.Match[str]) -> Any:
        plant = request.system(int(match["system"]))
        if consumption and not request.switches.enphase_consumption:
            raise unauthorized()
        body = answer(
            SystemRequest(
                call=request.call,
                switches=request.switches,
                plants=request.plants,
                owned=request.owned,
                time_format=request.time_format,
                plant=plant,
            )
        )
        return render(body, request.time_format, plant.zone)

    return Endpoint(path=re.compile(rf"systems/(?P<system>\d{{1,12}})/{name}"), answer=answered, offered=offered)
