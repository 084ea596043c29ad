"""The mutants that nobody can notice, each with the reason: `accepted.txt`, known by what is changed in which function.

An entry is a paragraph: the file and the function, the lines that are taken out and put in (`-` and `+`, as in a diff),
and the reason. No line number is in it, so it holds as long as the changed line itself stays as it is.
"""

from dataclasses import dataclass
from pathlib import Path

LIST = Path(__file__).with_name("accepted.txt")


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that was changed, whatever its place in the file."""

    file: str
    function: str
    """With its class, if it has one: `Ledger.wait`."""
    taken: tuple[str, ...]
    put: tuple[str, ...]

    def __str__(self) -> str:
        """Return it as it stands in the list."""
        lines = [f"{self.file} {self.function}", *(f"- {line}" for line in self.taken)]
        return "\n".join([*lines, *(f"+ {line}" for line in self.put)])


def change_of(file: str, function: str, diff: str) -> Change:
    """Return the change that a unified diff of one function shows."""
    lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++", "@@"))]
    taken = tuple(line[1:].strip() for line in lines if line.startswith("-"))
    return Change(file, function, taken, tuple(line[1:].strip() for line in lines if line.startswith("+")))


def read(text: str) -> dict[Change, str]:
    """Return the reasons that a list gives; raise `ValueError` for an entry without one, and for one given twice."""
    found: dict[Change, str] = {}
    for paragraph in text.split("\n\n"):
        lines = [line for line in paragraph.splitlines() if line.strip() and not line.startswith("#")]
        if not lines:
            continue
        file, _, function = lines[0].partition(" ")
        taken = tuple(line[2:] for line in lines[1:] if line.startswith("- "))
        put = tuple(line[2:] for line in lines[1:] if line.startswith("+ "))
        reason = " ".join(line for line in lines[1:] if not line.startswith(("- ", "+ ")))
        change = Change(file, function, taken, put)
        if not reason or not (taken or put) or change in found:
            raise ValueError(f"an entry says nothing, or again what another one says:\n{paragraph}")
        found[change] = reason
    return found


def accepted() -> dict[Change, str]:
    """Return the reasons of the committed list."""
    return read(LIST.read_text(encoding="utf-8"))
