"""Laws that are known to be broken: one list, and strict, as a law that is kept again fails the suite."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

LIST = Path(__file__).with_name("known.txt")
"""A line for each run: scenario, cloud, variant, and the numbers of the laws."""

type Run = tuple[str, str, str]


def read() -> dict[Run, frozenset[int]]:
    """Return the laws that each run is known to break."""
    known = {}
    for line in LIST.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            scenario, cloud, variant, *laws = line.split()
            known[scenario, cloud, variant] = frozenset(map(int, laws))
    return known


def write(lines: Iterable[dict[str, Any]]) -> None:
    """Make the list anew for the runs of a report; what is known of others stays."""
    known = read()
    for line in lines:
        run = line["scenario"], line["cloud"], line["variant"]
        known[run] = frozenset(one["law"] for one in line["violations"])
    head = "# scenario cloud variant laws; written by scripts/laws --write-known\n"
    text = "".join(
        f"{' '.join(run)} {' '.join(map(str, sorted(laws)))}\n" for run, laws in sorted(known.items()) if laws
    )
    LIST.write_text(head + text, encoding="utf-8")


KNOWN = read()
