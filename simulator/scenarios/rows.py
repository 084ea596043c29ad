"""Rows of the clouds' answers, whatever they are called and however deep they lie."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from ..disturbances import Asked, Change

type Row = dict[str, Any]
type RowChange = Callable[[Row, datetime, Asked], Row | None]
"""Takes a row of Enphase and its end, and returns the row that is sent; None leaves it out."""
type ValueChange = Callable[[float | None, datetime, Asked], float | None]
"""Takes the value of a bucket of SolarEdge and the bucket's start, and returns the value that is sent."""


def end_of(row: Row) -> datetime:
    """Return the end of a row of Enphase."""
    end = row["end_at"]
    return datetime.fromtimestamp(end, UTC) if isinstance(end, int) else datetime.fromisoformat(end)


def each_row(change: RowChange) -> Change:
    """Return a change of an answer of Enphase that is one of its rows."""

    def rows(found: list[Any], asked: Asked) -> list[Any]:
        result: list[Any] = []
        for row in found:
            if isinstance(row, list):
                result.append(rows(row, asked))
            elif (changed := change(dict(row), end_of(row), asked)) is not None:
                result.append(changed)
        return result

    def answer(body: Any, asked: Asked) -> Any:
        for name in ("intervals", "meter_intervals"):
            if name == "meter_intervals":
                for meter in body.get(name, ()):
                    meter["intervals"] = rows(meter["intervals"], asked)
            elif name in body:
                body[name] = rows(body[name], asked)
        return body

    return answer


def all_rows(body: Any) -> Iterator[Row]:
    """Give the rows of an answer of Enphase."""
    for row in body.get("intervals", ()):
        yield from row if isinstance(row, list) else [row]


def each_value(change: ValueChange, *names: str, fine_only: bool = True) -> Change:
    """Return a change of an answer of SolarEdge that is one of the values of its series with these names.

    Without a name it is one of the values of the answer itself, as those of the site's energy.
    """

    def series(found: Row, asked: Asked) -> None:
        for bucket in found["values"]:
            start = datetime.fromisoformat(bucket["timestamp"]).astimezone(UTC)
            bucket["value"] = change(bucket["value"], start, asked)

    def walk(value: Any, asked: Asked) -> None:
        if isinstance(value, dict):
            for name, item in value.items():
                if name in names and isinstance(item, dict) and "values" in item:
                    series(item, asked)
                else:
                    walk(item, asked)
        elif isinstance(value, list):
            for item in value:
                walk(item, asked)

    def answer(body: Any, asked: Asked) -> Any:
        fine = asked.query.get("resolution") in {"QUARTER_HOUR", "HOUR"}
        if fine_only and not fine:
            return body
        if not names and isinstance(body, dict) and "values" in body:
            series(body, asked)
        else:
            walk(body, asked)
        return body

    return answer
