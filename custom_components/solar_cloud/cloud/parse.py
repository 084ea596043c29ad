"""Tolerant readers for the fields of a vendor's JSON: the one border of all clouds.

A reader never raises: what is null, absent, of a wrong type or beyond what can be stored becomes `None` (or empty),
because one odd field must not take down a whole answer. Only the `require_` functions raise, for an answer that cannot
be read at all.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
import math
from types import MappingProxyType
from typing import Any

from .clock import compared_with
from .errors import MalformedAnswer

LARGEST = 1e12
"""No amount of a system is larger, in W or Wh: beyond it a counter says that it has no value."""
LARGEST_WHOLE = 2**53 - 1
"""The largest whole number that JSON keeps exact."""
LONGEST = 255
"""Characters of a text; Home Assistant stores no longer state."""
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""No monitored system is older; an instant before it is a zero or a broken clock, not a time."""
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
GRACE = timedelta(days=1)
"""How far a cloud's clock may be ahead, or a calendar of its systems."""

_NOTHING: Mapping[str, Any] = MappingProxyType({})
_UNIT_WORDS = (
    ("kilo", "k"),
    ("mega", "m"),
    ("giga", "g"),
    ("watts", "w"),
    ("watt", "w"),
    ("hours", "h"),
    ("hour", "h"),
    ("joules", "j"),
    ("joule", "j"),
    ("volts", "v"),
    ("volt", "v"),
    ("amperes", "a"),
    ("ampere", "a"),
    ("amps", "a"),
    ("amp", "a"),
    ("hertz", "hz"),
    ("percentage", "%"),
    ("percent", "%"),
)
_TEXT_KEYS = ("message", "details", "detail", "reason", "errorMessages", "error_description", "error", "title")
_TEXT_LENGTH = 200


def as_float(value: Any) -> float | None:
    """Read a finite number of at most 10¹²; numeric strings count, booleans do not."""
    number = value if type(value) is float else _number(value)  # nearly all are: an answer may hold thousands
    return number if number is not None and -LARGEST <= number <= LARGEST else None


def as_int(value: Any) -> int | None:
    """Read a whole number below 2⁵³; ``31``, ``31.0`` and ``"31"`` count, ``31.5`` and booleans do not."""
    number = value if isinstance(value, int) and not isinstance(value, bool) else _number(value)
    if number is None or not -LARGEST_WHOLE <= number <= LARGEST_WHOLE:
        return None
    return int(number) if isinstance(number, int) or number.is_integer() else None


def as_bool(value: Any) -> bool | None:
    """Read a truth value; ``"true"`` and ``"false"`` in any letter case count, numbers do not."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return None


def as_str(value: Any) -> str | None:
    """Read a text that is not empty, without space around it; a whole number counts: ids and serials can be one.

    Invisible characters and halves of characters are left out, and what is beyond 255 characters is cut off.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            text = str(value)
        except ValueError:  # more digits than Python writes
            return None
        return text if len(text) <= LONGEST else None
    return _storable(value) if isinstance(value, str) else None


def as_secret(value: Any) -> str | None:
    """Read what only its cloud understands, such as a token or a cursor: as it is or not at all, of any length."""
    if isinstance(value, int) and not isinstance(value, bool):
        return as_str(value)
    text = value.strip() if isinstance(value, str) else ""
    return text if text and text.isprintable() else None


def first_str(row: Mapping[str, Any], *names: str) -> str | None:
    """Read a text that may be in any of several fields; the first that holds one counts."""
    return next((text for name in names if (text := as_str(row.get(name))) is not None), None)


def as_code(value: Any) -> str | None:
    """Read a vendor's code, such as a status, in lower case."""
    text = as_str(value)
    return text.lower()[:LONGEST].rstrip() if text else None  # a few capitals are one character shorter


def as_unit(value: Any) -> str | None:
    """Read a unit in any case and spelling as its symbol in lower case: ``kWh``, ``KWH`` and ``KILOWATT_HOUR`` are kwh.

    A million is the only m that occurs: nobody measures a house in milliwatts.
    """
    text = as_code(value)
    if text is None:
        return None
    symbol = "".join(letter for letter in text if letter.isalpha() or letter == "%")
    for word, short in _UNIT_WORDS:
        symbol = symbol.replace(word, short)
    return symbol or None


def as_list(value: Any) -> list[Any]:
    """Read an array; anything else is empty."""
    return value if isinstance(value, list) else []


def as_map(value: Any) -> Mapping[str, Any]:
    """Read an object; anything else is empty."""
    return value if isinstance(value, Mapping) else _NOTHING


def as_maps(value: Any) -> list[Mapping[str, Any]]:
    """Read an array of objects; an item that is none is an empty object, so that it is not overlooked."""
    items = as_list(value)
    # Nearly all answers have nothing else, and thousands of rows.
    return items if all(type(item) is dict for item in items) else [as_map(item) for item in items]


def maps_in(value: Any) -> list[Mapping[str, Any]]:
    """Read the objects of an array; any other item is left out."""
    return [item for item in as_list(value) if isinstance(item, Mapping)]


def above_zero[NumberT: (int, float)](number: NumberT | None) -> NumberT | None:
    """Return a number above 0; anything else stands for a size that is not known."""
    return number if number is not None and number > 0 else None


def as_time(value: Any, zone: tzinfo | None = None) -> datetime | None:
    """Read an instant as aware UTC: Unix epoch seconds (number or digits) or ISO 8601 with an offset.

    A time without an offset is taken to be in `zone`; without a zone it is none. An instant outside 2000…2100 is none
    either, nor is one that is more than a day ahead.
    """
    moment = as_deadline(value, zone)
    now = compared_with()
    return moment if moment is None or now is None or moment <= now + GRACE else None


def as_deadline(value: Any, zone: tzinfo | None = None) -> datetime | None:
    """Read an instant that may still come, such as the end of a limit; else as `as_time` does."""
    moment = _epoch(value) or _iso(value, zone)
    return moment if moment is not None and EARLIEST <= moment < LATEST else None


def as_date(value: Any, zone: tzinfo | None = None) -> date | None:
    """Read a day: ``YYYY-MM-DD``, or a time stamp with an offset, which names the day as it is written there.

    Unix epoch seconds need the zone whose midnight they are. A day outside 2000…2100 is none, and so is one that is
    further ahead than tomorrow.
    """
    if (moment := _epoch(value)) is not None:
        # No zone can move the smallest and the largest date of a calendar.
        day = moment.astimezone(zone).date() if zone and EARLIEST <= moment < LATEST else None
    elif isinstance(value, str):
        try:
            day = datetime.fromisoformat(value.strip()).date()
        except ValueError:
            return None
    else:
        return None
    if day is None or not EARLIEST.date() <= day < LATEST.date():
        return None
    now = compared_with()
    return day if now is None or day <= (now + GRACE).date() else None


def require_map(answer: Any, what: str) -> Mapping[str, Any]:
    """Return the answer if it is an object, else raise `MalformedAnswer`; `what` names the answer, without ids."""
    if isinstance(answer, Mapping):
        return answer
    raise MalformedAnswer(f"{what}: an object was expected, not {type(answer).__name__}")


def require_list(answer: Any, what: str) -> list[Any]:
    """Return the answer if it is an array, else raise `MalformedAnswer`."""
    if isinstance(answer, list):
        return answer
    raise MalformedAnswer(f"{what}: an array was expected, not {type(answer).__name__}")


def require_about(answer: Any, what: str, field: str, asked_for: str) -> Mapping[str, Any]:
    """Return the answer if it is an object about the system that was asked for, else raise `MalformedAnswer`.

    `field` is where the answer has the system's id; an answer without one is taken to be right.
    """
    data = require_map(answer, what)
    if (answered := as_str(data.get(field))) is not None and answered != asked_for:
        raise MalformedAnswer(f"{what}: the answer is about another system")
    return data


def status_text(status: int, said: str = "") -> str:
    """Return the text of an error: the HTTP status, and what the vendor says, if anything."""
    return f"HTTP {status}: {said}" if said else f"HTTP {status}"


def error_text(body: Any) -> str:
    """Find the message in the body of an error, as one short line; empty where there is none that is readable."""
    return next(iter(error_texts(body)), "")


def error_texts(body: Any) -> tuple[str, ...]:
    """Return every message in the body of an error, the most useful first, each as one short line.

    Vendors write a text or a list of texts under various names, and Enphase v4's stream wraps all of it in ``error``.
    """
    if not isinstance(body, Mapping):
        return ()
    texts = [_one_line(body.get(key)) for key in _TEXT_KEYS]
    inner = as_map(body.get("error"))
    texts += [_one_line(inner.get(key)) for key in _TEXT_KEYS]
    return tuple(text for text in texts if text)


def _number(value: Any) -> float | None:
    """Read a number of any size; `None` for one that is not finite."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and "_" in value:  # float() takes 1_000 for a number
        return None
    try:
        number = float(value)
    except ValueError, OverflowError:
        return None
    return number if math.isfinite(number) else None


def _storable(text: str) -> str | None:
    """Return a text as it can be written and stored, without space around it; `None` where nothing is left."""
    if not text.isprintable():
        text = "".join(map(_storable_character, text))
    return text.strip()[:LONGEST].rstrip() or None


def _storable_character(character: str) -> str:
    """Return a character, a plain space for any other one, and nothing for what cannot be seen or stored.

    Among the invisible ones are those that turn the direction of a text, so that it reads as another.
    """
    if character.isspace():
        return " "
    return character if character.isprintable() else ""


def _one_line(value: Any) -> str:
    parts = [text for item in (value if isinstance(value, list) else [value]) if (text := as_str(item))]
    return " ".join("; ".join(parts).split())[:_TEXT_LENGTH]


def _epoch(value: Any) -> datetime | None:
    seconds = as_float(value)
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except ValueError, OverflowError, OSError:
        return None


def _iso(value: Any, zone: tzinfo | None) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
        if moment.tzinfo is None:
            if zone is None:
                return None
            moment = moment.replace(tzinfo=zone)
        return moment.astimezone(UTC)
    except ValueError, OverflowError:
        return None
