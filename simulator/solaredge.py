"""SolarEdge's Monitoring API V2 with keys: signing in, limits, sites, devices, alerts (SolarEdge migration notes)."""

from collections.abc import Mapping
import re
from typing import Any

from .accounts import Accounts, SolarEdgeKey
from .devices import Alert
from .plant import Plant
from .quota import Quota, Window
from .solaredge_format import local, problem
from .solaredge_series import Reader
from .switches import Switches
from .web import Answer, Call, Refusal

_LEGACY = "monitoring/"
_SITE_PATH = re.compile(r"sites/(\d{1,12})(?:/(.+))?")
_TELEMETRY = re.compile(r"(inverters|meters|storage)/(?:([^/]+)/)?telemetry")
_INVERTER = re.compile(r"inverters/([^/]+)/(voltage|power|energy|current|frequency)")
_KINDS = {"INVERTER", "BATTERY", "BATTERY_MODULE", "OPTIMIZER", "METER", "EV_CHARGER", "BUI", "GATEWAY"}
_MOST_SITES, _MOST_ALERTS = 1000, 100


class SolarEdge:
    """The API as a vendor of the simulator."""

    def __init__(
        self, prefix: str, quota: Quota, plants: Mapping[str, Plant], accounts: Accounts, switches: Switches
    ) -> None:
        """Serve the SolarEdge plants among `plants`, which may change at any time."""
        self.prefix = prefix
        self.quota = quota
        self._plants = plants
        self._accounts = accounts
        self._switches = switches

    def credential(self, call: Call) -> str | None:
        """Return the key of the header."""
        return call.headers.get("X-API-Key")

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

    def finish(self, call: Call, answer: Answer, minute: Window) -> None:
        """Add the minute's headers, which every answer has."""
        answer.headers["x-ratelimit-limit-minute"] = str(minute.limit)
        answer.headers["x-ratelimit-remaining-minute"] = str(max(0, minute.limit - minute.used))

    def answer(self, call: Call) -> Answer:
        """Answer a request. Raise Refusal."""
        legacy = call.path.startswith(_LEGACY)
        path = call.path.removeprefix(_LEGACY)
        key = self._sign_in(call, both=legacy or self._switches.solaredge_demand_both_headers)
        if call.method != "GET":
            raise problem(405, "Only GET is served")
        if path == "sites":
            return Answer(body=self._sites(call, key, as_list=legacy or self._switches.solaredge_sites_as_list))
        if path == "alerts":
            return Answer(body=_alerts([plant for plant in self._plants.values() if _owns(key, plant)], call))
        found = _SITE_PATH.fullmatch(path)
        if found is None:
            raise problem(404, "Unknown endpoint")
        plant = self._plants.get(f"solaredge_{int(found[1])}")
        if plant is None:
            raise problem(404, "Unknown site")
        if not _owns(key, plant):
            raise problem(403, "No access to this site")
        return Answer(body=self._of_site(plant, found[2], call, legacy=legacy))

    def _sign_in(self, call: Call, *, both: bool) -> SolarEdgeKey:
        """Return what the request's key opens. Raise Refusal (401)."""
        sent = call.headers.get("X-API-Key")
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
        return key

    def _of_site(self, plant: Plant, path: str | None, call: Call, *, legacy: bool) -> Any:
        """Return the body for a path under a site. Raise Refusal."""
        reader = Reader(plant, call, self._switches)
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
                return _devices(plant, call)
            case "alerts":
                return _alerts([plant], call)
            case "power-flow":
                raise problem(403, "Not included in this plan")
        if found := _TELEMETRY.fullmatch(path):
            return _telemetry(plant, reader, found[1], found[2], call)
        if found := _INVERTER.fullmatch(path):
            if found[1] not in plant.inverters:
                raise problem(404, "Unknown device")
            return reader.inverter_measurements(found[1], found[2])
        raise problem(404, "Unknown endpoint")

    def _sites(self, call: Call, key: SolarEdgeKey, *, as_list: bool) -> Any:
        """Return a page of the key's sites. Raise Refusal (400)."""
        plants = sorted((plant for plant in self._plants.values() if _owns(key, plant)), key=lambda plant: plant.id)
        page = _page(plants, call, "sites-in-page", _MOST_SITES)
        sites = [_summary(plant, call) for plant in page]
        return sites if as_list else {"sites": {"count": len(plants), "site": sites}}


def _owns(key: SolarEdgeKey, plant: Plant) -> bool:
    return plant.cloud == "solaredge" and plant.id in key.sites


def _page[T](items: list[T], call: Call, size_name: str, most: int) -> list[T]:
    """Return the asked page, counted from 1. Raise Refusal (400)."""
    page, size = (call.query.get(name, default) for name, default in (("page", "1"), (size_name, str(most))))
    if not page.isdecimal() or not size.isdecimal() or int(page) < 1 or not 1 <= int(size) <= most:
        raise problem(400, f"page begins with 1, {size_name} is 1 to {most}")
    first = (int(page) - 1) * int(size)
    return items[first : first + int(size)]


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


def _devices(plant: Plant, call: Call) -> list[dict[str, Any]]:
    """Return the site's devices, replaced ones too; only inverters unless asked for others. Raise Refusal (400)."""
    types = set(call.query.getall("types", ["INVERTER"]))
    if unknown := types - _KINDS:
        raise problem(400, f"Unknown type {min(unknown)}")
    return [device for device in _all_devices(plant, call) if device["type"] in types]


def _all_devices(plant: Plant, call: Call) -> list[dict[str, Any]]:
    result: list[dict[str, Any]] = [
        {
            "type": "INVERTER",
            "serialNumber": inverter.serial,
            "manufacturer": "SolarEdge",
            "model": inverter.model,
            "partNumber": inverter.part_number,
            "name": f"Inverter {number}",
            "createdAt": local(inverter.installed, plant.zone),
            "firmwareVersion": "4.25.13",
            "firmware": "4.25.13.1.100",
            "connectedTo": None if inverter.serial in plant.gateways else inverter.gateway,
            "active": inverter.active_at(call.now),
            "nameplate": 0,
            "form": None,
            "communicationType": "ETHERNET" if inverter.serial in plant.gateways else "RS485",
            "connectedOptimizers": inverter.size_w // 400,
        }
        for number, inverter in enumerate(plant.inverters.values(), 1)
        if inverter.installed <= call.now
    ]
    if meter := plant.grid_meter:
        # One meter is listed once for each direction; what is computed from it has no serial number at all.
        rows = (
            (meter.serial, "Export Meter", "FeedIn"),
            (meter.serial, "Import Meter", "Purchased"),
            (None, "Self Consumption", "SelfConsumption"),
        )
        result += [
            {
                "type": "METER",
                "serialNumber": serial,
                "manufacturer": "SolarEdge" if serial else None,
                "model": "SE-MTR-3Y" if serial else None,
                "name": name,
                "createdAt": local(plant.operational_at, plant.zone),
                "firmwareVersion": "1.50" if serial else None,
                "connectedTo": meter.connected_to,
                "active": True,
                "meterType": kind,
                "form": "physical" if serial else "virtual",
                "communicationType": "RS485" if serial else None,
            }
            for serial, name, kind in rows
        ]
    if plant.battery and plant.storage:
        result.append(
            {
                "type": "BATTERY",
                "serialNumber": plant.battery.serial,
                "manufacturer": plant.battery.manufacturer,
                "model": plant.battery.model,
                "name": "Battery 1",
                "createdAt": local(plant.operational_at, plant.zone),
                "firmwareVersion": "2.1.7",
                "connectedTo": plant.battery.connected_to,
                "active": True,
                "nameplate": plant.storage.capacity_wh,
                "communicationType": "RS485",
            }
        )
    return result


def _telemetry(plant: Plant, reader: Reader, family: str, wanted: str | None, call: Call) -> dict[str, Any]:
    """Return a family's telemetry, of all its devices or of those named. Raise Refusal (400, 404)."""
    known: dict[str, list[str]] = {
        "inverters": [inverter.serial for inverter in plant.inverters.values() if inverter.active_at(call.now)],
        "meters": [plant.grid_meter.serial] if plant.grid_meter else [],
        "storage": [plant.battery.serial] if plant.battery else [],
    }
    serials = wanted.split(",") if wanted else known[family]
    if set(serials) - set(known[family]):
        raise problem(404, "Unknown device")
    match family:
        case "inverters":
            return reader.inverters_telemetry(serials)
        case "meters":
            return reader.meters_telemetry(serials)
        case _:
            return reader.storage_telemetry(serials)


def _alerts(plants: list[Plant], call: Call) -> list[dict[str, Any]]:
    """Return a page of alerts, those of a lost connection included. Raise Refusal (400)."""
    only_open = call.query.get("only-open", "false")
    if only_open not in {"true", "false"}:
        raise problem(400, "only-open is true or false")
    rows = [_alert(plant, alert) for plant in plants for alert in [*plant.alerts, *_lost(plant)]]
    if only_open == "true":
        rows = [row for row in rows if row["status"] == "OPEN"]
    return _page(rows, call, "alerts-in-page", _MOST_ALERTS)


def _lost(plant: Plant) -> list[Alert]:
    """Return an open alert for each gateway that is silent."""
    return [
        Alert(
            id=900_000 + number,
            category="COMMUNICATION",
            type="SITE_COMMUNICATION_FAULT",
            impact=7,
            status="OPEN",
            first_trigger=silence.start,
            last_trigger=silence.start,
            component_name="Inverter 1",
            component_serial=gateway.serial,
        )
        for number, gateway in enumerate(plant.gateways.values())
        for silence in gateway.silences
        if silence.end is None
    ]


def _alert(plant: Plant, alert: Alert) -> dict[str, Any]:
    return {
        "alertId": alert.id,
        "siteId": plant.id,
        "category": alert.category,
        "type": alert.type,
        "impact": alert.impact,
        "status": alert.status,
        "firstTrigger": alert.first_trigger.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "lastTrigger": alert.last_trigger.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "component": {"name": alert.component_name, "serialNumber": alert.component_serial},
        "errorCodes": list(alert.error_codes),
    }
