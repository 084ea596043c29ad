"""Houses to try things in: each is a scripts/demo of its own, with the simulated clouds."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
import subprocess
from threading import Thread

from demo_lib.report import Problem

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def running_demo(folder: Path, *options: str) -> Iterator[str]:
    """Start a fresh demo in a folder, give its address, and stop it; raises Problem when it does not start."""
    command = [str(ROOT / "scripts" / "demo"), "--port", "0", "--fresh", "--config", str(folder), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as demo:
        try:
            address = _address(demo)
            # Nobody reads the log that follows, and a full pipe would hold the demo up.
            Thread(target=deque, args=(demo.stdout, 0), daemon=True).start()
            yield address
        finally:
            demo.terminate()
            demo.wait()


def _address(demo: subprocess.Popen[str]) -> str:
    """Read what the demo prints until it names its address."""
    assert demo.stdout is not None
    for line in demo.stdout:
        print(line, end="", flush=True)
        match line.split():
            case ["address", url]:
                return url
    raise Problem("The demo did not start; its reason stands above.")
