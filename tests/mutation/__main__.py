"""``scripts/mutation``: change one thing of a file at a time, and see whether its own tests notice."""

import argparse
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
import os
from pathlib import Path
import sys
import tempfile
from time import monotonic

from .accepted import Change, accepted
from .run import Found, MutationFailed, run
from .sample import sample
from .targets import TARGETS, Target

LEAST = 95
"""Of 100 mutants of a file that must be noticed."""


def table(found: Iterable[Found]) -> list[str]:
    """Return the lines of a table, a line for each file."""
    lines = [f"{'file':<32} {'mutants':>7} {'killed':>6} {'survived':>8} {'share':>7}"]
    return lines + [
        f"{one.file:<32} {one.mutants:>7} {one.killed:>6} {len(one.survivors):>8} {one.share:>6.1f}%" for one in found
    ]


def took(seconds: float, found: Iterable[Found]) -> str:
    """Return how long the files of a target have taken, and how many of their mutants had to be stopped."""
    return f"    {seconds / 60:.1f} minutes; {sum(one.endless for one in found)} mutants did not come to an end"


def unexplained(found: Iterable[Found], known: Collection[Change]) -> list[str]:
    """Return the survivors that the list does not know."""
    survivors = [it for one in found for it in one.survivors]
    return [f"Nobody notices this, and no reason is listed:\n{it}" for it in survivors if it not in known]


def complaints(found: Iterable[Found], known: Collection[Change]) -> list[str]:
    """Return what is wrong: survivors that the list does not know, and files of which too few were killed."""
    wrong: list[str] = []
    for one in found:
        wrong += unexplained([one], known)
        if one.share < LEAST:
            wrong.append(f"Less than {LEAST} % of the mutants of {one.file} were killed: {one.share:.1f} %")
    return wrong


def outdated(found: Sequence[Found], known: Collection[Change]) -> list[str]:
    """Return the entries of the list that are of the files in question, and that no survivor fits."""
    files, survivors = {one.file for one in found}, {it for one in found for it in one.survivors}
    return [f"Listed, and not among the survivors:\n{it}" for it in known if it.file in files and it not in survivors]


def summary(found: Sequence[Found], known: Collection[Change]) -> str:
    """Return how many mutants of a sample were killed, how many had a reason to survive, and how many had none."""
    survivors = [it for one in found for it in one.survivors]
    listed = sum(it in known for it in survivors)
    killed = sum(one.killed for one in found)
    return f"{killed} killed, {listed} accepted, {len(survivors) - listed} survived"


def run_whole(targets: Iterable[Target], children: int, minutes: float) -> int:
    """Run all mutants of some files and print the table; returns 1 where something is wrong."""
    known, found, failed = accepted(), list[Found](), False
    for target in targets:
        print(f"==> {', '.join(target.files)}", flush=True)
        begun = monotonic()
        with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
            try:
                found += (these := run(target, Path(folder), children, minutes))
                print(took(monotonic() - begun, these), flush=True)
            except MutationFailed as err:
                # The others may still say something.
                failed = True
                print(err, flush=True)
    wrong = complaints(found, known)
    print("\n".join(["", *table(found)]))
    print("".join(f"\n{text}\n" for text in [*outdated(found, known), *wrong]), end="")
    return int(failed or bool(wrong))


def run_sample(targets: Sequence[Target], number: int, seed: str, children: int, minutes: float) -> int:
    """Run so many mutants at random and print the table; returns 1 where too many survive without a reason."""
    print(f"==> {number} mutants at random, --seed {seed}", flush=True)
    known, begun = accepted(), monotonic()
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        try:
            found = sample(targets, number, seed, Path(folder), children, minutes)
        except MutationFailed as err:
            print(err)
            return 1
    wrong = unexplained(found, known)
    print("\n".join([took(monotonic() - begun, found), "", *table(found), "", summary(found, known)]))
    print("".join(f"\n{text}\n" for text in wrong), end="")
    return int(100 * len(wrong) > (100 - LEAST) * number)


def main() -> int:
    """Mutate what is asked for; returns 1 where something is wrong."""
    parser = argparse.ArgumentParser(prog="scripts/mutation", description=__doc__)
    parser.add_argument("files", nargs="*", help="only these, as the table names them")
    parser.add_argument("--children", type=int, default=os.cpu_count() or 1, help="how many run at the same time")
    parser.add_argument("--minutes", type=float, default=90, help="for the files of one room, or a sample")
    parser.add_argument("--sample", type=int, metavar="N", help="only so many mutants, at random over all files")
    parser.add_argument(
        "--seed", default=f"{datetime.now(UTC):%Y-%m-%d}", help="which ones; without it, others each day"
    )
    args = parser.parse_args()
    if unknown := set(args.files) - {file for target in TARGETS for file in target.files}:
        parser.error(f"not among the files that are mutated: {', '.join(sorted(unknown))}")
    if args.sample is not None and args.sample < 1:
        parser.error("a sample has one mutant at least")
    targets = [wanted for target in TARGETS if (wanted := target.only(args.files)).files]
    if args.sample is None:
        return run_whole(targets, args.children, args.minutes)
    return run_sample(targets, args.sample, args.seed, args.children, args.minutes)


if __name__ == "__main__":
    sys.exit(main())
