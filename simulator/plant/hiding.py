"""Devices that a vendor forgets to list for a while although they are there."""

from collections import Counter
from collections.abc import Callable


class Hiding:
    """Which devices of a plant are left out of lists, and how often yet."""

    def __init__(self) -> None:
        """Begin with every device listed."""
        self._times: dict[str, int] = {}
        self._done: Counter[tuple[str, str]] = Counter()

    def hide(self, serial: str, times: int) -> None:
        """Leave a device out of the next lists: so many of each kind of list that it would be in."""
        self._times[serial] = times
        for key in [key for key in self._done if key[0] == serial]:
            del self._done[key]

    def listed[T](self, kind: str, devices: list[T], serial_of: Callable[[T], str | None]) -> list[T]:
        """Return a list of a kind without what it leaves out this time."""
        there = {serial_of(device) for device in devices}
        missing = set()
        for serial, times in self._times.items():
            if serial in there and self._done[serial, kind] < times:
                self._done[serial, kind] += 1
                missing.add(serial)
        return [device for device in devices if serial_of(device) not in missing]
