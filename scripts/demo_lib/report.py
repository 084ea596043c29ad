"""How the demo speaks: one line a step, and a reason with a way out when a step fails."""

import sys


class Problem(Exception):
    """A step failed.

    Carries the reason and what the user can do about it, one line each.
    """

    def __init__(self, reason: str, *ways_out: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.ways_out = ways_out


def step(text: str) -> None:
    """Say what is being done."""
    print(f"==> {text}", flush=True)


def note(text: str) -> None:
    """Say something about the step before."""
    print(f"    {text}", flush=True)


def complain(problem: Problem) -> None:
    """Print a problem to the error stream, like the shell scripts do."""
    print(f"!!  {problem.reason}", file=sys.stderr)
    for way_out in problem.ways_out:
        print(f"    -> {way_out}", file=sys.stderr, flush=True)
