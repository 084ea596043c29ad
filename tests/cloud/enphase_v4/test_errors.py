"""What Enphase v4 refuses, and what the client makes of it: the error, the requests it costs, the limits it learns."""

from datetime import UTC, datetime, timedelta
import logging
from typing import Any

import aiohttp
import pytest

from custom_components.solar_cloud.budget.ledger import Ledger
from custom_components.solar_cloud.budget.plan import Limits
from custom_components.solar_cloud.cloud.account import Account
from custom_components.solar_cloud.cloud.enphase_v4.api import EnphaseV4Api
from custom_components.solar_cloud.cloud.errors import (
    AllRefused,
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
    WrongApplication,
)

from ..conftest import NOW, FakeClock, FakeCloud
from .helpers import ELM, KEY, StaticAuth, make_api, sample

SUMMARY = f"/api/v4/systems/{ELM}/summary"
DEVICES = f"/api/v4/systems/{ELM}/devices"
SYSTEMS = "/api/v4/systems"
REFUSED = {"message": "Not Authorized", "details": "User is not authorized", "code": 401}


@pytest.fixture
def auth() -> StaticAuth:
    return StaticAuth()


@pytest.fixture
def api(session: aiohttp.ClientSession, account: Account, cloud: FakeCloud, auth: StaticAuth) -> EnphaseV4Api:
    return make_api(session, account, cloud, auth=auth)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (403, {"message": "Forbidden", "details": "Not authorized to access this resource", "code": 403}, NotAllowed),
        (404, {"message": "Not Found", "details": 'System not found for {:id=>"1"}', "code": 404}, NotFound),
        # Meter readings say so; the status counts.
        (404, {"message": "Not Authorized", "details": "User is not authorized", "code": 404}, NotFound),
        (405, {"reason": "405", "message": ["Method not allowed"]}, InvalidRequest),
        (501, {"reason": "501", "message": ["Not Implemented"]}, InvalidRequest),
        (400, {"message": "Bad Request", "code": "400", "details": ["start_date is missing"]}, InvalidRequest),
        (
            422,
            {"message": "Unprocessable Entity", "details": "Requested date is in the future", "code": 422},
            NoDataYet,
        ),
        (500, {"message": "Internal Server Error", "details": "unable to fetch data"}, TemporarilyUnavailable),
        (500, {"errorCode": 7, "errorMessages": ["Data is temporarily unavailable"]}, TemporarilyUnavailable),
        (502, None, TemporarilyUnavailable),
        (200, [1], MalformedAnswer),
        (200, '{"system_id": 42', MalformedAnswer),
        (200, {"system_id": 4200002}, MalformedAnswer),
    ],
)
async def test_an_error_of_the_cloud_becomes_a_neutral_one_for_one_request(
    api: EnphaseV4Api, cloud: FakeCloud, account: Account, status: int, body: Any, error: type[CloudError]
) -> None:
    cloud.answer("*", body, status=status)
    with pytest.raises(CloudError) as caught:
        await api.summary(ELM)
    assert type(caught.value) is error
    assert cloud.paths == [SUMMARY]
    assert account.ledger.used(NOW) == 1


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"message": "Forbidden", "details": "no", "code": 403}, "Forbidden"),
        ({"reason": "403", "message": ["Not", "allowed"]}, "Not; allowed"),
        ({"errorCode": 3, "errorMessages": ["Not yours"]}, "Not yours"),
        ({"details": ["one", "two"], "code": "403"}, "one; two"),
        ({"error": {"code": 403, "details": [{}], "message": "Stream refused", "status": "x"}}, "Stream refused"),
        ({"error": "plain"}, "plain"),
        ({}, "HTTP 403"),
        ([1], "HTTP 403"),
    ],
)
async def test_every_form_of_an_error_is_quoted(api: EnphaseV4Api, cloud: FakeCloud, body: Any, text: str) -> None:
    cloud.answer("*", body, status=403)
    with pytest.raises(NotAllowed, match=text):
        await api.summary(ELM)


@pytest.mark.parametrize("status", [401, 403, 429, 503])
async def test_a_page_is_an_outage_whatever_its_status(
    api: EnphaseV4Api, cloud: FakeCloud, auth: StaticAuth, status: int
) -> None:
    cloud.answer("*", "<html>gateway</html>", status=status, content_type="text/html")
    with pytest.raises(Throttled if status == 429 else TemporarilyUnavailable):
        await api.summary(ELM)
    assert auth.renewals == 0


@pytest.mark.parametrize(
    "body",
    [
        {"message": "API Key -Client mismatch", "details": "key and client id differ", "code": 401},
        {"message": "Not Authorized", "details": "API Key - Client Mismatch", "code": 401},
        {"reason": "401", "message": ["API key-client mismatch"]},
    ],
)
async def test_a_key_of_another_application_is_recognized_for_one_request(
    api: EnphaseV4Api, cloud: FakeCloud, auth: StaticAuth, body: Any
) -> None:
    cloud.answer("*", body, status=401)
    for ask in (api.summary(ELM), api.systems()):
        with pytest.raises(WrongApplication):
            await ask
    assert cloud.paths == [SUMMARY, SYSTEMS]
    assert auth.renewals == 0


async def test_a_refused_token_is_replaced_once_and_the_request_repeated(
    api: EnphaseV4Api, cloud: FakeCloud, auth: StaticAuth
) -> None:
    cloud.answer(SUMMARY, REFUSED, status=401)
    cloud.answer(SUMMARY, sample("summary"))
    await api.summary(ELM)
    assert [request.headers["Authorization"] for request in cloud.requests] == ["Bearer access-1", "Bearer access-2"]
    assert auth.accepted == ["access-2"]


async def test_a_gated_path_with_a_live_consent_is_not_allowed_and_proof_lasts_an_hour(
    api: EnphaseV4Api, cloud: FakeCloud, auth: StaticAuth, clock: FakeClock
) -> None:
    auth.renewable = False
    cloud.answer(SUMMARY, REFUSED, status=401)
    cloud.answer(SYSTEMS, sample("systems"))
    for minutes, paths in ((0, [SUMMARY, SYSTEMS]), (30, [SUMMARY]), (29, [SUMMARY]), (2, [SUMMARY, SYSTEMS])):
        clock.advance(minutes=minutes)
        cloud.requests.clear()
        with pytest.raises(NotAllowed, match="Not Authorized") as caught:
            await api.summary(ELM)
        assert caught.value.__context__ is None
        assert cloud.paths == paths
    assert cloud.requests[-1].asked("size") == "1"


async def test_any_answer_proves_the_consent(api: EnphaseV4Api, cloud: FakeCloud, auth: StaticAuth) -> None:
    auth.renewable = False
    cloud.answer(DEVICES, sample("devices"))
    cloud.answer(SUMMARY, REFUSED, status=401)
    await api.devices(ELM)
    with pytest.raises(NotAllowed):
        await api.summary(ELM)
    assert cloud.paths == [DEVICES, SUMMARY]


async def test_a_second_refused_path_asks_for_proof_although_something_was_answered_lately(
    api: EnphaseV4Api, cloud: FakeCloud, auth: StaticAuth
) -> None:
    auth.renewable = False
    cloud.answer(SYSTEMS, sample("systems"))
    await api.systems()
    cloud.forget()
    cloud.answer("*", REFUSED, status=401)
    with pytest.raises(NotAllowed):
        await api.devices(ELM)
    with pytest.raises(CredentialRefused):
        await api.summary(ELM)
    assert cloud.paths == [DEVICES, SUMMARY, SYSTEMS]


async def test_a_dead_consent_is_refused_everywhere(api: EnphaseV4Api, cloud: FakeCloud, auth: StaticAuth) -> None:
    cloud.answer("*", REFUSED, status=401)
    with pytest.raises(CredentialRefused):
        await api.summary(ELM)
    assert cloud.paths == [SUMMARY, SUMMARY, SYSTEMS]


async def test_a_consent_that_gives_no_token_any_more_needs_no_proof(
    api: EnphaseV4Api, cloud: FakeCloud, auth: StaticAuth
) -> None:
    auth.dead = CredentialRefused("invalid_grant")
    cloud.answer("*", REFUSED, status=401)
    with pytest.raises(CredentialRefused, match="invalid_grant"):
        await api.summary(ELM)
    assert cloud.paths == [SUMMARY]


@pytest.mark.parametrize(("status", "error"), [(503, TemporarilyUnavailable), (429, Throttled)])
async def test_what_cannot_be_found_out_does_not_kill_a_consent(
    api: EnphaseV4Api, cloud: FakeCloud, auth: StaticAuth, status: int, error: type[CloudError]
) -> None:
    auth.renewable = False
    cloud.answer(SUMMARY, REFUSED, status=401)
    cloud.answer(SYSTEMS, {}, status=status)
    with pytest.raises(error):
        await api.summary(ELM)


async def test_the_long_form_of_a_throttle_says_until_when(
    api: EnphaseV4Api, cloud: FakeCloud, account: Account, clock: FakeClock
) -> None:
    end = NOW + timedelta(seconds=20)
    long = sample("throttled_long") | {"period_start": int(NOW.timestamp()) - 40, "period_end": int(end.timestamp())}
    cloud.answer("*", long, status=429)
    with pytest.raises(Throttled) as caught:
        await api.summary(ELM)
    assert (caught.value.until, caught.value.scope) == (end, ThrottleScope.MINUTE)
    assert account.ledger.limits.per_minute == 10


async def test_the_long_form_of_the_months_throttle(api: EnphaseV4Api, cloud: FakeCloud, account: Account) -> None:
    end = datetime(2026, 12, 1, tzinfo=UTC)
    long = sample("throttled_long") | {"period": "month", "period_end": int(end.timestamp()), "limit": 1000}
    cloud.answer("*", long, status=429)
    with pytest.raises(Throttled) as caught:
        await api.summary(ELM)
    assert (caught.value.until, caught.value.scope) == (end, ThrottleScope.MONTH)
    assert account.ledger.limits.per_month == 1000


async def test_the_short_form_is_the_minute_first_and_the_month_if_a_pause_has_not_helped(
    api: EnphaseV4Api, cloud: FakeCloud, clock: FakeClock
) -> None:
    cloud.answer("*", sample("throttled_short"), status=429)
    with pytest.raises(Throttled) as caught:
        await api.summary(ELM)
    assert (caught.value.until, caught.value.scope) == (NOW + timedelta(seconds=65), ThrottleScope.MINUTE)
    clock.advance(seconds=66)
    with pytest.raises(Throttled) as caught:
        await api.summary(ELM)
    assert (caught.value.until, caught.value.scope) == (datetime(2026, 12, 1, tzinfo=UTC), ThrottleScope.MONTH)
    assert len(cloud.requests) == 2


async def test_the_short_form_is_the_month_where_our_own_count_says_so(
    session: aiohttp.ClientSession, cloud: FakeCloud, clock: FakeClock
) -> None:
    async def save(_state: dict[str, Any]) -> None:
        return

    ledger = Ledger(Limits(per_minute=1000, per_month=1))
    api = make_api(session, Account(ledger, save, clock=clock, sleep=clock.sleep), cloud)
    cloud.answer("*", sample("throttled_short"), status=429)
    with pytest.raises(Throttled) as caught:
        await api.systems(owner=True)
    assert caught.value.scope is ThrottleScope.MONTH


async def test_secrets_are_in_no_log_and_no_error(
    api: EnphaseV4Api, cloud: FakeCloud, auth: StaticAuth, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    cloud.answer("*", {"message": f"{KEY} with access-1 and access-2 is refused"}, status=403)
    with pytest.raises(NotAllowed) as caught:
        await api.summary(ELM)
    assert "** with ** and ** is refused" in str(caught.value)
    for secret in (KEY, "access-1", "access-2"):
        assert secret not in caplog.text + repr(caught.value)


FORBIDDEN = {"message": "Forbidden", "details": "Not authorized to access this resource", "code": 403}
SYSTEM = f"/api/v4/systems/{ELM}"
LATEST = f"/api/v4/systems/{ELM}/latest_telemetry"


async def test_a_key_that_is_refused_everywhere_is_told_apart_from_a_gate(
    api: EnphaseV4Api, cloud: FakeCloud, clock: FakeClock
) -> None:
    cloud.answer(SUMMARY, sample("summary"))
    await api.summary(ELM)
    cloud.forget()
    cloud.answer("*", FORBIDDEN, status=403)
    with pytest.raises(NotAllowed):
        await api.latest_telemetry(ELM)
    assert not api.refusals.is_refused(ELM)
    with pytest.raises(AllRefused, match="Forbidden"):
        await api.summary(ELM)
    assert api.refusals.is_refused(ELM)
    # From now on each refusal is one of the whole, for one request; once an hour it is looked at again.
    for minutes, probes in ((5, 0), (54, 0), (2, 1), (30, 0)):
        clock.advance(minutes=minutes)
        before = cloud.paths.count(SYSTEM)
        with pytest.raises(AllRefused):
            await api.inverters_summary(ELM)
        assert cloud.paths.count(SYSTEM) - before == probes
    # Another system is another matter.
    with pytest.raises(NotAllowed):
        await api.summary("4200009")
    cloud.forget()
    cloud.answer(DEVICES, sample("devices"))
    cloud.answer("*", FORBIDDEN, status=403)
    await api.devices(ELM)
    assert not api.refusals.is_refused(ELM)
    with pytest.raises(NotAllowed):
        await api.latest_telemetry(ELM)


async def test_one_path_that_is_forbidden_twice_shows_whether_the_system_answers_at_all(
    api: EnphaseV4Api, cloud: FakeCloud, clock: FakeClock
) -> None:
    cloud.answer("*", FORBIDDEN, status=403)
    with pytest.raises(NotAllowed):
        await api.latest_telemetry(ELM)
    clock.advance(minutes=30)
    with pytest.raises(AllRefused):
        await api.latest_telemetry(ELM)
    assert cloud.paths == [LATEST, LATEST, SYSTEM]
    cloud.forget()
    cloud.answer(SYSTEM, sample("system"))
    cloud.answer("*", FORBIDDEN, status=403)
    clock.advance(hours=1)
    for _ in range(3):
        with pytest.raises(NotAllowed):
            await api.latest_telemetry(ELM)
    assert cloud.paths == [LATEST, SYSTEM, LATEST, LATEST]


@pytest.mark.parametrize("status", [401, 403])
async def test_gates_on_several_paths_of_a_system_that_answers_stay_gates(
    api: EnphaseV4Api, cloud: FakeCloud, auth: StaticAuth, clock: FakeClock, status: int
) -> None:
    auth.renewable = False
    cloud.answer(SYSTEM, sample("system"))
    cloud.answer(SYSTEMS, sample("systems"))
    cloud.answer("*", FORBIDDEN, status=status)
    for _ in range(3):
        for ask in (api.latest_telemetry, api.import_lifetime, api.summary, api.devices):
            with pytest.raises(NotAllowed):
                await ask(ELM)
        clock.advance(minutes=10)
    assert cloud.paths.count(SYSTEM) == 1
    assert not api.refusals.is_refused(ELM)


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_system_that_is_not_shared_any_more_is_refused_as_a_whole(
    api: EnphaseV4Api, cloud: FakeCloud, auth: StaticAuth, status: int
) -> None:
    auth.renewable = False
    cloud.answer(SYSTEMS, sample("systems"))
    cloud.answer(SYSTEM, FORBIDDEN, status=status)
    cloud.answer("*", FORBIDDEN, status=403 if status == 404 else status)
    with pytest.raises(NotAllowed):
        await api.latest_telemetry(ELM)
    with pytest.raises(AllRefused):
        await api.devices(ELM)


@pytest.mark.parametrize(("status", "error"), [(503, TemporarilyUnavailable), (429, Throttled)])
async def test_whether_all_is_refused_may_not_be_found_out(
    api: EnphaseV4Api, cloud: FakeCloud, status: int, error: type[CloudError]
) -> None:
    cloud.answer(SYSTEM, {}, status=status)
    cloud.answer("*", FORBIDDEN, status=403)
    with pytest.raises(NotAllowed):
        await api.latest_telemetry(ELM)
    with pytest.raises(error):
        await api.devices(ELM)
    assert not api.refusals.is_refused(ELM)
