"""The JSON of a response is read in every form in which clouds and the proxies before them have sent it."""

import math
from typing import Any

import pytest

from custom_components.solar_cloud.cloud.response import Response


def parsed(body: bytes | None) -> tuple[Any, bool]:
    return Response(status=200, headers={}, content_type="application/json", body=body).json()


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"power": 1.5, "rows": [1, null, "a"]}', {"power": 1.5, "rows": [1, None, "a"]}),
        (b'\xef\xbb\xbf{"power": 1}', {"power": 1}),
        (b'{"name": "\\ud83c"}', {"name": "\ud83c"}),
        (b'{"name": "M\xfcller"}', {"name": "M\ufffdller"}),
        (b"null", None),
    ],
    ids=["plain", "with the mark of its encoding", "half of a character", "another encoding", "null"],
)
def test_json_is_read_in_every_form(body: bytes, found: Any) -> None:
    assert parsed(body) == (found, True)


def test_what_is_no_number_in_json_is_read_all_the_same() -> None:
    answer, readable = parsed(b'{"power": NaN, "energy": Infinity}')
    assert readable
    assert math.isnan(answer["power"])
    assert math.isinf(answer["energy"])


@pytest.mark.parametrize("body", [None, b"", b"<html>", b'{"power": ', b"[" * 100_000])
def test_what_is_no_json_says_so(body: bytes | None) -> None:
    assert parsed(body) == (None, False)
