"""What a rule is: a function from the project to the lines of complaint."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import override

from .project import Project

type Check = Callable[[Project], Iterable[str]]

RULES: dict[str, tuple[str, Check]] = {}
"""Every rule: its name, the file that it is about, and the function."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One complaint: about which file, by which rule, and what is wrong."""

    file: str
    rule: str
    text: str

    @override
    def __str__(self) -> str:
        return f"{self.file}: {self.text} [{self.rule}]"


def rule(file: str) -> Callable[[Check], Check]:
    """Register a function as a rule about a file; its name becomes the rule's."""

    def register(check: Check) -> Check:
        RULES[check.__name__] = (file, check)
        return check

    return register


def findings(project: Project) -> list[Finding]:
    """Return the complaints of all rules."""
    return [Finding(file, name, text) for name, (file, check) in RULES.items() for text in _complaints(check, project)]


def _complaints(check: Check, project: Project) -> list[str]:
    """Return one rule's complaints; a file with a list for a mapping, or the like, is one itself."""
    try:
        return list(check(project))
    except (AttributeError, TypeError) as err:
        return [f"the structure is not what it should be: {err}"]
