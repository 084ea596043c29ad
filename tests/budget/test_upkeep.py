"""What keeps a sign-in alive is a part of the forecast: the days of a month cost alike."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from custom_components.solar_cloud.budget.plan import Limits
from custom_components.solar_cloud.budget.rates import budget_of
from custom_components.solar_cloud.cloud.base import JobTerms

from .pacing_world import BERLIN, SAN_JOSE, World, utc

FREE = Limits(per_minute=10, per_month=2_000)
ENERGY = JobTerms(
    name="energy", cadence=timedelta(minutes=15), delay=timedelta(seconds=90), weight=2, first=True, night=False
)
HOME = replace(ENERGY, cost=3, weight=6, night=True)
LISTS = JobTerms(name="lists", cost=7, cadence=timedelta(days=1), night=True)
LIFE = timedelta(minutes=110)
"""So long a token of SolarEdge's is used before it is replaced."""


class SignedIn(World):
    """Systems whose readings need a token that is young enough."""

    issued: datetime | None = None
    tokens = 0

    def _spend(self, *, asked: bool = False) -> None:
        if self.issued is None or self.now - self.issued >= LIFE:
            self.issued = self.now
            self.tokens += 1
            super()._spend()
        super()._spend(asked=asked)


def played(job: JobTerms, *, forecast: bool) -> tuple[SignedIn, list[int]]:
    """Return a June, and what each third of it has sent."""
    world = SignedIn(FREE, utc(2026, 6, 1), {"home": SAN_JOSE}, (job, LISTS))
    if forecast:
        world.pacing.keep_alive("account", LIFE)
    world.run(utc(2026, 7, 1))
    sent = Counter((moment.day - 1) // 10 for moment in world.sent)
    return world, [sent[third] for third in range(3)]


@pytest.mark.parametrize("job", [ENERGY, HOME], ids=["PV only", "meter and battery"])
def test_the_first_days_of_a_month_do_not_spend_what_the_tokens_of_the_last_ones_need(job: JobTerms) -> None:
    world, thirds = played(job, forecast=True)
    assert world.tokens > 150
    assert 0.97 * FREE.month_share <= len(world.sent) <= FREE.month_share
    assert max(thirds) <= 1.04 * FREE.month_share / 3
    # Without it they begin above their pace.
    _, before = played(job, forecast=False)
    assert before[0] > thirds[0]
    assert max(before) - min(before) > max(thirds) - min(thirds)


def test_two_sign_ins_of_one_application_need_tokens_of_their_own() -> None:
    world = World(FREE, utc(2026, 6, 1), {"one": BERLIN, "two": BERLIN}, (ENERGY, LISTS))
    budget = budget_of(world.ledger, world.now)
    alone = world.pacing.readings_per_hour("one", budget)
    for account in ("first", "second"):
        world.pacing.keep_alive(account, LIFE)
    both = world.pacing.readings_per_hour("one", budget)
    world.pacing.let_go("second")
    one = world.pacing.readings_per_hour("one", budget)
    assert alone is not None
    assert one is not None
    assert both is not None
    assert both < one < alone


def test_who_lets_go_twice_does_no_harm() -> None:
    world = World(FREE, utc(2026, 6, 1), {"one": BERLIN}, (ENERGY,))
    world.pacing.let_go("nobody")
    assert world.pacing.readings_per_hour("one", budget_of(world.ledger, world.now))
