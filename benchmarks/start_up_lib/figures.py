"""What is measured of one start."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True, kw_only=True)
class Start:
    """One start of one integration in a process of its own; seconds of processor time, of all threads together."""

    package: float
    """For the import of the package."""
    platforms: float
    """For the import of its platforms and of its dialogs."""
    set_up: float
    """For the set-up of an entry, with what is imported only then."""
    system: float
    """For the import of what an entry with a system needs beyond that."""
    rest: float
    """For the import of all files that are left: other clouds, and what is seldom done."""
    modules_package: int
    """Modules of its own and of its library that are loaded with the package."""
    modules: int
    """The same after the set-up."""
    modules_system: int
    """The same with what an entry with a system needs."""
    modules_all: int
    """The same with all that is left."""

    @property
    def total(self) -> float:
        """Everything until the entry is set up."""
        return self.package + self.platforms + self.set_up

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Start:
        """Build from what the process has printed."""
        return cls(**{name: data[name] for name in cls.__dataclass_fields__})
