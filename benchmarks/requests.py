"""How many requests set-up, a restart, an hour and a day send, and by which job: `python benchmarks/requests.py`.

Runs the test that counts them, in a whole Home Assistant against the simulator, and prints what it counted. The same
test asserts the bounds that the docs name.
"""

from pathlib import Path
import subprocess
import sys
from tempfile import TemporaryDirectory
from xml.etree import ElementTree as ET

ROOT = Path(__file__).parents[1]
TEST = "tests/ha/test_requests.py"
CHOICE = "no_more_than_the_docs_say"


def main() -> int:
    """Print the table; return the exit code of the tests."""
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", TEST, "-k", CHOICE, f"--junitxml={report}"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            print(done.stdout[-4000:], file=sys.stderr)
            return done.returncode
        cases = list(ET.parse(report).iter("testcase"))
    rows = [
        {"account": case.get("name", "").partition("[")[2].rstrip("]")}
        | {item.get("name", ""): item.get("value", "") for item in case.iter("property")}
        for case in cases
    ]
    by_job = {row["account"]: row.pop("by job") for row in rows if "by job" in row}
    columns = list(rows[0])
    print("| " + " | ".join(columns) + " |")
    print("|" + " --- |" * len(columns))
    for row in rows:
        print("| " + " | ".join(row[column] for column in columns) + " |")
    print("\n| account | requests of each job in that day |\n| --- | --- |")
    for account, jobs in by_job.items():
        print(f"| {account} | {jobs} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
