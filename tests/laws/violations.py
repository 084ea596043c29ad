"""What the judge has found."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any


@dataclass(slots=True)
class Violation:
    """One law that one value did not keep, however often."""

    law: int
    what: str
    """The entity's key, the statistic, or what else it is about."""
    why: str
    seen: str
    right: str
    first: str
    last: str
    times: int = 1


class Violations:
    """All that was found in one run: what repeats is counted."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, str, str], Violation] = {}

    def add(self, law: int, what: str, why: str, now: datetime, *, seen: Any = "", right: Any = "") -> None:
        key = (law, what, why)
        at = now.isoformat(timespec="minutes")
        if key in self._found:
            self._found[key].times += 1
            self._found[key].last = at
            return
        self._found[key] = Violation(law, what, why, str(seen)[:120], str(right)[:120], at, at)

    @property
    def laws(self) -> set[int]:
        return {law for law, _, _ in self._found}

    def __iter__(self) -> Any:
        return iter(sorted(self._found.values(), key=lambda one: (one.law, one.what)))

    def __len__(self) -> int:
        return len(self._found)

    def as_list(self) -> list[dict[str, Any]]:
        return [asdict(one) for one in self]
