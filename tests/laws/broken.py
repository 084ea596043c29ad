"""Ways to break the product on purpose, at its edges: what its sensors show, and what it books."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
import logging
import math
from typing import Any
from unittest.mock import PropertyMock, patch

from custom_components.solar_cloud.entities import system_sensors
from custom_components.solar_cloud.statistics import book

HOUR = timedelta(hours=1)
EARLY = datetime(2026, 6, 10, 8, tzinfo=UTC)
EVENING = datetime(2026, 6, 10, 15, tzinfo=UTC)
NEXT_DAY = datetime(2026, 6, 11, 10, tzinfo=UTC)

type Memory = dict[str, Any]
type Row = dict[str, Any]
type Sensor = Callable[[str, Any, datetime, Memory], Any]
"""Takes the key of a sensor, its value, the time and what was remembered, and returns what is shown."""
type Books = Callable[[str, list[Row]], list[Row]]
"""Takes a statistic's id and its rows, and returns the rows that are booked."""


@dataclass(frozen=True)
class Variant:
    """A broken product, and the law that finds it."""

    law: int
    sensor: Sensor | None = None
    books: Books | None = None
    attributes: dict[str, Any] = field(default_factory=dict)


def frozen_power(key: str, value: Any, now: datetime, memory: Memory) -> Any:
    return memory.setdefault(key, value) if key == "power" and now > EARLY else value


def day_that_does_not_turn(key: str, value: Any, _: datetime, memory: Memory) -> Any:
    if not key.endswith("_today") or value is None:
        return value
    memory[key] = max(value, memory.get(key, 0))
    return memory[key]


def day_that_falls(key: str, value: Any, now: datetime, _: Memory) -> Any:
    return max(0, value - 300) if key == "energy_today" and value and now > EVENING else value


def lifetime_that_falls(key: str, value: Any, now: datetime, _: Memory) -> Any:
    return value * 0.99 if key == "grid_import_lifetime" and value and now > EVENING else value


def lifetime_that_jumps(key: str, value: Any, now: datetime, _: Memory) -> Any:
    return value + 5000 if key == "energy_lifetime" and value and now > EVENING else value


def lifetime_that_stands(key: str, value: Any, now: datetime, memory: Memory) -> Any:
    if key != "grid_export_lifetime" or value is None:
        return value
    return memory.setdefault(key, value) if now > EARLY else value


def grid_reversed(key: str, value: Any, _: datetime, __: Memory) -> Any:
    return -value if key == "grid_power" and value is not None else value


def measured_withheld(key: str, value: Any, now: datetime, _: Memory) -> Any:
    return None if key == "grid_import_today" and now > EARLY else value


def part_of_the_power(key: str, value: Any, _: datetime, __: Memory) -> Any:
    return value * 0.6 if key == "power" and value else value


def below_zero_at_night(key: str, value: Any, _: datetime, __: Memory) -> Any:
    return -3 if key == "power" and value == 0 else value


def battery_ignored(key: str, value: Any, _: datetime, memory: Memory) -> Any:
    memory[key] = value
    battery = memory.get("battery_power")
    return value - battery if key == "consumption_power" and value is not None and battery else value


def measured_tomorrow(key: str, value: Any, _: datetime, __: Memory) -> Any:
    return value + 2 * HOUR if key == "measured_at" and value is not None else value


def logged_failure(key: str, value: Any, _: datetime, memory: Memory) -> Any:
    if key == "power" and not memory.setdefault("said", False):
        memory["said"] = True
        logging.getLogger("custom_components.solar_cloud.coordinator").error("Unexpected error")
    return value


def hours_too_late(_: str, rows: list[Row]) -> list[Row]:
    return [row | {"start": row["start"] + HOUR} for row in rows]


def hour_doubled(statistic: str, rows: list[Row]) -> list[Row]:
    if not statistic.endswith("grid_import"):
        return rows
    return [row | {"sum": row["sum"] + 400} if row["start"] >= NEXT_DAY else row for row in rows]


def hours_of_the_future(_: str, rows: list[Row]) -> list[Row]:
    return [*rows, rows[-1] | {"start": rows[-1]["start"] + 24 * HOUR}] if rows else rows


def hours_lost(statistic: str, rows: list[Row]) -> list[Row]:
    """Leave the energy of the evening out."""
    if not statistic.endswith("battery_discharge"):
        return rows
    return [row | {"sum": rows[0]["sum"]} if row["start"] >= NEXT_DAY else row for row in rows]


VARIANTS: dict[str, Variant] = {
    "frozen power": Variant(2, frozen_power),
    "day that does not turn": Variant(3, day_that_does_not_turn),
    "day that falls": Variant(4, day_that_falls),
    "lifetime that falls": Variant(4, lifetime_that_falls),
    "lifetime that jumps": Variant(4, lifetime_that_jumps),
    "lifetime that stands": Variant(4, lifetime_that_stands),
    "grid reversed": Variant(1, grid_reversed),
    "measured, but withheld": Variant(1, measured_withheld),
    "part of the power": Variant(1, part_of_the_power),
    "below zero at night": Variant(3, below_zero_at_night),
    "battery ignored": Variant(1, battery_ignored),
    "measured tomorrow": Variant(8, measured_tomorrow),
    "logged failure": Variant(11, logged_failure),
    "no number": Variant(10, attributes={"share": math.nan}),
    "hours too late": Variant(5, books=hours_too_late),
    "hour doubled": Variant(5, books=hour_doubled),
    "hours of the future": Variant(8, books=hours_of_the_future),
    "hours lost": Variant(5, books=hours_lost),
}


@contextmanager
def broken(variant: Variant) -> Iterator[None]:
    """Break the product for a while."""
    with ExitStack() as stack:
        if variant.sensor is not None:
            _break_sensors(stack, variant.sensor)
        if variant.books is not None:
            _break_books(stack, variant.books)
        if variant.attributes:
            attributes = PropertyMock(return_value=variant.attributes)
            stack.enter_context(patch.object(system_sensors.SystemSensor, "extra_state_attributes", attributes))
        yield


def _break_sensors(stack: ExitStack, change: Sensor) -> None:
    memory: Memory = {}
    for name in ("SystemSensor", "FlowSensor"):
        kind = getattr(system_sensors, name)
        original = vars(kind)["native_value"]

        def value(entity: Any, original: Any = original) -> Any:
            return change(entity.entity_description.key, original.fget(entity), datetime.now(UTC), memory)

        stack.enter_context(patch.object(kind, "native_value", property(value)))
        # What is shown does not follow from what is known any more: it is written each time.
        stack.enter_context(patch.object(kind, "_shown", lambda _: None))


def _break_books(stack: ExitStack, change: Books) -> None:
    original = book.write_rows

    def booked(recorder: Any, metadata: Any, rows: Sequence[tuple[int, int, int]], scale: int, session: Any) -> None:
        as_dicts = [
            {"start": datetime.fromtimestamp(start, UTC), "state": energy / scale, "sum": total / scale}
            for start, energy, total in rows
        ]
        changed = change(metadata["statistic_id"], as_dicts)
        as_rows = [
            (int(row["start"].timestamp()), round(row["state"] * scale), round(row["sum"] * scale)) for row in changed
        ]
        original(recorder, metadata, as_rows, scale, session)

    stack.enter_context(patch.object(book, "write_rows", booked))
