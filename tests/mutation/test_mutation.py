"""The command: what it prints, and when it fails."""

import subprocess
import sys

import pytest

from .__main__ import complaints, outdated, table
from .accepted import Change
from .run import PROJECT, Found

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


@pytest.mark.slow
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
