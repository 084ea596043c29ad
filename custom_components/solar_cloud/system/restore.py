"""The frozen dataclasses of `model/` as JSON and back, so that a restart shows the last data without a request."""

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cache, lru_cache
from math import isfinite
from types import MappingProxyType, NoneType, UnionType
from typing import Any, TypeAliasType, Union, get_args, get_origin, get_type_hints

from ..model.data import NOT_STORED, STORED_AS
from ..model.elements import Interval

PLAIN = frozenset({str, int, float, bool, NoneType})
"""What JSON knows itself: most values by far."""
YEARS = range(1950, 2200)
"""What a stored date may be of; beyond it the arithmetic of days runs off the calendar."""
MOST = 1e15
"""No stored number is larger: a thousand times what may be let in."""


def dump(value: Any) -> Any:
    """Return a value of the model as JSON types."""
    kind: type = type(value)
    if kind in PLAIN:
        return value
    if names := _field_names(kind):
        return {
            stored: dump(member)
            for name, stored, may_be_empty in names
            if (member := getattr(value, name)) is not None
            and (may_be_empty or member or not isinstance(member, Mapping))
        }
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        if isinstance(next(iter(value.values()), None), Interval):
            return _dump_series(value.values())
        return {_dump_key(key): dump(member) for key, member in value.items()}
    if isinstance(value, frozenset):
        return sorted(dump(member) for member in value)
    if isinstance(value, list | tuple):
        return [dump(member) for member in value]
    return value


@cache
def _field_names(kind: type) -> tuple[tuple[str, str, bool], ...]:
    """Return each field's name, here and in files, and whether an empty mapping says something: no default does."""
    if not is_dataclass(kind):
        return ()
    return tuple(
        (item.name, item.metadata.get(STORED_AS, item.name), item.default_factory is MISSING)
        for item in fields(kind)
        if not item.metadata.get(NOT_STORED)
    )


def _dump_key(key: object) -> str:
    return key.isoformat() if isinstance(key, datetime) else str(key)


def _dump_series(series: Iterable[Interval]) -> str:
    """Return intervals as one line of text: Home Assistant writes each member of a list on a line of its own."""
    return " ".join(map(_dump_interval, series))


def _dump_interval(interval: Interval) -> str:
    """Return start, length (both in seconds), energy and what else is known, as numbers with colons between them."""
    numbers = (
        interval.start.timestamp(),
        (interval.end - interval.start).total_seconds(),
        interval.energy_wh,
        interval.power_w,
        interval.devices_reporting,
    )
    return ":".join("" if number is None else repr(number) for number in numbers).rstrip(":")


def _load_interval(text: str) -> Interval:
    start, seconds, energy, *more = text.split(":")
    power, reporting = (*more, *[""] * (2 - len(more)))
    begin = float(start)
    return Interval(
        start=_instant(begin),
        end=_instant(begin + float(seconds)),
        energy_wh=_finite(energy),
        power_w=_finite(power) if power else None,
        devices_reporting=int(reporting) if reporting else None,
    )


def _finite(text: str) -> float:
    if not isfinite(number := float(text)) or abs(number) > MOST:
        raise ValueError("a stored value is no number")
    return number


@lru_cache(maxsize=1024)
def _instant(seconds: float) -> datetime:
    """Return the instant so many seconds after the epoch: one object for all inverters."""
    try:
        return _in_our_time(datetime.fromtimestamp(seconds, UTC))
    except (OverflowError, OSError) as err:
        raise ValueError("a stored instant is no time") from err


def load[T](kind: type[T], stored: Any) -> T:
    """Build an object of the model from what `dump` made of one.

    Raises `ValueError`, `TypeError` or `KeyError` when what is stored cannot be that.
    """
    return _load(kind, stored)  # type: ignore[no-any-return]


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _load(hint: Any, stored: Any) -> Any:
    if isinstance(hint, TypeAliasType):
        hint = hint.__value__
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType}:
        if stored is None:
            return None
        return _load(next(argument for argument in arguments if argument is not NoneType), stored)
    if origin in {Mapping, dict}:
        if arguments[1] is Interval and isinstance(stored, str):
            return MappingProxyType({interval.start: interval for interval in map(_load_interval, stored.split())})
        return MappingProxyType({_load(arguments[0], key): _load(arguments[1], stored[key]) for key in stored})
    if origin is tuple:
        return tuple(_load(arguments[0], member) for member in stored)
    if origin is frozenset:
        return frozenset(_load(arguments[0], member) for member in stored)
    if isinstance(hint, type) and is_dataclass(hint):
        hints = _hints(hint)
        names = {key: name for name, key, _ in _field_names(hint)}
        members = {names[key]: member for key, member in stored.items() if key in names}
        return hint(**{name: _load(hints[name], member) for name, member in members.items()})
    return _load_plain(hint, stored)


def _load_plain(hint: type[Any], stored: Any) -> Any:
    if issubclass(hint, datetime):
        moment = datetime.fromisoformat(stored)
        if moment.tzinfo is None:
            raise ValueError("a stored instant has no time zone")
        return _in_our_time(moment)
    if issubclass(hint, date):
        return _in_our_time(date.fromisoformat(stored))
    if issubclass(hint, StrEnum):
        return hint(stored)
    is_number = isinstance(stored, int | float) and not isinstance(stored, bool)
    if issubclass(hint, int | float) and hint is not bool and not (is_number and abs(stored) <= MOST):
        raise ValueError("a stored value is no number that can be")
    if hint is float:
        return float(stored)
    if not isinstance(stored, hint):
        raise TypeError(f"{type(stored).__name__} where {hint.__name__} was stored")
    return stored


def _in_our_time[DateT: date](moment: DateT) -> DateT:
    """Return a date or an instant that arithmetic does not carry off the calendar."""
    if moment.year not in YEARS:
        raise ValueError("a stored date is no time")
    return moment
