"""How the accounts and walks went, and what is too much."""

from collections.abc import Iterable
from dataclasses import dataclass, field

MOST_CLICKS = 12
MOST_SECONDS = 180


@dataclass(slots=True, kw_only=True)
class Result:
    """How one account went."""

    name: str
    systems: int
    clicks: int = 0
    fields: int = 0
    seconds: float = 0
    waited: float = 0
    """Seconds from the last click until the dashboard had the past."""
    complaints: list[str] = field(default_factory=list)

    def judge(self) -> None:
        """Complain when an account with one system took its owner more than it may."""
        if self.systems == 1 and self.clicks > MOST_CLICKS:
            self.complaints.append(f"{self.clicks} clicks are more than {MOST_CLICKS}")
        if self.systems == 1 and self.seconds > MOST_SECONDS:
            self.complaints.append(f"{self.seconds:.0f} seconds are more than {MOST_SECONDS}")


@dataclass(slots=True, kw_only=True)
class Visit:
    """How one walk through a house with all accounts went."""

    name: str
    pictures: int = 0
    seconds: float = 0
    """From the start of the house to its end."""
    complaints: list[str] = field(default_factory=list)


def visits(found: Iterable[Visit]) -> list[str]:
    """Return a line for each walk."""
    return [
        f"walk {one.name}: {one.pictures} pictures, {len(one.complaints)} complaints, {one.seconds:.0f} seconds"
        for one in found
    ]


def table(results: Iterable[Result]) -> str:
    """Return what each account took, as text in columns."""
    head = ("account", "systems", "clicks", "fields", "seconds", "past after")
    lines = [head] + [
        (one.name, f"{one.systems}", f"{one.clicks}", f"{one.fields}", f"{one.seconds:.0f}", f"{one.waited:.0f} s")
        for one in results
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
