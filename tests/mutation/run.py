"""Running mutmut on a copy of the project, and reading what it has found."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import chdir
from dataclasses import dataclass, field
import json
import os
from pathlib import Path
import shutil
import subprocess
import sys

from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code
from mutmut.utils.format_utils import orig_function_and_class_names_from_key

from .accepted import Change, change_of
from .targets import Target

PROJECT = Path(__file__).parents[2]
KILLED = frozenset({"killed", "timeout"})
"""A mutant that never comes to an end is noticed, too."""


class MutationFailed(Exception):
    """The run did not come to an end; its text is what mutmut said."""


@dataclass(frozen=True, slots=True)
class Found:
    """What became of the mutants of one file."""

    file: str
    mutants: int
    survivors: Sequence[Change] = field(default_factory=tuple)

    @property
    def killed(self) -> int:
        """How many were noticed."""
        return self.mutants - len(self.survivors)

    @property
    def share(self) -> float:
        """How many of 100 were noticed."""
        return 100 * self.killed / self.mutants if self.mutants else 100.0


def copy_project(target: Path) -> None:
    """Copy what git knows and what is new; nothing of the run is left in the project itself."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (source := PROJECT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)


def settings_of(target: Target, files: Sequence[str]) -> Mapping[str, object]:
    """Return what mutmut is told about a target."""
    return {
        "source_paths": ["custom_components"],
        "only_mutate": [target.path_of(file) for file in files],
        "also_copy": ["simulator"],
        "pytest_add_cli_args_test_selection": [f"tests/{path}" for path in target.tests],
        "pytest_add_cli_args": ["-p", "no:xdist", "-p", "no:cacheprovider"],
        "use_git_change_detection": False,
    }


def run(target: Target, files: Sequence[str], folder: Path, children: int) -> list[Found]:
    """Mutate files of a target in a copy of the project; raise `MutationFailed` where the tests fail by themselves."""
    copy_project(folder)
    settings = "".join(f"{name} = {json.dumps(value)}\n" for name, value in settings_of(target, files).items())
    with (folder / "pyproject.toml").open("a", encoding="utf-8") as project:
        project.write(f"\n[tool.mutmut]\n{settings}")
    mutmut = Path(sys.executable).with_name("mutmut")
    command = [str(mutmut), "run", "--max-children", str(children)]
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise MutationFailed((done.stdout + done.stderr)[-4000:])
    with chdir(folder):
        return [_found(file, Path(target.path_of(file))) for file in files]


def _found(file: str, path: Path) -> Found:
    meta = json.loads(Path("mutants", f"{path}.meta").read_text(encoding="utf-8"))
    results: Mapping[str, int | None] = meta["exit_code_by_key"]
    return Found(file, len(results), tuple(_survivors(file, path, results)))


def _survivors(file: str, path: Path, results: Mapping[str, int | None]) -> Iterable[Change]:
    for mutant, code in results.items():
        if status_by_exit_code[code] in KILLED:
            continue
        function, owner = orig_function_and_class_names_from_key(mutant)
        name = f"{owner}.{function}" if owner else function
        yield change_of(file, name, get_diff_for_mutant(mutant, path=path))
