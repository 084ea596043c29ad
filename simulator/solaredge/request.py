"""A request of SolarEdge V2, and how its endpoints are described (SolarEdge migration notes)."""

from collections.abc import Callable
from dataclasses import dataclass
import re
from typing import Any, override

from ..data_api import DataRequest, Endpoint, always
from ..plant.plant import Plant
from ..switches import Switches
from .format import problem
from .grants import DEVICE_DATA
from .permissions import Permissions

LEGACY = "monitoring/"
"""What paths begin with at the older base."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SolarEdgeRequest(DataRequest):
    """A request that came with a key, or with a homeowner's access token."""

    permissions: Permissions

    @property
    def legacy(self) -> bool:
        """Whether it came to the older base."""
        return self.call.path.startswith(LEGACY)

    @property
    @override
    def path(self) -> str:
        return self.call.path.removeprefix(LEGACY)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRequest(SolarEdgeRequest):
    """A request for one site, which the sender may see."""

    plant: Plant


type SolarEdgeEndpoint = Endpoint[SolarEdgeRequest]


def general(path: str, answer: Callable[[SolarEdgeRequest], Any]) -> SolarEdgeEndpoint:
    """Return an endpoint of all sites, which only a key opens."""

    def answered(request: SolarEdgeRequest, _: re.Match[str]) -> Any:
        request.permissions.require_fleet()
        return answer(request)

    return Endpoint(path=re.compile(path), answer=answered)


def of_site(
    path: str,
    scope: str | None,
    answer: Callable[[SiteRequest, re.Match[str]], Any],
    *,
    offered: Callable[[Switches], bool] = always,
) -> SolarEdgeEndpoint:
    """Return an endpoint of a site by its path below the site's and the scope that opens it."""

    def answered(request: SolarEdgeRequest, match: re.Match[str]) -> Any:
        plant = request.visible(
            request.plants.get(int(match["site"])),
            missing=problem(404, "Unknown site"),
            foreign=problem(403, "No access to this site"),
        )
        if scope is not None:
            request.permissions.require(scope)
        return answer(
            SiteRequest(
                call=request.call,
                switches=request.switches,
                plants=request.plants,
                owned=request.owned,
                permissions=request.permissions,
                plant=plant,
            ),
            match,
        )

    return Endpoint(
        path=re.compile(rf"sites/(?P<site>\d{{1,12}})/{path}".rstrip("/")), answer=answered, offered=offered
    )


def of_device(
    path: str,
    answer: Callable[[SiteRequest, re.Match[str]], Any],
    *,
    offered: Callable[[Switches], bool] = always,
) -> SolarEdgeEndpoint:
    """Return an endpoint of the devices of a site."""

    def answered(request: SiteRequest, match: re.Match[str]) -> Any:
        if not request.switches.solaredge_device_data:
            raise problem(403, f"The scope {DEVICE_DATA} is missing")
        return answer(request, match)

    return of_site(path, DEVICE_DATA, answered, offered=offered)
