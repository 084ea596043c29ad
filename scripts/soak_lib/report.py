"""What a soak has found, and how it is told."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from demo_lib.log import complaints

from .house import Life

MOST_OURS = 20
"""Objects of our own types that a reload may leave: there is always something under way."""


@dataclass(slots=True, kw_only=True)
class Findings:
    """All that was counted in a run."""

    days: int
    events: Counter[str] = field(default_factory=Counter)
    requests: list[dict[str, Any]] = field(default_factory=list)
    compared: int = 0
    """Days of statistics that were compared with the plants."""
    off: dict[str, dict[date, float]] = field(default_factory=dict)
    """The days on which a statistic is off, with the Wh."""
    reauths: int = 0
    not_loaded: list[str] = field(default_factory=list)
    tracebacks: list[str] = field(default_factory=list)
    complaints: Counter[str] = field(default_factory=Counter)
    """Errors, and warnings of ours, without their times."""
    lives: list[Life] = field(default_factory=list)
    reloads: int = 0
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0

    def read_logs(self, logs: Iterable[Path]) -> None:
        """Look for what a healthy run does not log."""
        for log in logs:
            text = log.read_text("utf-8", "replace")
            self.tracebacks += [f"{log.name}: {line}" for line in text.splitlines() if line.startswith("Traceback ")]
            self.complaints.update(" ".join(line.split()[2:])[:200] for line in complaints(text))

    def left_by_a_reload(self, what: str) -> float:
        """Return how many more of something there are after one reload."""
        more: int = self.after.get(what, 0) - self.before.get(what, 0)
        return more / max(1, self.reloads)

    def faults(self) -> list[str]:
        """Return what should not be, one line each."""
        over = [
            f"{one['cloud']} {one['credential']}: {most} requests in {month}, {one['per_month']} are allowed"
            for one in self.requests
            for month, most in one["months"].items()
            if most > one["per_month"]
        ]
        over += [
            f"{one['cloud']} {one['credential']}: {one['minute']} requests in a minute, {one['per_minute']} are allowed"
            for one in self.requests
            if one["minute"] > one["per_minute"]
        ]
        over += self.tracebacks
        over += [f"{name}: {sum(days.values()):+.0f} Wh on {len(days)} days" for name, days in self.off.items()]
        if self.reauths:
            over.append(f"{self.reauths} sign-ins are asked for")
        if self.left_by_a_reload("ours") > MOST_OURS:
            over.append(f"a reload leaves {self.left_by_a_reload('ours'):.0f} objects of ours")
        return over


def print_report(found: Findings) -> None:
    """Print everything, the faults last."""
    print(f"\n{found.days} days in {found.seconds / 60:.1f} minutes")
    for kind, number in sorted(found.events.items()):
        print(f"  {number:4} × {kind}")
    print("Requests, by the clouds' own count, and the plan:")
    for one in found.requests:
        months = ", ".join(f"{month}: {number}" for month, number in one["months"].items())
        print(
            f"  {one['cloud']} {one['credential']} {months} of {one['per_month']}; "
            f"most in a minute {one['minute']} of {one['per_minute']}"
        )
    print(f"Tracebacks: {len(found.tracebacks)}; sign-ins asked for: {found.reauths}")
    for line, number in found.complaints.most_common(12):
        print(f"  {number:4} × {line}")
    print(f"Accounts seen not loaded: {len(found.not_loaded)}")
    for line in found.not_loaded[:8]:
        print(f"  {line}")
    total = sum(abs(wh) for days in found.off.values() for wh in days.values())
    print(f"Wh off, over {found.compared} days of statistics: {total:.0f}")
    for name, days in found.off.items():
        print(f"  {name}: " + ", ".join(f"{day} {wh:+.0f}" for day, wh in list(days.items())[:6]))
    _print_memory(found)
    print("Nothing was found" if not found.faults() else "Found:")
    for line in found.faults():
        print(f"  {line}")


def _print_memory(found: Findings) -> None:
    lives = [life for life in found.lives if life.end is not None]
    longest = max(lives, key=lambda life: (life.end or life.begin) - life.begin, default=None)
    if longest is not None and longest.end is not None:
        days = (longest.end - longest.begin) / timedelta(days=1)
        memory = f"{_mb(longest.first)} to {_mb(longest.last)}"
        print(f"Memory, over the longest of {len(lives)} lives ({days:.1f} days): {memory}")
    for what in ("all", "ours", "timers", "tasks", "threads"):
        counts = f"{found.before.get(what)} to {found.after.get(what)}"
        print(f"  {what}: {counts}, {found.left_by_a_reload(what):+.1f} a reload")
    before, after = found.before.get("types", {}), found.after.get("types", {})
    grown = {name: after[name] - before.get(name, 0) for name in after if after[name] > before.get(name, 0)}
    for name, more in sorted(grown.items(), key=lambda item: -item[1])[:8]:
        print(f"    {more:+} {name}")


def _mb(kilobytes: int) -> str:
    return f"{kilobytes / 1024:.0f} MB"
