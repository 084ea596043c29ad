"""The tolerant readers."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from custom_components.solar_cloud.cloud.errors import MalformedAnswer
from custom_components.solar_cloud.cloud.parse import (
    above_zero,
    as_bool,
    as_code,
    as_date,
    as_float,
    as_int,
    as_list,
    as_map,
    as_maps,
    as_str,
    as_time,
    error_text,
    first_str,
    maps_in,
    require_about,
    require_list,
    require_map,
)

NOON = datetime(2015, 5, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, 3),
        (-2.5, -2.5),
        ("3.5", 3.5),
        (" 7 ", 7),
        ("1e3", 1000),
        (0, 0),
        (True, None),
        (None, None),
        ("", None),
        ("1_000", None),
        ("1,5", None),
        ("nan", None),
        (float("inf"), None),
        (10**400, None),
        ([], None),
        ({}, None),
        (b"1", None),
    ],
)
def test_as_float(value: Any, expected: float | None) -> None:
    assert as_float(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (31, 31),
        (31.0, 31),
        ("31", 31),
        ("31.0", 31),
        (31.5, None),
        ("31.5", None),
        (True, None),
        (None, None),
        ([1], None),
    ],
)
def test_as_int(value: Any, expected: int | None) -> None:
    assert as_int(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, True),
        (False, False),
        ("true", True),
        (" False ", False),
        (1, None),
        ("yes", None),
        (None, None),
        ([], None),
    ],
)
def test_as_bool(value: Any, expected: bool | None) -> None:
    assert as_bool(value) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (" M215 ", "M215"),
        (121212, "121212"),
        ("", None),
        ("  ", None),
        (1.5, None),
        (True, None),
        (None, None),
        ([], None),
    ],
)
def test_as_str(value: Any, expected: str | None) -> None:
    assert as_str(value) == expected


def test_a_number_longer_than_python_writes_is_no_text() -> None:
    assert as_str(10**5000) is None


def test_as_code_is_lower_case() -> None:
    assert as_code(" Normal ") == "normal"
    assert as_code(None) is None


def test_as_list_and_as_map_give_something_empty_for_anything_else() -> None:
    assert (as_list([1]), as_list({"a": 1}), as_list(None), as_list("ab")) == ([1], [], [], [])
    assert (as_map({"a": 1}), as_map([1]), as_map(None)) == ({"a": 1}, {}, {})


def test_rows_that_are_no_objects_are_counted_or_left_out() -> None:
    assert as_maps([{"a": 1}, 3, None]) == [{"a": 1}, {}, {}]
    assert maps_in([{"a": 1}, 3, None]) == [{"a": 1}]
    assert as_maps({"a": 1}) == maps_in("ab") == []


def test_the_first_field_with_a_text_counts() -> None:
    assert first_str({"a": " ", "b": 7, "c": "x"}, "none", "a", "b", "c") == "7"
    assert first_str({"a": None}, "a") is None


def test_a_size_of_zero_or_less_is_not_known() -> None:
    assert (above_zero(4.5), above_zero(0.0), above_zero(-1), above_zero(None)) == (4.5, None, None, None)


@pytest.mark.parametrize(
    "value",
    [
        1430827200,
        1430827200.0,
        "1430827200",
        "2015-05-05T12:00:00Z",
        "2015-05-05T05:00:00-07:00",
        "2015-05-05T12:00:00.000+00:00",
        " 2015-05-05 12:00:00+00:00 ",
    ],
)
def test_as_time_reads_epoch_and_iso_8601(value: Any) -> None:
    assert as_time(value) == NOON
    assert as_time(value).tzinfo is UTC  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "soon",
        True,
        0,
        -5,
        1430827200000,
        "1999-12-31T00:00:00Z",
        "2101-01-01T00:00:00Z",
        10**400,
        1e300,
        [],
        {},
        "2015-05-05T12:00:00",
        "2015-05-05",
        "0001-01-01T00:00:00+14:00",
    ],
)
def test_as_time_refuses_what_names_no_instant(value: Any) -> None:
    assert as_time(value) is None


def test_as_time_without_an_offset_is_in_the_given_zone() -> None:
    assert as_time("2015-05-05T05:00:00", ZoneInfo("America/Los_Angeles")) == NOON
    assert as_time("2015-05-05T05:00:00+02:00", ZoneInfo("America/Los_Angeles")) == NOON - timedelta(hours=9)
    assert as_time("0001-01-01T00:00:00", timezone(timedelta(hours=14))) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2015-05-05", date(2015, 5, 5)),
        ("2015-05-05T00:00:00-07:00", date(2015, 5, 5)),
        ("2015-05-05T23:30:00-07:00", date(2015, 5, 5)),
        ("2015-13-05", None),
        ("05/05/2015", None),
        ("1999-01-01", None),
        (1430809200, None),
        (None, None),
        ([], None),
    ],
)
def test_as_date(value: Any, expected: date | None) -> None:
    assert as_date(value) == expected


def test_as_date_of_an_epoch_is_the_day_of_a_zone() -> None:
    assert as_date(1430809200, ZoneInfo("America/Los_Angeles")) == date(2015, 5, 5)
    assert as_date(1430809199, ZoneInfo("America/Los_Angeles")) == date(2015, 5, 4)


def test_a_structure_that_is_required_must_be_there() -> None:
    assert require_map({"a": 1}, "summary") == {"a": 1}
    assert require_list([1], "devices") == [1]
    with pytest.raises(MalformedAnswer, match="summary: an object was expected, not list"):
        require_map([], "summary")
    with pytest.raises(MalformedAnswer, match="devices: an array was expected, not NoneType"):
        require_list(None, "devices")


def test_an_answer_must_be_about_what_was_asked_for_if_it_says() -> None:
    assert require_about({"id": 7}, "summary", "id", "7") == {"id": 7}
    assert require_about({}, "summary", "id", "7") == {}
    with pytest.raises(MalformedAnswer, match="summary: the answer is about another system"):
        require_about({"id": "8"}, "summary", "id", "7")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"reason": "409", "message": ["Usage limit exceeded for plan Watt"]}, "Usage limit exceeded for plan Watt"),
        ({"errorCode": 7, "errorMessages": ["Data temporarily", "unavailable."]}, "Data temporarily; unavailable."),
        ({"title": "Not Found", "status": 404, "detail": "Unknown\n endpoint"}, "Unknown endpoint"),
        ({"message": None, "reason": 422}, "422"),
        (
            {"error": "invalid_request", "error_description": "The access token is missing"},
            "The access token is missing",
        ),
        ({"message": "x" * 500}, "x" * 200),
        ({"message": {"nested": 1}}, ""),
        ({}, ""),
        (None, ""),
        ("<html>", ""),
        ([], ""),
    ],
)
def test_error_text_finds_what_the_vendor_says(body: Any, expected: str) -> None:
    assert error_text(body) == expected
