"""``scripts/laws``: play scenarios, and print law × cloud; what was found is written as JSON lines."""

import argparse
import os
from pathlib import Path
import sys

import pytest

from .known import write
from .table import listing, read, table


def main() -> int:
    """Play what is asked for and print the table; returns 1 where a law was broken."""
    parser = argparse.ArgumentParser(prog="scripts/laws", description=__doc__)
    parser.add_argument("-k", metavar="EXPRESSION", default="", help="which runs: names as pytest's -k has them")
    parser.add_argument("--quick", action="store_true", help="only those of the default run")
    parser.add_argument("--json", type=Path, default=Path("laws.jsonl"), help="where the runs are written")
    parser.add_argument("--list", action="store_true", help="print what was found, too")
    parser.add_argument(
        "--write-known", action="store_true", help="write what was found into the list of what is known"
    )
    parser.add_argument("--processes", default="auto", help="how many runs are played at the same time")
    parser.add_argument("--again", action="store_true", help="play nothing; print what the file holds")
    args = parser.parse_args()
    if not args.again:
        args.json.unlink(missing_ok=True)
        os.environ["LAWS_REPORT"] = str(args.json.absolute())
        chosen = ["-k", f"test_no_law_is_broken and ({args.k})" if args.k else "test_no_law_is_broken"]
        marks = [] if args.quick else ["-m", "slow or not slow or full"]
        processes = ["--numprocesses", args.processes, "--dist", "worksteal"] if args.processes != "1" else []
        pytest.main(["-q", *processes, "--tb=no", "--no-header", "tests/laws/test_scenarios.py", *marks, *chosen])
    lines = read(args.json)
    print("\n".join(table(lines)))
    if args.write_known:
        write(lines)
    if args.list:
        print("\n".join(listing(lines)))
    return int(any(line["violations"] for line in lines))


if __name__ == "__main__":
    sys.exit(main())
