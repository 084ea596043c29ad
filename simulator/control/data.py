"""The bodies of the control API, and the checks of what they must have."""

from collections.abc import Callable, Mapping
from typing import Any

from ..clouds import Clouds

type Data = dict[str, Any]
type Reader = Callable[[Clouds], Any]
"""Returns what a GET answers."""
type Action = Callable[[Clouds, Data], Any]
"""Does what a POST says and returns the answer; None is an empty one. Raises KeyError, TypeError, ValueError."""


def check_names(data: Data, *names: str) -> None:
    """Raise ValueError for a name that means nothing."""
    if unknown := set(data) - set(names):
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")


def check_types(data: Data, kinds: Mapping[str, type | tuple[type, ...]], default: type | None = None) -> None:
    """Raise TypeError for a value of another type than its name's; names of no type have the default one, if any.

    A bool is an int to Python, but no status, delay or number of times here.
    """
    for name, value in data.items():
        kind = kinds.get(name, default)
        if kind is None:
            continue
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise TypeError(f"{name} has the wrong type")


def check_texts(data: Data, *names: str) -> None:
    """Raise TypeError unless all of these are there and texts."""
    if not all(isinstance(data.get(name), str) for name in names):
        raise TypeError(f"{', '.join(names)}: texts are needed")


def check_lists_of_texts(data: Data, *names: str) -> None:
    """Raise TypeError for one of these that is there but no list of texts."""
    for name in names:
        if name in data and not (isinstance(data[name], list) and all(isinstance(value, str) for value in data[name])):
            raise TypeError(f"{name} is a list of texts")
