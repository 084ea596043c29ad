"""The simulator: both vendors' clouds as one web application, and what tests do to them."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from aiohttp import web
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from .access import Access
from .clock import Clock
from .control import routes as control_routes
from .disturbances import Disturbances
from .enphase.oauth import EnphaseOAuth
from .enphase.v2 import EnphaseV2
from .enphase.v4 import EnphaseV4
from .faults import Body, Fault, Faults
from .plant.hardware import Hardware
from .plant.place import ApiName
from .plant.plant import Plant
from .quota import Plan, Quota
from .solaredge.access import SOLAREDGE_CONNECT_PATH, SolarEdgeAccess
from .solaredge.api import SolarEdge
from .solaredge.oauth import SolarEdgeTokens
from .switches import Switches
from .web import Answer, Call, Refusal, Request, Vendor, headers_of

ENPHASE_PATH = "/enphase/api/v2"
ENPHASE_V4_PATH = "/enphase/api/v4"
ENPHASE_OAUTH_PATH = "/enphase/oauth"
SOLAREDGE_PATH = "/solaredge/v2"
SOLAREDGE_LEGACY_PATH = "/solaredge/v2/monitoring"
SOLAREDGE_OAUTH_PATH = "/solaredge/v2/oauth2"
SOLAREDGE_AUTHORIZE_PATH = f"{SOLAREDGE_CONNECT_PATH}/authorize"


class Simulator(Hardware, Access, SolarEdgeAccess):
    """Both clouds over a set of plants, on an injected clock."""

    def __init__(self, clock: Clock | None = None) -> None:
        """Begin without plants, credentials, or faults; the plans are the vendors' free ones."""
        Hardware.__init__(self, clock or Clock())
        Access.__init__(self)
        self.switches = Switches()
        self._faults = Faults()
        self.disturbances = Disturbances(self.clock)
        self._log: list[Request] = []
        self._in_flight: Counter[str] = Counter()
        self.quotas: dict[ApiName, Quota] = {
            "enphase": Quota(Plan(name="Watt", per_minute=10, per_month=10_000)),
            "enphase_v4": self.v4_quota,
            "solaredge": Quota(Plan(name="Free", per_minute=10, per_month=2_000)),
        }
        self._oauth = EnphaseOAuth(ENPHASE_OAUTH_PATH, self.v4_quota, self.accounts, self.switches, self.grants)
        self._open_solaredge_access(self.quotas["solaredge"])
        consents = self.solaredge_grants
        solaredge = SolarEdge(
            SOLAREDGE_PATH, self.quotas["solaredge"], self.plants, self.accounts, self.switches, consents
        )
        self._vendors: tuple[Vendor, ...] = (
            EnphaseV2(ENPHASE_PATH, self.quotas["enphase"], self.plants, self.accounts, self.switches),
            EnphaseV4(ENPHASE_V4_PATH, self.v4_quota, self.plants, self.accounts, self.switches, self.grants),
            self._oauth,
            solaredge,
            SolarEdgeTokens(SOLAREDGE_OAUTH_PATH, solaredge, consents, self.switches),
            self._solaredge_connect,
        )
        self.app = self._build()

    # Plants.

    def add_plant(self, plant: Plant, *credentials: str) -> Plant:
        """Add a plant and let these read it: Enphase user ids (v2), names of owners (v4) or SolarEdge keys.

        Raise ValueError, KeyError.
        """
        if plant.key in self.plants:
            raise ValueError(f"{plant.key} is there already")
        for credential in credentials:
            self._systems_of(plant.cloud, credential).add(plant.id)
        self.plants[plant.key] = plant
        return plant

    def remove_system(self, key: str) -> None:
        """Take a plant away, as if its owner had withdrawn the consent and left. Raise KeyError."""
        plant = self.plants.pop(key)
        for systems in self._readers(plant.cloud):
            systems.discard(plant.id)

    # Consent.

    @property
    def enphase_owner(self) -> str | None:
        """The name of the owner who is signed in where nobody chooses on the consent page; None: the first one."""
        return self._oauth.owner

    @enphase_owner.setter
    def enphase_owner(self, name: str | None) -> None:
        if name is not None and name not in self.accounts.enphase_owners:
            raise KeyError(name)
        self._oauth.owner = name

    def authorize(self, url: str, *, allow: bool = True) -> str:
        """Be the browser of an owner: take a client's authorize URL and return where it is sent back to.

        That has the code, or ``error=access_denied``, and the state; with SolarEdge what `authorize_solaredge` says.
        Raise ValueError where a page would say no.
        """
        target = URL(url)
        if target.path == SOLAREDGE_AUTHORIZE_PATH:
            return self.authorize_solaredge(url, allow=allow)
        if target.path != f"{ENPHASE_OAUTH_PATH}/authorize":
            raise ValueError(f"{target.path} is not the consent page")
        call = Call(
            method="GET",
            path="authorize",
            query=target.query,
            headers=CIMultiDictProxy(CIMultiDict()),
            now=self.clock.now(),
        )
        try:
            return str(self._oauth.decide(target.query, call, allow=allow))
        except Refusal as refusal:
            raise ValueError(refusal.answer.encoded().decode()) from None

    # What happens to requests.

    @property
    def requests(self) -> list[Request]:
        """The vendor requests received, in the order of arrival; the control API's are not among them."""
        return list(self._log)

    def clear_requests(self) -> None:
        """Forget the log; the quotas stay used."""
        self._log.clear()

    def fail(
        self,
        path: str = "*",
        *,
        status: int | None = None,
        body: Body | None = None,
        headers: Mapping[str, str] | None = None,
        delay: float = 0,
        times: int | None = 1,
        drop: bool = False,
        truncate: bool = False,
    ) -> None:
        """Let requests whose path matches a pattern fail, `times` times or (None) until `clear_faults`.

        Without a status or body the true answer comes, only late (`delay`, in seconds of the event loop), cut in half
        (`truncate`), or not at all (`drop`).
        """
        self._faults.add(
            Fault(
                path=path,
                status=status,
                body=body,
                headers=headers_of(headers),
                delay=delay,
                times=times,
                drop=drop,
                truncate=truncate,
            )
        )

    def mutate(self, path: str, function: Callable[[Any], Any], times: int | None = None) -> None:
        """Let a function change the JSON of successful answers whose path matches a pattern."""
        self._faults.add_mutation(path, function, times)

    def clear_faults(self) -> None:
        """Let everything work again, changed bodies included."""
        self._faults.clear()

    def set_limits(
        self,
        cloud: ApiName,
        *,
        per_minute: int | None = None,
        per_month: int | None = None,
        reset_day: int | None = None,
    ) -> None:
        """Change an API's plan, in v4 those of all applications; what is not said stays. Raise KeyError, ValueError."""
        quota = self.quotas[cloud]
        for value in (per_minute, per_month, reset_day):
            if value is not None and (type(value) is not int or value < 0):
                raise ValueError("a limit is a whole number")
        for plan in (quota.plan, *quota.plans.values()):
            plan.per_minute = plan.per_minute if per_minute is None else per_minute
            plan.per_month = plan.per_month if per_month is None else per_month
            plan.reset_day = plan.reset_day if reset_day is None else reset_day

    # The web application.

    def _build(self) -> web.Application:
        app = web.Application(middlewares=[self.disturbances.middleware])
        for vendor in self._vendors:
            app.router.add_route("*", vendor.prefix + "/{tail:.*}", self._handler(vendor))
        app.add_routes(control_routes(self))

        async def opened(_: web.Application) -> None:
            self._faults.opened()

        async def closing(_: web.Application) -> None:
            self._faults.closing()

        app.on_startup.append(opened)
        app.on_shutdown.append(closing)
        return app

    def _handler(self, vendor: Vendor) -> Callable[[web.Request], Any]:
        async def handle(request: web.Request) -> web.StreamResponse:
            return await self._serve(vendor, request)

        return handle

    async def _serve(self, vendor: Vendor, request: web.Request) -> web.StreamResponse:
        """Log and count a request, let its fault happen, and answer it."""
        call = Call(
            method=request.method,
            path=request.path.removeprefix(vendor.prefix).strip("/"),
            query=request.query,
            headers=request.headers,
            now=self.clock.now(),
            body=await request.read() if request.can_read_body else b"",
        )
        credential = vendor.credential(call)
        entry = Request(
            time=call.now,
            method=request.method,
            path=request.path,
            query=vendor.logged(call),
            credential=credential,
        )
        self._log.append(entry)
        counted = vendor.quota.count if vendor.counts(call) else vendor.quota.windows
        minute, month = counted(credential or "", call.now)
        fault = self._faults.take(request.path)
        flight = f"{vendor.prefix} {credential}"
        self._in_flight[flight] += 1
        in_flight = self._in_flight[flight]
        try:
            if fault and fault.delay:
                await self._faults.wait(fault.delay)
            if fault and (fault.status is not None or fault.body is not None):
                answer = _faulty(fault)
            else:
                answer = vendor.too_many(call, minute, month, in_flight) or self._answer(vendor, call)
        finally:
            self._in_flight[flight] -= 1
        vendor.finish(call, answer, minute)
        if fault:
            answer.headers |= fault.headers or {}
        dropped = fault is not None and fault.drop and not fault.truncate
        self._answered(entry, 0 if dropped else answer.status)
        return await _send(request, answer, fault)

    def _answer(self, vendor: Vendor, call: Call) -> Answer:
        try:
            answer = vendor.answer(call)
        except Refusal as refusal:
            return refusal.answer
        if not isinstance(answer.body, bytes):
            answer.body = self._faults.mutate(f"{vendor.prefix}/{call.path}", answer.body)
        return answer

    def _answered(self, entry: Request, status: int) -> None:
        """Write the status into the log, if the entry is still there."""
        for index, logged in enumerate(self._log):
            if logged is entry:
                self._log[index] = replace(entry, status=status)
                return


def _faulty(fault: Fault) -> Answer:
    body: Any = fault.body
    if isinstance(body, str):
        content_type = "text/html" if body.lstrip().startswith("<") else "application/json"
        return Answer(status=fault.status or 200, body=body.encode(), content_type=content_type)
    return Answer(status=fault.status or 200, body=dict(body) if isinstance(body, Mapping) else body)


async def _send(request: web.Request, answer: Answer, fault: Fault | None) -> web.StreamResponse:
    """Send an answer whole, cut short, or not at all."""
    data = answer.encoded()
    content_type = (
        "application/json; charset=utf-8" if answer.content_type == "application/json" else answer.content_type
    )
    headers = {"Content-Type": content_type, **answer.headers}
    if fault and fault.drop:
        transport = request.transport
        response = web.StreamResponse(status=answer.status, headers={**headers, "Content-Length": str(len(data) + 1)})
        if fault.truncate:
            await response.prepare(request)
            await response.write(data[: len(data) // 2])
        if transport is not None:
            transport.close() if fault.truncate else transport.abort()
        return response
    if fault and fault.truncate:
        data = data[: len(data) // 2]
    return web.Response(status=answer.status, body=data, headers=headers)
