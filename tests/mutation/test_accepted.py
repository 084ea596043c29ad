"""The list of mutants that nobody can notice: how it is read, and that it speaks of the code as it is."""

import pytest

from .accepted import Change, accepted, change_of, read
from .run import PROJECT
from .targets import ROOT, TARGETS

DIFF = """\
--- a/ledger.py
+++ b/ledger.py
@@ -3,5 +3,5 @@
     def left(self, now: datetime) -> int:
-        if self.used(now) > 0:
+        if self.used(now) >= 0:
             return 3
"""
CHANGE = Change("budget/ledger.py", "Ledger.left", ("if self.used(now) > 0:",), ("if self.used(now) >= 0:",))
ENTRY = f"# Not read.\n\n{CHANGE}\nNothing is nothing,\nwhichever way.\n"


def test_a_change_is_known_by_what_is_changed_and_not_by_its_place() -> None:
    assert change_of("budget/ledger.py", "Ledger.left", DIFF) == CHANGE
    moved = DIFF.replace("-3,5 +3,5", "-90,5 +90,5").replace("        if", "                if")
    assert change_of("budget/ledger.py", "Ledger.left", moved) == CHANGE


def test_an_entry_is_a_change_and_its_reason() -> None:
    assert read(ENTRY) == {CHANGE: "Nothing is nothing, whichever way."}


@pytest.mark.parametrize(
    "text",
    [
        str(CHANGE),
        "budget/ledger.py Ledger.left\nBecause.",
        f"{ENTRY}\n{CHANGE}\nAnother reason.",
    ],
    ids=["no reason", "no change", "twice"],
)
def test_an_entry_that_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="says nothing"):
        read(text)


def test_the_list_speaks_of_files_that_are_mutated_and_of_lines_that_are_there() -> None:
    mutated = {file for target in TARGETS for file in target.files}
    for change in accepted():
        assert change.file in mutated
        lines = {line.strip() for line in (PROJECT / ROOT / change.file).read_text(encoding="utf-8").splitlines()}
        assert lines.issuperset(change.taken), f"\n{change}"


def test_what_is_mutated_and_what_is_to_notice_are_there() -> None:
    for target in TARGETS:
        assert all((PROJECT / ROOT / file).is_file() for file in target.files), target.name
        assert all((PROJECT / "tests" / test).is_file() for test in target.tests), target.name
