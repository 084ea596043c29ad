"""docs/development/README.md says what is there: its files, floors, walks and limits, and its example works."""

import ast
from collections.abc import Iterator
import os
from pathlib import Path
import re
import shutil
import subprocess
import sys
import tomllib
from types import SimpleNamespace
from typing import Any

import pytest

from . import conftest

ROOT = Path(__file__).parents[1]
INTEGRATION = ROOT / "custom_components" / "solar_cloud"
GUIDE = (ROOT / "docs" / "development" / "README.md").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
CONTRACTS: list[dict[str, Any]] = PROJECT["tool"]["importlinter"]["contracts"]

WALKS = (
    "How a value gets from the cloud to the dashboard",
    "How to add an endpoint",
    "How to add a vendor",
)
MOST_STEPS = 15
LONGEST_STEP = 125
MOST_ROOT_FILES = 18
MOST_FILE_LINES = 400
MOST_CLASS_LINES = 300

FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<code>.*?)^```$", re.DOTALL | re.MULTILINE)
SPAN = re.compile(r"`([^`\n]+)`")
FILE = re.compile(r"[\w.*/-]+(?:/|\.(?:py|md|in|txt|json|toml|yaml|yml))|(?:\.ci|benchmarks|scripts)/\w+")
CLASS = re.compile(r"[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]+)+")


def section(title: str) -> str:
    """Return what stands below a heading, up to the next one of the same level."""
    _, _, rest = GUIDE.partition(f"\n## {title}\n")
    assert rest, title
    return rest.partition("\n## ")[0]


def spans() -> Iterator[str]:
    """Yield each word of what the guide writes as code in its text."""
    for span in SPAN.findall(FENCE.sub("", GUIDE)):
        yield from span.split()


def files_named() -> list[str]:
    """Return the files and folders that the guide names."""
    return sorted({word for word in spans() if FILE.fullmatch(word) and not word.startswith("/")})


def contract(container: str) -> list[set[str]]:
    """Return the floors of the import contract about a package, from the top."""
    (layers,) = (one["layers"] for one in CONTRACTS if one["type"] == "layers" and container in one["containers"])
    return [set(re.split(r" [|:] ", layer)) for layer in layers]


def floors(title: str) -> list[tuple[int, set[str]]]:
    """Return the number and the rooms of each floor of the first table in a section, from the top."""
    rows = re.findall(r"^\| (\d+) \| ([^|]+) \|", section(title), re.MULTILINE)
    return [
        (int(number), {Path(room).name.removesuffix(".py") for room in SPAN.findall(rooms)}) for number, rooms in rows
    ]


def sources() -> list[Path]:
    """Return the Python files of the integration and the simulator."""
    return sorted(file for folder in (INTEGRATION, ROOT / "simulator") for file in folder.rglob("*.py"))


def classes() -> Iterator[tuple[Path, ast.ClassDef]]:
    """Yield every class in them, with its file."""
    for file in sources():
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.ClassDef):
                yield file, node


def test_the_guide_names_files_of_every_kind() -> None:
    named = set(files_named())
    assert {"coordinator.py", "model/", "cloud/enphase_v4/jobs/latest.py", "scripts/lint", ".ci/run"} <= named


@pytest.mark.parametrize("name", files_named())
def test_a_file_that_the_guide_names_exists(name: str) -> None:
    found = [path for folder in (ROOT, INTEGRATION) for path in folder.glob(name)]
    assert found, name
    assert not name.endswith("/") or found[0].is_dir()


def test_a_class_that_the_guide_names_exists() -> None:
    named = {word for word in spans() if CLASS.fullmatch(word)}
    assert "SystemCoordinator" in named
    assert named <= {node.name for _, node in classes()}


@pytest.mark.parametrize("title", WALKS)
def test_a_walk_has_at_most_fifteen_lines_and_names_a_file_in_each(title: str) -> None:
    steps = section(title).strip().split("\n")
    assert 0 < len(steps) <= MOST_STEPS
    for number, step in enumerate(steps, 1):
        assert step.startswith(f"{number}. "), step
        assert len(step) <= LONGEST_STEP, step
        assert any(FILE.fullmatch(span) for span in SPAN.findall(step)), step


def test_the_guide_begins_with_the_house_and_the_walks() -> None:
    titles = re.findall(r"^## (.+)$", GUIDE, re.MULTILINE)
    assert titles[:4] == ["The house", *WALKS]


@pytest.mark.parametrize(
    ("title", "container"), [("The house", "custom_components.solar_cloud"), ("The simulator", "simulator")]
)
def test_the_floors_of_the_guide_are_those_of_the_import_contract(title: str, container: str) -> None:
    expected = contract(container)
    assert floors(title) == list(zip(range(len(expected), 0, -1), expected, strict=True))


def test_each_fault_that_is_survived_names_what_shows_it() -> None:
    page = (ROOT / "docs" / "development" / "robustness.md").read_text("utf-8")
    rows = re.findall(r"^\|(?: [^|]+ \|){3} ([^|]+) \|$", page.partition("\n## What is not")[0], re.MULTILINE)
    shown = [row for row in rows if row not in {"shown by", "---"}]
    assert len(shown) > 15
    for row in shown:
        assert (named := SPAN.findall(row)), row
        assert all((ROOT / name).is_file() for name in named), row


def test_the_root_of_the_integration_has_few_files() -> None:
    assert len([*INTEGRATION.glob("*.py")]) <= MOST_ROOT_FILES


def test_no_file_is_too_long() -> None:
    assert [str(file) for file in sources() if len(file.read_bytes().splitlines()) > MOST_FILE_LINES] == []


def test_no_class_is_too_long() -> None:
    lengths = {f"{file}: {node.name}": (node.end_lineno or 0) - node.lineno + 1 for file, node in classes()}
    assert {name: lines for name, lines in lengths.items() if lines > MOST_CLASS_LINES} == {}


EXAMPLE = """
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from custom_components.solar_cloud.cloud.enphase_v4.client import EnphaseV4
from custom_components.solar_cloud.cloud.enphase_v4.parse import parse_grid_status
from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import System, Update, Vendor
from custom_components.solar_cloud.model.merging import merge
from custom_components.solar_cloud.system.restore import dump, load

names = [terms.name for terms in EnphaseV4.job_terms()]
assert names.index("grid_status") > names.index("latest")
(job,) = (kind for kind in EnphaseV4.job_types if kind.terms.name == "grid_status")


class Api:
    async def grid_status(self, system_id):
        answer = {"system_id": 42, "grid_state": "Off Grid", "last_report_date": 1780300800}
        return parse_grid_status(answer, system_id)


def run(step):
    try:
        step.send(None)
    except StopIteration as done:
        return done.value


zone, now = ZoneInfo("Europe/Amsterdam"), datetime(2026, 6, 1, 9, tzinfo=UTC)
data = SystemData(system=System(vendor=Vendor.ENPHASE, id="42", name="Elm Street"))
assert not job(Api(), zone).applies_to(data)
data = merge(data, run(job(Api(), zone).run(data, now)), now, zone)
assert data.grid.connected is False
assert data.grid.reported == datetime(2026, 6, 1, 8, tzinfo=UTC)
assert merge(data, Update(), now, zone).grid == load(SystemData, dump(data)).grid == data.grid
print("done")
"""


@pytest.mark.skipif(shutil.which("git") is None, reason="git applies the change")
def test_the_example_of_a_new_job_fits_the_code_of_today_and_runs(tmp_path: Path) -> None:
    (change,) = (match["code"] for match in FENCE.finditer(GUIDE) if match["language"] == "diff")
    copy = tmp_path / "custom_components"
    shutil.copytree(ROOT / "custom_components", copy, ignore=shutil.ignore_patterns("__pycache__"))
    applied = subprocess.run(
        ["git", "apply", "-"],
        input=change,
        cwd=tmp_path,
        env=os.environ | {"GIT_CEILING_DIRECTORIES": str(tmp_path.parent)},  # no repository around the folder matters
        capture_output=True,
        text=True,
        check=False,
    )
    assert applied.returncode == 0, f"the code has changed under the example in the guide: {applied.stderr}"
    done = subprocess.run(
        [sys.executable, "-c", EXAMPLE], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.stdout == "done\n", done.stderr


class MarkedItem:
    """A test with one mark, as far as collecting looks at it."""

    nodeid = "tests/test_it.py::test_it"

    def __init__(self, mark: pytest.MarkDecorator) -> None:
        self.mark = mark.mark

    def iter_markers(self, name: str) -> Iterator[pytest.Mark]:
        return (mark for mark in [self.mark] if mark.name == name)


def test_a_test_that_is_marked_slow_says_why() -> None:
    def collect(*marks: pytest.MarkDecorator) -> None:
        conftest.pytest_collection_modifyitems([MarkedItem(mark) for mark in marks])  # type: ignore[misc]

    collect(pytest.mark.slow("a year of hours"), pytest.mark.disk)
    for mark in (pytest.mark.slow, pytest.mark.slow(reason="a year of hours")):
        with pytest.raises(pytest.UsageError, match="test_it needs a reason"):
            collect(pytest.mark.slow("a year of hours"), mark)


def test_the_longest_tests_come_first_and_all_others_keep_their_order() -> None:
    marks = [
        pytest.mark.disk,
        pytest.mark.slow("a day"),
        pytest.mark.slow("a year", longest=True),
        pytest.mark.disk,
        pytest.mark.slow("a month", longest=True),
    ]
    items = [MarkedItem(mark) for mark in marks]
    conftest.pytest_collection_modifyitems(items)  # type: ignore[arg-type]
    assert [item.mark for item in items] == [marks[number].mark for number in (2, 4, 0, 1, 3)]


@pytest.mark.parametrize("source", list(pytest.Config.ArgsSource))
def test_each_process_first_imports_a_part_of_all_test_files(
    monkeypatch: pytest.MonkeyPatch, source: pytest.Config.ArgsSource
) -> None:
    imported: list[str] = []
    monkeypatch.setattr(conftest.importlib, "import_module", imported.append)
    session = SimpleNamespace(config=SimpleNamespace(args_source=source, rootpath=ROOT))
    monkeypatch.setenv("PYTEST_XDIST_WORKER_COUNT", "3")
    for number in range(3):
        monkeypatch.setenv("PYTEST_XDIST_WORKER", f"gw{number}")
        conftest.pytest_collection(session)  # type: ignore[arg-type]
    everything = {"tests." + ".".join((*file.parts[:-1], file.stem)) for file in files_with_tests()}
    # Who names files has a choice of tests run, which is not to wait for the others.
    assert sorted(imported) == sorted(everything if source is pytest.Config.ArgsSource.TESTPATHS else ())


def files_with_tests() -> list[Path]:
    """Return the files with tests, below the folder of all of them."""
    return [file.relative_to(ROOT / "tests") for file in (ROOT / "tests").rglob("test_*.py")]
