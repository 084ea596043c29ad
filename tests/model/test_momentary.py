"""Powers that a cloud tells apart from its intervals: what is shown is the newer of both, and energies stay exact."""

from datetime import timedelta

import pytest

from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import Flow, LifetimeBase, Momentary, Power, Update
from custom_components.solar_cloud.system.restore import dump, load

from .test_published import BUY, DAY, GIVE, GRID_BASES, MIDNIGHT, QUARTER, SELL, TAKE, C, Life, P

P_POWERS = {P: 3150.0, C: 1540.0, BUY: 0.0, SELL: 710.0, TAKE: 900.0, GIVE: 0.0}


def momentary(quarters: float, **powers: float) -> Momentary:
    told = {Flow(name): power for name, power in powers.items()} or P_POWERS
    return Momentary(measured_at=MIDNIGHT + QUARTER * quarters, powers=told, computed=frozenset({C}))


def test_powers_alone_are_shown_without_energies() -> None:
    life = Life()
    life.now = MIDNIGHT + QUARTER * 2
    life.take(Update(momentary=momentary(1.5)))
    assert life.data.power == Power(power_w=3150, measured_at=MIDNIGHT + QUARTER * 1.5)
    assert life.data.balance is not None
    assert life.shown == [P_POWERS, {}, {}]
    assert life.data.balance.computed == {C}
    assert life.data.told[""] == P_POWERS.keys()


def test_powers_newer_than_the_intervals_replace_theirs_and_energies_stay() -> None:
    life = Life(bases=GRID_BASES)
    life.tell(4, [100.0] * 4, grid_import=[10.0] * 4, grid_export=[20.0] * 4)
    before = life.shown
    measured = life.data.balance.measured_at if life.data.balance else None
    life.take(Update(momentary=momentary(5)))
    balance = life.data.balance
    assert balance is not None
    assert life.shown == [P_POWERS, *before[1:]]
    assert balance.measured_at == MIDNIGHT + QUARTER * 5
    assert life.data.power == Power(power_w=3150, measured_at=balance.measured_at)
    assert before[1][P] == 400
    life.tell(8, [100.0] * 8, grid_import=[10.0] * 8, grid_export=[20.0] * 8)
    assert measured is not None
    assert life.data.balance is not None
    assert life.data.balance.measured_at == measured + QUARTER * 4
    assert life.data.balance.power[P] == 400
    assert life.data.power == Power(power_w=400, measured_at=measured + QUARTER * 4)
    assert life.data.balance.today[P] == 800
    assert life.data.balance.lifetime[BUY] == 400_080


def test_powers_outlive_what_says_nothing_of_power() -> None:
    life = Life(bases=GRID_BASES)
    life.tell(4, [100.0] * 4, grid_import=[10.0] * 4, grid_export=[20.0] * 4)
    life.take(Update(momentary=momentary(5)))
    shown = life.shown
    life.take(Update(notes={"a": "b"}))
    life.take(Update(momentary=momentary(3)))
    assert life.shown == shown
    assert life.data.power == Power(power_w=3150, measured_at=MIDNIGHT + QUARTER * 5)


def test_old_powers_do_not_stand_in_for_flows_that_stay_away() -> None:
    life = Life()
    life.take(Update(momentary=momentary(1)))
    life.tell(9, [100.0] * 9)
    assert life.data.balance is None
    assert life.data.power == Power(power_w=400, measured_at=MIDNIGHT + QUARTER * 9)


def test_production_alone_is_power_beside_the_intervals_balance() -> None:
    life = Life(bases=GRID_BASES)
    life.tell(4, [100.0] * 4, grid_import=[10.0] * 4, grid_export=[20.0] * 4)
    before = life.shown
    life.take(Update(momentary=momentary(5, production=3150)))
    assert life.shown == before
    assert life.data.power == Power(power_w=3150, measured_at=MIDNIGHT + QUARTER * 5)


def test_powers_ahead_of_the_intervals_do_not_hold_the_lifetimes_back() -> None:
    life = Life(bases=GRID_BASES)
    life.now = MIDNIGHT + QUARTER * 6
    life.take(Update(momentary=momentary(5.5)))
    life.tell(5, [100.0] * 5, grid_import=[10.0] * 5, grid_export=[20.0] * 5)
    assert life.data.lifetime.as_of == MIDNIGHT + QUARTER * 5
    assert life.shown[2][BUY] == 400_050


def test_a_base_after_an_outage_is_of_its_midnight_and_no_jump() -> None:
    life = Life(bases=GRID_BASES)
    life.tell(4, [100.0] * 4, grid_import=[10.0] * 4, grid_export=[20.0] * 4)
    life.now = MIDNIGHT + timedelta(days=3, hours=9)
    at = life.now - QUARTER
    life.take(Update(momentary=Momentary(measured_at=at, powers=P_POWERS)))
    life.take(Update(lifetime=LifetimeBase(day=DAY + timedelta(days=3), before_wh=1_060_000)))
    assert life.data.lifetime.published_wh == 1_060_000
    assert life.data.lifetime.as_of == MIDNIGHT + timedelta(days=3)


@pytest.mark.parametrize("powers", [P_POWERS, {P: 1.0}])
def test_powers_survive_a_restart(powers: dict[Flow, float]) -> None:
    life = Life()
    life.take(Update(momentary=Momentary(measured_at=MIDNIGHT, powers=powers)))
    restored = load(SystemData, dump(life.data))
    assert restored.momentary == life.data.momentary
    assert restored.balance == life.data.balance
