"""The command: what it prints, and when it fails."""

from pathlib import Path
import subprocess
import sys

import pytest

from .__main__ import complaints, outdated, table, took
from .accepted import Change
from .run import PROJECT, Found, MutationFailed, bounded, found_in

CHANGES = tuple(Change("a.py", "add", ("x + 1",), (f"x - {number}",)) for number in range(6))
KNOWN = dict.fromkeys(CHANGES, "It changes nothing.")


def test_the_table_has_a_line_for_each_file() -> None:
    lines = table([Found("a.py", 100, CHANGES[:3]), Found("b.py", 0)])
    assert [line.split() for line in lines] == [
        ["file", "mutants", "killed", "survived", "share"],
        ["a.py", "100", "97", "3", "97.0%"],
        ["b.py", "0", "0", "0", "100.0%"],
    ]


def test_survivors_with_a_reason_are_fine_up_to_five_of_a_hundred() -> None:
    assert complaints([Found("a.py", 100, CHANGES[:5])], KNOWN) == []
    assert complaints([Found("a.py", 100, CHANGES)], KNOWN) == [
        "Less than 95 % of the mutants of a.py were killed: 94.0 %"
    ]


def test_a_survivor_without_a_reason_is_named_as_the_list_has_it() -> None:
    (only,) = complaints([Found("a.py", 100, CHANGES[:1])], {})
    assert only.endswith("\na.py add\n- x + 1\n+ x - 0")


def test_a_reason_that_no_survivor_needs_is_named_for_the_files_in_question() -> None:
    (only,) = outdated([Found("a.py", 100, CHANGES[:5])], KNOWN)
    assert only.endswith(f"\n{CHANGES[5]}")
    assert outdated([Found("b.py", 100)], KNOWN) == []


def test_how_long_it_took_is_said_and_how_many_had_to_be_stopped() -> None:
    assert took(90, [Found("a.py", 9, (), 2), Found("b.py", 9, (), 1)]) == (
        "    1.5 minutes; 3 mutants did not come to an end"
    )


def test_a_mutant_that_does_not_end_or_takes_the_process_with_it_is_noticed() -> None:
    codes = {"failed": 1, "broke": 3, "never ended": -24, "crashed": -11, "killed": -9}
    assert found_in("a.py", codes) == Found("a.py", 5, (), endless=1)


def test_a_mutant_that_was_never_run_is_not_passed_over() -> None:
    with pytest.raises(MutationFailed, match=r"2 mutants of a\.py were never run, two among them"):
        found_in("a.py", {"one": 1, "two": None, "three": None})


def test_a_run_that_takes_too_long_is_stopped_with_all_that_it_has_started(tmp_path: Path) -> None:
    with pytest.raises(MutationFailed, match=r"not done after 0\.02 minutes"):
        bounded(["sh", "-c", "(sleep 3; touch late) & sleep 600"], tmp_path, 0.02)
    with pytest.raises(MutationFailed, match="said before it failed"):
        bounded(["sh", "-c", "sleep 3; echo said before it failed; exit 1"], tmp_path, 1)
    assert not (tmp_path / "late").exists()


def test_a_run_gets_a_part_of_the_memory_only(tmp_path: Path) -> None:
    bounded([sys.executable, "-c", "bytearray(2**29)"], tmp_path, 1)
    with pytest.raises(MutationFailed, match="MemoryError"):
        bounded([sys.executable, "-c", "bytearray(2**31)"], tmp_path, 1)


@pytest.mark.slow("mutmut runs the tests of a file again for each of its mutants")
def test_a_small_file_is_mutated_and_nothing_is_left_behind() -> None:
    def state() -> str:
        command = ["git", "status", "--porcelain"]
        return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout

    before = state()
    command = [sys.executable, "-m", "tests.mutation", "--children", "1", "budget/cycle.py"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "budget/cycle.py" in done.stdout
    assert state() == before
    assert not (PROJECT / "mutants").exists()
