"""Enphase's API v4: who may ask for what, and how answers are sent (Enphase v4 quick start and specification)."""

from collections.abc import Mapping
import re
from typing import ClassVar, override

from ..accounts import Accounts, Application
from ..data_api import DataApi
from ..plant.place import CloudName
from ..plant.plant import Plant
from ..quota import Quota, Window
from ..switches import Switches
from ..web import Answer, Call, Refusal, bearer_token
from .format import render
from .grants import Grants
from .v4_device_telemetry import ENDPOINTS as DEVICE_TELEMETRY
from .v4_devices import ENDPOINTS as DEVICES
from .v4_errors import METHODS, forbidden, mismatch, not_allowed, not_found, too_many, unauthorized
from .v4_ev_chargers import ENDPOINTS as EV_CHARGERS, OCTETS
from .v4_events import ENDPOINTS as EVENTS
from .v4_latest import ENDPOINTS as LATEST
from .v4_lifetime import ENDPOINTS as LIFETIME
from .v4_quirks import with_quirks
from .v4_request import Control, V4Endpoint, V4Request
from .v4_systems import ENDPOINTS as SYSTEMS
from .v4_telemetry import ENDPOINTS as TELEMETRY

_WATT: frozenset[Control] = frozenset({"system", "production", "consumption", "ev"})
_KILOWATT: frozenset[Control] = _WATT | {"device", "streaming"}
_MEGAWATT: frozenset[Control] = _KILOWATT | {"configuration"}
_CONTROLS: dict[str, frozenset[Control]] = {
    "Watt": _WATT,
    "Kilowatt": _KILOWATT,
    "Megawatt": _MEGAWATT,
    "Partner": _MEGAWATT | {"control"},
}
"""The access controls that each plan has."""


class EnphaseV4(DataApi[V4Request, V4Endpoint]):
    """The API as a service of the simulator."""

    cloud: ClassVar[CloudName] = "enphase"
    endpoints = (
        *SYSTEMS,
        *DEVICES,
        *TELEMETRY,
        *LIFETIME,
        *LATEST,
        *EVENTS,
        *EV_CHARGERS,
        *DEVICE_TELEMETRY,
    )

    def __init__(
        self,
        prefix: str,
        quota: Quota,
        plants: Mapping[str, Plant],
        switches: Switches,
        accounts: Accounts,
        grants: Grants,
    ) -> None:
        """Let in the applications and owners among `accounts`, which may change at any time."""
        super().__init__(prefix, quota, plants, switches)
        self._accounts = accounts
        self._grants = grants

    @override
    def credential(self, call: Call) -> str | None:
        """Return the API key, of the query or of the header."""
        return call.query.get("key") or call.headers.get("key")

    @override
    def limited(self, call: Call) -> bool:
        """Return whether the API key is one: only applications have plans."""
        return self._accounts.application_of_key(self.credential(call) or "") is not None

    @override
    def over_limit(self, call: Call, window: Window) -> Answer:
        """Return the 429; there are no headers that say when to come again."""
        found = self.endpoint_of(call.path)
        documented = found is not None and found[0].long_429
        form = self._switches.enphase_429
        plan = self.quota.plan_of(self.credential(call) or "")
        return too_many(plan.name, window, long=form == "long" or (form == "documented" and documented))

    @override
    def admit(self, call: Call) -> V4Request:
        """Return the request of an application for an owner who has consented. Raise Refusal (401, 501)."""
        if call.method not in METHODS:
            raise not_allowed(call.method)
        application = self._accounts.application_of_key(self.credential(call) or "")
        newest = self._switches.enphase_old_access_refused
        grant = self._grants.grant_of(bearer_token(call) or "", call.now, newest=newest)
        if application is None or grant is None:
            raise unauthorized()
        if grant.client_id != application.client_id:
            raise mismatch()
        return V4Request(
            call=call,
            switches=self._switches,
            plants=self.plants,
            owned=self._accounts.enphase_owners[grant.owner].systems,
            controls=self._controls(application),
        )

    @override
    def unknown_path(self) -> Refusal:
        return not_found("Resource not found")

    @override
    def not_allowed(self, method: str) -> Refusal:
        return not_allowed(method)

    @override
    def respond(self, request: V4Request, endpoint: V4Endpoint, match: re.Match[str]) -> Answer:
        """Return what an endpoint answers, if the access controls of the application open it. Raise Refusal."""
        if endpoint.control not in request.controls:
            raise forbidden() if self._switches.enphase_gating_403 else unauthorized()
        body = render(endpoint.answer(request, match))
        octets = self._switches.enphase_octet_stream
        return Answer(
            body=with_quirks(body, self._switches, devices=endpoint.lists_devices),
            content_type=OCTETS if octets else endpoint.content_type,
        )

    def _controls(self, application: Application) -> frozenset[Control]:
        """Return what an application may read: of what its plan has, what the developer has ticked."""
        of_plan = _CONTROLS[self.quota.plan_of(application.api_key).name]
        ticked = application.access_controls
        return of_plan if ticked is None else frozenset(control for control in of_plan if control in ticked)
