"""A few mutants at random over all files, which are quick enough for every run of continuous integration."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import chdir
import json
from pathlib import Path
from random import Random
from time import monotonic

from mutmut.utils.format_utils import get_module_from_key, get_mutant_name

from .run import PROJECT, Found, found_in, mutmut, prepare, results_of
from .targets import Target, path_of

STATS = Path("mutants", "mutmut-stats.json")
"""Where mutmut keeps which test runs which function, below the folder of a run."""
OF_FUNCTION = "tests_by_mangled_function_name"


def sample(
    targets: Iterable[Target], number: int, seed: str, folder: Path, children: int, minutes: float
) -> list[Found]:
    """Run so many mutants of all files in a copy of the project; the same seed draws the same ones of the same code.

    Only the tests that are named for a mutant's own file are to notice it, as in a whole run. Raises `MutationFailed`
    as a whole run does.
    """
    begun, tests_of = monotonic(), {file: target.tests for target in targets for file in target.files}
    prepare(folder, list(tests_of), sorted({test for tests in tests_of.values() for test in tests}))
    # The smallest file is run to have the mutants of all made, and to know which test runs which function.
    smallest = min(tests_of, key=lambda file: (PROJECT / path_of(file)).stat().st_size)
    mutmut(folder, children, minutes, [f"{module_of(smallest)}.*"])
    with chdir(folder):
        STATS.write_text(json.dumps(only_own(json.loads(STATS.read_text(encoding="utf-8")), tests_of)), "utf-8")
        chosen = drawn({file: list(results_of(file)) for file in tests_of}, number, seed)
    names = [name for of_file in chosen.values() for name in of_file]
    mutmut(folder, children, minutes - (monotonic() - begun) / 60, names)
    with chdir(folder):
        return [found_in(file, {name: results_of(file)[name] for name in chosen[file]}) for file in chosen]


def drawn(mutants: Mapping[str, Sequence[str]], number: int, seed: str) -> dict[str, list[str]]:
    """Return so many mutants by file, each as likely as any other; all where there are fewer."""
    every = [(file, name) for file, names in mutants.items() for name in names]
    found: dict[str, list[str]] = {}
    for file, name in sorted(Random(seed).sample(every, min(number, len(every))), key=every.index):
        found.setdefault(file, []).append(name)
    return found


def only_own(stats: Mapping[str, object], tests_of: Mapping[str, Sequence[str]]) -> dict[str, object]:
    """Return what mutmut knows of the tests, without those that run a function of a file that is not theirs."""
    own = {module_of(file): {f"tests/{test}" for test in tests} for file, tests in tests_of.items()}
    known = stats[OF_FUNCTION]
    assert isinstance(known, dict)
    kept = {
        function: [test for test in tests if test.partition("::")[0] in own.get(get_module_from_key(function), ())]
        for function, tests in known.items()
    }
    return {**stats, OF_FUNCTION: kept}


def module_of(file: str) -> str:
    """Return how mutmut calls the module of a file."""
    return get_mutant_name(Path(path_of(file)), "").removesuffix(".")
