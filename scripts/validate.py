"""Checks what Home Assistant, hassfest and HACS demand of the files around the code, without network.

    .venv/bin/python scripts/validate.py [FOLDER]

FOLDER is the repository (default: this one). Prints one line for each finding; the exit code is 1 if there are any.
"""

import argparse
from pathlib import Path
import sys

sys.path.insert(0, str(Path(__file__).resolve().parent))

from validator import Project, findings


def main() -> int:
    """Check the repository and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).resolve().parent.parent)
    found = findings(Project(parser.parse_args().folder))
    for finding in found:
        print(finding, file=sys.stderr)
    print(f"{len(found)} findings" if found else "Nothing to complain about")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
