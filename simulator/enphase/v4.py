"""Enphase's API v4: signing in, plans, which endpoint answers (Enphase v4 quick start and specification)."""

from collections.abc import Mapping
import re
from typing import override

from ..accounts import Accounts, Application
from ..plant.plant import Plant
from ..quota import Quota, Window
from ..switches import Switches
from ..web import Answer, Call, Vendor
from .format import render
from .grants import Grants
from .v4_ask import Ask, Control, Endpoint
from .v4_device_telemetry import ENDPOINTS as SINGLE
from .v4_devices import ENDPOINTS as DEVICES
from .v4_errors import METHODS, forbidden, mismatch, not_allowed, not_found, too_many, unauthorized
from .v4_ev import ENDPOINTS as CHARGERS, OCTETS
from .v4_events import ENDPOINTS as EVENTS
from .v4_latest import ENDPOINTS as LATEST
from .v4_lifetime import ENDPOINTS as LIFETIME
from .v4_quirks import odd
from .v4_systems import ENDPOINTS as SYSTEMS
from .v4_telemetry import ENDPOINTS as TELEMETRY

_WATT: frozenset[Control] = frozenset({"system", "production", "consumption", "ev"})
_KILOWATT: frozenset[Control] = _WATT | {"device", "streaming"}
_MEGAWATT: frozenset[Control] = _KILOWATT | {"configuration"}
_OPENED: dict[str, frozenset[Control]] = {
    "Watt": _WATT,
    "Kilowatt": _KILOWATT,
    "Megawatt": _MEGAWATT,
    "Partner": _MEGAWATT | {"control"},
}
_ENDPOINTS = (*SYSTEMS, *DEVICES, *TELEMETRY, *LIFETIME, *LATEST, *EVENTS, *CHARGERS, *SINGLE)


class EnphaseV4(Vendor):
    """The API as a vendor of the simulator."""

    def __init__(
        self,
        prefix: str,
        quota: Quota,
        plants: Mapping[str, Plant],
        accounts: Accounts,
        switches: Switches,
        grants: Grants,
    ) -> None:
        """Serve the Enphase plants among `plants`, which may change at any time."""
        self.prefix = prefix
        self.quota = quota
        self._plants = plants
        self._accounts = accounts
        self._switches = switches
        self._grants = grants

    @override
    def credential(self, call: Call) -> str | None:
        """Return the API key, of the query or of the header."""
        return call.query.get("key") or call.headers.get("key")

    @override
    def too_many(self, call: Call, minute: Window, month: Window, in_flight: int) -> Answer | None:
        """Return the 429; there are no headers that would tell when to come again."""
        key = self.credential(call) or ""
        if self._accounts.application_of_key(key) is None:
            return None
        known = _endpoint(call.path)
        documented = known is not None and known[0].long_429
        form = self._switches.enphase_429
        long = form == "long" or (form == "documented" and documented)
        return too_many(self.quota.plan_of(key).name, (month, minute), long=long)

    @override
    def finish(self, call: Call, answer: Answer, minute: Window) -> None:
        """Add nothing: no header tells of the plan."""

    @override
    def answer(self, call: Call) -> Answer:
        if call.method not in METHODS:
            raise not_allowed(call.method)
        application, owned = self._signed_in(call)
        if (known := _endpoint(call.path)) is None:
            raise not_found("Resource not found")
        endpoint, found = known
        if call.method != endpoint.method:
            raise not_allowed(call.method)
        if endpoint.control not in self._opened(application):
            raise forbidden() if self._switches.enphase_gating_403 else unauthorized()
        ask = Ask(call=call, switches=self._switches, plants=self._plants, owned=owned)
        body = odd(render(endpoint.answer(ask, found)), self._switches, devices=endpoint.lists_devices)
        octets = self._switches.enphase_octet_stream
        return Answer(body=body, content_type=OCTETS if octets else endpoint.content_type)

    def _signed_in(self, call: Call) -> tuple[Application, set[int]]:
        """Return the application, and the systems of the owner who has consented. Raise Refusal (401)."""
        application = self._accounts.application_of_key(self.credential(call) or "")
        kind, _, token = call.headers.get("Authorization", "").partition(" ")
        newest = self._switches.enphase_old_access_refused
        grant = self._grants.grant_of(token, call.now, newest=newest) if kind.casefold() == "bearer" else None
        if application is None or grant is None:
            raise unauthorized()
        if grant.client_id != application.client_id:
            raise mismatch()
        return application, self._accounts.enphase_owners[grant.owner].systems

    def _opened(self, application: Application) -> frozenset[Control]:
        opened = _OPENED[self.quota.plan_of(application.api_key).name]
        chosen = application.access_controls
        return opened if chosen is None else frozenset(control for control in opened if control in chosen)


def _endpoint(path: str) -> tuple[Endpoint, re.Match[str]] | None:
    """Return the endpoint that a path belongs to, and how it matches."""
    for endpoint in _ENDPOINTS:
        if found := endpoint.path.fullmatch(path):
            return endpoint, found
    return None
