"""Whether our files can be written: a full disk and a read-only one are said once, not each time."""

import logging
from typing import override

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import file as file_helper
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN

_LOGGER = logging.getLogger(__name__)


class Disk:
    """The files that could not be written when that was last tried."""

    def __init__(self) -> None:
        """Begin with a disk that works."""
        self._failing: set[str] = set()

    @callback
    def failed(self, key: str, error: BaseException) -> None:
        """Note that a file could not be written; the first one is logged."""
        if not self._failing:
            cause = error.__cause__ or error
            reason = getattr(cause, "strerror", None) or type(cause).__name__
            _LOGGER.warning(
                "%s cannot be written (%s): what is known is kept and written later, no request is sent that is not "
                "counted on disk",
                key,
                reason,
            )
        self._failing.add(key)

    @callback
    def written(self, key: str) -> None:
        """Note that a file was written, or is not there any more."""
        if key in self._failing:
            self._failing.remove(key)
            if not self._failing:
                _LOGGER.info("All that could not be written is written now")


class _OwnFiles(logging.Filter):
    """Leaves out what Home Assistant logs of our files, with a traceback each time: `Disk` says it once."""

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record is logged."""
        names = record.args if isinstance(record.args, tuple) else ()
        return record.exc_info is None or not any(f"/{DOMAIN}." in str(name) for name in names)


DISK: HassKey[Disk] = HassKey(f"{DOMAIN}.disk")
_OWN_FILES = _OwnFiles()


def disk_of(hass: HomeAssistant) -> Disk:
    """Return what is known of the disk of this Home Assistant."""
    # The same filter is added once, however often.
    logging.getLogger(file_helper.__name__).addFilter(_OWN_FILES)
    return hass.data.setdefault(DISK, Disk())
