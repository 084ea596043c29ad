"""The buttons of systems."""

from dataclasses import dataclass
from typing import Final

from homeassistant.components.button import ButtonEntityDescription

from ..entity import SourcedDescription
from .sources import POWER_JOBS


@dataclass(frozen=True, kw_only=True)
class SystemButtonDescription(ButtonEntityDescription, SourcedDescription):
    """A button of a system."""


SYSTEM_BUTTONS: Final = (SystemButtonDescription(key="refresh", translation_key="refresh", jobs=POWER_JOBS),)
