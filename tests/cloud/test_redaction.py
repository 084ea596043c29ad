"""Secrets are found in any case, in pieces, escaped and encoded, and nothing else is."""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
import json
from typing import Any
from urllib.parse import quote, quote_plus

from hypothesis import given, strategies as st
import pytest

from custom_components.solar_cloud.cloud.account import MOST_SECRETS, Account
from custom_components.solar_cloud.cloud.errors import CredentialRefused
from custom_components.solar_cloud.cloud.redaction import HIDDEN, LONGEST, PIECE, Secrets
from custom_components.solar_cloud.cloud.response import LONG, LONG_SCRUB, Response
from custom_components.solar_cloud.cloud.vendor_text import shown

VISIBLE = st.characters(codec="ascii", min_codepoint=33, max_codepoint=126)
SECRET = st.text(VISIBLE, min_size=PIECE, max_size=80)
AROUND = st.text(st.sampled_from("äöü §"), max_size=9)
"""What no secret has, so that only the secret is found."""
TOKEN = "eyJhbGciOiJSUzI1NiJ9.QWNjZXNz/+tokens-of-an-owner_0123456789"


def escaped(text: str) -> str:
    return "".join(f"\\u{ord(letter):04x}" for letter in text)


ENCODINGS: list[Callable[[str], str]] = [
    str,
    str.upper,
    str.swapcase,
    quote,
    quote_plus,
    lambda text: quote(text, safe=""),
    lambda text: quote(quote(text, safe=""), safe="").lower(),
    lambda text: "".join(f"%{ord(letter):02x}" for letter in text),
    escaped,
    lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
]


@given(secret=SECRET, before=AROUND, after=AROUND, encoding=st.sampled_from(ENCODINGS), data=st.data())
def test_a_piece_of_a_secret_is_found_however_it_is_written(
    secret: str, before: str, after: str, encoding: Callable[[str], str], data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(secret) - PIECE))
    end = data.draw(st.integers(start + PIECE, len(secret)))
    said = before + encoding(secret[start:end]) + after
    assert Secrets([secret]).may_be_in(said) or len(said) < PIECE
    assert Secrets([secret]).scrub(said) == before + HIDDEN + after


@given(secret=SECRET, before=st.binary(max_size=9), after=st.binary(max_size=9), url=st.booleans())
def test_a_secret_is_found_within_base64(secret: str, before: bytes, after: bytes, *, url: bool) -> None:
    encode = urlsafe_b64encode if url else b64encode
    said = encode(before + secret.encode() + after).decode()
    left = Secrets([secret]).scrub(f"Basic {said}").removeprefix("Basic ")
    assert HIDDEN in left
    # A character beside the secret may be made of it in part.
    assert len(left.replace(HIDDEN, "").rstrip("=")) <= (len(before) + len(after) + 4) * 4 / 3 + 4


@given(secret=st.text(VISIBLE, min_size=1, max_size=PIECE - 1), before=AROUND)
def test_a_short_secret_is_found_as_a_whole_in_errors_only(secret: str, before: str) -> None:
    assert secret.lower() not in Secrets([secret]).scrub(before + secret.swapcase() + " ").lower().replace("**", "")
    assert Secrets([secret]).scrub(before + secret, short=False) == before + secret


@given(text=st.text(max_size=400))
def test_what_is_no_secret_stays_as_it_is(text: str) -> None:
    assert Secrets(["", TOKEN]).scrub(text) == text
    assert Secrets([]).scrub(text) == text


@pytest.mark.parametrize(
    ("said", "left"),
    [
        (f"{TOKEN}{TOKEN}", HIDDEN),
        (f"{TOKEN[:20]}…{TOKEN[-20:]}", f"{HIDDEN}…{HIDDEN}"),
        (f"{TOKEN[:11]}…{TOKEN[-11:]}", f"{TOKEN[:11]}…{TOKEN[-11:]}"),
        (f"İ {TOKEN} İ", f"İ {HIDDEN} İ"),
        (f"the key of {TOKEN[5:30]}the-key", f"the key of {HIDDEN}{HIDDEN}"),
    ],
)
def test_pieces_beside_each_other_are_all_found(said: str, left: str) -> None:
    assert Secrets([TOKEN, "the-key"]).scrub(said).replace(HIDDEN * 2, HIDDEN) == left.replace(HIDDEN * 2, HIDDEN)


def test_a_secret_that_is_not_ascii_is_found_escaped_too() -> None:
    secret = "schlüssel-zum-häuschen"
    assert Secrets([secret]).scrub(f"x {quote(secret)} {secret.upper()}") == f"x {HIDDEN} {HIDDEN}"


def test_json_is_searched_as_deep_as_is_said_names_of_fields_too() -> None:
    answer = {TOKEN: [TOKEN, 1, None, {"a": TOKEN}]}
    assert Secrets([TOKEN]).scrubbed(answer) == {HIDDEN: [HIDDEN, 1, None, {"a": HIDDEN}]}
    assert Secrets([TOKEN]).scrubbed(answer, 2) == {HIDDEN: [HIDDEN, 1, None, {"a": TOKEN}]}


def test_a_long_text_in_escapes_is_cut() -> None:
    assert Secrets([TOKEN]).scrub("%41" * LONGEST) == ("%41" * LONGEST)[:LONGEST]


def test_an_account_remembers_its_newest_secrets(account: Account) -> None:
    first = account.hide(["the-first-secret", ""])
    assert account.hide(["the-first-secret"]) is first
    for number in range(MOST_SECRETS):
        account.hide([f"secret-number-{number:03}"])
    assert account.secrets.scrub("the-first-secret secret-number-000") == f"the-first-secret {HIDDEN}"
    assert account.hide(["the-first-secret"]).scrub("the-first-secret") == HIDDEN


def response(answer: Any, status: int = 200) -> Response:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return Response(status=status, headers={}, content_type="application/json", body=body)


@pytest.mark.parametrize("length", [0, LONG_SCRUB, LONG])
@pytest.mark.parametrize("name", [TOKEN, TOKEN[3:40], escaped(TOKEN), TOKEN.upper()])
async def test_an_answer_of_any_length_loses_the_secrets_in_it(length: int, name: str) -> None:
    secrets = Secrets([TOKEN, "1148616"])
    answer = {"name": f"of {name}", "id": "1148616", "more": "x" * length}
    assert await response(answer).parsed(secrets) == ({**answer, "name": f"of {HIDDEN}"}, True)
    # Where tokens are given out, they are what was asked for.
    assert await response(answer).parsed(secrets, gives_tokens=True) == (answer, True)
    failed, _ = await response(answer, 400).parsed(secrets)
    assert (failed["name"], failed["id"]) == (f"of {HIDDEN}", HIDDEN)


async def test_what_is_nested_too_deeply_to_be_looked_through_counts_as_unreadable() -> None:
    deep = f'{"[" * 2000}"{TOKEN}"{"]" * 2000}'
    assert await response(deep.encode()).parsed(Secrets([TOKEN])) == (None, False)


def test_an_error_holds_one_short_line() -> None:
    text = str(CredentialRefused("no\x1b[2J\r\nFATAL \u202eevil\u2066 \ud800 " + "x" * 1000))
    assert text.startswith(r"no\x1b[2J\r\nFATAL \u202eevil\u2066 \ud800 xxx")
    assert (len(text), text[-1], shown(text)) == (200, "…", text)
