"""What a homeowner's consent permits."""

import pytest

from simulator import SOLAREDGE_LEGACY_PATH, SOLAREDGE_PATH
from simulator.ready import SOLAREDGE_CLIENT_ID

from .conftest import BATTERY_SITE, PV_SITE, Home


async def test_a_token_opens_its_site_alone_and_no_lists(home: Home):
    access = (await home.tokens())["access_token"]
    for path in ("", "/energy", "/overview", "/devices", "/alerts", "/inverters/telemetry"):
        assert await home.site(path, access) == 200, path
        assert await home.site(path, access, BATTERY_SITE) == 403, path
    for path in ("/sites", "/alerts"):
        assert (await home.read(SOLAREDGE_PATH + path, access)).status == 403
    assert (await home.read(f"{SOLAREDGE_LEGACY_PATH}/sites/{PV_SITE}", access)).status == 401


async def test_a_token_reads_the_same_numbers_as_a_key(home: Home):
    access = (await home.tokens())["access_token"]
    path = f"{SOLAREDGE_PATH}/sites/{PV_SITE}/overview"
    with_key = await home.drive.solaredge(f"sites/{PV_SITE}/overview")
    assert (await home.read(path, access)).body == with_key.body


async def test_an_unknown_token_is_refused_in_the_gateway_s_words(home: Home):
    answer = await home.read(f"{SOLAREDGE_PATH}/sites/{PV_SITE}", "made-up")
    assert (answer.status, answer.body["error"]) == (401, "invalid_token")


SITE_PATHS = ("", "/overview", "/power", "/energy", "/alerts")
DEVICE_PATHS = ("/devices", "/inverters/telemetry", "/meters/telemetry", "/storage/telemetry")


@pytest.mark.parametrize(
    ("asked", "allowed", "refused"),
    [("SITE_DATA", SITE_PATHS, DEVICE_PATHS), ("DEVICE_DATA", DEVICE_PATHS, SITE_PATHS)],
)
async def test_what_was_not_consented_to_is_forbidden(
    home: Home, asked: str, allowed: tuple[str, ...], refused: tuple[str, ...]
):
    access = (await home.tokens(scope=asked))["access_token"]
    assert [await home.site(path, access) for path in allowed] == [200] * len(allowed)
    assert [await home.site(path, access) for path in refused] == [403] * len(refused)


async def test_what_is_not_ticked_in_the_console_is_forbidden_whatever_was_asked_for(home: Home):
    access = (await home.tokens(scope="SITE_DATA DEVICE_DATA"))["access_token"]
    home.simulator.set_solaredge_scopes(SOLAREDGE_CLIENT_ID, ["SITE_DATA"])
    assert await home.site("/devices", access) == 403
    assert await home.site("/energy", access) == 200
    home.simulator.set_solaredge_scopes(SOLAREDGE_CLIENT_ID, ["SITE_DATA", "DEVICE_DATA"])
    assert await home.site("/devices", access) == 200
