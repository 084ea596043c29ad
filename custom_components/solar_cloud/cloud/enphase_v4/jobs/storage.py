"""What the jobs that see storage have in common: what is known of it, and that the owner can read it in the log."""

from collections.abc import Mapping
import logging

from ....model.data import SystemData
from ....model.elements import System
from ...vendor_text import say
from ..facts import storage

_LOGGER = logging.getLogger(__name__)


def noted_storage(
    data: SystemData, source: str, *, seen: bool, batteries: bool | None = None
) -> tuple[System, Mapping[str, str]]:
    """Return what `storage` does; the log says once that there is storage of which nothing is reported."""
    system, notes = storage(data, source, seen=seen, batteries=batteries)
    if system.unknown_storage and not data.system.unknown_storage:
        say(_LOGGER, logging.INFO, "%s: Enphase does not report what a battery takes and gives", data.system.name)
    return system, notes
