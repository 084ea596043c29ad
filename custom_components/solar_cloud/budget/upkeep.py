"""What the sign-ins under a credential will cost: a token is replaced when it is old and something is to be sent."""

from collections.abc import Collection

from .rates import Demand, Rates

MOST = 0.5
"""Of what is left: a forecast that needs more than that is wrong."""


def renewals(lives: Collection[float], demands: Collection[Demand], rates: Rates, horizon: float) -> float:
    """Return how many tokens will be asked for within `horizon` seconds.

    `lives` has the seconds that a token of each sign-in is used for. `rates` are those of the jobs as if no token were
    needed: who reads seldom at night asks for a token with each reading.
    """
    if not lives:
        return 0.0
    light = min(horizon, max((demand.light / demand.systems for demand in demands if demand.systems), default=0.0))
    fixed = sum(
        demand.systems / (demand.job.cadence.total_seconds() * rates.stretch)
        for demand in demands
        if demand.job.weight <= 0
    )
    by_day = fixed + sum(demand.systems * rate.light for demand, rate in rates.jobs.items())
    at_night = fixed + sum(demand.systems * rate.dark for demand, rate in rates.jobs.items())
    return sum(
        seconds * _asked_for(life, runs / len(lives))
        for life in lives
        for seconds, runs in ((light, by_day), (horizon - light, at_night))
    )


def _asked_for(life: float, runs: float) -> float:
    """Return the tokens a second where so many runs a second use them: the first run after a life needs another."""
    return 0.0 if runs <= 0 else 1 / max(1 / runs, life + 0.5 / runs)
