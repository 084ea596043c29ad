"""What the readers let in can be stored and published, and nothing of it is from the future."""

from collections.abc import Callable
from contextvars import copy_context
from datetime import UTC, date, datetime, timedelta
import json
import threading
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import pytest

from custom_components.solar_cloud.cloud.account import Account
from custom_components.solar_cloud.cloud.clock import compare_with
from custom_components.solar_cloud.cloud.enphase.errors import ErrorReader
from custom_components.solar_cloud.cloud.errors import CredentialRefused, TemporarilyUnavailable
from custom_components.solar_cloud.cloud.parse import (
    as_code,
    as_date,
    as_deadline,
    as_float,
    as_int,
    as_secret,
    as_str,
    as_time,
    as_unit,
    error_text,
)
from custom_components.solar_cloud.cloud.response import LONG, Response
from custom_components.solar_cloud.cloud.sending import LARGEST_ANSWER, LARGEST_ERROR
from custom_components.solar_cloud.cloud.transport import Transport

from .conftest import NOW, FakeCloud

SMALLEST_DATE = -62_135_596_800
"""The smallest date of .NET in seconds since 1970."""
ZONES = ("Pacific/Kiritimati", "America/Los_Angeles", "Etc/GMT+12", "UTC")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1e12, 1e12),
        (-1e12, -1e12),
        (1.000001e12, None),
        (-1.000001e12, None),
        (10**12, 1e12),
        (10**12 + 1, None),
        ("1e12", 1e12),
        ("1e13", None),
        (1.7976931348623157e308, None),
        (float("nan"), None),
        (float("-inf"), None),
        ("-Infinity", None),
    ],
)
def test_an_amount_is_finite_and_not_beyond_any_system(value: Any, expected: float | None) -> None:
    assert as_float(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (2**53 - 1, 2**53 - 1),
        (1 - 2**53, 1 - 2**53),
        (2**53, None),
        (-(2**53), None),
        (2.0**60, None),
        (str(2**40), 2**40),
        (str(2**60), None),
        (10**400, None),
        (float("inf"), None),
    ],
)
def test_a_whole_number_is_one_that_json_keeps_exact(value: Any, expected: int | None) -> None:
    assert as_int(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Roof\x00", "Roof"),
        ("Ro\x00of", "Roof"),
        ("a\tb\r\nc", "a b  c"),
        ("\x1b[31mred", "[31mred"),
        ("a\x7fb\x85c", "ab c"),
        ("a\u2028b", "a b"),
        ("caf\ud83d\u00e9", "caf\u00e9"),
        ("\udc00", None),
        ("\x00\x01", None),
        (" \u00a0 ", None),
        ("\U0001f600 Zuk\u00fcnftig", "\U0001f600 Zuk\u00fcnftig"),
        ("x" * 300, "x" * 255),
        ("x" * 254 + " yz", "x" * 254),
        (10**254, "1" + "0" * 254),
        (10**255, None),
        ("\u202eesuoH\u200b", "esuoH"),
        ("Casa\u00a0Sol", "Casa Sol"),
    ],
)
def test_a_text_can_be_written_and_stored(value: Any, expected: str | None) -> None:
    assert as_str(value) == expected


@pytest.mark.parametrize("text", ["\u0130" * 255, "\udfff\x00abc" * 90, "A" * 1000])
def test_a_code_is_no_longer_than_a_text_whatever_its_letters(text: str) -> None:
    code = as_code(text)
    assert code is not None
    assert len(code) <= 255
    assert json.loads(code.encode().decode().join('""')) == code


def test_what_a_cloud_says_of_an_error_can_be_logged() -> None:
    error_text({"message": "no\ud800 \x1b[2Jdata"}).encode()
    assert error_text({"message": "no\ud800 \x1b[2Jdata"}) == "no [2Jdata"


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("Wh", "wh"),
        ("WH", "wh"),
        ("kWh", "kwh"),
        (" KWH ", "kwh"),
        ("KILOWATT_HOUR", "kwh"),
        ("kilowatt hours", "kwh"),
        ("kilo-watt-hour", "kwh"),
        ("MWh", "mwh"),
        ("Watts", "w"),
        ("kJ", "kj"),
        ("kilojoules", "kj"),
        ("V", "v"),
        ("VOLT", "v"),
        ("AMPERE", "a"),
        ("HERTZ", "hz"),
        ("Hz", "hz"),
        ("%", "%"),
        ("PERCENTAGE", "%"),
        ("PERCENTAGE_100", "%"),
        ("", None),
        (None, None),
        (7, None),
        ("\ud800", None),
        ({}, None),
    ],
)
def test_a_unit_is_known_in_any_case_and_spelling(unit: Any, expected: str | None) -> None:
    assert as_unit(unit) == expected


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("value", [SMALLEST_DATE, str(SMALLEST_DATE), 253_402_300_799, "0001-01-01", "9999-12-31", 0])
def test_the_ends_of_a_calendar_are_no_days(value: Any, zone: str) -> None:
    assert as_date(value, ZoneInfo(zone)) is None
    assert as_time(value, ZoneInfo(zone)) is None


@pytest.fixture
def by_clock() -> Callable[[Callable[[], Any]], Any]:
    """Run something that compares times with a clock, and leave other tests without it."""
    context = copy_context()
    context.run(compare_with, lambda: NOW)
    return context.run


def test_an_instant_is_at_most_a_day_ahead(by_clock: Callable[[Callable[[], Any]], Any]) -> None:
    soon, late = NOW + timedelta(days=1), NOW + timedelta(days=1, seconds=1)
    for write in (datetime.isoformat, datetime.timestamp):
        assert by_clock(lambda: as_time(write(soon))) == soon  # noqa: B023 - it runs at once
        assert by_clock(lambda: as_time(write(late))) is None  # noqa: B023
        assert by_clock(lambda: as_deadline(write(late))) == late  # noqa: B023
        assert as_time(write(late)) == late


def test_a_day_is_at_most_tomorrow(by_clock: Callable[[Callable[[], Any]], Any]) -> None:
    assert by_clock(lambda: as_date("2026-11-22")) == date(2026, 11, 22)
    assert by_clock(lambda: as_date("2026-11-23")) is None
    later = NOW + timedelta(days=2)
    assert by_clock(lambda: as_date(later.timestamp(), ZoneInfo("UTC"))) is None
    assert as_date("2026-11-23") == date(2026, 11, 23)


async def test_answers_are_compared_with_the_clock_of_their_account(
    session: aiohttp.ClientSession, account: Account, cloud: FakeCloud
) -> None:
    cloud.answer("/x", {})
    transport = Transport(session, cloud.url, account, secrets=(), translate=lambda *_: None)
    await transport.get("/x")
    assert as_time((NOW + timedelta(days=2)).timestamp()) is None
    assert as_time(datetime(2026, 11, 1, tzinfo=UTC).timestamp()) is not None


@pytest.mark.parametrize(
    ("value", "expected"),
    [("e" * 4000, "e" * 4000), (" abc ", "abc"), (7, "7"), ("a\nb", None), ("a\ud800", None), ("", None), (None, None)],
)
def test_a_token_is_taken_whole_or_not_at_all(value: Any, expected: str | None) -> None:
    assert as_secret(value) == expected


def make_transport(session: aiohttp.ClientSession, account: Account, cloud: FakeCloud) -> Transport:
    return Transport(session, cloud.url, account, secrets=(), translate=ErrorReader(account))


@pytest.mark.parametrize("status", [401, 403, 404, 503])
async def test_an_error_that_is_too_long_to_be_one_says_nothing_of_the_credential(
    session: aiohttp.ClientSession, account: Account, cloud: FakeCloud, status: int
) -> None:
    cloud.answer("*", {"message": "x" * LARGEST_ERROR}, status=status)
    with pytest.raises(TemporarilyUnavailable):
        await make_transport(session, account, cloud).get("/x")
    cloud.forget()
    cloud.answer("*", {"message": "x" * (LARGEST_ERROR - 100)}, status=401)
    with pytest.raises(CredentialRefused):
        await make_transport(session, account, cloud).get("/x")


@pytest.mark.parametrize(("length", "threads"), [(LONG - 100, 0), (LONG, 1), (LARGEST_ANSWER - 100, 1)])
async def test_a_long_answer_is_parsed_beside_the_event_loop(
    session: aiohttp.ClientSession,
    account: Account,
    cloud: FakeCloud,
    monkeypatch: pytest.MonkeyPatch,
    length: int,
    threads: int,
) -> None:
    seen: list[bool] = []
    parse = Response.json

    def spied(self: Response) -> tuple[Any, bool]:
        seen.append(threading.current_thread() is not threading.main_thread())
        return parse(self)

    monkeypatch.setattr(Response, "json", spied)
    cloud.answer("*", {"x": "y" * length})
    assert await make_transport(session, account, cloud).get("/x") == {"x": "y" * length}
    assert seen == [bool(threads)]
