"""What every candidate can do, so that all are measured alike."""

from abc import ABC, abstractmethod
from datetime import timedelta

from homeassistant.core import HomeAssistant


class Candidate(ABC):
    """An integration with many systems."""

    domain: str
    life: tuple[timedelta, ...] = ()
    """Leaps of time, with a refresh after each, until there is as much to remember as there ever will be."""
    step = timedelta(minutes=31)
    """What passes between two refreshes that are measured: there is something new of everything."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Prepare nothing yet."""
        self.hass = hass

    @abstractmethod
    async def prepare(self) -> None:
        """Do what comes before the first system."""

    @abstractmethod
    async def set_up(self) -> None:
        """Add all systems and wait until they are read."""

    @abstractmethod
    async def unload(self) -> None:
        """Unload all systems, as a restart does."""

    @abstractmethod
    async def set_up_again(self) -> None:
        """Set up all systems that were unloaded."""

    @abstractmethod
    def systems(self) -> list[str]:
        """Return what names the systems for `refresh`."""

    @abstractmethod
    async def leap(self, step: timedelta) -> None:
        """Let time pass, so that there are new values."""

    @abstractmethod
    async def refresh(self, system: str) -> int:
        """Refresh a system and write all its entities; return how many requests or questions that took."""

    @abstractmethod
    async def close(self) -> None:
        """Stop what was started."""
