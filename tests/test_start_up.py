"""The benchmark of the start runs, and an account without systems loads little."""

from pathlib import Path
import re
import subprocess
import sys

ROOT = Path(__file__).parents[1]
MODULE_LIMITS = {"modules": 55, "modules by then": 80}
"""Of the package, and after the set-up of an account without systems; of nearly three hundred."""


def test_an_account_without_systems_loads_little_and_nothing_in_the_event_loop() -> None:
    command = [sys.executable, "benchmarks/start_up.py", "--quick"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    counts = re.findall(r"^\| – (modules(?: by then)?) \| (\d+) \|$", done.stdout, re.MULTILINE)
    found = [(name, int(count)) for name, count in counts[: len(MODULE_LIMITS)]]
    assert [name for name, _ in found] == list(MODULE_LIMITS)
    assert all(count <= MODULE_LIMITS[name] for name, count in found), found
