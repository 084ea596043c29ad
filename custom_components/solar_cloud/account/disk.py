"""Whether our files can be written: a full disk and a read-only one are said once, not each time."""

import logging

from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from ..home_assistant_internals import FileErrors

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
                "%s cannot be written (%s). Solar Cloud keeps its content and writes it later. Until then, it sends no "
                "request that is not counted on disk",
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


DISK: HassKey[Disk] = HassKey(f"{DOMAIN}.disk")
_FILE_ERRORS = FileErrors(f"{DOMAIN}.")
"""`Disk` says once what Home Assistant logs each time."""


def disk_of(hass: HomeAssistant) -> Disk:
    """Return what is known of the disk of this Home Assistant."""
    _FILE_ERRORS.async_install()
    return hass.data.setdefault(DISK, Disk())
