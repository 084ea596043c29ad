"""Enphase's Enlighten Systems API v2: signing in, limits, systems and devices (Enphase v2 documentation)."""

from collections.abc import Callable, Mapping
from datetime import datetime
import re
from typing import Any, override

from ..accounts import Accounts, encode_id
from ..plant.plant import Plant
from ..plant.slots import epoch
from ..quota import Quota, Window
from ..switches import Switches
from ..web import Answer, Call, Refusal, Vendor
from .devices import envoys, inventory
from .energy import energy_lifetime, monthly_production, stats, summary
from .format import callback, datetime_format, not_found, read_number, render, unauthorized, unprocessable
from .inverters import inverters_summary
from .meta import meta, status_of
from .meters import consumption_lifetime, consumption_stats, production_meter_readings, rgm_stats

_SYSTEM_PATH = re.compile(r"systems/(\d{1,12})/([a-z_]+)")
_FILTERS = ("system_id", "system_name", "status", "reference", "installer", "connection_type")
_DEFAULT_PAGE, _LARGEST_PAGE = 100, 1000


class EnphaseV2(Vendor):
    """The API as a vendor of the simulator."""

    def __init__(
        self, prefix: str, quota: Quota, plants: Mapping[str, Plant], accounts: Accounts, switches: Switches
    ) -> None:
        """Serve the Enphase plants among `plants`, which may change at any time."""
        self.prefix = prefix
        self.quota = quota
        self._plants = plants
        self._accounts = accounts
        self._switches = switches
        self._of_system: dict[str, Callable[[Plant, Call], dict[str, Any] | None]] = {
            "summary": lambda plant, call: summary(plant, call, stays=switches.enphase_power_stays),
            "stats": stats,
            "rgm_stats": lambda plant, call: rgm_stats(plant, call, late=switches.enphase_meter_intervals),
            "energy_lifetime": energy_lifetime,
            "monthly_production": monthly_production,
            "envoys": envoys,
            "inventory": lambda plant, call: inventory(plant, call, late=switches.enphase_inventory_details),
        }
        self._late: dict[str, Callable[[Plant, Call], dict[str, Any] | None]] = {
            "production_meter_readings": production_meter_readings,
            "consumption_stats": consumption_stats,
            "consumption_lifetime": consumption_lifetime,
        }

    @override
    def credential(self, call: Call) -> str | None:
        """Return the API key of the query."""
        return call.query.get("key")

    @override
    def too_many(self, call: Call, minute: Window, month: Window, in_flight: int) -> Answer | None:
        """Return the 409 that names the period, or the 503 of too many requests at the same time."""
        for window in (month, minute):
            if window.over:
                return Answer(
                    status=409,
                    body={
                        "reason": "409",
                        "message": [f"Usage limit exceeded for plan {self.quota.plan.name}"],
                        "period": window.period,
                        "period_start": epoch(window.start),
                        "period_end": epoch(window.end),
                        "limit": window.limit,
                    },
                )
        if in_flight > self._switches.enphase_max_in_flight:
            return Answer(status=503, body={"errorCode": 503, "errorMessages": ["Service unavailable."]})
        return None

    @override
    def answer(self, call: Call) -> Answer:
        """Answer a request. Raise Refusal."""
        if call.query.get("key") not in self._accounts.enphase_keys:
            raise unauthorized()
        owned = self._accounts.enphase_users.get(call.query.get("user_id", ""))
        if owned is None:
            raise unauthorized()
        if call.method != "GET":
            return Answer(status=405, body={"reason": "405", "message": ["Method not allowed"]})
        mode = datetime_format(call)
        if call.path == "systems":
            return Answer(body=self._systems(call, owned, mode))
        late = self._switches.enphase_late
        if late and call.path == "systems/search_system_id":
            return Answer(body={"system_id": self._search(call, owned)})
        summarized = late and self._switches.enphase_inverters_summary
        if summarized and call.path == "systems/inverters_summary_by_envoy_or_site":
            plant = self._plant(read_number(call, "site_id"), owned)
            return Answer(body=render(inverters_summary(plant, call.now, self._switches), mode, plant.zone))
        found = _SYSTEM_PATH.fullmatch(call.path)
        known = self._of_system | (self._late if late else {})
        if found is None or found[2] not in known:
            raise not_found()
        plant = self._plant(int(found[1]), owned)
        if found[2].startswith("consumption_") and not self._switches.enphase_consumption:
            raise unauthorized()
        body = known[found[2]](plant, call)
        return Answer(status=204) if body is None else Answer(body=render(body, mode, plant.zone))

    @override
    def finish(self, call: Call, answer: Answer, minute: Window) -> None:
        """Wrap the body in the callback that was asked for."""
        if (name := callback(call)) and answer.content_type == "application/json":
            answer.wrap = name
            answer.content_type = "application/javascript"

    def _plant(self, system_id: int | None, owned: set[int]) -> Plant:
        """Return a system that the user may read. Raise Refusal."""
        if system_id is None:
            raise unprocessable("Envoy serial number or site id is mandatory", {})
        plant = self._plants.get(f"enphase_{system_id}")
        if plant is None:
            raise not_found()
        if system_id not in owned:
            raise unauthorized()
        return plant

    def _search(self, call: Call, owned: set[int]) -> int:
        """Return the number of the system that has an Envoy. Raise Refusal (401, 404, 422)."""
        serial = call.query.get("serial_num")
        if not serial:
            raise unprocessable("serial_num is missing", {})
        for plant in self._plants.values():
            if plant.cloud == "enphase" and serial in plant.gateways:
                if plant.id not in owned:
                    raise unauthorized()
                return plant.id
        raise Refusal(
            Answer(status=404, body={"reason": "404", "errorMessages": ["Envoy not found with this serial number"]})
        )

    def _systems(self, call: Call, owned: set[int], mode: str | None) -> dict[str, Any]:
        """Return a page of the user's systems; the cursor is the number of the page's last system, encoded."""
        limit_text = call.query.get("limit", str(_DEFAULT_PAGE))
        if not limit_text.isdecimal() or int(limit_text) == 0:
            raise unprocessable("Invalid limit", {"limit": limit_text})
        limit = min(int(limit_text), _LARGEST_PAGE)
        plants = sorted(
            (plant for plant in self._plants.values() if plant.cloud == "enphase" and plant.id in owned),
            key=lambda plant: plant.id,
        )
        if cursor := call.query.get("next"):
            ids = [plant.id for plant in plants if encode_id(plant.id) == cursor]
            if not ids:
                raise unprocessable("Invalid cursor", {"next": cursor})
            plants = [plant for plant in plants if plant.id > ids[0]]
        for name in _FILTERS:
            if wanted := [*call.query.getall(name, []), *call.query.getall(f"{name}[]", [])]:
                plants = [plant for plant in plants if any(_matches(plant, name, value, call.now) for value in wanted)]
        page = plants[:limit]
        body: dict[str, Any] = {"systems": [render(_system(plant, call), mode, plant.zone) for plant in page]}
        if len(plants) > limit:
            body["next"] = encode_id(page[-1].id)
        return body


def _matches(plant: Plant, name: str, wanted: str, now: datetime) -> bool:
    """Tell whether a system passes a filter; names and references in any letter case, names also in part."""
    match name:
        case "system_id":
            return str(plant.id) == wanted
        case "system_name":
            return wanted.casefold() in plant.name.casefold()
        case "reference":
            references = [plant.reference or "", *plant.other_references]
            return wanted.casefold() in [reference.casefold() for reference in references if reference]
        case "status":
            return status_of(plant, now) == wanted
        case "installer":
            return plant.installer == wanted
        case _:
            return plant.connection_type == wanted


def _system(plant: Plant, call: Call) -> dict[str, Any]:
    """Return one element of the list of systems."""
    address = plant.address
    body: dict[str, Any] = {
        "system_id": plant.id,
        "system_name": plant.name,
        "system_public_name": plant.public_name,
        "status": status_of(plant, call.now),
        "timezone": plant.timezone,
        "country": address.country,
        "state": address.state,
        "city": address.city,
        "postal_code": address.postal_code,
        "connection_type": plant.connection_type,
        "meta": meta(plant, call.now),
    }
    if plant.reference:
        body["reference"] = plant.reference
    if plant.other_references:
        body["other_references"] = plant.other_references
    return body
