"""SolarEdge's Monitoring API V2: signing in, limits, sites, devices, alerts (SolarEdge migration notes)."""

from collections.abc import Mapping
import re
from typing import Any, override

from ..accounts import Accounts
from ..plant.plant import Plant
from ..quota import Quota, Window
from ..switches import Switches
from ..web import Answer, Call, Refusal, Vendor
from .alerts import alerts
from .devices import device_answer, devices
from .format import local, page_of, problem
from .grants import SolarEdgeGrants
from .opened import Opened, bearer_of, of_grant
from .series import Reader

_LEGACY = "monitoring/"
_SITE_PATH = re.compile(r"sites/(\d{1,12})(?:/(.+))?")
_OF_SITE_DATA = {None, "overview", "power", "energy", "alerts", "power-flow"}
_MOST_SITES = 1000


class SolarEdge(Vendor):
    """The API as a vendor of the simulator."""

    def __init__(
        self,
        prefix: str,
        quota: Quota,
        plants: Mapping[str, Plant],
        accounts: Accounts,
        switches: Switches,
        grants: SolarEdgeGrants,
    ) -> None:
        """Serve the SolarEdge plants among `plants`, which may change at any time."""
        self.prefix = prefix
        self.quota = quota
        self._plants = plants
        self._accounts = accounts
        self._switches = switches
        self._grants = grants

    @override
    def credential(self, call: Call) -> str | None:
        """Return the key of the header; with an access token the client id that it was given to, dead or alive."""
        if (token := bearer_of(call)) is not None:
            return self._grants.client_of(token)
        return call.headers.get("X-API-Key")

    @override
    def too_many(self, call: Call, minute: Window, month: Window, in_flight: int) -> Answer | None:
        """Return the 429 of the minute, with `retry-after`, or the one of the month's credits, without."""
        if not minute.over and not month.over:
            return None
        refusal = problem(429, "Rate limit exceeded" if minute.over else "Credit limit exceeded").answer
        refusal.body["title"] = "Too Many Requests"
        if self._switches.solaredge_credits_body_kong:
            refusal.body, refusal.content_type = {"message": "API rate limit exceeded"}, "application/json"
        if minute.over:
            refusal.headers["retry-after"] = str(max(1, -int((call.now - minute.end).total_seconds() // 1)))
        return refusal

    @override
    def finish(self, call: Call, answer: Answer, minute: Window) -> None:
        """Add the minute's headers, which every answer has."""
        answer.headers["x-ratelimit-limit-minute"] = str(minute.limit)
        answer.headers["x-ratelimit-remaining-minute"] = str(max(0, minute.limit - minute.used))

    @override
    def answer(self, call: Call) -> Answer:
        """Answer a request. Raise Refusal."""
        legacy = call.path.startswith(_LEGACY)
        path = call.path.removeprefix(_LEGACY)
        opened = self._sign_in(call, legacy=legacy)
        if call.method != "GET":
            raise problem(405, "Only GET is served")
        if path in {"sites", "alerts"} and not opened.fleet:
            raise problem(403, "Not for Site Access")
        if path == "sites":
            return Answer(body=self._sites(call, opened, as_list=legacy or self._switches.solaredge_sites_as_list))
        if path == "alerts":
            return Answer(body=alerts([plant for plant in self._plants.values() if _owns(opened, plant)], call))
        found = _SITE_PATH.fullmatch(path)
        if found is None:
            raise problem(404, "Unknown endpoint")
        plant = self._plants.get(f"solaredge_{int(found[1])}")
        if plant is None:
            raise problem(404, "Unknown site")
        if not _owns(opened, plant):
            raise problem(403, "No access to this site")
        return Answer(body=self._of_site(plant, found[2], call, opened, legacy=legacy))

    def _sign_in(self, call: Call, *, legacy: bool) -> Opened:
        """Return what the request's key or access token opens. Raise Refusal (401)."""
        token = bearer_of(call)
        if token is not None and not legacy:
            newest = self._switches.solaredge_old_access_refused
            return of_grant(self._grants, self._grants.grant_of(token, call.now, newest=newest))
        sent = call.headers.get("X-API-Key")
        both = legacy or self._switches.solaredge_demand_both_headers
        if sent is None or (both and "X-Account-Key" not in call.headers):
            raise Refusal(
                Answer(
                    status=401,
                    body={"error": "invalid_request", "error_description": "The access token is missing"},
                )
            )
        key = self._accounts.solaredge_keys.get(sent)
        if key is None or (both and call.headers["X-Account-Key"] != key.account_key):
            raise problem(401, "The key is not valid")
        return Opened(sites=key.sites)

    def _of_site(self, plant: Plant, path: str | None, call: Call, opened: Opened, *, legacy: bool) -> Any:
        """Return the body for a path under a site. Raise Refusal."""
        reader = Reader(plant, call, self._switches)
        if path in _OF_SITE_DATA:
            opened.demand_site_data()
        match path:
            case None:
                return _details(plant, call, reader)
            case "overview":
                return reader.overview(legacy=legacy)
            case "power":
                return reader.power_measurements(reader.production())
            case "energy":
                return reader.energy_measurements(reader.production())
            case "devices":
                self._demand_device_data(opened)
                return devices(plant, call)
            case "alerts":
                return alerts([plant], call)
            case "power-flow":
                raise problem(403, "Not included in this plan")
        answer = device_answer(path, plant, call, self._switches)
        if answer is None:
            raise problem(404, "Unknown endpoint")
        self._demand_device_data(opened)
        return answer()

    def _demand_device_data(self, opened: Opened) -> None:
        """Raise Refusal (403) where devices may not be read."""
        if not (self._switches.solaredge_device_data and opened.device_data):
            raise problem(403, "The scope DEVICE_DATA is missing")

    def _sites(self, call: Call, opened: Opened, *, as_list: bool) -> Any:
        """Return a page of the key's sites. Raise Refusal (400)."""
        plants = sorted((plant for plant in self._plants.values() if _owns(opened, plant)), key=lambda plant: plant.id)
        page = page_of(plants, call, "sites-in-page", _MOST_SITES)
        sites = [_summary(plant, call) for plant in page]
        return sites if as_list else {"sites": {"count": len(plants), "site": sites}}


def _owns(opened: Opened, plant: Plant) -> bool:
    return plant.cloud == "solaredge" and plant.id in opened.sites


def _summary(plant: Plant, call: Call) -> dict[str, Any]:
    """Return a site as the list has it."""
    address = plant.address
    return {
        "siteId": plant.id,
        "name": plant.name,
        "peakPower": plant.size_w(call.now) / 1000,
        "installationDate": plant.operational_at.isoformat().replace("+00:00", "Z"),
        "location": {
            "address": address.street,
            "city": address.city,
            "state": address.state,
            "zip": address.postal_code,
            "country": address.country,
        },
        "activationStatus": plant.status or "ACTIVE",
        "note": plant.note,
    }


def _details(plant: Plant, call: Call, reader: Reader) -> dict[str, Any]:
    """Return a site with its time zone and when it was last heard of."""
    body = _summary(plant, call)
    body["accountId"] = 24680
    body["location"]["timezone"] = plant.timezone
    reported = plant.reported_at(call.now)
    body["lastUpdateTime"] = local(reported, plant.zone) if reported else None
    return body
