"""How many requests set-up, a restart, an hour and a day send, and by which job: `python benchmarks/requests.py`.

With `--month`: what Enphase accounts that are signed in to send in a month of 31 days, and where to; takes minutes.

Runs the tests that count them, in a whole Home Assistant against the simulator, and prints what they counted. The same
tests assert the bounds that the docs name.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
import subprocess
import sys
from tempfile import TemporaryDirectory
from xml.etree import ElementTree as ET

ROOT = Path(__file__).parents[1]
DAY = ("no_more_than_the_docs_say", "tests/home/test_requests.py")
MONTH = ("a_month_of_31_days", "tests/home/test_requests_v4.py", "-m", "slow")
"""Which tests count, and where they are."""
ENDPOINTS = "by endpoint"


def main(arguments: Sequence[str]) -> int:
    """Print the tables; return the exit code of the tests."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--month", action="store_true", help="accounts that are signed in to, in a month of 31 days")
    parser.add_argument("--account", metavar="WORD", help="only the accounts with this word in their name")
    options = parser.parse_args(arguments)
    month = options.month
    tests, *where = MONTH if month else DAY
    chosen = f"{tests} and {options.account}" if options.account else tests
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", *where, "-k", chosen, f"--junitxml={report}"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            print(done.stdout[-4000:], file=sys.stderr)
            return done.returncode
        rows = list(counted(report))
    print_month(rows) if month else print_day(rows)
    return 0


def counted(report: Path) -> Iterator[dict[str, str]]:
    """Yield what each test has counted."""
    for case in ET.parse(report).iter("testcase"):
        account = case.get("name", "").partition("[")[2].rstrip("]").removesuffix("-month0").removesuffix("-month1")
        yield {"account": account} | {item.get("name", ""): item.get("value", "") for item in case.iter("property")}


def print_day(rows: Sequence[dict[str, str]]) -> None:
    """Print the sums, the jobs of a day, and what their requests bought."""
    by_job = {row["account"]: row.pop("by job") for row in rows if "by job" in row}
    bought = {row["account"]: row.pop("bought") for row in rows if "bought" in row}
    print_table(list(rows[0]), [list(row.values()) for row in rows])
    print()
    print_table(["account", "requests of each job in that day"], [[*item] for item in by_job.items()])
    print()
    print_table(["account", "what they bought"], [[*item] for item in bought.items()])


def print_month(rows: Sequence[Mapping[str, str]]) -> None:
    """Print the requests of each month to each endpoint."""
    counts = [dict(part.rsplit(" ", 1) for part in row[ENDPOINTS].split(", ")) for row in rows]
    heads = [f"{row['account']}, {row['month']}" for row in rows]
    lines = [
        [f"`{one}`", *(count.get(one, "–") for count in counts)]
        for one in sorted({one for count in counts for one in count})
    ]
    print_table(["request", *heads], [*lines, ["**together**", *(f"**{row['requests']}**" for row in rows)]])


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table as the docs have it."""
    for line in (head, ["---"] * len(head), *rows):
        print("| " + " | ".join(line) + " |")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
