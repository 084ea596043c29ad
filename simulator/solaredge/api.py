"""SolarEdge's Monitoring API V2: who may ask, and which endpoints there are (SolarEdge migration notes)."""

from collections.abc import Mapping
import re
from typing import Any, ClassVar, override

from ..accounts import Accounts
from ..data_api import DataApi
from ..plant.place import CloudName
from ..plant.plant import Plant
from ..quota import Period, Quota, Usage, Window
from ..switches import Switches
from ..web import Answer, Call, Refusal, bearer_token
from .alerts import alerts
from .devices import ENDPOINTS as DEVICES
from .format import problem
from .grants import SITE_DATA, SolarEdgeGrants
from .limits import add_headers, too_many
from .permissions import Permissions, of_grant
from .request import LEGACY, SiteRequest, SolarEdgeEndpoint, SolarEdgeRequest, general, of_site
from .series import Reader
from .sites import details, sites


def _all_alerts(request: SolarEdgeRequest) -> list[dict[str, Any]]:
    plants = [plant for plant in request.plants.values() if plant.id in request.owned]
    return alerts(plants, request.call)


def _overview(request: SiteRequest, _: re.Match[str]) -> dict[str, Any]:
    return Reader(request).overview()


def _power(request: SiteRequest, _: re.Match[str]) -> dict[str, Any]:
    reader = Reader(request)
    return reader.power_measurements(reader.production())


def _energy(request: SiteRequest, _: re.Match[str]) -> dict[str, Any]:
    reader = Reader(request)
    return reader.energy_measurements(reader.production())


def _alerts(request: SiteRequest, _: re.Match[str]) -> list[dict[str, Any]]:
    return alerts([request.plant], request.call)


def _power_flow(request: SiteRequest, _: re.Match[str]) -> None:
    raise problem(403, "Not included in this plan")


def _unknown(request: SiteRequest, _: re.Match[str]) -> None:
    """Refuse a path, once it is clear that the site may be seen."""
    raise problem(404, "Unknown endpoint")


class SolarEdge(DataApi[SolarEdgeRequest, SolarEdgeEndpoint]):
    """The API as a service of the simulator."""

    cloud: ClassVar[CloudName] = "solaredge"
    limits: ClassVar[tuple[Period, Period]] = ("minute", "month")
    endpoints = (
        general("sites", sites),
        general("alerts", _all_alerts),
        of_site("", SITE_DATA, details),
        of_site("overview", SITE_DATA, _overview),
        of_site("power", SITE_DATA, _power),
        of_site("energy", SITE_DATA, _energy),
        of_site("alerts", SITE_DATA, _alerts),
        of_site("power-flow", SITE_DATA, _power_flow),
        *DEVICES,
        of_site(".+", None, _unknown),
    )

    def __init__(
        self,
        prefix: str,
        quota: Quota,
        plants: Mapping[str, Plant],
        switches: Switches,
        accounts: Accounts,
        grants: SolarEdgeGrants,
    ) -> None:
        """Let in the keys among `accounts` and the tokens of `grants`, which may change at any time."""
        super().__init__(prefix, quota, plants, switches)
        self._accounts = accounts
        self._grants = grants

    @override
    def credential(self, call: Call) -> str | None:
        """Return the key of the header; with an access token the client id that it was given to, dead or alive."""
        if (token := bearer_token(call)) is not None:
            return self._grants.client_of(token)
        return call.headers.get("X-API-Key")

    @override
    def over_limit(self, call: Call, window: Window) -> Answer:
        return too_many(call, window, self._switches)

    @override
    def finish(self, call: Call, answer: Answer, usage: Usage) -> Answer:
        add_headers(answer, usage)
        return answer

    @override
    def admit(self, call: Call) -> SolarEdgeRequest:
        """Return the request of whoever has sent a key or an access token. Raise Refusal (401, 405)."""
        permissions = self._permissions(call)
        if call.method != "GET":
            raise self.not_allowed(call.method)
        return SolarEdgeRequest(
            call=call,
            switches=self._switches,
            plants=self.plants,
            owned=permissions.sites,
            permissions=permissions,
        )

    @override
    def unknown_path(self) -> Refusal:
        return problem(404, "Unknown endpoint")

    @override
    def not_allowed(self, method: str) -> Refusal:
        return problem(405, "Only GET is served")

    def _permissions(self, call: Call) -> Permissions:
        """Return what the key or access token of a request permits. Raise Refusal (401)."""
        legacy = call.path.startswith(LEGACY)
        token = bearer_token(call)
        if token is not None and not legacy:
            newest = self._switches.solaredge_old_access_refused
            return of_grant(self._grants, self._grants.grant_of(token, call.now, newest=newest))
        sent = call.headers.get("X-API-Key")
        both = legacy or self._switches.solaredge_demand_both_headers
        if sent is None or (both and "X-Account-Key" not in call.headers):
            body = {"error": "invalid_request", "error_description": "The access token is missing"}
            raise Refusal(Answer(status=401, body=body))
        key = self._accounts.solaredge_keys.get(sent)
        if key is None or (both and call.headers["X-Account-Key"] != key.account_key):
            raise problem(401, "The key is not valid")
        return Permissions(sites=key.sites)
