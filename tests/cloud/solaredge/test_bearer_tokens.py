"""Access tokens of SolarEdge that end: they are replaced once, and nothing is missed."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.solar_cloud.budget.plan import Limits
from custom_components.solar_cloud.cloud.errors import CredentialRefused, TemporarilyUnavailable, Throttled

from .bearer_world import PV_SITE, TOKEN, world

pytestmark = pytest.mark.usefixtures("socket_enabled")


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
