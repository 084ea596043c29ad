"""Changes an answer as no vendor has announced: types, magnitudes, orders, omissions, texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

type Step = str | int
type Path = tuple[Step, ...]

ODD_VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    -0.0,
    0.5,
    1e-320,
    4294967295,
    65535,
    32767,
    2**53,
    -(2**63),
    10**30,
    1e13,
    -1e13,
    1.7e308,
    float("inf"),
    float("-inf"),
    float("nan"),
    "",
    " ",
    "0",
    "-1",
    "1e400",
    "NaN",
    "null",
    "12,5",
    "\x00",
    "\ud800",
    "\u202e\u200b",
    "x" * 300,
    "2026-06-20",
    "2026-06-20T11:00:00",
    "2026-06-20T11:00:00+99:00",
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00+14:00",
    "GMT+1",
    "W. Europe Standard Time",
    "MWh",
    -62135596800,
    253402300800,
    1750000000000,
    [],
    {},
    [[]],
    [None],
    {"": None},
    {"value": 1},
)
"""Each was seen in some answer of some cloud, or is the edge of a type."""
FACTORS = (-1, 1e-3, 1e3, 1e6, 1e12, 1.2, 0.8)


@dataclass(frozen=True, slots=True)
class Change:
    """One change at one place of an answer; the place is given as a number that is taken modulo what there is."""

    place: int
    kind: str
    pick: int
    """Which of the odd values or factors."""


CHANGES = st.lists(
    st.builds(
        Change,
        place=st.integers(0, 2**31),
        kind=st.sampled_from(
            ("replace", "replace", "replace", "scale", "scale", "drop", "double", "reverse", "cut", "swap")
        ),
        pick=st.integers(0, 2**16),
    ),
    min_size=1,
    max_size=4,
)


def places(answer: Any) -> list[Path]:
    """Return where each node of an answer stands, the whole answer first."""
    found: list[Path] = [()]
    for path in found:
        node = node_at(answer, path)
        if isinstance(node, Mapping):
            found.extend((*path, key) for key in node)
        elif isinstance(node, list):
            found.extend((*path, index) for index in range(len(node)))
    return found


def node_at(answer: Any, path: Path) -> Any:
    """Return the node at a place."""
    for step in path:
        answer = answer[step]
    return answer


def changed(answer: Any, paths: list[Path], change: Change) -> Any:
    """Return an answer with one change; what does not lie on the way to it is shared with the old one.

    An earlier change may have removed the place: then nothing changes.
    """
    path = paths[change.place % len(paths)]
    try:
        return _at(answer, path, change)
    except KeyError, IndexError, TypeError:
        return answer


def _at(node: Any, path: Path, change: Change) -> Any:
    if not path:
        return _odd(node, change)
    step, *rest = path
    copy: Any = dict(node) if isinstance(node, Mapping) else list(node)
    if not rest and change.kind == "drop":
        del copy[step]
    elif not rest and change.kind == "double" and isinstance(copy, list):
        copy.insert(step, copy[step])  # type: ignore[arg-type]
    elif not rest and change.kind == "swap" and isinstance(copy, list):
        other = change.pick % max(1, len(copy))
        copy[step], copy[other] = copy[other], copy[step]
    else:
        copy[step] = _at(node[step], tuple(rest), change)
    return copy


def _odd(node: Any, change: Change) -> Any:
    """Return what stands in a node's place."""
    match change.kind:
        case "scale" if isinstance(node, int | float) and not isinstance(node, bool):
            return node * FACTORS[change.pick % len(FACTORS)]
        case "reverse" if isinstance(node, list):
            return node[::-1]
        case "cut" if isinstance(node, list | str):
            return node[: change.pick % (len(node) + 1)]
        case "double" if isinstance(node, list):
            return [*node, *node]
    return ODD_VALUES[change.pick % len(ODD_VALUES)]
