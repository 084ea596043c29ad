"""Powers that a cloud reports apart from its intervals: the newer of both is published, and energies stay exact."""

from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.solar_cloud.model.data import SYSTEM, SystemData
from custom_components.solar_cloud.model.elements import (
    Device,
    DeviceKind,
    Flow,
    LifetimeBase,
    Momentary,
    Power,
    Update,
)
from custom_components.solar_cloud.model.merging import recalled
from custom_components.solar_cloud.model.value import Origin, Reason, Value
from custom_components.solar_cloud.system.restore import dump, load

from ..cloud.solaredge.helpers import BERLIN
from .test_published import BUY, DAY, GIVE, GRID_BASES, MIDNIGHT, QUARTER, SELL, TAKE, C, Life, P

POWERS = {P: 3150.0, C: 1540.0, BUY: 0.0, SELL: 710.0, TAKE: 900.0, GIVE: 0.0}
GRID_POWERS = {P: 3150.0, C: 2440.0, BUY: 0.0, SELL: 710.0}
FLOWS = {flow: power for flow, power in POWERS.items() if flow is not P}


def momentary(quarters: float, powers: dict[Flow, float] = POWERS) -> Momentary:
    """Return powers so many quarter hours after midnight; consumption is computed where it is among them."""
    computed = frozenset({C} & powers.keys())
    return Momentary(measured_at=MIDNIGHT + QUARTER * quarters, powers=powers, computed=computed)


def metered(count: int) -> Life:
    life = Life(bases=GRID_BASES)
    life.report(count, [100.0] * count, grid_import=[10.0] * count, grid_export=[20.0] * count)
    return life


def test_powers_alone_are_published_without_energies():
    life = Life()
    life.now = MIDNIGHT + QUARTER * 2
    life.take(Update(momentary=momentary(1.5)))
    at = MIDNIGHT + QUARTER * 1.5
    assert life.data.power == Power(power_w=3150, measured_at=at)
    assert life.power() == FLOWS
    assert (life.today(), life.lifetime()) == ({}, {})
    assert life.data.published.power[SELL] == Value(amount=710, start=at, end=at, origin=Origin.MEASURED)
    assert life.data.published.power[C] == Value(
        amount=1540, start=at, end=at, origin=Origin.COMPUTED, inputs=frozenset({P, BUY, SELL, TAKE, GIVE})
    )
    assert life.data.published.grid.amount == -710
    assert life.data.published.battery.amount == -900
    assert life.data.reported[SYSTEM] == POWERS.keys()


def test_powers_newer_than_the_intervals_replace_theirs_and_energies_stay():
    life = metered(4)
    today, lifetime = life.today(), life.lifetime()
    life.take(Update(momentary=momentary(5, GRID_POWERS)))
    assert life.power() == {C: 2440, BUY: 0, SELL: 710}
    assert (life.today(), life.lifetime()) == (today, lifetime)
    assert life.data.power == Power(power_w=3150, measured_at=MIDNIGHT + QUARTER * 5)
    life.report(8, [100.0] * 8, grid_import=[10.0] * 8, grid_export=[20.0] * 8)
    assert life.data.power == Power(power_w=400, measured_at=MIDNIGHT + QUARTER * 8)
    assert life.power() == {C: 360, BUY: 40, SELL: 80}
    assert {value.end for value in life.data.published.power.values()} == {MIDNIGHT + QUARTER * 8}
    assert life.today()[SELL] == 160
    assert life.lifetime()[BUY] == 400_080


def test_powers_outlive_what_says_nothing_of_power():
    life = metered(4)
    life.take(Update(momentary=momentary(5)))
    published, power = life.data.published, life.data.power
    life.take(Update(notes={"a": "b"}))
    life.take(Update(momentary=momentary(3)))
    assert (life.data.published, life.data.power) == (published, power)


def test_old_powers_keep_their_time_while_production_goes_on():
    life = Life()
    life.take(Update(momentary=momentary(1)))
    life.report(9, [100.0] * 9)
    assert life.data.power == Power(power_w=400, measured_at=MIDNIGHT + QUARTER * 9)
    assert life.power() == FLOWS
    assert {value.end for value in life.data.published.power.values()} == {MIDNIGHT + QUARTER}


def test_production_alone_takes_the_powers_of_the_intervals_not_away():
    life = metered(4)
    published = life.data.published
    life.take(Update(momentary=momentary(5, {P: 3150.0})))
    assert life.data.published == published
    assert life.data.power == Power(power_w=3150, measured_at=MIDNIGHT + QUARTER * 5)


def test_a_flow_that_an_instant_lacks_keeps_its_last_power_and_its_time():
    life = Life()
    life.take(Update(momentary=momentary(1)))
    life.take(Update(momentary=Momentary(measured_at=MIDNIGHT + QUARTER * 2, powers={P: 3000.0, BUY: 5.0, SELL: 0.0})))
    assert life.power() == {**FLOWS, BUY: 5, SELL: 0}
    assert life.data.published.battery == Value(
        amount=-900, start=MIDNIGHT + QUARTER, end=MIDNIGHT + QUARTER, origin=Origin.MEASURED
    )
    assert life.data.published.grid.end == MIDNIGHT + QUARTER * 2


@pytest.mark.parametrize("missing", [BUY, SELL])
def test_an_instant_that_lacks_a_flow_brings_no_older_power_back(missing: Flow):
    life = metered(4)
    life.take(Update(momentary=momentary(5, GRID_POWERS)))
    full = life.data.published
    partial = {flow: power for flow, power in GRID_POWERS.items() if flow not in {missing, C}}
    life.take(Update(momentary=replace(momentary(6, partial), computed=frozenset({C}))))
    published = life.data.published
    assert published.power[missing] == full.power[missing]
    assert published.power[C] == full.power[C]
    assert published.grid == full.grid
    assert (published.power[SELL if missing is BUY else BUY].end or MIDNIGHT) == MIDNIGHT + QUARTER * 6
    life.take(Update(notes={"a": "b"}))
    assert life.data.published == published
    life.report(8, [100.0] * 8, grid_import=[10.0] * 8, grid_export=[20.0] * 8)
    assert {value.end for value in life.data.published.power.values()} == {MIDNIGHT + QUARTER * 8}


def test_an_instant_of_a_silent_battery_takes_no_older_consumption_away():
    life = metered(4)
    life.take(Update(devices=(Device(kind=DeviceKind.BATTERY, serial="B"),)))
    life.take(Update(momentary=momentary(5)))
    consumption = life.data.published.power[C]
    silent = Momentary(
        measured_at=MIDNIGHT + QUARTER * 6, powers={P: 3150.0, BUY: 1.0, SELL: 0.0}, computed=frozenset({C})
    )
    life.take(Update(momentary=silent))
    assert (life.power()[BUY], life.power()[SELL]) == (1, 0)
    assert life.data.published.power[C] == consumption


def test_an_instant_that_contradicts_itself_withholds_consumption_alone():
    life = metered(4)
    powers = {P: 100.0, BUY: 0.0, SELL: 2_400.0}
    life.take(Update(momentary=Momentary(measured_at=MIDNIGHT + QUARTER * 5, powers=powers, computed=frozenset({C}))))
    assert life.power() == {BUY: 0, SELL: 2400, C: None}
    assert life.data.published.power[C].reason is Reason.CONTRADICTION
    assert life.data.published.power[C].end == MIDNIGHT + QUARTER * 5


def test_storage_of_an_unknown_kind_hides_the_computed_power_of_an_instant():
    life = Life(unknown_storage=True)
    life.take(Update(momentary=momentary(1, GRID_POWERS)))
    assert life.power() == {BUY: 0, SELL: 710, C: None}
    assert life.data.published.power[C].reason is Reason.UNKNOWN_STORAGE


def test_a_total_meter_gives_the_house_as_measured_and_the_grid_as_computed():
    life = Life()
    powers = {P: 500.0, C: 800.0, BUY: 300.0, SELL: 0.0}
    grid = frozenset({BUY, SELL})
    life.take(Update(momentary=Momentary(measured_at=MIDNIGHT, powers=powers, computed=grid)))
    assert life.power() == {C: 800, BUY: 300, SELL: 0}
    assert {flow for flow, value in life.data.published.power.items() if value.is_computed} == grid
    assert life.data.published.grid.inputs == {P, C}


def test_a_battery_that_only_instants_tell_of_is_part_of_what_consumption_follows_from():
    life = metered(4)
    life.take(Update(momentary=momentary(4)))
    assert life.power()[C] == 1540
    # The quarter hours lack the battery: what they leave over is not what the house has used.
    life.report(8, [100.0] * 8, grid_import=[10.0] * 8, grid_export=[20.0] * 8)
    assert (life.power()[BUY], life.power()[C]) == (40, 1540)
    assert life.data.published.power[C].end == MIDNIGHT + QUARTER * 4
    assert life.data.published.today[C].reason is Reason.INPUT_MISSING


def test_powers_ahead_of_the_intervals_do_not_hold_the_lifetimes_back():
    life = Life(bases=GRID_BASES)
    life.now = MIDNIGHT + QUARTER * 6
    life.take(Update(momentary=momentary(5.5)))
    life.report(5, [100.0] * 5, grid_import=[10.0] * 5, grid_export=[20.0] * 5)
    assert life.data.lifetime.as_of == MIDNIGHT + QUARTER * 5
    assert life.lifetime()[BUY] == 400_050


def test_a_base_after_an_outage_is_of_its_midnight_and_no_jump():
    life = metered(4)
    life.now = MIDNIGHT + timedelta(days=3, hours=9)
    life.take(Update(momentary=Momentary(measured_at=life.now - QUARTER, powers=POWERS)))
    life.take(Update(lifetime=LifetimeBase(day=DAY + timedelta(days=3), before_wh=1_060_000)))
    assert life.data.lifetime.published_wh == 1_060_000
    assert life.data.lifetime.as_of == MIDNIGHT + timedelta(days=3)


def test_what_cannot_be_is_no_power_of_an_instant_and_the_rest_is():
    life = Life()
    life.take(Update(momentary=momentary(1, {**POWERS, BUY: 17e9, P: 136e6})))
    assert life.data.power is None
    assert life.power() == {SELL: 710, TAKE: 900, GIVE: 0}


@pytest.mark.parametrize("powers", [POWERS, {P: 1.0}])
def test_powers_survive_a_restart(powers: dict[Flow, float]):
    life = Life()
    life.take(Update(momentary=momentary(0, powers)))
    restored = recalled(load(SystemData, dump(life.data)), life.now, BERLIN)
    assert restored.momentary == life.data.momentary
    assert restored.published == life.data.published
    assert restored.power == life.data.power
