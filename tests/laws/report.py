"""What the runs have found, as JSON lines in the file that LAWS_REPORT names."""

import json
import os
from pathlib import Path

from .judge import Judge


def note(name: str, kind: str, variant: str, judges: list[Judge]) -> None:
    """Write what a run has found, if somebody wants to know."""
    if (target := os.environ.get("LAWS_REPORT")) is None:
        return
    line = {
        "scenario": name,
        "cloud": kind,
        "variant": variant,
        "looks": judges[0].looks,
        "requests": len(judges[0].readings.requests),
        "violations": [found for judge in judges for found in judge.found.as_list()],
    }
    text = json.dumps(line, ensure_ascii=False) + "\n"
    # Several processes write into the same file, each a line at once.
    with Path(target).open("ab", buffering=0) as file:
        file.write(text.encode())
