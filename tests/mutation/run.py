"""Running mutmut on a copy of the project, and reading what it has found."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import chdir, suppress
from dataclasses import dataclass, field
import json
import os
from pathlib import Path
import resource
import shutil
import signal
import subprocess
import sys

from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code
from mutmut.utils.format_utils import orig_function_and_class_names_from_key

from .accepted import Change, change_of
from .targets import Target, path_of

PROJECT = Path(__file__).parents[2]
KILLED = frozenset({"killed", "timeout", "segfault"})
"""A mutant that never comes to an end is noticed, too, and so is one that takes the process with it."""
MEMORY = 2 * 1024**3
"""Bytes of addresses that a process of the run may have: a mutant that counts backward for ever would take them all."""
PATIENCE, AT_LEAST = 6.0, 4.0
"""A mutant is stopped after so many times what its tests take by themselves, and so many seconds more."""


class MutationFailed(Exception):
    """The run did not come to an end; its text is what mutmut said."""


@dataclass(frozen=True, slots=True)
class Found:
    """What became of the mutants of one file."""

    file: str
    mutants: int
    survivors: Sequence[Change] = field(default_factory=tuple)
    endless: int = 0
    """How many of the others were stopped, because their tests did not come to an end."""

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


def settings_of(files: Sequence[str], tests: Sequence[str]) -> Mapping[str, object]:
    """Return what mutmut is told: the files that it mutates, and the tests that are to notice."""
    return {
        "source_paths": ["custom_components"],
        "only_mutate": [path_of(file) for file in files],
        "also_copy": ["simulator"],
        "pytest_add_cli_args_test_selection": [f"tests/{path}" for path in tests],
        "pytest_add_cli_args": ["-p", "no:xdist", "-p", "no:cacheprovider"],
        "use_git_change_detection": False,
        "timeout_multiplier": PATIENCE,
        "timeout_constant": AT_LEAST,
    }


def run(target: Target, folder: Path, children: int, minutes: float) -> list[Found]:
    """Mutate the files of a target in a copy of the project.

    Raises `MutationFailed` where the tests fail by themselves, where the run takes longer than so many minutes, and
    where it leaves mutants out.
    """
    prepare(folder, target.files, target.tests)
    mutmut(folder, children, minutes)
    with chdir(folder):
        return [found_in(file, results_of(file)) for file in target.files]


def prepare(folder: Path, files: Sequence[str], tests: Sequence[str]) -> None:
    """Copy the project into a folder, and tell mutmut what to do there."""
    copy_project(folder)
    settings = "".join(f"{name} = {json.dumps(value)}\n" for name, value in settings_of(files, tests).items())
    with (folder / "pyproject.toml").open("a", encoding="utf-8") as project:
        project.write(f"\n[tool.mutmut]\n{settings}")


def mutmut(folder: Path, children: int, minutes: float, names: Iterable[str] = ()) -> None:
    """Run the mutants of these names, or of these patterns, else all; raise `MutationFailed` as `bounded` does."""
    command = Path(sys.executable).with_name("mutmut")
    bounded([str(command), "run", "--max-children", str(children), *names], folder, minutes)


def results_of(file: str) -> dict[str, int | None]:
    """Return the exit codes of the tests by mutant, in the folder of a run; `None` for those that were not run."""
    meta = json.loads(Path("mutants", f"{path_of(file)}.meta").read_text(encoding="utf-8"))
    results: dict[str, int | None] = meta["exit_code_by_key"]
    return results


def bounded(command: Sequence[str], folder: Path, minutes: float) -> None:
    """Run a command with a bound for its memory and its time; raise `MutationFailed` where it fails or is stopped."""
    with subprocess.Popen(
        command,
        cwd=folder,
        # Sets have the same order in every run, so that who survives in one does so in the next.
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # A session of its own, so that the processes that it has started end with it.
        start_new_session=True,
        preexec_fn=_limit_memory,  # noqa: PLW1509 - no thread is running here
    ) as running:
        try:
            said, _ = running.communicate(timeout=minutes * 60)
        except subprocess.TimeoutExpired:
            raise MutationFailed(f"It was not done after {minutes:g} minutes, and was stopped.") from None
        finally:
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
    if running.returncode != 0:
        raise MutationFailed(said[-4000:])


def _limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def found_in(file: str, results: Mapping[str, int | None]) -> Found:
    """Return what became of the mutants of a file; raise `MutationFailed` where one of them was never run."""
    if left := [mutant for mutant, code in results.items() if code is None]:
        raise MutationFailed(f"{len(left)} mutants of {file} were never run, {left[0]} among them.")
    endless = sum(status_by_exit_code[code] == "timeout" for code in results.values())
    return Found(file, len(results), tuple(_survivors(file, results)), endless)


def _survivors(file: str, results: Mapping[str, int | None]) -> Iterable[Change]:
    for mutant, code in results.items():
        if status_by_exit_code[code] in KILLED:
            continue
        function, owner = orig_function_and_class_names_from_key(mutant)
        name = f"{owner}.{function}" if owner else function
        yield change_of(file, name, get_diff_for_mutant(mutant, path=Path(path_of(file))))
