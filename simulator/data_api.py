"""An API that answers with the data of plants: the steps that every request takes, whoever the vendor is."""

from abc import abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
import re
from typing import Any, ClassVar, override

from .plant.place import CloudName
from .plant.plant import Plant
from .quota import Quota
from .service import LimitedService
from .switches import Switches
from .web import Answer, Call, Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class DataRequest:
    """A request of somebody who has signed in."""

    call: Call
    switches: Switches
    plants: Mapping[int, Plant]
    """All plants of the vendor, by number."""
    owned: Collection[int]
    """The numbers of those that the sender may see, there or not."""

    @property
    def now(self) -> datetime:
        """The simulated time of its arrival."""
        return self.call.now

    @property
    def path(self) -> str:
        """The path that its endpoint is found by."""
        return self.call.path

    @property
    def own_plants(self) -> list[Plant]:
        """The plants that the sender may see, by number."""
        return sorted((plant for plant in self.plants.values() if plant.id in self.owned), key=lambda plant: plant.id)

    def visible(self, plant: Plant | None, *, missing: Refusal, foreign: Refusal) -> Plant:
        """Return a plant that the sender may see. Raise `missing` for None, `foreign` for somebody else's."""
        if plant is None:
            raise missing
        if plant.id not in self.owned:
            raise foreign
        return plant


def always(_: Switches) -> bool:
    """Return that an API has an endpoint however the switches are."""
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint[RequestT: DataRequest]:
    """A path of an API."""

    path: re.Pattern[str]
    answer: Callable[[RequestT, re.Match[str]], Any]
    """Returns the body for a request whose path matches. Raises Refusal."""
    method: str = "GET"
    offered: Callable[[Switches], bool] = always
    """Returns whether the API has it, as the switches are."""


class DataApi[RequestT: DataRequest, EndpointT: Endpoint[Any]](LimitedService):
    """An API whose vendor says who may ask, which endpoints there are, and how it refuses."""

    cloud: ClassVar[CloudName]
    endpoints: Sequence[EndpointT]
    """The first that matches a path answers."""

    def __init__(self, prefix: str, quota: Quota, plants: Mapping[str, Plant], switches: Switches) -> None:
        """Serve the vendor's plants among `plants`, which may change at any time."""
        super().__init__(prefix, quota)
        self._plants = plants
        self._switches = switches

    @override
    def answer(self, call: Call) -> Answer:
        request = self.admit(call)
        if (found := self.endpoint_of(request.path)) is None:
            raise self.unknown_path()
        endpoint, match = found
        if call.method != endpoint.method:
            raise self.not_allowed(call.method)
        return self.respond(request, endpoint, match)

    def endpoint_of(self, path: str) -> tuple[EndpointT, re.Match[str]] | None:
        """Return the endpoint that a path belongs to, and how it matches; None for an unknown path."""
        for endpoint in self.endpoints:
            if endpoint.offered(self._switches) and (match := endpoint.path.fullmatch(path)):
                return endpoint, match
        return None

    @property
    def plants(self) -> dict[int, Plant]:
        """The plants of this vendor, by number."""
        return {plant.id: plant for plant in self._plants.values() if plant.cloud == self.cloud}

    @abstractmethod
    def admit(self, call: Call) -> RequestT:
        """Return the request of whoever sends a call. Raise Refusal where the credential is not valid."""

    @abstractmethod
    def unknown_path(self) -> Refusal:
        """Return the refusal of a path that there is not."""

    @abstractmethod
    def not_allowed(self, method: str) -> Refusal:
        """Return the refusal of a method that a path does not have."""

    def respond(self, request: RequestT, endpoint: EndpointT, match: re.Match[str]) -> Answer:
        """Return what an endpoint answers to a request. Raise Refusal."""
        return Answer(body=endpoint.answer(request, match))
