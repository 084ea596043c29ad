"""What may be shown: power, day and lifetime of all flows, or of production alone, and never what is not true."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import (
    SOURCES,
    Device,
    DeviceKind,
    Flow,
    Interval,
    LifetimeBase,
    Power,
    Update,
)
from custom_components.solar_cloud.model.merging import merge

from ..cloud.solaredge.helpers import BERLIN, system_data

P, C = Flow.PRODUCTION, Flow.CONSUMPTION
BUY, SELL = Flow.GRID_IMPORT, Flow.GRID_EXPORT
TAKE, GIVE = Flow.BATTERY_CHARGE, Flow.BATTERY_DISCHARGE
QUARTER = timedelta(minutes=15)
DAY = date(2026, 6, 1)
MIDNIGHT = datetime(2026, 5, 31, 22, tzinfo=UTC)


def intervals(energies: Sequence[float | None], first: int = 0) -> tuple[Interval, ...]:
    """Return quarter hours since the site's midnight."""
    return tuple(
        Interval(start=MIDNIGHT + QUARTER * number, end=MIDNIGHT + QUARTER * (number + 1), energy_wh=energy)
        for number, energy in enumerate(energies, first)
        if energy is not None
    )


class Life:
    """A system, told of quarter by quarter."""

    def __init__(self, *, lifetime: float = 1_000_000.0, bases: dict[Flow, float] | None = None, **data: Any) -> None:
        self.data = system_data(**data)
        self.now = MIDNIGHT
        base = LifetimeBase(day=DAY, before_wh=lifetime)
        given = {flow: LifetimeBase(day=DAY, before_wh=wh) for flow, wh in (bases or {}).items()}
        self.take(Update(lifetime=base, bases=given))

    def take(self, update: Update, dark: Callable[[datetime, datetime], bool] = lambda _start, _end: False) -> None:
        self.data = merge(self.data, update, self.now, BERLIN, dark)

    def tell(
        self, count: int, production: Sequence[float | None] | None = None, **flows: Sequence[float | None]
    ) -> SystemData:
        """Let it be so many quarter hours after midnight, and take production, then the flows, all from midnight on."""
        self.now = MIDNIGHT + QUARTER * count + timedelta(seconds=95)
        if production is not None:
            told = intervals(production[:count])
            power = Power(power_w=told[-1].mean_power_w, measured_at=told[-1].end)
            self.take(Update(power=power, intervals=told))
        if flows:
            self.take(Update(flows={Flow(name): intervals(values[:count]) for name, values in flows.items()}))
        return self.data

    @property
    def shown(self) -> list[dict[Flow, float]]:
        balance = self.data.balance
        assert balance is not None
        return [dict(balance.power), dict(balance.today), dict(balance.lifetime)]


def balances(values: dict[Flow, float]) -> bool:
    sides = [sum(wh for flow, wh in values.items() if (flow in SOURCES) is source) for source in (True, False)]
    return sides[0] == pytest.approx(sides[1], abs=1e-6)


GRID_BASES = {BUY: 400_000.0, SELL: 300_000.0}


def test_a_meter_makes_the_balance_of_power_day_and_lifetime():
    life = Life(bases=GRID_BASES)
    life.tell(2, [10, 20], grid_import=[50, 0], grid_export=[0, 5])
    assert life.shown == [
        {P: 80, BUY: 0, SELL: 20, C: 60},
        {P: 30, BUY: 50, SELL: 5, C: 75},
        {P: 1_000_030, BUY: 400_050, SELL: 300_005, C: 1_100_075},
    ]
    assert all(balances(values) for values in life.shown)
    assert life.data.power == Power(power_w=80, measured_at=MIDNIGHT + 2 * QUARTER)


def test_a_consumption_meter_is_believed_and_one_that_contradicts_hides_the_set():
    life = Life(bases={**GRID_BASES, C: 1_100_000.0})
    life.tell(1, [100], grid_import=[50], grid_export=[0], consumption=[150])
    assert life.shown[1] == {P: 100, BUY: 50, SELL: 0, C: 150}
    assert life.data.balance
    assert life.data.balance.computed == frozenset()
    assert life.shown[2][C] == 1_100_150
    life.tell(2, [100, 100], grid_import=[50, 50], grid_export=[0, 0], consumption=[150, 250])
    assert life.data.balance.measured_at == MIDNIGHT + QUARTER


def test_a_consumption_meter_alone_gives_the_grid_by_netting_but_no_lifetime_of_it():
    life = Life(bases={C: 500_000.0})
    life.tell(2, [100, 0], consumption=[40, 30])
    power, today, lifetime = life.shown
    assert power == {P: 0, C: 120, BUY: 120, SELL: 0}
    assert today == {P: 100, C: 70, BUY: 30, SELL: 60}
    assert lifetime == {P: 1_000_100, C: 500_070}
    assert life.data.balance
    assert life.data.balance.computed == {BUY, SELL}


def test_a_meter_that_tells_import_only_leaves_consumption_unknown():
    life = Life(bases={BUY: 400_000.0})
    life.tell(1, [100], grid_import=[7])
    assert life.shown == [{P: 400, BUY: 28}, {P: 100, BUY: 7}, {P: 1_000_100, BUY: 400_007}]


def test_production_waits_half_an_hour_and_then_goes_on_alone():
    life = Life(bases=GRID_BASES)
    flows = {"grid_import": [0.0], "grid_export": [4.0]}
    life.tell(1, [10], **flows)
    for count in (2, 3, 4):
        life.tell(count, [10] * count)
        assert life.data.power == Power(power_w=40, measured_at=MIDNIGHT + QUARTER)
        assert life.data.today
        assert life.data.today.energy_wh == 10
        assert life.data.lifetime.published_wh == 1_000_010
        assert life.data.balance
    life.tell(5, [10] * 5)
    assert life.data.balance is None
    assert life.data.power == Power(power_w=40, measured_at=MIDNIGHT + 5 * QUARTER)
    assert life.data.lifetime.published_wh == 1_000_050


def test_production_that_has_run_ahead_is_no_part_of_an_older_balance():
    life = Life(bases=GRID_BASES)
    life.tell(1, [10], grid_import=[0], grid_export=[4])
    for count in (4, 5, 6):
        life.tell(count, [10] * count)
    assert life.data.balance is None
    life.tell(6, grid_import=[0] * 5, grid_export=[4] * 5)
    assert life.shown == [{P: 40, BUY: 0, SELL: 16, C: 24}, {}, {}]
    assert life.data.lifetime.published_wh == 1_000_060
    life.tell(7, [10] * 7, grid_import=[0] * 6, grid_export=[4] * 6)
    assert life.shown[1:] == [
        {P: 60, BUY: 0, SELL: 24, C: 36},
        {P: 1_000_060, BUY: 400_000, SELL: 300_024, C: 1_100_036},
    ]


def test_flows_that_are_read_one_by_one_after_a_long_pause_meet_again_in_one_run():
    life = Life(
        bases={**GRID_BASES, TAKE: 20_000.0, GIVE: 19_000.0},
        devices={"B": Device(kind=DeviceKind.BATTERY, serial="B")},
    )
    for count in (1, 6, 11):
        late = max(1, count - 1)
        life.tell(count, [10] * count)
        life.tell(count, grid_import=[0] * late, grid_export=[4] * late)
        life.tell(count, battery_charge=[1] * late, battery_discharge=[0] * late)
        assert life.data.balance
        assert life.data.balance.measured_at == MIDNIGHT + late * QUARTER
        assert life.shown[1] == {P: 10 * late, BUY: 0, SELL: 4 * late, TAKE: late, GIVE: 0, C: 5 * late}
        assert life.shown[2][C] == 1_000_000 + 10 * late + 100_000 - 1_000 - 5 * late
        assert all(balances(values) for values in life.shown)


def test_a_gap_in_a_meter_hides_the_sums_until_it_is_filled():
    life = Life(bases=GRID_BASES)
    life.tell(1, [10], grid_import=[5], grid_export=[0])
    life.tell(3, [10] * 3, grid_import=[5, None, 5], grid_export=[0, None, 0])
    assert life.shown == [{P: 40, BUY: 20, SELL: 0, C: 60}, {}, {}]
    life.tell(3, grid_import=[5, 5, 5], grid_export=[0, 0, 0])
    assert life.shown[1:] == [
        {P: 30, BUY: 15, SELL: 0, C: 45},
        {P: 1_000_030, BUY: 400_015, SELL: 300_000, C: 1_100_045},
    ]


def test_a_gap_in_production_makes_no_lifetime_of_consumption_too_low():
    life = Life(bases=GRID_BASES)
    life.tell(1, [10], grid_import=[5], grid_export=[0])
    life.tell(3, [10, None, 100], grid_import=[500] * 3, grid_export=[0] * 3)
    assert life.shown[1:] == [{}, {}]
    assert life.data.counters[C].published_wh == 1_100_015
    life.tell(3, [10, 90, 100])
    assert life.shown[1] == {P: 200, BUY: 1500, SELL: 0, C: 1700}
    assert life.shown[2][C] == 1_101_700


def test_lifetimes_of_meters_that_stand_still_are_no_set_with_moving_production():
    life = Life(bases={**GRID_BASES, C: 1_100_000.0})
    life.tell(1, [100], grid_import=[50], grid_export=[0], consumption=[150])
    assert life.shown[2]
    flows = {"grid_import": [50, None, 50], "grid_export": [0, None, 0], "consumption": [150, None, 150]}
    life.tell(3, [100] * 3, **flows)
    assert life.shown[2] == {}


def test_what_inverters_draw_at_night_hides_neither_day_nor_lifetime():
    life = Life(bases=GRID_BASES)
    production, bought = [10.0, 20.0, -2.0, -2.0], [0.0, 0.0, 50.0, 50.0]
    for count in range(1, 5):
        life.tell(count, production[:count], grid_import=bought[:count], grid_export=[0] * count)
        assert all(balances(values) for values in life.shown)
        assert life.data.today
        assert life.shown[1][P] == life.data.today.energy_wh
        assert life.shown[2][P] == life.data.lifetime.published_wh
    assert life.shown[0] == {P: 0, BUY: 200, SELL: 0, C: 200}
    assert life.shown[1] == {P: 30, BUY: 100, SELL: 0, C: 130}


def test_a_night_without_a_word_of_production_is_dark_and_goes_on():
    life = Life(bases=GRID_BASES)

    def dark(start: datetime, _end: datetime) -> bool:
        return start >= MIDNIGHT + QUARTER

    life.tell(1, [10])
    for count in range(1, 6):
        life.now = MIDNIGHT + QUARTER * count + timedelta(seconds=95)
        flows = {BUY: intervals([5] * count), SELL: intervals([0] * count)}
        life.take(Update(flows=flows), dark)
        assert life.data.balance
        assert life.data.balance.measured_at == MIDNIGHT + count * QUARTER
        assert life.shown[1] == {P: 10, BUY: 5 * count, SELL: 0, C: 10 + 5 * count}
        assert life.shown[2][BUY] == 400_000 + 5 * count
    assert life.shown[0] == {P: 0, BUY: 20, SELL: 0, C: 20}


def test_bases_are_carried_over_midnight_by_a_whole_day_and_not_by_one_with_a_gap():
    life = Life(bases=GRID_BASES)
    whole, gap = [1.0] * 97, [1.0] * 50 + [None] + [1.0] * 46
    life.tell(97, [0.0] * 97, grid_import=whole, grid_export=gap)
    assert life.data.bases[BUY] == LifetimeBase(day=date(2026, 6, 2), before_wh=400_096)
    assert life.data.bases[SELL] == LifetimeBase(day=DAY, before_wh=300_000)
    life.tell(97, grid_export=whole)
    assert life.data.bases[SELL] == LifetimeBase(day=date(2026, 6, 2), before_wh=300_096)
    assert life.shown[2][SELL] == 300_097


def test_no_lifetime_falls_when_the_cloud_corrects_one_downward():
    life = Life(bases=GRID_BASES)
    life.tell(1, [10], grid_import=[50], grid_export=[0])
    life.take(Update(bases={BUY: LifetimeBase(day=DAY, before_wh=399_980.0)}))
    before = life.data.counters
    assert life.shown[2].get(BUY, 400_050) == 400_050
    life.tell(2, [10, 10], grid_import=[50, 50], grid_export=[0, 0])
    assert life.shown[2] == {P: 1_000_020, BUY: 400_080, SELL: 300_000, C: 1_100_100}
    assert all(life.shown[2][flow] >= (counter.published_wh or 0) for flow, counter in before.items())


def test_a_system_without_meters_is_shown_as_before():
    life = Life()
    life.tell(1, [10])
    assert life.data.balance is None
    assert life.data.power == Power(power_w=40, measured_at=MIDNIGHT + QUARTER)
    assert life.data.behind_since is None
