"""The fake clocks of a soak: files that libfaketime reads, which hold by how much a process is ahead of the real time.

Nothing but the standard library is imported: Home Assistant's own process loads this file, too.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
import os
from pathlib import Path
import time

LIBRARIES = ("/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/lib*/faketime/libfaketimeMT.so.1")
_WIDTH = 24


def library() -> Path | None:
    """Return where libfaketime is; `None` where it is not installed."""
    found = [path for pattern in LIBRARIES for path in sorted(Path("/").glob(pattern[1:]))]
    return found[0] if found else None


class SharedNumber:
    """A number in a file that two processes read and write: each write is one call, of always the same length."""

    def __init__(self, path: Path) -> None:
        """Open the file, which is made with a zero where it is not there."""
        self.path = path
        # Kept open: Home Assistant warns of files that are opened in its event loop.
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        if not os.pread(self._file, 1, 0):
            self.set(0)

    def get(self) -> float:
        """Return the number."""
        return float(os.pread(self._file, _WIDTH, 0))

    def set(self, number: float) -> None:
        """Write the number."""
        os.pwrite(self._file, f"{number:+0{_WIDTH - 1}.6f}\n".encode(), 0)


class FakeClock(SharedNumber):
    """By how many seconds a process is ahead of the real time."""

    def leap(self, seconds: float) -> None:
        """Let time go on by some seconds at once."""
        self.set(self.get() + seconds)

    def now(self) -> datetime:
        """Return what it shows (aware UTC); to be asked by a process with the real time only."""
        return datetime.fromtimestamp(time.time() + self.get(), UTC)


def environment(clock: FakeClock) -> Mapping[str, str]:
    """Return what a process has to be started with to follow a clock; libfaketime is installed."""
    return {
        "LD_PRELOAD": str(library()),
        "FAKETIME_TIMESTAMP_FILE": str(clock.path),
        "FAKETIME_NO_CACHE": "1",
        "NO_FAKE_STAT": "1",
    }
