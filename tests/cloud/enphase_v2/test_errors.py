"""What Enphase v2 refuses, and what the client makes of it: the error, the requests it costs, the limits it learns."""

from datetime import UTC, datetime, timedelta
import logging
import traceback
from typing import Any

import aiohttp
import pytest

from custom_components.solar_cloud.budget.ledger import Ledger
from custom_components.solar_cloud.budget.limit import LimitReached
from custom_components.solar_cloud.budget.plan import Limits
from custom_components.solar_cloud.cloud.account import Account
from custom_components.solar_cloud.cloud.enphase_v2.client import EnphaseV2
from custom_components.solar_cloud.cloud.errors import (
    CloudError,
    CredentialRefused,
    InvalidRequest,
    MalformedAnswer,
    NoDataYet,
    NotAllowed,
    NotFound,
    TemporarilyUnavailable,
    Throttled,
    ThrottleScope,
)

from ..conftest import NOW, PLENTY, FakeClock, FakeCloud
from .helpers import KEY, USER, known, make_client, sample, text

SUMMARY = "/api/v2/systems/123/summary"
SYSTEMS = "/api/v2/systems"
REFUSED = {"reason": "401", "message": ["Not authorized to access requested resource."]}
ONE_SYSTEM = {"systems": [{"system_id": 123}]}


@pytest.fixture
def client(session: aiohttp.ClientSession, account: Account, cloud: FakeCloud) -> EnphaseV2:
    return make_client(session, account, cloud)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, {"message": "bad"}, InvalidRequest),
        (404, {"reason": "404", "errorMessages": ["Envoy not found with this serial number"]}, NotFound),
        (405, {"reason": "405", "message": ["Method not allowed"]}, InvalidRequest),
        (422, {"reason": "Requested date is in the future", "start": "2030-01-01"}, NoDataYet),
        (422, {"reason": 422, "errorMessages": None, "start_at": 1}, NoDataYet),
        (500, {"errorCode": 7, "errorMessages": ["Data temporarily unavailable."]}, TemporarilyUnavailable),
        (500, text("unavailable.txt"), TemporarilyUnavailable),
        (200, {"errorCode": 7, "errorMessages": ["Data temporarily unavailable."]}, TemporarilyUnavailable),
        (500, {"anything": "else"}, TemporarilyUnavailable),
        (501, {"reason": "501", "message": ["Not Implemented"]}, TemporarilyUnavailable),
        (502, None, TemporarilyUnavailable),
        (503, {"errorCode": 0, "errorMessages": ["Too many concurrent requests"]}, TemporarilyUnavailable),
        (302, None, TemporarilyUnavailable),
        (200, [1], MalformedAnswer),
        (200, "null", MalformedAnswer),
        (200, '{"system_id": 12', MalformedAnswer),
        (200, {"system_id": 124}, MalformedAnswer),
    ],
)
async def test_an_error_of_the_cloud_becomes_a_neutral_one_for_one_request(
    client: EnphaseV2, cloud: FakeCloud, account: Account, status: int, body: Any, error: type[CloudError]
) -> None:
    cloud.answer("*", body, status=status)
    with pytest.raises(CloudError) as caught:
        await client.job("summary").run(known("123"), NOW)
    assert type(caught.value) is error
    assert cloud.paths == [SUMMARY]
    assert account.ledger.used(NOW) == 1


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_list_of_systems_is_a_dead_credential(client: EnphaseV2, cloud: FakeCloud, status: int) -> None:
    cloud.answer(SYSTEMS, REFUSED, status=status)
    with pytest.raises(CredentialRefused, match="Not authorized"):
        await client.systems()
    assert len(cloud.requests) == 1


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_path_with_a_dead_credential_costs_one_more_request(
    client: EnphaseV2, cloud: FakeCloud, status: int
) -> None:
    cloud.answer("*", REFUSED, status=status)
    with pytest.raises(CredentialRefused):
        await client.api.summary("123")
    assert cloud.paths == [SUMMARY, SYSTEMS]
    assert cloud.requests[1].asked("limit") == "1"


async def test_a_refused_path_is_not_allowed_and_the_proof_of_life_lasts_an_hour(
    client: EnphaseV2, cloud: FakeCloud, clock: FakeClock
) -> None:
    cloud.answer(SUMMARY, REFUSED, status=401)
    cloud.answer(SYSTEMS, ONE_SYSTEM)
    for minutes, requests in ((0, 2), (30, 3), (29, 4), (2, 6)):
        clock.advance(minutes=minutes)
        with pytest.raises(NotAllowed, match="Not authorized") as caught:
            await client.api.summary("123")
        assert caught.value.__context__ is None
        assert len(cloud.requests) == requests


async def test_a_list_read_at_set_up_proves_the_credential(client: EnphaseV2, cloud: FakeCloud) -> None:
    cloud.answer(SUMMARY, REFUSED, status=401)
    cloud.answer(SYSTEMS, ONE_SYSTEM)
    await client.systems()
    with pytest.raises(NotAllowed):
        await client.api.summary("123")
    assert cloud.paths == [SYSTEMS, SUMMARY]


async def test_proof_from_the_future_of_a_clock_that_was_set_back_is_none(
    client: EnphaseV2, cloud: FakeCloud, clock: FakeClock
) -> None:
    cloud.answer(SYSTEMS, ONE_SYSTEM)
    await client.systems()
    cloud.forget()
    cloud.answer("*", REFUSED, status=401)
    clock.advance(days=-1)
    with pytest.raises(CredentialRefused):
        await client.api.summary("123")


@pytest.mark.parametrize(("status", "error"), [(503, TemporarilyUnavailable), (409, Throttled)])
async def test_what_cannot_be_found_out_does_not_kill_a_credential(
    client: EnphaseV2, cloud: FakeCloud, status: int, error: type[CloudError]
) -> None:
    cloud.answer(SUMMARY, REFUSED, status=401)
    cloud.answer(SYSTEMS, {}, status=status)
    with pytest.raises(error):
        await client.api.summary("123")


async def test_a_refusal_on_a_page_is_an_outage(client: EnphaseV2, cloud: FakeCloud) -> None:
    cloud.answer("*", "<html>403 Forbidden</html>", status=403, content_type="text/html")
    with pytest.raises(TemporarilyUnavailable):
        await client.systems()


def throttle(**change: Any) -> dict[str, Any]:
    return {name: value for name, value in (sample("throttled") | change).items() if value is not None}


def epoch(moment: datetime) -> int:
    return int(moment.timestamp())


MONTH_END = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize("status", [409, 429])
@pytest.mark.parametrize(
    ("change", "scope", "until"),
    [
        ({"period_end": epoch(NOW + timedelta(seconds=40))}, ThrottleScope.MINUTE, NOW + timedelta(seconds=40)),
        # The document's own sample, long past by our clock: the two clocks differ.
        ({}, ThrottleScope.MINUTE, NOW + timedelta(seconds=65)),
        ({"period_end": None}, ThrottleScope.MINUTE, NOW + timedelta(seconds=65)),
        ({"period_end": "soon"}, ThrottleScope.MINUTE, NOW + timedelta(seconds=65)),
        ({"period_end": epoch(NOW + timedelta(days=2))}, ThrottleScope.MINUTE, NOW + timedelta(seconds=65)),
        ({"period": "month", "period_end": epoch(MONTH_END)}, ThrottleScope.MONTH, MONTH_END),
        ({"period": "Month", "period_end": None}, ThrottleScope.MONTH, MONTH_END),
        ({"period": "month", "period_end": epoch(NOW) - 5}, ThrottleScope.MONTH, MONTH_END),
        ({"period": "month", "period_end": epoch(NOW + timedelta(days=60))}, ThrottleScope.MONTH, MONTH_END),
        ({"period": None, "period_end": epoch(MONTH_END)}, ThrottleScope.MONTH, MONTH_END),
        ({"period": None, "period_end": None}, ThrottleScope.MINUTE, NOW + timedelta(seconds=65)),
        ({"period": 5, "period_end": []}, ThrottleScope.MINUTE, NOW + timedelta(seconds=65)),
    ],
)
async def test_a_throttle_says_which_limit_and_until_when(
    client: EnphaseV2,
    cloud: FakeCloud,
    status: int,
    change: dict[str, Any],
    scope: ThrottleScope,
    until: datetime,
) -> None:
    cloud.answer(SUMMARY, throttle(**change), status=status)
    with pytest.raises(Throttled) as caught:
        await client.api.summary("123")
    assert (caught.value.scope, caught.value.until, caught.value.sent) == (scope, until, True)


async def test_no_request_is_sent_before_the_cloud_allows_it(
    client: EnphaseV2, cloud: FakeCloud, clock: FakeClock
) -> None:
    cloud.answer(SUMMARY, throttle(period_end=epoch(NOW + timedelta(seconds=40))), status=409)
    cloud.answer(SUMMARY, text("summary.json"))
    for seconds, sent in ((0, True), (1, False), (38, False)):
        clock.advance(seconds=seconds)
        with pytest.raises(Throttled) as caught:
            await client.api.summary("123")
        assert caught.value.sent is sent
    assert len(cloud.requests) == 1
    clock.advance(seconds=1)
    assert (await client.api.summary("123")).power_w == 3322
    assert len(cloud.requests) == 2


async def test_a_spent_month_is_on_disk_and_stops_everything_until_it_ends(
    client: EnphaseV2, cloud: FakeCloud, clock: FakeClock, saved: list[dict[str, Any]]
) -> None:
    cloud.answer("*", throttle(period="month", period_end=epoch(MONTH_END), limit=10_000), status=409)
    with pytest.raises(Throttled):
        await client.api.summary("123")
    after_restart = Ledger(PLENTY, saved[-1])
    assert after_restart.limits.per_month == 10_000
    assert after_restart.left(clock.now) == 0
    clock.now = MONTH_END - timedelta(seconds=1)
    for ledger in (after_restart, client.api._account.ledger):
        with pytest.raises(LimitReached):
            ledger.wait(clock.now, owner=True)
        assert ledger.wait(MONTH_END) == timedelta(0)
    assert len(cloud.requests) == 1


async def test_the_limit_in_a_throttle_is_learned(client: EnphaseV2, cloud: FakeCloud, account: Account) -> None:
    cloud.answer(SUMMARY, throttle(limit=10), status=409)
    with pytest.raises(Throttled):
        await client.api.summary("123")
    assert account.ledger.limits == Limits(per_minute=10, per_month=PLENTY.per_month)


@pytest.mark.parametrize("change", [{"period": "second"}, {"limit": 0}, {"limit": "many"}, {"limit": None}])
async def test_a_limit_that_says_nothing_of_minute_or_month_is_not_learned(
    client: EnphaseV2, cloud: FakeCloud, account: Account, change: dict[str, Any]
) -> None:
    cloud.answer(SUMMARY, throttle(**change), status=409)
    with pytest.raises(Throttled):
        await client.api.summary("123")
    assert account.ledger.limits == PLENTY


async def test_a_vague_throttle_after_the_pause_is_taken_for_the_month(
    client: EnphaseV2, cloud: FakeCloud, clock: FakeClock
) -> None:
    cloud.answer(SUMMARY, None, status=409)
    scopes, pause = [], clock.now + timedelta(seconds=65)
    for _ in range(2):
        with pytest.raises(Throttled) as caught:
            await client.api.summary("123")
        scopes.append((caught.value.scope, caught.value.until))
        clock.now = caught.value.until
    assert scopes == [
        (ThrottleScope.MINUTE, pause),
        (ThrottleScope.MONTH, MONTH_END),
    ]
    assert len(cloud.requests) == 2


async def test_an_answer_between_two_vague_throttles_makes_both_a_minutes(
    client: EnphaseV2, cloud: FakeCloud, clock: FakeClock
) -> None:
    cloud.answer(SUMMARY, None, status=409)
    cloud.answer(SUMMARY, text("summary.json"))
    cloud.answer(SUMMARY, None, status=409)
    for _ in range(2):
        with pytest.raises(Throttled) as caught:
            await client.api.summary("123")
        assert caught.value.scope is ThrottleScope.MINUTE
        clock.advance(seconds=66)
        if len(cloud.requests) == 1:
            await client.api.summary("123")


async def test_a_vague_throttle_with_our_own_count_at_the_limit_is_the_months(
    session: aiohttp.ClientSession, cloud: FakeCloud, clock: FakeClock
) -> None:
    async def save(state: dict[str, Any]) -> None: ...

    ledger = Ledger(Limits(per_minute=100, per_month=2))
    client = make_client(session, Account(ledger, save, clock=clock, sleep=clock.sleep), cloud)
    cloud.answer(SYSTEMS, ONE_SYSTEM)
    cloud.answer(SYSTEMS, None, status=429)
    await client.systems()
    with pytest.raises(Throttled) as caught:
        await client.systems()
    assert (caught.value.scope, caught.value.until) == (ThrottleScope.MONTH, MONTH_END)


async def test_only_the_owners_list_of_systems_may_use_the_reserve(
    session: aiohttp.ClientSession, cloud: FakeCloud, clock: FakeClock
) -> None:
    async def save(state: dict[str, Any]) -> None: ...

    ledger = Ledger(Limits(per_minute=1000, per_month=20))
    client = make_client(session, Account(ledger, save, clock=clock, sleep=clock.sleep), cloud)
    cloud.answer(SUMMARY, text("summary.json"))
    cloud.answer(SYSTEMS, ONE_SYSTEM)
    for _ in range(19):
        await client.api.summary("123")
    with pytest.raises(Throttled):
        await client.api.summary("123")
    assert await client.systems()
    with pytest.raises(Throttled):
        await client.systems()
    assert len(cloud.requests) == 20


ERRORS: list[tuple[str, dict[str, Any]]] = [
    ("refused", {"status": 401, "body": {"message": [f"key {KEY} of {USER} is unknown"]}}),
    ("throttled", {"status": 409, "body": {"message": f"limit of {KEY}"}}),
    ("invalid", {"status": 400, "body": {"reason": f"{KEY}&user_id={USER}"}}),
    ("no data", {"status": 422, "body": {"reason": KEY, "message": USER}}),
    ("outage", {"status": 503, "body": {"errorMessages": [KEY]}}),
    ("page", {"status": 200, "body": f"<a href='?key={KEY}'>", "content_type": "text/html"}),
    ("garbage", {"status": 200, "body": f"{KEY} {USER}"}),
    ("another system", {"status": 200, "body": {"system_id": KEY}}),
    ("cut", {"status": 200, "body": {"system_id": USER}, "cut": True}),
    ("dropped", {"drop": True}),
    ("redirect", {"status": 302, "headers": {"Location": f"/elsewhere?key={KEY}"}}),
]


@pytest.mark.parametrize("answer", [answer for _, answer in ERRORS], ids=[name for name, _ in ERRORS])
async def test_no_error_and_no_log_holds_a_credential(
    client: EnphaseV2, cloud: FakeCloud, caplog: pytest.LogCaptureFixture, answer: dict[str, Any]
) -> None:
    caplog.set_level(logging.DEBUG)
    cloud.answer("*", **answer)
    with pytest.raises(CloudError) as caught:
        await client.api.summary("123")
    said = "".join(traceback.format_exception(caught.value))
    error: BaseException | None = caught.value
    while error is not None:
        said += f"{error!r} {error} {error.args} {vars(error)}"
        error = error.__cause__ or error.__context__
    ours = [record for record in caplog.records if record.name.startswith("custom_components")]
    assert ours
    said += "".join(f"{record.getMessage()} {record.args}" for record in caplog.records)
    assert KEY not in said
    assert USER not in said


async def test_what_the_cloud_says_is_kept_without_the_credential(client: EnphaseV2, cloud: FakeCloud) -> None:
    cloud.answer("*", {"message": [f"key {KEY} may not"]}, status=400)
    with pytest.raises(InvalidRequest, match=r"^HTTP 400: key \*\* may not$"):
        await client.api.summary("123")
