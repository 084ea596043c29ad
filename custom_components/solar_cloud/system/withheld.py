"""Says once in the log which values are withheld, and which rows could not be: nothing is silent."""

from collections.abc import Iterable
import logging

from ..model.data import SystemData
from ..model.value import Reason, State, Value

_LOGGER = logging.getLogger(__name__)

READINGS = 2
"""A value that is withheld for more readings than this is worth a line."""
TEXTS = {
    Reason.CONTRADICTION: "the values for its calculation contradict each other",
    Reason.UNKNOWN_STORAGE: "the service does not report all storage",
    Reason.NOT_REPORTED: "the service no longer reports it",
    Reason.INPUT_MISSING: "a value for its calculation is missing",
    Reason.NOT_YET: "nothing has been reported yet",
}


class WithheldLog:
    """Follows what is withheld of one system over its readings."""

    def __init__(self, name: str) -> None:
        """Begin with nothing withheld; the system's name is for the log."""
        self._name = name
        self._readings: dict[str, tuple[Reason, int]] = {}
        self._said: dict[str, Reason] = {}
        self._rejected: dict[str, str] = {}

    def look(self, values: Iterable[tuple[str, Value]]) -> None:
        """Count a reading, and say what has been withheld for too many; a value that is back is forgotten."""
        for key, value in values:
            reason = value.reason
            if reason is None or reason is Reason.NOT_YET or value.state is State.KNOWN:
                self._readings.pop(key, None)
                if self._said.pop(key, None) is not None:
                    _LOGGER.info("%s: %s is known again", self._name, key)
                continue
            before, count = self._readings.get(key, (reason, 0))
            self._readings[key] = (reason, count + 1 if before is reason else 1)
            if self._readings[key][1] > READINGS and self._said.get(key) is not reason:
                self._said[key] = reason
                _LOGGER.warning("%s: %s has no value: %s", self._name, key, TEXTS[reason])

    def look_at_rows(self, data: SystemData) -> None:
        """Say which row of a flow could not be, once a day for each flow."""
        for name, rejection in data.rejected.items():
            day = rejection.start.date().isoformat()
            if self._rejected.get(name) == day:
                continue
            self._rejected[name] = day
            _LOGGER.warning(
                "%s: %.0f Wh of %s from %s to %s are impossible (at most %.0f Wh) and count as missing",
                self._name,
                rejection.energy_wh,
                name,
                rejection.start.isoformat(),
                rejection.end.isoformat(),
                rejection.most_wh,
            )
