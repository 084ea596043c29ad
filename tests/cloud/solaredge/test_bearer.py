"""SolarEdge sites read with an access token: as true as with a key, bound to one site, and never dead by mistake."""

import asyncio
from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
import logging
import traceback
from typing import Any, override
from zoneinfo import ZoneInfo

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
import pytest
from yarl import URL

from custom_components.solar_cloud.budget.ledger import Ledger
from custom_components.solar_cloud.budget.plan import Limits
from custom_components.solar_cloud.cloud.account import Account
from custom_components.solar_cloud.cloud.auth import Auth
from custom_components.solar_cloud.cloud.errors import (
    CloudError,
    CredentialRefused,
    NotAllowed,
    TemporarilyUnavailable,
    Throttled,
    TokenRefused,
)
from custom_components.solar_cloud.cloud.grant import Grant, Tokens
from custom_components.solar_cloud.cloud.solaredge.client import SolarEdge
from custom_components.solar_cloud.cloud.solaredge.tokens import SolarEdgeTokens
from custom_components.solar_cloud.model.data import SystemData, midnight
from custom_components.solar_cloud.model.elements import Flow, Vendor
from custom_components.solar_cloud.model.merging import merge
from simulator import SOLAREDGE_AUTHORIZE_PATH, SOLAREDGE_OAUTH_PATH, SOLAREDGE_PATH, Simulator
from simulator.clock import Clock
from simulator.systems.ready import (
    SOLAREDGE_BATTERY_OWNER,
    SOLAREDGE_CLIENT_ID,
    SOLAREDGE_CLIENT_SECRET,
    SOLAREDGE_OWNER,
    ready_simulator,
)

from .helpers import API_KEY, BERLIN, NOW, FakeCloud, StillClock, fixture, system_data

pytestmark = pytest.mark.usefixtures("socket_enabled")

UTC_ZONE = ZoneInfo("UTC")
QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)
BATTERY_SITE, PV_SITE = "1148616", "222881711"
OWNERS = {BATTERY_SITE: SOLAREDGE_BATTERY_OWNER, PV_SITE: SOLAREDGE_OWNER}
TOKEN = f"{SOLAREDGE_OAUTH_PATH}/token"


@dataclass
class World:
    """The simulated cloud, and a homeowner's account with it."""

    simulator: Simulator
    clock: StillClock
    account: Account
    endpoint: SolarEdgeTokens
    grant: Grant
    client: SolarEdge
    site: str
    saved: list[Tokens]

    async def run(self, data: SystemData, *names: str) -> SystemData:
        for job in self.client.jobs:
            if job.name in names and job.applies_to(data):
                data = merge(data, await job.run(data, self.clock.now), self.clock.now, UTC_ZONE)
        return data

    async def system(self) -> SystemData:
        (system,) = await self.client.systems()
        return SystemData(system=system)

    def later(self, **by: float) -> None:
        self.clock.now += timedelta(**by)

    def asked(self) -> list[tuple[str, int]]:
        """Return what was asked since the last time: the end of the path, and the status."""
        found = [(request.path.rsplit("/", 1)[-1], request.status) for request in self.simulator.requests]
        self.simulator.clear_requests()
        return found


@asynccontextmanager
async def world(
    site: str = PV_SITE,
    *,
    scope: str = "SITE_DATA DEVICE_DATA",
    limits: Limits | None = None,
    start: datetime = NOW,
) -> AsyncGenerator[World]:
    """Sign in as the owner of a site; nothing of that is left in the log, an hour has passed since."""
    clock = StillClock(start)
    simulator = ready_simulator(Clock(lambda: clock.now))
    simulator.set_limits("solaredge", per_minute=100_000, per_month=100_000)
    simulator.solaredge_owner = OWNERS[site]
    saved: list[Tokens] = []

    async def save(_: dict[str, Any]) -> None:
        return None

    async def save_tokens(tokens: Tokens) -> None:
        saved.append(tokens)

    limits = limits or Limits(per_minute=100_000, per_month=1_000_000)
    account = Account(Ledger(limits), save, clock=clock, sleep=clock.sleep)
    async with TestServer(simulator.app, host="127.0.0.1") as server, aiohttp.ClientSession() as session:
        base = str(server.make_url(SOLAREDGE_PATH))
        endpoint = SolarEdgeTokens(
            session, account, base, client_id=SOLAREDGE_CLIENT_ID, client_secret=SOLAREDGE_CLIENT_SECRET
        )
        asked = {"client_id": SOLAREDGE_CLIENT_ID, "external_id": "n", "scope": scope, "access_duration": "24"}
        target = URL(simulator.authorize(str(server.make_url(SOLAREDGE_AUTHORIZE_PATH).with_query(asked))))
        assert target.query["site_id"] == site
        issued = await endpoint.exchange(target.query["code"], None)
        grant = Grant(endpoint, issued.tokens, save_tokens, clock=clock)
        client = SolarEdge(session, account, auth=grant, site_id=site, base_url=base, zone=UTC_ZONE)
        clock.now += HOUR
        simulator.clear_requests()
        yield World(simulator, clock, account, endpoint, grant, client, site, saved)


# As true as with a key.


async def test_the_grant_s_site_is_the_only_system_for_one_request_and_knows_its_time_zone():
    async with world() as it:
        (system,) = await it.client.systems()
        assert (system.id, system.vendor, system.timezone) == (PV_SITE, Vendor.SOLAREDGE, "America/Los_Angeles")
        assert [(request.path, request.status) for request in it.simulator.requests] == [
            (f"{SOLAREDGE_PATH}/sites/{PV_SITE}", 200)
        ]


@pytest.mark.parametrize(
    ("site", "day"),
    [(BATTERY_SITE, date(2026, 10, 25)), (PV_SITE, date(2026, 3, 8)), (PV_SITE, date(2026, 6, 1))],
    ids=str,
)
async def test_a_day_lived_through_is_the_plant_s_to_the_watt_hour_and_no_token_is_ever_refused(site, day):
    zone = ready_simulator().plants[f"solaredge_{site}"].zone
    start, end = midnight(day, zone), midnight(day + timedelta(days=1), zone)
    async with world(site, start=start - HOUR) as it:
        plant = it.simulator.plants[f"solaredge_{site}"]
        it.clock.now = start + timedelta(seconds=95)
        data = await it.run(await it.system(), "details", "lifetime", "inventory", "energy")
        it.simulator.clear_requests()
        runs = 0
        while it.clock.now < end:
            it.clock.now += QUARTER
            data = await it.run(data, "energy", "meters", "storage")
            runs += 1
            assert data.lifetime.published_wh == plant.lifetime_wh(it.clock.now - timedelta(seconds=95))
        requests = it.simulator.requests
        assert {request.status for request in requests} == {200}
        assert {request.credential for request in requests} == {SOLAREDGE_CLIENT_ID}
        # A token lasts two hours and is replaced by the first run of its last ten minutes.
        refreshes = [request for request in requests if request.path == TOKEN]
        assert 12 <= len(refreshes) <= 13
        jobs = 3 if site == BATTERY_SITE else 1
        assert len(requests) == runs * jobs + len(refreshes)
        kept = [interval for interval in data.intervals.values() if start <= interval.start and interval.end <= end]
        assert sum(interval.energy_wh for interval in kept) == plant.day_wh(day)


async def test_meters_and_batteries_are_read_with_a_token_too():
    evening = midnight(date(2026, 6, 2), BERLIN) - timedelta(hours=2) + timedelta(seconds=95)
    async with world(BATTERY_SITE, start=evening) as it:
        data = await it.run(await it.system(), "details", "energy", "inventory", "meters", "storage", "inverters")
        assert {Flow.GRID_IMPORT, Flow.GRID_EXPORT, Flow.BATTERY_CHARGE, Flow.BATTERY_DISCHARGE} <= data.flows.keys()
        assert {device.kind for device in data.devices.values()} >= {"inverter", "meter", "battery"}
        assert {status for _, status in it.asked()} == {200}


async def test_days_of_the_past_are_the_plant_s_too():
    async with world() as it:
        data = await it.run(await it.system(), "details")
        plant = it.simulator.plants[f"solaredge_{PV_SITE}"]
        first, last = date(2026, 10, 1), date(2026, 10, 31)
        totals = await it.client.archive.totals(data, first, last, it.clock.now)
        assert totals[Flow.PRODUCTION] == {
            day: plant.day_wh(day) for day in (first + timedelta(days=n) for n in range(31))
        }


# Bound to one site and to what was consented to.


async def test_another_site_is_not_allowed_and_costs_one_request():
    async with world() as it:
        with pytest.raises(NotAllowed):
            await it.run(system_data(BATTERY_SITE), "energy")
        assert it.asked() == [("energy", 403)]


async def test_without_device_data_the_site_s_production_is_as_true_as_ever():
    async with world(BATTERY_SITE, scope="SITE_DATA") as it:
        data = await it.run(await it.system(), "details", "lifetime", "energy", "alerts", "overview")
        for name in ("inventory", "inverters"):
            it.asked()
            with pytest.raises(NotAllowed, match="DEVICE_DATA"):
                await it.run(data, name)
            assert [status for _, status in it.asked()] == [403]
        wanted = {job.name for job in it.client.jobs if job.applies_to(data)}
        assert wanted.isdisjoint({"meters", "storage", "totals"})
        it.later(hours=1)
        data = await it.run(data, "energy")
        plant = it.simulator.plants[f"solaredge_{BATTERY_SITE}"]
        assert data.lifetime.published_wh == plant.lifetime_wh(data.power.measured_at)


async def test_without_site_data_the_main_jobs_say_what_is_missing():
    async with world(scope="DEVICE_DATA") as it:
        with pytest.raises(NotAllowed, match="SITE_DATA"):
            await it.client.systems()
        for name in ("details", "energy", "lifetime"):
            it.asked()
            with pytest.raises(NotAllowed, match="SITE_DATA"):
                await it.run(system_data(PV_SITE), name)
            assert [status for _, status in it.asked()] == [403]


async def test_what_is_ticked_later_is_read_without_a_new_consent():
    async with world() as it:
        data = await it.run(await it.system(), "details")
        it.simulator.set_solaredge_scopes(SOLAREDGE_CLIENT_ID, ["SITE_DATA"])
        with pytest.raises(NotAllowed):
            await it.run(data, "inventory")
        it.simulator.set_solaredge_scopes(SOLAREDGE_CLIENT_ID, ["SITE_DATA", "DEVICE_DATA"])
        assert (await it.run(data, "inventory")).devices


# Tokens that end.


async def test_a_token_that_ends_before_it_should_is_replaced_once_and_nothing_is_missed():
    async with world() as it:
        data = await it.run(await it.system(), "details", "energy")
        it.simulator.mutate(TOKEN, lambda body: body | {"expires_in": 500_000})
        it.later(hours=1)  # the first pair is about to end, and the next one says that it lasts for days
        data = await it.run(data, "energy")
        it.later(hours=2, minutes=30)
        it.asked()
        data = await it.run(data, "energy")
        assert it.asked() == [("energy", 401), ("token", 200), ("energy", 200)]
        plant = it.simulator.plants[f"solaredge_{PV_SITE}"]
        assert sum(interval.energy_wh for interval in data.intervals.values()) == plant.energy_wh(
            min(data.intervals), max(interval.end for interval in data.intervals.values())
        )


async def test_ten_jobs_at_once_after_the_token_s_end_cost_one_refresh():
    async with world() as it:
        data = await it.run(await it.system(), "details")
        it.later(days=2)
        it.asked()
        updates = await asyncio.gather(*(it.run(data, "energy") for _ in range(10)))
        assert len(updates) == 10
        asked = it.asked()
        assert asked.count(("token", 200)) == 1
        assert {status for _, status in asked} == {200}
        assert [tokens.number for tokens in it.saved] == [2]


async def test_who_waits_with_the_token_before_gets_his_answer_with_the_next():
    async with world() as it:
        data = await it.run(await it.system(), "details")
        it.later(minutes=20)
        it.asked()
        async with it.account.request():
            # Both wait for their turn: first the refresh, then a request with the token that it ends.
            replacing = asyncio.create_task(it.grant.renewed(it.grant.tokens.access))
            await asyncio.sleep(0.01)
            waiting = asyncio.create_task(it.run(data, "energy"))
            await asyncio.sleep(0.01)
        assert (await waiting).intervals
        assert await replacing
        assert it.asked() == [("token", 200), ("energy", 401), ("energy", 200)]


async def test_a_job_that_is_cancelled_during_the_refresh_does_not_lose_the_pair():
    async with world() as it:
        data = await it.run(await it.system(), "details")
        it.later(days=1)
        it.simulator.fail(TOKEN, delay=0.1)
        job = asyncio.create_task(it.run(data, "energy"))
        await asyncio.sleep(0.03)
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job
        await asyncio.sleep(0.15)
        assert [tokens.number for tokens in it.saved] == [2]
        it.asked()
        await it.run(data, "energy")
        assert {name for name, _ in it.asked()} == {"energy"}


async def test_a_refresh_whose_answer_is_lost_is_an_outage_first_and_then_the_end():
    async with world() as it:
        data = await it.run(await it.system(), "details")
        it.later(days=1)
        it.simulator.fail(TOKEN, drop=True)
        with pytest.raises(TemporarilyUnavailable):
            await it.run(data, "energy")
        with pytest.raises(CredentialRefused, match="invalid refresh_token"):
            await it.run(data, "energy")


async def test_a_pair_that_another_program_used_up_is_the_end_and_costs_one_request():
    async with world() as it:
        data = await it.run(await it.system(), "details")
        await it.endpoint.refresh(it.grant.tokens, vital=False)
        it.later(days=1)
        it.asked()
        with pytest.raises(CredentialRefused):
            await it.run(data, "energy")
        assert it.asked() == [("token", 400)]


async def test_an_outage_of_the_token_endpoint_is_no_end():
    async with world() as it:
        data = await it.run(await it.system(), "details")
        it.later(days=1)
        it.simulator.fail(TOKEN, status=503, body={}, times=3)
        for _ in range(3):
            with pytest.raises(TemporarilyUnavailable):
                await it.run(data, "energy")
        assert (await it.run(data, "energy")).intervals


async def test_a_consent_lives_for_two_years_of_little_use_and_ends_with_them():
    async with world() as it:
        data = await it.run(await it.system(), "details")
        end = datetime(2028, 11, 21, 9, 1, 30, tzinfo=UTC)
        while it.clock.now + timedelta(days=1) < end:
            it.later(days=1)
            await it.grant.keep_alive()
        assert 104 <= len(it.saved) <= 122
        it.clock.now = end - timedelta(minutes=15)
        data = await it.run(data, "energy")
        it.clock.now = end
        it.asked()
        with pytest.raises(CredentialRefused, match="invalid refresh_token"):
            await it.run(data, "energy")
        assert it.asked() == [("energy", 401), ("token", 400)]


async def test_a_grant_that_is_about_to_die_is_refreshed_although_the_month_is_spent():
    async with world(limits=Limits(per_minute=100_000, per_month=100)) as it:
        data = await it.run(await it.system(), "details")
        it.later(days=20)
        for _ in range(100):
            it.account.ledger.spend(it.clock.now)
        it.asked()
        for call in (it.run(data, "energy"), it.grant.keep_alive()):
            with pytest.raises(Throttled):
                await call
        assert it.asked() == []
        it.later(days=1)
        await it.grant.keep_alive()
        assert it.asked() == [("token", 200)]
        with pytest.raises(Throttled):
            await it.run(data, "energy")
        assert it.asked() == []


# Dead, or not.


async def test_a_consent_that_was_taken_back_is_dead_for_three_requests_at_most():
    async with world() as it:
        data = await it.run(await it.system(), "details")
        it.later(minutes=20)
        it.simulator.revoke_solaredge_grant()
        it.asked()
        with pytest.raises(CredentialRefused, match="invalid refresh_token"):
            await it.run(data, "energy")
        assert it.asked() == [("energy", 401), ("token", 400)]


async def test_a_consent_that_is_taken_back_a_moment_after_it_worked_is_judged_the_next_time():
    async with world() as it:
        data = await it.run(await it.system(), "details", "energy")
        it.later(minutes=1)
        it.simulator.revoke_solaredge_grant()
        it.asked()
        with pytest.raises(TemporarilyUnavailable):
            await it.run(data, "energy")
        assert it.asked() == [("energy", 401), (PV_SITE, 401)]
        it.later(minutes=15)
        with pytest.raises(CredentialRefused):
            await it.run(data, "energy")
        assert it.asked() == [("energy", 401), ("token", 400)]


async def test_revoking_the_grant_ends_it_at_the_cloud():
    async with world() as it:
        data = await it.run(await it.system(), "details")
        await it.endpoint.revoke(it.grant.tokens)
        it.later(minutes=20)
        with pytest.raises(CredentialRefused):
            await it.run(data, "energy")


async def test_a_path_that_refuses_a_token_that_works_elsewhere_is_that_path_s_matter():
    async with world() as it:
        data = await it.run(await it.system(), "details", "energy")
        it.simulator.fail("*/inverters/telemetry", status=401, body={"error": "invalid_token"}, times=None)
        it.later(minutes=75)
        it.asked()
        with pytest.raises(NotAllowed):
            await it.run(data, "inverters")
        assert it.asked() == [
            ("token", 200),
            ("telemetry", 401),
            (PV_SITE, 200),
        ]
        # The proof lasts for an hour.
        it.later(minutes=9)
        with pytest.raises(NotAllowed):
            await it.run(data, "inverters")
        assert it.asked() == [("telemetry", 401)]
        assert (await it.run(data, "energy")).intervals


async def test_a_cloud_that_refuses_new_tokens_as_well_has_ended_the_grant():
    async with world() as it:
        data = await it.run(await it.system(), "details", "energy")
        it.simulator.fail(f"{SOLAREDGE_PATH}/sites/*", status=401, body={"error": "invalid_token"}, times=None)
        it.later(minutes=20)
        it.asked()
        with pytest.raises(CredentialRefused) as raised:
            await it.run(data, "energy")
        assert type(raised.value) is CredentialRefused
        assert it.asked() == [("energy", 401), ("token", 200), ("energy", 401), (PV_SITE, 401)]


async def test_the_site_s_own_details_are_not_asked_for_twice():
    async with world() as it:
        data = await it.system()
        it.simulator.fail(f"{SOLAREDGE_PATH}/sites/*", status=401, body={"error": "invalid_token"}, times=None)
        it.later(minutes=1)
        it.asked()
        with pytest.raises(TemporarilyUnavailable):
            await it.run(data, "details")
        assert it.asked() == [(PV_SITE, 401)]
        it.later(minutes=20)
        with pytest.raises(CredentialRefused):
            await it.client.systems()
        assert it.asked() == [(PV_SITE, 401), ("token", 200), (PV_SITE, 401)]


@pytest.mark.parametrize(
    ("status", "error"),
    [(403, NotAllowed), (404, TemporarilyUnavailable), (400, TemporarilyUnavailable), (503, TemporarilyUnavailable)],
)
async def test_what_the_site_s_details_cannot_tell_is_no_end(status, error):
    async with world() as it:
        data = await it.run(await it.system(), "energy")
        it.simulator.fail("*/energy", status=401, body={}, times=None)
        it.simulator.fail(f"*/sites/{PV_SITE}", status=status, body={}, times=None)
        it.later(hours=3)
        with pytest.raises(error) as raised:
            await it.run(data, "energy")
        assert type(raised.value) is error


# What is sent, without the simulator.


@dataclass
class Purse(Auth):
    """Gives out token after token."""

    number: int = 1
    worth: list[str] = field(default_factory=list)
    stuck: bool = False

    @property
    @override
    def secrets(self) -> Collection[str]:
        return [f"t0ken-{self.number}"]

    @override
    async def token(self) -> str:
        return f"t0ken-{self.number}"

    @override
    async def renewed(self, token: str) -> bool:
        if self.stuck:
            return False
        self.number += 1
        return True

    @override
    def worked(self, token: str) -> None:
        self.worth.append(token)


@dataclass
class Desk:
    cloud: FakeCloud
    purse: Purse
    client: SolarEdge
    clock: StillClock

    async def energy(self) -> Any:
        job = next(job for job in self.client.jobs if job.name == "energy")
        return await job.run(system_data(), self.clock.now)


@asynccontextmanager
async def desk(**given: Any) -> AsyncGenerator[Desk]:
    cloud, clock, purse = FakeCloud(), StillClock(), Purse()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", cloud.handle)

    async def save(_: dict[str, Any]) -> None:
        return None

    account = Account(Ledger(Limits(per_minute=1000, per_month=1000)), save, clock=clock, sleep=clock.sleep)
    async with TestServer(app, host="127.0.0.1") as server, aiohttp.ClientSession() as session:
        base = str(server.make_url("/v2"))
        options: dict[str, Any] = {"auth": purse, "site_id": "1234567"} | given
        yield Desk(cloud, purse, SolarEdge(session, account, base_url=base, zone=BERLIN, **options), clock)


async def test_a_token_is_sent_as_bearer_and_no_key_with_it_even_where_one_is_left_over():
    async with desk(api_key=API_KEY, account_key="left over") as it:
        it.cloud.answer("/sites/1234567/energy", fixture("energy.json"))
        await it.energy()
        (asked,) = it.cloud.asked
        assert asked.headers["Authorization"] == "Bearer t0ken-1"
        assert not {"x-api-key", "x-account-key"} & {name.lower() for name in asked.headers}
        assert it.purse.worth == ["t0ken-1"]


async def test_a_key_is_sent_without_a_bearer():
    async with desk(auth=None, site_id=None, api_key=API_KEY) as it:
        it.cloud.answer("/sites/1234567/energy", fixture("energy.json"))
        await it.energy()
        assert it.cloud.asked[0].headers["X-API-Key"] == API_KEY
        assert "Authorization" not in it.cloud.asked[0].headers


async def test_a_refused_token_is_replaced_and_the_request_repeated_once():
    async with desk() as it:
        answers = iter([401, 200])

        def energy(request: web.Request) -> web.Response:
            return web.json_response(fixture("energy.json"), status=next(answers))

        it.cloud.handlers["/sites/1234567/energy"] = energy
        assert (await it.energy()).intervals
        assert [asked.headers["Authorization"] for asked in it.cloud.asked] == ["Bearer t0ken-1", "Bearer t0ken-2"]
        assert it.purse.worth == ["t0ken-2"]


async def test_details_of_another_site_than_the_grant_s_are_not_believed():
    async with desk() as it:
        it.cloud.answer("/sites/1234567", fixture("site.json") | {"siteId": 7})
        with pytest.raises(CloudError):
            await it.client.systems()


@pytest.mark.parametrize("given", [{"auth": None}, {"site_id": None}, {"auth": None, "site_id": None}])
async def test_a_client_with_half_a_credential_is_not_made(given):
    with pytest.raises(ValueError, match="needed"):
        async with desk(**given):
            pytest.fail("it was made")


@pytest.mark.parametrize("stuck", [False, True])
@pytest.mark.parametrize("status", [200, 301, 400, 401, 403, 404, 429, 500])
async def test_no_token_is_in_any_error_or_log_even_when_the_cloud_repeats_it(status, stuck, caplog):
    told = []
    async with desk() as it:
        it.purse.stuck = stuck

        def mirror(request: web.Request) -> web.Response:
            return web.json_response({"detail": request.headers["Authorization"], "unit": "W"}, status=status)

        for path in ("/sites/1234567", "/sites/1234567/energy"):
            it.cloud.handlers[path] = mirror
        with caplog.at_level(logging.DEBUG):
            for call in (it.client.systems(), it.energy()):
                with pytest.raises(CloudError) as raised:
                    await call
                assert not isinstance(raised.value, TokenRefused)
                told.append("".join(traceback.format_exception(raised.value)))
                error: BaseException | None = raised.value
                while error is not None:
                    told.append(repr(error))
                    error = error.__cause__ or error.__context__
        told += [record.getMessage() for record in caplog.records if record.name.startswith("custom_components")]
    assert "t0ken" not in "\n".join(told)
