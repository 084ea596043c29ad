"""One request: the ledger before it, the errors after it, and what must never leave it."""

from collections.abc import Callable, Mapping
from datetime import timedelta
import gzip
import logging
import tracemalloc
from typing import Any

import aiohttp
import pytest

from custom_components.solar_cloud.cloud.account import Account
from custom_components.solar_cloud.cloud.errors import (
    CloudError,
    InvalidRequest,
    MalformedAnswer,
    NoDataYet,
    NotAllowed,
    NotFound,
    TemporarilyUnavailable,
    Throttled,
    ThrottleScope,
)
from custom_components.solar_cloud.cloud.retry_after import retry_after
from custom_components.solar_cloud.cloud.sending import LARGEST_ANSWER
from custom_components.solar_cloud.cloud.transport import Transport

from .conftest import NOW, FakeClock, FakeCloud

SECRET = "s3cr3t+key"


def nothing_special(status: int, headers: Mapping[str, str], body: Any) -> CloudError | None:
    return None


@pytest.fixture
def make(session: aiohttp.ClientSession, account: Account, cloud: FakeCloud) -> Callable[..., Transport]:
    def _make(**given: Any) -> Transport:
        options: dict[str, Any] = {"secrets": (SECRET,), "translate": nothing_special} | given
        return Transport(session, options.pop("base_url", cloud.url), options.pop("account", account), **options)

    return _make


async def test_it_sends_path_query_and_headers(make: Callable[..., Transport], cloud: FakeCloud) -> None:
    cloud.answer("/v2/sites", {"a": 1})
    transport = make(base_url=f"{cloud.url}/v2/", headers={"X-API-Key": SECRET}, query={"key": SECRET})
    query = [("status[]", "comm"), ("status[]", "micro"), ("from", "T00:00:00+02:00")]
    assert await transport.get("/sites", query) == {"a": 1}
    (request,) = cloud.requests
    assert request.query == (*query, ("key", SECRET))
    assert "+" not in request.raw_path
    assert (request.headers["X-API-Key"], request.headers["Accept"]) == (SECRET, "application/json")
    assert transport.last_success == NOW


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"body": '{"a": 1'}, MalformedAnswer),
        ({"body": ""}, MalformedAnswer),
        ({"body": "[" * 100_000}, MalformedAnswer),
        ({"body": {"a": "b" * 50}, "cut": True}, TemporarilyUnavailable),
        ({"body": "oops", "content_type": "text/plain"}, TemporarilyUnavailable),
        ({"body": {"a": "b" * 50}, "cut": True, "content_type": "text/plain"}, TemporarilyUnavailable),
        ({"body": {"a": "b" * 50}, "cut": True, "status": 500}, TemporarilyUnavailable),
        ({"body": "<!DOCTYPE html>", "content_type": "text/html"}, TemporarilyUnavailable),
        ({"body": "\n<html>"}, TemporarilyUnavailable),
        ({"body": "<html>", "content_type": "text/html", "status": 401}, TemporarilyUnavailable),
        ({"body": "<html>", "content_type": "text/html", "status": 404}, TemporarilyUnavailable),
        ({"drop": True}, TemporarilyUnavailable),
        ({"status": 302, "headers": {"Location": "/elsewhere"}}, TemporarilyUnavailable),
        ({"status": 304}, TemporarilyUnavailable),
        ({"status": 400}, InvalidRequest),
        ({"status": 401}, NotAllowed),
        ({"status": 403}, NotAllowed),
        ({"status": 404}, NotFound),
        ({"status": 408}, TemporarilyUnavailable),
        ({"status": 409}, Throttled),
        ({"status": 410}, NotFound),
        ({"status": 418}, InvalidRequest),
        ({"status": 422}, NoDataYet),
        ({"status": 429}, Throttled),
        ({"status": 500, "body": {"message": "no"}}, TemporarilyUnavailable),
        ({"status": 503}, TemporarilyUnavailable),
    ],
)
async def test_every_way_to_fail_is_one_error_and_one_request(
    make: Callable[..., Transport], cloud: FakeCloud, account: Account, answer: dict[str, Any], error: type[CloudError]
) -> None:
    cloud.answer("*", **answer)
    transport = make()
    with pytest.raises(CloudError) as caught:
        await transport.get("/sites")
    assert type(caught.value) is error
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    assert cloud.paths == ["/sites"]
    assert account.ledger.used(NOW) == 1
    assert transport.last_success is None


async def test_an_answer_without_content_is_none(make: Callable[..., Transport], cloud: FakeCloud) -> None:
    cloud.answer("*", status=204)
    assert await make().get("/sites") is None


@pytest.mark.parametrize("content_type", ["application/octet-stream", "text/plain", "application/problem+json"])
async def test_json_under_another_name_is_json(
    make: Callable[..., Transport], cloud: FakeCloud, content_type: str
) -> None:
    cloud.answer("*", b'\xef\xbb\xbf{"name": "Z\xfcrich"}', content_type=content_type)
    assert await make().get("/sites") == {"name": "Z\ufffdrich"}


async def test_an_answer_too_large_to_be_one_is_malformed(make: Callable[..., Transport], cloud: FakeCloud) -> None:
    cloud.answer("*", b" " * (LARGEST_ANSWER + 1))
    with pytest.raises(MalformedAnswer):
        await make().get("/sites")


async def test_a_small_answer_that_unpacks_to_a_huge_one_is_malformed_and_never_unpacked_whole(
    make: Callable[..., Transport], cloud: FakeCloud
) -> None:
    packed = gzip.compress(b" " * (200 * LARGEST_ANSWER), 1)
    assert len(packed) < LARGEST_ANSWER
    cloud.answer("*", packed, headers={"Content-Encoding": "gzip"})
    transport = make()
    tracemalloc.start()
    try:
        with pytest.raises(MalformedAnswer):
            await transport.get("/sites")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # The packed answer is in memory several times over, as the same process serves it.
    assert most < 20 * LARGEST_ANSWER


async def test_a_slow_answer_is_a_time_out(make: Callable[..., Transport], cloud: FakeCloud, account: Account) -> None:
    cloud.answer("*", {}, delay=2)
    with pytest.raises(TemporarilyUnavailable, match="in time"):
        await make(timeout=0.05).get("/sites")
    assert account.ledger.used(NOW) == 1


async def test_a_refused_connection_counts(make: Callable[..., Transport], account: Account) -> None:
    with pytest.raises(TemporarilyUnavailable) as caught:
        await make(base_url="http://127.0.0.1:1").get("/sites")
    assert caught.value.__context__ is None
    assert account.ledger.used(NOW) == 1


async def test_a_credential_that_no_header_can_hold_is_an_invalid_request(make: Callable[..., Transport]) -> None:
    with pytest.raises(InvalidRequest) as caught:
        await make(headers={"X-API-Key": f"{SECRET}\n"}).get("/sites")
    assert SECRET not in str(caught.value)
    assert caught.value.__context__ is None


async def test_a_closed_session_sends_and_counts_nothing(
    make: Callable[..., Transport], session: aiohttp.ClientSession, account: Account
) -> None:
    transport = make()
    await session.close()
    with pytest.raises(TemporarilyUnavailable):
        await transport.get("/sites")
    assert account.ledger.used(NOW) == 0


async def test_a_connection_that_breaks_is_not_tried_again_behind_the_ledgers_back(
    make: Callable[..., Transport], cloud: FakeCloud, account: Account
) -> None:
    cloud.answer("*", {})
    cloud.answer("*", drop=True)
    transport = make()
    await transport.get("/sites")
    with pytest.raises(TemporarilyUnavailable):
        await transport.get("/sites")
    assert len(cloud.requests) == account.ledger.used(NOW) == 2


async def test_a_redirect_is_not_followed(make: Callable[..., Transport], cloud: FakeCloud) -> None:
    cloud.answer("/sites", status=301, headers={"Location": f"{cloud.url}/new"})
    cloud.answer("/new", {"a": 1})
    with pytest.raises(TemporarilyUnavailable):
        await make().get("/sites")
    assert cloud.paths == ["/sites"]


async def test_the_client_reads_errors_and_its_words_hold_no_secret(
    make: Callable[..., Transport], cloud: FakeCloud
) -> None:
    seen: list[tuple[int, str, Any]] = []

    def translate(status: int, headers: Mapping[str, str], body: Any) -> CloudError | None:
        seen.append((status, headers["x-limit"], body))
        return NotFound(f"no {SECRET} and no s3cr3t%2Bkey", 7) if status == 404 else None

    cloud.answer("*", {"detail": 1}, status=404, headers={"X-Limit": "10"})
    cloud.answer("*", {"a": 1}, headers={"X-Limit": "9"})
    transport = make(translate=translate)
    with pytest.raises(NotFound) as caught:
        await transport.get("/sites")
    assert caught.value.args == ("no ** and no **", 7)
    assert await transport.get("/sites") == {"a": 1}
    assert seen == [(404, "10", {"detail": 1}), (200, "9", {"a": 1})]


async def test_a_throttle_on_a_page_is_believed_all_the_same(make: Callable[..., Transport], cloud: FakeCloud) -> None:
    def translate(status: int, headers: Mapping[str, str], body: Any) -> CloudError | None:
        until = retry_after(headers, NOW)
        return Throttled(until, ThrottleScope.MINUTE, sent=True) if until else None

    cloud.answer("*", "<html>", status=429, content_type="text/html", headers={"Retry-After": "30"})
    with pytest.raises(Throttled) as caught:
        await make(translate=translate).get("/sites")
    assert caught.value.until == NOW + timedelta(seconds=30)


async def test_what_a_throttle_says_stops_every_client_of_the_account(
    make: Callable[..., Transport], cloud: FakeCloud, clock: FakeClock
) -> None:
    cloud.answer("*", status=429, headers={"Retry-After": "30"})
    one, other = make(), make()
    for transport, sent in ((one, True), (other, False), (one, False)):
        with pytest.raises(Throttled) as caught:
            await transport.get("/sites")
        assert (caught.value.sent, caught.value.until) == (sent, NOW + timedelta(seconds=30))
    assert len(cloud.requests) == 1
    assert clock.slept == []


async def test_the_log_names_path_status_and_time_but_no_query(
    make: Callable[..., Transport], cloud: FakeCloud, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    cloud.answer("*", {})
    await make(query={"key": SECRET}, headers={"X-API-Key": SECRET}).get("/sites/7/energy", [("unit", "WH")])
    ours = [record.getMessage() for record in caplog.records if record.name.endswith("cloud.sending")]
    assert len(ours) == 1
    assert ours[0].startswith("GET /sites/7/energy: 200 in ")
    assert "WH" not in ours[0]
    assert SECRET not in caplog.text
