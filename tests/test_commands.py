"""Every command that a page of the docs names is there and works."""

from collections.abc import Iterator
from pathlib import Path
import re
import subprocess
import sys

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "info.md", *sorted((ROOT / "docs").rglob("*.md"))]
CODE = re.compile(r"^```\w*\n(?P<block>.*?)^```|`(?P<span>[^`\n]+)`", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(
    r"(?:\.venv/bin/python |python )?(?P<file>\.ci/run|(?:scripts|benchmarks)/\w+(?:\.py)?)(?: (?P<rest>.*))?"
)
OPTION = re.compile(r"--[a-z][a-z-]*")
PYTHON = sys.executable


def code_in(page: Path) -> Iterator[str]:
    """Yield the lines of code that a page shows, without the comments behind them."""
    for match in CODE.finditer(page.read_text("utf-8")):
        for line in (match["block"] or match["span"]).splitlines():
            yield line.split("  #")[0].strip()


def commands() -> dict[str, set[str]]:
    """Return the scripts that the docs have somebody run, each with the options that they name for it."""
    found: dict[str, set[str]] = {}
    for page in PAGES:
        for line in code_in(page):
            if match := COMMAND.fullmatch(line):
                found.setdefault(match["file"], set()).update(OPTION.findall(match["rest"] or ""))
    return found


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a command as somebody does who has read the docs."""
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)


def test_the_docs_name_the_commands_that_a_newcomer_needs() -> None:
    assert {"scripts/demo", "scripts/test", "scripts/lint", ".ci/run", "benchmarks/decisions.py"} <= commands().keys()


@pytest.mark.parametrize("file", sorted(commands()))
def test_a_command_of_the_docs_is_there_and_explains_the_options_they_name(file: str) -> None:
    path = ROOT / file
    assert path.is_file()
    if file == ".ci/run":  # takes no options, and everything that it runs is run here
        assert run("bash", "-n", str(path)).returncode == 0
        return
    done = run(*([PYTHON, str(path)] if path.suffix == ".py" else [str(path)]), "--help")
    assert done.returncode == 0, done.stderr
    for option in commands()[file]:
        # What pytest takes, scripts/test passes on to it.
        assert option in done.stdout or file == "scripts/test", f"{file} {option}"


def test_ci_runs_scripts_that_exist() -> None:
    lines = [line for line in (ROOT / ".ci/run").read_text().splitlines() if line.startswith("scripts/")]
    assert lines
    for line in lines:
        assert (ROOT / line.split()[0]).is_file(), line


@pytest.mark.parametrize(
    "command",
    [
        ("benchmarks/answers.py",),
        ("benchmarks/bookkeeping.py", "--years", "0.05"),
        ("benchmarks/decisions.py", "--quick"),
        ("benchmarks/diagnostics.py", "--systems", "2"),
        ("benchmarks/requests.py", "--account", "signed"),
        pytest.param(
            ("benchmarks/scale.py", "--small"),
            marks=pytest.mark.slow("a simulated cloud and a whole Home Assistant for each column"),
        ),
        ("scripts/entities_table.py", "--check"),
        ("scripts/validate.py",),
    ],
    ids=" ".join,
)
def test_a_command_does_its_work_at_a_small_size(command: tuple[str, ...]) -> None:
    done = run(PYTHON, *command)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout or "--check" in command


def test_a_release_is_made_as_its_workflow_does(tmp_path: Path) -> None:
    done = run(PYTHON, "scripts/release_zip.py", "v9.8.7", str(tmp_path / "solar_cloud.zip"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "solar_cloud.zip").stat().st_size > 10_000
