"""How Enphase v2 writes times and errors, and reads parameters (Enphase v2 documentation)."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, tzinfo
import re
from typing import Any

from ..plant.slots import epoch
from ..web import Answer, Call, Refusal

EARLIEST_YEAR, LATEST_YEAR = 1990, 2199

CALLBACK = re.compile(r"[A-Za-z_$][\w$.]*")


def render(value: Any, mode: str | None = None, zone: tzinfo = UTC) -> Any:
    """Return a body with its datetimes and dates as JSON has them.

    Without a mode times are epoch seconds and dates are YYYY-mm-dd; ``iso8601`` and ``epoch`` make both the same, a
    date being its local midnight.
    """
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat(timespec="seconds") if mode == "iso8601" else epoch(value)
    if isinstance(value, date):
        if mode is None:
            return value.isoformat()
        return render(datetime.combine(value, time(), zone), mode, zone)
    if isinstance(value, dict):
        return {name: render(item, mode, zone) for name, item in value.items()}
    if isinstance(value, list):
        return [render(item, mode, zone) for item in value]
    return value


def datetime_format(call: Call) -> str | None:
    """Return the form of times that a request asks for. Raise Refusal (422) for one that does not exist."""
    mode = call.query.get("datetime_format")
    if mode not in {None, "iso8601", "epoch"}:
        raise unprocessable("Invalid datetime_format", {"datetime_format": mode})
    return mode


def callback(call: Call) -> str | None:
    """Return the JSONP callback that a request asks for, where it is a name."""
    name = call.query.get("callback")
    return name if name and CALLBACK.fullmatch(name) else None


def unauthorized() -> Refusal:
    """Return the 401 that v2 has for everything: bad key, bad user, somebody else's system."""
    return Refusal(
        Answer(status=401, body={"reason": "401", "message": ["Not authorized to access requested resource."]})
    )


def not_found() -> Refusal:
    """Return the answer for a path or a system that does not exist."""
    return Refusal(Answer(status=404, body={"reason": "404", "message": ["Not found"]}))


def unprocessable(reason: str, parameters: Mapping[str, Any]) -> Refusal:
    """Return a 422 with its reason and the parameters that were used to process the request."""
    return Refusal(Answer(status=422, body={"reason": reason, "message": reason, **parameters}))


def read_date(call: Call, name: str) -> date | None:
    """Return a date parameter. Raise Refusal (422) where it is no date."""
    text = call.query.get(name)
    if text is None:
        return None
    try:
        day = parse_date(text)
    except ValueError:
        raise unprocessable(f"Failed to parse date {text}", {name: text}) from None
    if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
        raise unprocessable("Requested date range is invalid for this system", {name: text})
    return day


def parse_date(text: str) -> date:
    """Return a date as documented. Raise ValueError."""
    # fromisoformat alone would also take weeks and times.
    return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - dates have no zone


def read_number(call: Call, name: str) -> int | None:
    """Return a number: epoch seconds, an id. Raise Refusal (422) where it is none."""
    text = call.query.get(name)
    if text is None:
        return None
    if not re.fullmatch(r"\d{1,11}", text):
        raise unprocessable(f"Failed to parse {name} {text}", {name: text})
    return int(text)
