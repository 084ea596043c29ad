"""Access tokens that SolarEdge refuses: a grant is dead only when that is proved."""

import pytest

from custom_components.solar_cloud.cloud.errors import CredentialRefused, NotAllowed, TemporarilyUnavailable
from simulator import SOLAREDGE_PATH

from .bearer_world import PV_SITE, world

pytestmark = pytest.mark.usefixtures("socket_enabled")


async def test_a_consent_that_was_taken_back_is_dead_for_three_requests_at_most():
    async with world() as it:
        data = await it.run(await it.system(), "details")
        it.later(minutes=20)
        it.simulator.revoke_solaredge_grant()
        it.asked()
        with pytest.raises(CredentialRefused, match="invalid refresh_token"):
            await it.run(data, "energy")
        assert it.asked() == [("energy", 401), ("token", 400)]


async def test_a_consent_taken_back_a_moment_after_it_worked_is_checked_the_next_time():
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
async def test_what_the_site_s_details_leave_open_is_no_end(status, error):
    async with world() as it:
        data = await it.run(await it.system(), "energy")
        it.simulator.fail("*/energy", status=401, body={}, times=None)
        it.simulator.fail(f"*/sites/{PV_SITE}", status=status, body={}, times=None)
        it.later(hours=3)
        with pytest.raises(error) as raised:
            await it.run(data, "energy")
        assert type(raised.value) is error
