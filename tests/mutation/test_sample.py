"""A sample: which mutants it has, which tests are to notice, and when it fails."""

import subprocess
import sys

import pytest

from . import __main__ as command
from .accepted import Change
from .run import PROJECT, Found, MutationFailed
from .sample import drawn, module_of, only_own
from .targets import TARGETS, Target

MUTANTS = {"a.py": [f"a{number}" for number in range(10)], "b.py": [f"b{number}" for number in range(90)]}
CHANGES = tuple(Change("a.py", "add", ("x + 1",), (f"x - {number}",)) for number in range(3))


def test_the_same_seed_draws_the_same_mutants_and_another_one_others() -> None:
    first = drawn(MUTANTS, 20, "2026-06-10")
    assert first == drawn(MUTANTS, 20, "2026-06-10") != drawn(MUTANTS, 20, "2026-06-11")
    assert sum(map(len, first.values())) == 20
    assert all(set(names) <= set(MUTANTS[file]) and len(set(names)) == len(names) for file, names in first.items())


def test_each_mutant_is_as_likely_as_any_other_whatever_its_file() -> None:
    of_a = sum(len(drawn(MUTANTS, 10, str(seed)).get("a.py", ())) for seed in range(200))
    # A tenth of 2,000.
    assert 150 < of_a < 250


def test_a_sample_of_more_than_there_are_has_all_of_them() -> None:
    assert drawn(MUTANTS, 1_000, "any") == MUTANTS


def test_only_the_tests_of_a_mutants_own_file_are_to_notice() -> None:
    tests_of = {"model/a.py": ("model/test_a.py",), "model/b.py": ("model/test_a.py", "model/test_b.py")}
    a, b, c = ("custom_components.solar_cloud.model." + name for name in ("a.x_one", "b.xǁTwoǁthree", "c.x_four"))
    tests = ["tests/model/test_a.py::test_one", "tests/model/test_b.py::test_two[3]"]
    stats = {"tests_by_mangled_function_name": {a: tests, b: tests, c: tests}, "stats_time": 3}
    assert only_own(stats, tests_of) == {
        "tests_by_mangled_function_name": {a: tests[:1], b: tests, c: []},
        "stats_time": 3,
    }
    assert module_of("model/a.py") == a.removesuffix(".x_one")


def test_a_target_is_narrowed_to_the_files_that_are_named() -> None:
    target = Target(name="two", files=("a.py", "b.py"), tests=("test_a.py",))
    assert target.only([]) == target
    assert target.only(["b.py", "c.py"]).files == ("b.py",)
    assert target.only(["c.py"]).files == ()


@pytest.mark.parametrize(
    ("known", "code", "last"),
    [
        (CHANGES, 0, "6 killed, 3 accepted, 0 survived"),
        (CHANGES[:2], 1, "6 killed, 2 accepted, 1 survived"),
    ],
)
def test_a_sample_fails_where_more_than_five_of_a_hundred_survive_without_a_reason(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    known: tuple[Change, ...],
    code: int,
    last: str,
) -> None:
    monkeypatch.setattr(command, "sample", lambda *_args: [Found("a.py", 5, CHANGES), Found("b.py", 4)])
    monkeypatch.setattr(command, "accepted", lambda: dict.fromkeys(known, "It changes nothing."))
    assert command.run_sample(TARGETS, 9, "2026-06-10", 1, 5) == code
    said = capsys.readouterr().out
    assert "==> 9 mutants at random, --seed 2026-06-10" in said
    assert last in said
    assert ("no reason is listed:\na.py add\n- x + 1\n+ x - 2" in said) is bool(code)
    # One of twenty is named, and no more: another day has other ones.
    assert command.run_sample(TARGETS, 20, "2026-06-10", 1, 5) == 0
    assert ("no reason is listed" in capsys.readouterr().out) is bool(code)


def test_a_sample_fails_where_its_tests_do_by_themselves(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_args: object) -> list[Found]:
        raise MutationFailed("a test failed")

    monkeypatch.setattr(command, "sample", fail)
    assert command.run_sample(TARGETS, 9, "2026-06-10", 1, 5) == 1
    assert "a test failed" in capsys.readouterr().out


@pytest.mark.slow("mutmut runs all tests of several rooms before its first mutant")
def test_a_small_sample_is_run() -> None:
    args = ["--children", "1", "--sample", "3", "--seed", "5", "budget/cycle.py", "model/value.py"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.mutation", *args], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 killed, 0 accepted, 0 survived" in done.stdout
    assert not (PROJECT / "mutants").exists()
