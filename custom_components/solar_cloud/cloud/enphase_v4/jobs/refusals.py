"""What is noted of a measure that Enphase v4 does not report to this account."""

from datetime import datetime
import logging
from types import MappingProxyType

from ....model.data import SystemData
from ....model.elements import Update
from ...errors import InvalidRequest, NoDataYet, NotAllowed, NotFound, TemporarilyUnavailable
from ...vendor_text import say
from ..capabilities import AGAIN, DOUBTED, MISSING, after_refusal
from ..facts import doubts

_LOGGER = logging.getLogger(__name__)

REFUSALS = (NotAllowed, NotFound, InvalidRequest)
NOT_THERE = (*REFUSALS, NoDataYet, TemporarilyUnavailable)
"""How the cloud says that a meter or battery is not installed (Enphase v4 documentation and field reports)."""


def refusal_update(note: str, name: str, data: SystemData, now: datetime, *, final: bool) -> Update:
    """Return the note that something was refused (`final`), or came without a row.

    What was reported before and is missing now contradicts the list of devices.
    """
    before = data.notes.get(note)
    state = after_refusal(before, final=final)
    notes = {note: state}
    if state == MISSING and before != AGAIN:
        say(_LOGGER, logging.INFO, "%s: Enphase does not report %s, it is asked for weekly", data.system.name, name)
        if before == DOUBTED:
            notes |= doubts(data, now, {missing(name): True})
    return Update(notes=MappingProxyType(notes))


def missing(name: str) -> str:
    """Return the name of the doubt that something is not reported any more."""
    return f"no_{name}"
