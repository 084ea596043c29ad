"""Enphase's Enlighten Systems API v2: who may ask, and which endpoints there are (Enphase v2 documentation)."""

from collections.abc import Mapping
import re
from typing import ClassVar, override

from ..accounts import Accounts
from ..data_api import DataApi, Endpoint
from ..plant.place import CloudName
from ..plant.plant import Plant
from ..quota import Quota, Usage, Window
from ..switches import Switches
from ..web import Answer, Call, Refusal
from .v2_devices import envoys, inventory, inverters_summary
from .v2_energy import energy_lifetime, monthly_production, stats, summary
from .v2_errors import not_allowed, not_found, too_many, too_many_at_once, unauthorized
from .v2_meters import consumption_lifetime, consumption_stats, production_meter_readings, rgm_stats
from .v2_request import V2Request, general, of_system, time_format_of
from .v2_systems import search, systems

_CALLBACK = re.compile(r"[A-Za-z_$][\w$.]*")


def _late(switches: Switches) -> bool:
    return switches.enphase_late


def _inverters_summary_offered(switches: Switches) -> bool:
    return switches.enphase_late and switches.enphase_inverters_summary


class EnphaseV2(DataApi[V2Request, Endpoint[V2Request]]):
    """The API as a service of the simulator."""

    cloud: ClassVar[CloudName] = "enphase"
    endpoints = (
        general("systems", systems),
        general("systems/search_system_id", search, offered=_late),
        general("systems/inverters_summary_by_envoy_or_site", inverters_summary, offered=_inverters_summary_offered),
        of_system("summary", summary),
        of_system("stats", stats),
        of_system("rgm_stats", rgm_stats),
        of_system("energy_lifetime", energy_lifetime),
        of_system("monthly_production", monthly_production),
        of_system("envoys", envoys),
        of_system("inventory", inventory),
        of_system("production_meter_readings", production_meter_readings, offered=_late),
        of_system("consumption_stats", consumption_stats, offered=_late, consumption=True),
        of_system("consumption_lifetime", consumption_lifetime, offered=_late, consumption=True),
    )

    def __init__(
        self, prefix: str, quota: Quota, plants: Mapping[str, Plant], switches: Switches, accounts: Accounts
    ) -> None:
        """Let in the keys and user ids among `accounts`, which may change at any time."""
        super().__init__(prefix, quota, plants, switches)
        self._accounts = accounts

    @override
    def credential(self, call: Call) -> str | None:
        """Return the API key of the query."""
        return call.query.get("key")

    @override
    def too_many(self, call: Call, usage: Usage) -> Answer | None:
        """Return the refusal beyond a limit of the plan, or that of too many requests at the same time."""
        if refusal := super().too_many(call, usage):
            return refusal
        return too_many_at_once() if usage.in_flight > self._switches.enphase_max_in_flight else None

    @override
    def over_limit(self, call: Call, window: Window) -> Answer:
        return too_many(self.quota.plan.name, window)

    @override
    def admit(self, call: Call) -> V2Request:
        """Return the request of a user. Raise Refusal (401, 405, 422)."""
        owned = self._accounts.enphase_users.get(call.query.get("user_id", ""))
        if call.query.get("key") not in self._accounts.enphase_keys or owned is None:
            raise unauthorized()
        if call.method != "GET":
            raise not_allowed()
        return V2Request(
            call=call,
            switches=self._switches,
            plants=self.plants,
            owned=owned,
            time_format=time_format_of(call),
        )

    @override
    def unknown_path(self) -> Refusal:
        return not_found()

    @override
    def not_allowed(self, method: str) -> Refusal:
        return not_allowed()

    @override
    def respond(self, request: V2Request, endpoint: Endpoint[V2Request], match: re.Match[str]) -> Answer:
        """Return what an endpoint answers; no body is a 204. Raise Refusal."""
        body = endpoint.answer(request, match)
        return Answer(status=204) if body is None else Answer(body=body)

    @override
    def finish(self, call: Call, answer: Answer, usage: Usage) -> Answer:
        """Return a JSON body in the JSONP callback that was asked for, where that is a name."""
        name = call.query.get("callback")
        if name and _CALLBACK.fullmatch(name) and answer.content_type == "application/json":
            answer.wrap = name
            answer.content_type = "application/javascript"
        return answer
