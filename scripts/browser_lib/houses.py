"""Houses to try things in: each is a scripts/demo of its own, with the simulated clouds."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
import os
from pathlib import Path
import shutil
import signal
import subprocess
from threading import Thread

from demo_lib.report import Problem

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def running_demo(folder: Path, *options: str, shift: timedelta | None = None) -> Iterator[str]:
    """Start a fresh demo in a folder, give its address, and stop it; raises Problem when it does not start.

    Its clock may be so much before or after the real one, where `faketime` is installed.
    """
    command = [str(ROOT / "scripts" / "demo"), "--port", "0", "--fresh", "--config", str(folder), *options]
    environment = dict(os.environ)
    if shift is not None:
        # Timers count on: only the time of day is another.
        command = ["faketime", "-f", f"{shift.total_seconds():+.0f}s", *command]
        environment["FAKETIME_DONT_FAKE_MONOTONIC"] = "1"
    # A group of its own: faketime does not hand a signal on.
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=environment, start_new_session=shift is not None
    ) as demo:
        try:
            address = _address(demo)
            # Nobody reads the log that follows, and a full pipe would hold the demo up.
            Thread(target=deque, args=(demo.stdout, 0), daemon=True).start()
            yield address
        finally:
            if shift is None:
                demo.terminate()
            else:
                os.killpg(demo.pid, signal.SIGTERM)
            demo.wait()


def can_shift_time() -> bool:
    """Return whether a demo can have another time than the real one."""
    return shutil.which("faketime") is not None


def _address(demo: subprocess.Popen[str]) -> str:
    """Read what the demo prints until it names its address."""
    assert demo.stdout is not None
    for line in demo.stdout:
        print(line, end="", flush=True)
        match line.split():
            case ["address", url]:
                return url
    raise Problem("The demo did not start; its reason stands above.")
