"""What SolarEdge refuses, breaks and garbles: the right error, no request too many, no secret given away."""

from collections.abc import Iterator
import copy
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
import json
import logging
import traceback
from typing import Any

from aiohttp import web
import pytest

from custom_components.solar_cloud.budget.plan import Limits
from custom_components.solar_cloud.cloud.errors import (
    CloudError,
    CredentialRefused,
    InvalidRequest,
    MalformedAnswer,
    NotAllowed,
    NotFound,
    TemporarilyUnavailable,
    Throttled,
    ThrottleScope,
)
from custom_components.solar_cloud.cloud.solaredge.model import Quantity
from custom_components.solar_cloud.cloud.solaredge.windows import Window
from custom_components.solar_cloud.model.elements import Device, DeviceKind

from .helpers import ACCOUNT_KEY, API_KEY, BERLIN, Bench, bench, fixture, system_data, text

pytestmark = pytest.mark.usefixtures("socket_enabled")

ENERGY = "/sites/1234567/energy"
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, InvalidRequest),
        (403, NotAllowed),
        (404, NotFound),
        (405, InvalidRequest),
        (408, TemporarilyUnavailable),
        (410, NotFound),
        (500, TemporarilyUnavailable),
        (502, TemporarilyUnavailable),
        (503, TemporarilyUnavailable),
        (504, TemporarilyUnavailable),
        (301, TemporarilyUnavailable),
    ],
)
async def test_a_status_becomes_the_vendor_neutral_error_for_one_request(status, error):
    async with bench() as it:
        it.cloud.answer(
            ENERGY, {"title": "No", "detail": "Not this way"}, status=status, headers={"Location": "/v2/sites"}
        )
        with pytest.raises(error) as raised:
            await it.run("energy", system_data())
        assert type(raised.value) is error
        assert it.cloud.paths() == [ENERGY]
        assert it.ledger.used(it.clock.now) == 1


async def test_the_last_success_is_not_moved_by_a_failure():
    async with bench() as it:
        assert it.client.last_success is None
        it.cloud.answer(ENERGY, fixture("energy.json"))
        await it.run("energy", system_data())
        worked = it.clock.now
        it.clock.now += HOUR
        it.cloud.answer(ENERGY, {}, status=503)
        with pytest.raises(TemporarilyUnavailable):
            await it.run("energy", system_data())
        assert it.client.last_success == worked


async def test_the_cloud_s_own_words_are_in_the_message():
    async with bench() as it:
        with pytest.raises(NotFound, match="Unknown endpoint"):
            await it.run("energy", system_data())


@pytest.mark.parametrize("status", [200, 401, 403, 404, 503])
async def test_a_page_is_an_outage_whatever_its_status_says(status):
    async with bench() as it:
        it.cloud.page(ENERGY, status)
        with pytest.raises(TemporarilyUnavailable):
            await it.run("energy", system_data())
        assert len(it.cloud.asked) == 1


@pytest.mark.parametrize("body", ["", "{", '{"values": [{"timestamp"', "[]", "null", "3", '"text"', "{}"])
async def test_an_answer_that_cannot_be_read_is_malformed(body):
    async with bench() as it:
        it.cloud.answer(ENERGY, body)
        with pytest.raises(MalformedAnswer):
            await it.run("energy", system_data())


async def test_a_dropped_connection_is_an_outage():
    async with bench() as it:

        def drop(request: web.Request) -> web.Response:
            request.transport.close()
            return web.Response()

        it.cloud.handlers[ENERGY] = drop
        with pytest.raises(TemporarilyUnavailable):
            await it.run("energy", system_data())


async def test_a_401_on_the_list_of_sites_is_a_dead_key():
    async with bench() as it:
        it.cloud.answer("/sites", {"error": "invalid_token"}, status=401)
        with pytest.raises(CredentialRefused):
            await it.client.systems()
        assert len(it.cloud.asked) == 1


async def test_a_403_on_the_list_of_sites_is_a_key_that_lives():
    async with bench() as it:
        it.cloud.answer("/sites", {}, status=403)
        with pytest.raises(NotAllowed):
            await it.client.systems()


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (200, NotAllowed),
        (403, NotAllowed),
        (401, CredentialRefused),
        (404, TemporarilyUnavailable),
        (400, TemporarilyUnavailable),
        (503, TemporarilyUnavailable),
        (429, Throttled),
    ],
)
async def test_a_401_elsewhere_is_checked_with_one_small_request_for_the_list_of_sites(status, error):
    async with bench() as it:
        it.cloud.answer(ENERGY, {}, status=401)
        it.cloud.answer("/sites", fixture("sites.json"), status=status)
        with pytest.raises(error) as raised:
            await it.run("energy", system_data())
        assert type(raised.value) is error
        assert it.cloud.paths() == [ENERGY, "/sites"]
        assert it.cloud.asked[1].query == [("page", "1"), ("sites-in-page", "1")]


async def test_a_proof_that_the_key_lives_lasts_an_hour():
    async with bench() as it:
        it.cloud.answer(ENERGY, {}, status=401)
        it.cloud.answer("/sites", [])
        for minutes, requests in ((0, 2), (30, 3), (59, 4), (61, 6)):
            it.clock.now = datetime(2026, 11, 21, 9, tzinfo=UTC) + timedelta(minutes=minutes)
            with pytest.raises(NotAllowed):
                await it.run("energy", system_data())
            assert len(it.cloud.asked) == requests


async def test_a_path_that_has_worked_since_the_proof_is_proved_anew():
    async with bench() as it:
        it.cloud.answer("/sites", [])
        it.cloud.answer(ENERGY, fixture("energy.json"))
        await it.client.systems()
        it.clock.now += timedelta(minutes=5)
        await it.run("energy", system_data())
        it.cloud.answer(ENERGY, {}, status=401)
        it.cloud.answer("/sites", {}, status=401)
        it.clock.now += timedelta(minutes=15)
        with pytest.raises(CredentialRefused):
            await it.run("energy", system_data())


async def throttled(it: Bench, headers: dict[str, str], body: Any = None) -> Throttled:
    it.cloud.answer(ENERGY, body or {"message": "API rate limit exceeded"}, status=429, headers=headers)
    with pytest.raises(Throttled) as raised:
        await it.run("energy", system_data())
    assert raised.value.sent
    return raised.value


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x-ratelimit-remaining-minute": "0", "retry-after": "23"}, 23),
        ({"X-RateLimit-Remaining-Minute": "0", "Retry-After": "0"}, 1),
        ({"x-ratelimit-remaining-minute": "3", "retry-after": "40"}, 40),
        ({"x-ratelimit-remaining-minute": "0"}, 65),
        ({"x-ratelimit-remaining-minute": "0", "retry-after": "soon"}, 65),
        ({}, 65),
    ],
)
async def test_the_minute_s_limit_names_when_it_ends(headers, seconds):
    async with bench() as it:
        error = await throttled(it, headers)
        assert error.scope is ThrottleScope.MINUTE
        assert error.until == it.clock.now + timedelta(seconds=seconds)


async def test_retry_after_may_be_a_date():
    async with bench() as it:
        moment = it.clock.now.replace(microsecond=0) + timedelta(seconds=50)
        error = await throttled(it, {"retry-after": format_datetime(moment, usegmt=True)})
        assert (error.until, error.scope) == (moment, ThrottleScope.MINUTE)


async def test_a_wait_of_hours_is_no_minute_limit():
    async with bench() as it:
        error = await throttled(it, {"retry-after": "7200"})
        assert (error.until, error.scope) == (it.clock.now + 2 * HOUR, ThrottleScope.MONTH)


async def test_spent_credits_are_known_by_calls_that_are_left_and_rest_for_six_hours():
    async with bench() as it:
        error = await throttled(it, {"x-ratelimit-remaining-minute": "7"})
        assert (error.until, error.scope) == (it.clock.now + 6 * HOUR, ThrottleScope.MONTH)


async def test_spent_credits_do_not_rest_beyond_the_new_cycle():
    async with bench() as it:
        it.clock.now = datetime(2026, 11, 30, 22, tzinfo=UTC)
        error = await throttled(it, {"x-ratelimit-remaining-minute": "7"})
        assert error.until == it.ledger.resets_at(it.clock.now) == datetime(2026, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize("headers", [{"retry-after": "30"}, {"x-ratelimit-remaining-minute": "7"}])
async def test_nothing_is_sent_before_the_time_the_cloud_named(headers):
    async with bench() as it:
        error = await throttled(it, headers)
        it.clock.now = error.until - timedelta(seconds=1)
        with pytest.raises(Throttled) as raised:
            await it.run("lifetime", system_data())
        assert not raised.value.sent
        assert len(it.cloud.asked) == 1
        it.clock.now = error.until
        it.cloud.answer("/sites", [])
        await it.client.systems()
        assert len(it.cloud.asked) == 2


async def test_a_lower_minute_limit_in_the_headers_is_learned():
    async with bench(limits=Limits(per_minute=100, per_month=2000)) as it:
        it.cloud.answer(ENERGY, fixture("energy.json"), headers={"x-ratelimit-limit-minute": "5"})
        await it.run("energy", system_data())
        assert it.ledger.limits == Limits(per_minute=5, per_month=2000)


@pytest.mark.parametrize("value", ["100", "0", "-3", "many", ""])
async def test_a_higher_or_senseless_limit_in_the_headers_changes_nothing(value):
    async with bench(limits=Limits(per_minute=10, per_month=2000)) as it:
        it.cloud.answer(ENERGY, fixture("energy.json"), headers={"x-ratelimit-limit-minute": value})
        await it.run("energy", system_data())
        assert it.ledger.limits == Limits(per_minute=10, per_month=2000)


async def test_a_spent_plan_sends_nothing():
    async with bench(limits=Limits(per_minute=10, per_month=2)) as it:
        it.cloud.answer(ENERGY, fixture("energy.json"))
        await it.run("energy", system_data())
        with pytest.raises(Throttled):
            await it.run("energy", system_data())
        assert len(it.cloud.asked) == 1


@pytest.mark.parametrize("status", [200, 301, 400, 401, 403, 404, 429, 500])
async def test_no_key_is_in_any_error_or_log_even_when_the_cloud_repeats_it(status, caplog):
    texts = []
    echo = {"detail": f"key {API_KEY} of account {ACCOUNT_KEY} may not", "unit": API_KEY}
    async with bench(account_key=ACCOUNT_KEY) as it:
        it.cloud.answer(ENERGY, echo, status=status)
        it.cloud.answer("/sites", echo, status=status)
        with caplog.at_level(logging.DEBUG):
            for call in (it.client.systems(), it.run("energy", system_data())):
                with pytest.raises(CloudError) as raised:
                    await call
                texts.append("".join(traceback.format_exception(raised.value)))
                error: BaseException | None = raised.value
                while error is not None:
                    texts.append(repr(error))
                    error = error.__cause__ or error.__context__
        ours = [record for record in caplog.records if record.name.startswith("custom_components")]
        assert ours
        texts.extend(record.getMessage() for record in ours)
    for secret in (API_KEY, ACCOUNT_KEY, API_KEY.replace("/", "%2F").replace("+", "%2B").replace("=", "%3D")):
        assert secret not in "\n".join(texts)


def mutations(value: Any) -> Iterator[Any]:
    """Every field of a JSON value absent, null, and of each wrong type."""
    for path in _paths(value):
        for change in ("absent", None, "text", "", -1, 1e400, True, [], {}, [None], {"x": None}, "9" * 5000):
            yield _changed(value, path, change)


def _paths(value: Any) -> Iterator[tuple[Any, ...]]:
    yield ()
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in items:
        for path in _paths(member):
            yield (key, *path)


def _changed(value: Any, path: tuple[Any, ...], change: Any) -> Any:
    if not path:
        return None if change == "absent" else change
    changed = copy.deepcopy(value)
    parent = changed
    for key in path[:-1]:
        parent = parent[key]
    if change == "absent":
        del parent[path[-1]]
    else:
        parent[path[-1]] = change
    return changed


NINE = datetime(2026, 11, 21, 8, tzinfo=UTC)
WINDOW = Window(NINE, NINE + HOUR)
DEVICES = {"7A000001-10": Device(kind=DeviceKind.INVERTER, serial="7A000001-10")}
CALLS = {
    "seed_sites.json": ("/sites", lambda it: it.client.systems()),
    "sites.json": ("/sites", lambda it: it.client.systems()),
    "site.json": ("/sites/1234567", lambda it: it.run_and_merge("details", system_data())),
    "energy.json": (ENERGY, lambda it: it.run_and_merge("energy", system_data())),
    "lifetime.json": (ENERGY, lambda it: it.run_and_merge("lifetime", system_data())),
    "devices.json": ("/sites/1234567/devices", lambda it: it.run_and_merge("inventory", system_data())),
    "inverters_telemetry.json": (
        "/sites/1234567/inverters/telemetry",
        lambda it: it.run_and_merge("inverters", system_data(devices=DEVICES)),
    ),
    "power.json": ("/sites/1/power", lambda it: it.client.api.power("1", NINE, NINE + HOUR, zone=BERLIN)),
    "overview.json": ("/sites/1234567/overview", lambda it: it.client.api.overview("1234567", zone=BERLIN)),
    "seed_overview.json": ("/sites/1148616/overview", lambda it: it.client.api.overview("1148616", zone=BERLIN)),
    "alerts.json": ("/sites/1/alerts", lambda it: it.client.api.alerts("1")),
    "meters_telemetry.json": (
        "/sites/1/meters/telemetry",
        lambda it: it.client.api.meters_telemetry("1", WINDOW, zone=BERLIN),
    ),
    "storage_telemetry.json": (
        "/sites/1/storage/telemetry",
        lambda it: it.client.api.storage_telemetry("1", WINDOW, zone=BERLIN),
    ),
    "seed_devices.json": ("/sites/1234567/devices", lambda it: it.run_and_merge("inventory", system_data())),
    "seed_inverter_voltage.json": (
        "/sites/1/inverters/A/voltage",
        lambda it: it.client.api.inverter_series("1", "A", Quantity.VOLTAGE, NINE, NINE + HOUR, zone=BERLIN),
    ),
}


@pytest.mark.parametrize("name", CALLS)
async def test_no_odd_field_anywhere_raises_anything_but_a_cloud_error(name, monkeypatch):
    path, call = CALLS[name]
    async with bench() as it:
        # Everything behind the socket is tested elsewhere: thousands of answers go straight to the parser.
        answers: list[Any] = []
        counted = 0

        async def get(asked: str, query: Any = (), *, owner: bool = False) -> Any:
            return answers[0] if asked == path else pytest.fail(f"{asked} was not expected")

        monkeypatch.setattr(it.client.api._transport, "get", get)
        for mutated in (fixture(name), *mutations(fixture(name))):
            answers[:] = [json.loads(json.dumps(mutated))]
            counted += 1
            try:
                await call(it)
            except CloudError:
                continue
        assert counted > 50


async def test_a_garbled_metric_takes_down_nothing_but_itself():
    async with bench() as it:
        answer = fixture("inverters_telemetry.json")
        answer["inverters"]["7A000001-10"]["voltage"] = "broken"
        answer["inverters"]["7A000002-11"] = None
        answer["inverters"]["7A000003-12"] = {"energy": {"unit": "WH", "values": None}, "temperature": {"unit": "C"}}
        it.cloud.answer("/sites/1234567/inverters/telemetry", answer)
        update = await it.run("inverters", system_data())
        assert update.readings["7A000001-10"].power_w == 560.0
        assert update.readings["7A000001-10"].voltage_v is None
        assert set(update.readings) == {"7A000001-10"}


async def test_unknown_fields_and_codes_are_no_trouble():
    async with bench() as it:
        site = {**json.loads(text("site.json")), "activationStatus": "HIBERNATING", "flux": {"capacitor": 1.21}}
        it.cloud.answer("/sites/1234567", site)
        assert (await it.run("details", system_data())).system.status == "hibernating"
