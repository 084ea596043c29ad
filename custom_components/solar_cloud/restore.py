"""The frozen dataclasses of `cloud/` as JSON and back, so that a restart shows the last data without a request."""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from types import MappingProxyType, NoneType, UnionType
from typing import Any, TypeAliasType, Union, get_args, get_origin, get_type_hints

PLAIN = frozenset({str, int, float, bool, NoneType})
"""What JSON knows itself; a day of a large system has thousands of values, and this runs in the event loop."""


def dump(value: Any) -> Any:
    """Return a value of the model as JSON types."""
    kind: type = type(value)
    if kind in PLAIN:
        return value
    if names := _field_names(kind):
        return {
            name: dump(member)
            for name, may_be_empty in names
            if (member := getattr(value, name)) is not None
            and (may_be_empty or member or not isinstance(member, Mapping))
        }
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {_dump_key(key): dump(member) for key, member in value.items()}
    if isinstance(value, frozenset):
        return sorted(dump(member) for member in value)
    if isinstance(value, list | tuple):
        return [dump(member) for member in value]
    return value


@cache
def _field_names(kind: type) -> tuple[tuple[str, bool], ...]:
    """Return each field's name, and whether an empty mapping says something: as a default it does not."""
    if not is_dataclass(kind):
        return ()
    return tuple((item.name, item.default_factory is MISSING) for item in fields(kind))


def _dump_key(key: object) -> str:
    return key.isoformat() if isinstance(key, datetime) else str(key)


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
        return MappingProxyType({_load(arguments[0], key): _load(arguments[1], stored[key]) for key in stored})
    if origin is frozenset:
        return frozenset(_load(arguments[0], member) for member in stored)
    if isinstance(hint, type) and is_dataclass(hint):
        hints = _hints(hint)
        return hint(**{name: _load(hints[name], member) for name, member in stored.items() if name in hints})
    return _load_plain(hint, stored)


def _load_plain(hint: type[Any], stored: Any) -> Any:
    if issubclass(hint, datetime):
        moment = datetime.fromisoformat(stored)
        if moment.tzinfo is None:
            raise ValueError("a stored instant has no time zone")
        return moment
    if issubclass(hint, date):
        return date.fromisoformat(stored)
    if hint is float and not isinstance(stored, bool):
        return float(stored)
    if issubclass(hint, StrEnum):
        return hint(stored)
    if not isinstance(stored, hint):
        raise TypeError(f"{type(stored).__name__} where {hint.__name__} was stored")
    return stored
