"""Plans, the log of requests, and everything that can be made to go wrong."""

import asyncio
from datetime import UTC, datetime, timedelta
import time

from aiohttp import ClientConnectionError, ClientError, ClientPayloadError
import pytest

from simulator.quota import Plan, Quota
from simulator.ready import ENPHASE_API_KEY, SOLAREDGE_API_KEY, SOLAREDGE_SINGLE_API_KEY, ready_simulator

from .conftest import NOON_IN_CALIFORNIA, Driver

MINUTE = NOON_IN_CALIFORNIA.replace(second=0)


async def test_the_plans_are_the_free_ones_unless_set_otherwise():
    plans = {cloud: quota.plan for cloud, quota in ready_simulator().quotas.items()}
    assert (plans["enphase"].name, plans["enphase"].per_minute, plans["enphase"].per_month) == ("Watt", 10, 10_000)
    assert (plans["solaredge"].per_minute, plans["solaredge"].per_month) == (10, 2_000)


async def test_enphase_refuses_what_exceeds_the_minute_with_409(drive: Driver):
    drive.simulator.set_limits("enphase", per_minute=3)
    results = [await drive.enphase("systems") for _ in range(5)]
    assert [result.status for result in results] == [200, 200, 200, 409, 409]
    start = int(MINUTE.timestamp())
    assert results[-1].body == {
        "reason": "409",
        "message": ["Usage limit exceeded for plan Watt"],
        "period": "minute",
        "period_start": start,
        "period_end": start + 60,
        "limit": 3,
    }
    drive.at(MINUTE + timedelta(seconds=59))
    assert (await drive.enphase("systems")).status == 409
    drive.at(MINUTE + timedelta(seconds=60))
    assert (await drive.enphase("systems")).status == 200


async def test_enphase_refuses_what_exceeds_the_utc_month_with_409(drive: Driver):
    drive.simulator.set_limits("enphase", per_month=2)
    statuses = [(await drive.enphase("systems")).status for _ in range(2)]
    refused = await drive.enphase("systems")
    assert (statuses, refused.status) == ([200, 200], 409)
    assert refused.body["period"] == "month"
    assert refused.body["period_start"] == int(datetime(2026, 6, 1, tzinfo=UTC).timestamp())
    assert refused.body["period_end"] == int(datetime(2026, 7, 1, tzinfo=UTC).timestamp())
    assert refused.body["limit"] == 2
    drive.at(datetime(2026, 6, 30, 23, 59, 59, tzinfo=UTC))
    assert (await drive.enphase("systems")).status == 409
    drive.at(datetime(2026, 7, 1, tzinfo=UTC))
    assert (await drive.enphase("systems")).status == 200


async def test_refused_requests_count_and_keys_have_counters_of_their_own(drive: Driver):
    drive.simulator.set_limits("solaredge", per_minute=2)
    for _ in range(5):
        await drive.solaredge("sites/5")
    now = drive.simulator.clock.now()
    assert drive.simulator.quotas["solaredge"].used(SOLAREDGE_API_KEY, now) == (5, 5)
    assert drive.simulator.quotas["solaredge"].used(SOLAREDGE_SINGLE_API_KEY, now) == (0, 0)
    assert (await drive.solaredge("sites", key=SOLAREDGE_SINGLE_API_KEY)).status == 200
    assert drive.simulator.quotas["enphase"].used(ENPHASE_API_KEY, now) == (0, 0)


async def test_solaredge_tells_the_minute_on_every_answer_and_refuses_with_retry_after(drive: Driver):
    drive.simulator.set_limits("solaredge", per_minute=3)
    drive.at(MINUTE + timedelta(seconds=18, milliseconds=400))
    results = [await drive.solaredge(path) for path in ("sites", "nothing", "sites/1148616/energy", "sites")]
    assert [result.status for result in results] == [200, 404, 400, 429]
    assert {result.headers["x-ratelimit-limit-minute"] for result in results} == {"3"}
    assert [result.headers["x-ratelimit-remaining-minute"] for result in results] == ["2", "1", "0", "0"]
    assert results[-1].headers["retry-after"] == "42"
    assert results[-1].body["status"] == 429
    assert (await drive.get("/solaredge/v2/sites")).headers["x-ratelimit-remaining-minute"] == "2"
    drive.at(MINUTE + timedelta(seconds=60))
    assert (await drive.solaredge("sites")).status == 200


async def test_solaredge_without_credits_refuses_without_retry_after(drive: Driver):
    drive.simulator.set_limits("solaredge", per_month=1, reset_day=17)
    assert (await drive.solaredge("sites")).status == 200
    refused = await drive.solaredge("sites")
    assert refused.status == 429
    assert "retry-after" not in refused.headers
    assert int(refused.headers["x-ratelimit-remaining-minute"]) > 0
    drive.simulator.switches.solaredge_credits_body_kong = True
    assert (await drive.solaredge("sites")).body == {"message": "API rate limit exceeded"}
    drive.at(datetime(2026, 7, 16, 23, 59, tzinfo=UTC))
    assert (await drive.solaredge("sites")).status == 429
    drive.at(datetime(2026, 7, 17, tzinfo=UTC))
    assert (await drive.solaredge("sites")).status == 200


@pytest.mark.parametrize(
    ("reset_day", "now", "start", "end"),
    [
        (1, (2026, 12, 31), (2026, 12, 1), (2027, 1, 1)),
        (17, (2026, 1, 3), (2025, 12, 17), (2026, 1, 17)),
        (17, (2026, 1, 17), (2026, 1, 17), (2026, 2, 17)),
        (31, (2026, 2, 28), (2026, 2, 28), (2026, 3, 28)),
    ],
)
def test_months_begin_on_the_reset_day(reset_day, now, start, end):
    quota = Quota(Plan(name="x", per_minute=1, per_month=1, reset_day=reset_day))
    _, month = quota.count("key", datetime(*now, 12, 30, 15, tzinfo=UTC))
    assert (month.start, month.end) == (datetime(*start, tzinfo=UTC), datetime(*end, tzinfo=UTC))


async def test_enphase_answers_too_many_at_the_same_time_with_503(drive: Driver):
    drive.simulator.switches.enphase_max_in_flight = 3
    drive.simulator.fail("*", delay=0.1, times=None)
    statuses = [result.status for result in await asyncio.gather(*(drive.enphase("systems") for _ in range(5)))]
    assert sorted(statuses) == [200, 200, 200, 503, 503]
    assert (await drive.enphase("systems")).status == 200


async def test_the_log_tells_what_was_sent(drive: Driver):
    await drive.enphase("systems", ("status[]", "comm"), ("status[]", "micro"))
    await drive.solaredge("sites/1148616/energy", start="2026-06-21T10:00:00+02:00", end="2026-06-21T11:00:00+02:00")
    await drive.get("/control/clock")
    await drive.get("/enphase/api/v2/systems")
    first, second, third = drive.simulator.requests
    assert (first.method, first.path, first.status) == ("GET", "/enphase/api/v2/systems", 200)
    assert first.query[2:] == (("status[]", "comm"), ("status[]", "micro"))
    assert first.credential == ENPHASE_API_KEY
    assert first.time == NOON_IN_CALIFORNIA
    assert (second.path, second.credential) == ("/solaredge/v2/sites/1148616/energy", SOLAREDGE_API_KEY)
    assert dict(second.query)["from"] == "2026-06-21T10:00:00+02:00"
    assert (third.credential, third.status) == (None, 401)
    drive.simulator.clear_requests()
    assert drive.simulator.requests == []


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        ({"errorCode": 7}, "application/json; charset=utf-8", '{"errorCode":7}'),
        ([1, None], "application/json; charset=utf-8", "[1,null]"),
        ("<html>Bad gateway</html>", "text/html", "<html>Bad gateway</html>"),
        ("not json", "application/json; charset=utf-8", "not json"),
        (b"\x00\xff", "application/json; charset=utf-8", None),
        (None, "application/json; charset=utf-8", ""),
    ],
)
async def test_a_path_fails_with_any_status_and_body(drive: Driver, body, kind, text):
    drive.simulator.fail("/enphase/api/v2/systems/*/stats", status=500, body=body, headers={"X-Odd": "1"})
    assert (await drive.enphase("systems/67/summary")).status == 200
    if text is None:
        async with drive.session.get(f"{drive.base}/enphase/api/v2/systems/67/stats") as response:
            assert (response.status, await response.read()) == (500, body)
        return
    result = await drive.enphase("systems/67/stats")
    assert (result.status, result.text, result.headers["X-Odd"]) == (500, text, "1")
    assert result.headers["Content-Type"] == kind
    assert (await drive.enphase("systems/67/stats")).status == 200


async def test_faults_happen_as_often_as_asked_for_and_in_their_order(drive: Driver):
    drive.simulator.fail("*", status=500, times=2)
    drive.simulator.fail("*/summary", status=503, times=None)
    assert [(await drive.enphase("systems/67/summary")).status for _ in range(4)] == [500, 500, 503, 503]
    assert (await drive.enphase("systems")).status == 200
    drive.simulator.clear_faults()
    assert (await drive.enphase("systems/67/summary")).status == 200


async def test_failed_requests_count_and_are_logged(drive: Driver):
    drive.simulator.fail("*", status=502, body="<html>")
    await drive.solaredge("sites")
    assert [request.status for request in drive.simulator.requests] == [502]
    assert drive.simulator.quotas["solaredge"].used(SOLAREDGE_API_KEY, drive.simulator.clock.now()) == (1, 1)


async def test_a_fault_with_a_body_alone_is_a_200(drive: Driver):
    drive.simulator.fail("*", body={"odd": True})
    result = await drive.enphase("systems")
    assert (result.status, result.body) == (200, {"odd": True})


async def test_a_connection_can_be_dropped(drive: Driver):
    # Twice: a client may try once more on a fresh connection when a kept one was closed.
    drive.simulator.fail("*", drop=True, times=2)
    with pytest.raises(ClientConnectionError):
        await drive.enphase("systems")
    assert {request.status for request in drive.simulator.requests} == {0}
    drive.simulator.clear_faults()
    assert (await drive.enphase("systems")).status == 200


async def test_a_body_can_be_cut_in_half(drive: Driver):
    whole = (await drive.enphase("systems")).text
    drive.simulator.fail("*", truncate=True)
    cut = await drive.enphase("systems")
    assert (cut.status, cut.body) == (200, None)
    assert cut.text == whole[: len(whole) // 2]


async def test_a_connection_can_be_dropped_in_the_midst_of_a_body(drive: Driver):
    drive.simulator.fail("*", truncate=True, drop=True)
    with pytest.raises((ClientPayloadError, ClientError)):
        await drive.enphase("systems")


async def test_an_answer_can_be_late_and_the_request_is_in_the_log_at_once(drive: Driver):
    drive.simulator.fail("*", delay=0.15)
    started = time.monotonic()
    pending = asyncio.create_task(drive.enphase("systems"))
    await asyncio.sleep(0.05)
    assert [request.status for request in drive.simulator.requests] == [0]
    assert (await pending).status == 200
    assert time.monotonic() - started >= 0.15
    assert [request.status for request in drive.simulator.requests] == [200]


async def test_a_delay_does_not_hold_up_the_end(drive: Driver):
    drive.simulator.fail("*", delay=60)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await drive.enphase("systems")
    # The fixture stops the server now; the whole suite would notice a minute.
    assert [request.status for request in drive.simulator.requests] == [0]


async def test_a_function_can_change_the_json(drive: Driver):
    def without_power(body: dict) -> dict:
        return body | {"current_power": None}

    drive.simulator.mutate("*/summary", without_power, times=1)
    drive.simulator.mutate("*/67/summary", lambda body: body | {"status": "odd"})
    first = (await drive.enphase("systems/67/summary")).body
    second = (await drive.enphase("systems/67/summary")).body
    assert (first["current_power"], first["status"]) == (None, "odd")
    assert (second["current_power"] > 0, second["status"]) == (True, "odd")
    drive.simulator.clear_faults()
    assert (await drive.enphase("systems/67/summary")).body["status"] == "normal"


async def test_errors_are_not_mutated(drive: Driver):
    drive.simulator.mutate("*", lambda body: {"changed": True})
    assert (await drive.enphase("systems/5/summary")).body["reason"] == "404"
