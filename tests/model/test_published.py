"""What is published: what is measured as measured, what is computed or withheld with its reason."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import (
    DayEnergy,
    Device,
    DeviceKind,
    Flow,
    Interval,
    LifetimeBase,
    Power,
    Update,
)
from custom_components.solar_cloud.model.merging import merge
from custom_components.solar_cloud.model.value import Origin, Reason, Value

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
    """A system that reports quarter by quarter."""

    def __init__(
        self,
        *,
        lifetime: float = 1_000_000.0,
        bases: dict[Flow, float] | None = None,
        size_w: float | None = 5680.0,
        unknown_storage: bool | None = None,
        **data: Any,
    ) -> None:
        self.data = system_data(**data)
        system = replace(self.data.system, size_w=size_w, unknown_storage=unknown_storage)
        self.data = replace(self.data, system=system)
        self.now = MIDNIGHT
        base = LifetimeBase(day=DAY, before_wh=lifetime)
        given = {flow: LifetimeBase(day=DAY, before_wh=wh) for flow, wh in (bases or {}).items()}
        self.take(Update(lifetime=base, bases=given))

    def take(self, update: Update, dark: Callable[[datetime, datetime], bool] = lambda _start, _end: False) -> None:
        if update.momentary is not None:
            self.now = max(self.now, update.momentary.measured_at)
        self.data = merge(self.data, update, self.now, BERLIN, dark)

    def report(
        self, count: int, production: Sequence[float | None] | None = None, **flows: Sequence[float | None]
    ) -> SystemData:
        """Let it be so many quarter hours after midnight, and take production, then the flows, all from midnight on."""
        self.now = MIDNIGHT + QUARTER * count + timedelta(seconds=95)
        if production is not None:
            rows = intervals(production[:count])
            self.take(Update(power=Power(power_w=rows[-1].mean_power_w, measured_at=rows[-1].end), intervals=rows))
        if flows:
            self.take(Update(flows={Flow(name): intervals(values[:count]) for name, values in flows.items()}))
        return self.data

    def power(self) -> dict[Flow, float | None]:
        return {flow: value.amount for flow, value in self.data.published.power.items()}

    def today(self) -> dict[Flow, float | None]:
        return {flow: value.amount for flow, value in self.data.published.today.items()}

    def lifetime(self) -> dict[Flow, float | None]:
        return {flow: value.amount for flow, value in self.data.published.lifetime.items()}


GRID_BASES = {BUY: 400_000.0, SELL: 300_000.0}


def test_consumption_follows_from_a_grid_meter_as_power_day_and_lifetime():
    life = Life(bases=GRID_BASES)
    life.report(2, [10, 20], grid_import=[50, 0], grid_export=[0, 5])
    assert life.power() == {BUY: 0, SELL: 20, C: 60}
    assert life.today() == {BUY: 50, SELL: 5, C: 75}
    assert life.lifetime() == {BUY: 400_050, SELL: 300_005, C: 1_100_075}
    assert life.data.power == Power(power_w=80, measured_at=MIDNIGHT + 2 * QUARTER)
    assert life.data.published.grid.amount == -20
    consumption = life.data.published.power[C]
    assert consumption.origin is Origin.COMPUTED
    assert consumption.inputs == {P, BUY, SELL}
    assert life.data.published.power[BUY] == Value(
        amount=0, start=MIDNIGHT + QUARTER, end=MIDNIGHT + 2 * QUARTER, origin=Origin.MEASURED
    )


def test_a_consumption_meter_is_published_as_measured_also_where_it_contradicts():
    life = Life(bases={**GRID_BASES, C: 1_100_000.0})
    life.report(1, [100], grid_import=[50], grid_export=[0], consumption=[150])
    assert life.today() == {BUY: 50, SELL: 0, C: 150}
    assert life.data.published.disagreement == 0
    life.report(2, [100, 100], grid_import=[50, 50], grid_export=[0, 0], consumption=[150, 250])
    assert life.power() == {BUY: 200, SELL: 0, C: 1000}
    assert life.today() == {BUY: 100, SELL: 0, C: 400}
    assert life.lifetime() == {BUY: 400_100, SELL: 300_000, C: 1_100_400}
    assert life.data.published.disagreement == pytest.approx(0.25)


def test_a_consumption_meter_alone_gives_the_grid_by_netting_but_no_lifetime_of_it():
    life = Life(bases={C: 500_000.0})
    life.report(2, [100, 0], consumption=[40, 30])
    assert life.power() == {C: 120, BUY: 120, SELL: 0}
    assert life.today() == {C: 70, BUY: 30, SELL: 60}
    assert life.lifetime() == {C: 500_070}
    assert life.data.published.grid.amount == 120
    assert life.data.published.grid.is_computed


def test_a_meter_of_import_alone_leaves_consumption_out_and_is_published():
    life = Life(bases={BUY: 400_000.0})
    life.report(1, [100], grid_import=[7])
    assert life.power() == {BUY: 28}
    assert life.today() == {BUY: 7}
    assert life.lifetime() == {BUY: 400_007}


def test_production_never_waits_for_the_other_flows():
    life = Life(bases=GRID_BASES)
    life.report(1, [10], grid_import=[0.0], grid_export=[4.0])
    for count in (2, 3, 4, 5):
        life.report(count, [10] * count)
        assert life.data.power == Power(power_w=40, measured_at=MIDNIGHT + count * QUARTER)
        assert life.data.today
        assert life.data.today.energy_wh == 10 * count
        assert life.data.lifetime.published_wh == 1_000_000 + 10 * count
        assert life.data.published.power[SELL].end == MIDNIGHT + QUARTER
        assert life.data.published.power[C].end == MIDNIGHT + QUARTER


def test_a_flow_that_is_late_holds_up_only_what_is_computed_from_it():
    life = Life(bases=GRID_BASES)
    life.report(1, [10], grid_import=[5], grid_export=[0])
    life.report(3, [10] * 3, grid_import=[5] * 3)
    assert life.data.published.power[BUY].end == MIDNIGHT + 3 * QUARTER
    assert life.data.published.power[SELL].end == MIDNIGHT + QUARTER
    assert life.data.published.power[C].end == MIDNIGHT + QUARTER
    assert life.today() == {BUY: 15, SELL: 0, C: 15}
    assert life.lifetime() == {BUY: 400_015, SELL: 300_000, C: 1_100_015}
    assert life.data.published.grid.end == MIDNIGHT + QUARTER


def test_one_lost_quarter_leaves_all_other_quarters_published():
    life = Life(bases=GRID_BASES)
    life.report(1, [10], grid_import=[5], grid_export=[0])
    life.report(3, [10] * 3, grid_import=[5, None, 5], grid_export=[0, None, 0])
    assert life.today() == {BUY: 10, SELL: 0, C: 30}
    assert life.lifetime() == {BUY: 400_010, SELL: 300_000, C: 1_100_030}
    life.report(3, grid_import=[5, 5, 5], grid_export=[0, 0, 0])
    assert life.today() == {BUY: 15, SELL: 0, C: 45}
    assert life.lifetime() == {BUY: 400_015, SELL: 300_000, C: 1_100_045}


def test_a_day_that_lacks_more_than_an_hour_has_no_computed_energy_yet():
    life = Life(bases=GRID_BASES)
    export = [0, *[None] * 5, *[0] * 6]
    life.report(12, [10] * 12, grid_import=[5] * 12, grid_export=export)
    assert life.today()[BUY] == 60
    assert life.data.published.today[C].reason is Reason.INPUT_MISSING
    life.report(12, grid_export=[0] * 12)
    assert life.today()[C] == 12 * 15


def test_a_computed_energy_ends_at_the_first_interval_that_may_still_come():
    life = Life(bases=GRID_BASES)
    life.report(4, [10, None, 10, 10], grid_import=[5] * 4, grid_export=[0] * 4)
    assert life.today() == {BUY: 20, SELL: 0, C: 15}
    assert life.data.published.today[C].end == MIDNIGHT + QUARTER
    assert (life.lifetime()[C], life.data.published.lifetime[C].end) == (1_100_015, MIDNIGHT + QUARTER)
    # An hour later it does not come any more.
    life.report(7, [10, None, *[10] * 5], grid_import=[5] * 7, grid_export=[0] * 7)
    assert life.today()[C] == 6 * 15
    assert life.lifetime()[C] == 1_100_000 + 6 * 15


def test_a_second_array_behind_the_meter_hides_consumption_alone():
    life = Life(bases=GRID_BASES)
    life.report(2, [100, 100], grid_import=[0, 0], grid_export=[600, 600])
    assert life.power() == {BUY: 0, SELL: 2400, C: None}
    assert life.today() == {BUY: 0, SELL: 1200, C: None}
    assert life.data.published.grid.amount == -2400
    assert life.data.published.power[C].reason is Reason.CONTRADICTION
    assert life.data.published.today[C].reason is Reason.CONTRADICTION
    assert life.lifetime()[SELL] == 301_200


def test_storage_of_an_unknown_kind_hides_the_computed_consumption():
    life = Life(bases=GRID_BASES, unknown_storage=True)
    life.report(1, [100], grid_import=[50], grid_export=[0])
    assert life.power() == {BUY: 200, SELL: 0, C: None}
    assert life.data.published.power[C].reason is Reason.UNKNOWN_STORAGE
    assert life.data.published.today[C].reason is Reason.UNKNOWN_STORAGE
    assert life.data.published.lifetime[C].reason is Reason.UNKNOWN_STORAGE


def test_a_battery_that_reports_nothing_hides_the_computed_consumption_alone():
    life = Life(bases=GRID_BASES, devices={"B": Device(kind=DeviceKind.BATTERY, serial="B")})
    life.report(1, [100], grid_import=[50], grid_export=[0])
    assert life.power() == {BUY: 200, SELL: 0, C: None}
    assert life.data.published.power[C].reason is Reason.INPUT_MISSING


def test_a_battery_is_part_of_what_consumption_follows_from():
    life = Life(
        bases={**GRID_BASES, TAKE: 20_000.0, GIVE: 19_000.0},
        devices={"B": Device(kind=DeviceKind.BATTERY, serial="B")},
    )
    for count in (1, 6, 11):
        life.report(count, [10] * count)
        life.report(count, grid_import=[0] * count, grid_export=[4] * count)
        life.report(count, battery_charge=[1] * count, battery_discharge=[0] * count)
        assert life.today() == {BUY: 0, SELL: 4 * count, TAKE: count, GIVE: 0, C: 5 * count}
        assert life.lifetime()[C] == 1_000_000 + 100_000 - 1_000 + 5 * count
        assert life.data.published.battery.amount == -4


def test_what_inverters_draw_at_night_hides_nothing():
    life = Life(bases=GRID_BASES)
    production, bought = [10.0, 20.0, -2.0, -2.0], [0.0, 0.0, 50.0, 50.0]
    for count in range(1, 5):
        life.report(count, production[:count], grid_import=bought[:count], grid_export=[0] * count)
    assert life.data.power
    assert life.data.power.power_w == 0
    assert life.data.today
    assert life.data.today.energy_wh == 30
    assert life.power() == {BUY: 200, SELL: 0, C: 200}
    assert life.today() == {BUY: 100, SELL: 0, C: 130}


def test_a_night_without_a_word_of_production_is_dark_and_goes_on():
    life = Life(bases=GRID_BASES)

    def dark(start: datetime, _end: datetime) -> bool:
        return start >= MIDNIGHT + QUARTER

    life.report(1, [10])
    for count in range(1, 6):
        life.now = MIDNIGHT + QUARTER * count + timedelta(seconds=95)
        flows = {BUY: intervals([5] * count), SELL: intervals([0] * count)}
        life.take(Update(flows=flows), dark)
        assert life.today() == {BUY: 5 * count, SELL: 0, C: 10 + 5 * count}
        assert life.lifetime()[BUY] == 400_000 + 5 * count
    assert life.power() == {BUY: 20, SELL: 0, C: 20}


def test_the_day_of_grid_and_consumption_begins_at_nothing_after_midnight():
    life = Life(bases=GRID_BASES)
    life.report(95, [1.0] * 95, grid_import=[2.0] * 95, grid_export=[0.0] * 95)
    assert life.today() == {BUY: 2 * 95, SELL: 0, C: 3 * 95}
    life.now = MIDNIGHT + timedelta(days=1, minutes=1)
    life.take(Update())
    assert life.today() == {BUY: 0, SELL: 0, C: 0}
    assert life.data.published.today[BUY].end == MIDNIGHT + 95 * QUARTER


def test_bases_are_carried_on_by_whole_days_and_the_rows_of_yesterday_stay_correctable():
    life = Life(bases=GRID_BASES)
    day, days = 96, 2 * 96 + 1
    life.report(days, [0.0] * days, grid_import=[1.0] * days, grid_export=[1.0] * days)
    assert life.data.bases[BUY] == LifetimeBase(day=date(2026, 6, 2), before_wh=400_096)
    corrected = [1.0] * days
    corrected[day + 95] = 15.0
    life.report(days, grid_import=corrected)
    assert life.lifetime()[BUY] == 400_000 + days + 14


def test_a_day_with_a_gap_is_waited_for_and_then_carried_on_without_it():
    life = Life(bases=GRID_BASES)
    gap = [1.0] * 50 + [None] + [1.0] * (3 * 96 - 51)
    for count in (2 * 96 + 1, 2 * 96 + 60):
        life.report(count, [0.0] * count, grid_import=gap[:count], grid_export=[0.0] * count)
        assert life.lifetime()[BUY] == 400_000 + count - 1
    assert life.data.bases[BUY] == LifetimeBase(day=date(2026, 6, 2), before_wh=400_095, missing_since=DAY)


def test_no_lifetime_falls_when_the_cloud_corrects_one_downward_and_it_goes_on():
    life = Life(bases=GRID_BASES)
    life.report(1, [10], grid_import=[50], grid_export=[0])
    life.take(Update(bases={BUY: LifetimeBase(day=DAY, before_wh=399_980.0)}))
    assert life.lifetime()[BUY] == 400_050
    assert life.data.published.lifetime[BUY].origin is Origin.CARRIED
    assert life.lifetime()[SELL] == 300_000
    life.report(2, [10, 10], grid_import=[50, 50], grid_export=[0, 0])
    assert life.lifetime()[BUY] == 400_080


def test_what_says_nothing_of_production_confirms_no_lifetime_that_waits():
    life = Life()
    life.report(1, [10])
    life.take(Update(lifetime=LifetimeBase(day=DAY, before_wh=5_000_000.0)))
    waits = life.data.lifetime
    assert waits.waits
    for _ in range(5):
        life.now += timedelta(hours=2)
        life.take(Update(notes={"a": "b"}))
        assert life.data.lifetime == waits


def test_the_lifetime_at_the_begin_of_the_day_is_that_at_the_systems_midnight():
    life = Life()
    life.report(95, [10] * 95)
    assert life.data.day_start == DayEnergy(day=DAY, energy_wh=1_000_000, as_of=MIDNIGHT)
    # In UTC it is the same day for two more hours.
    life.now = MIDNIGHT + timedelta(days=1, minutes=30)
    life.take(Update())
    as_of = MIDNIGHT + 95 * QUARTER
    assert life.data.day_start == DayEnergy(day=DAY + timedelta(days=1), energy_wh=1_000_950, as_of=as_of)


def test_a_system_without_meters_publishes_no_flows():
    life = Life()
    life.report(1, [10])
    assert life.power() == {}
    assert life.data.power == Power(power_w=40, measured_at=MIDNIGHT + QUARTER)


def test_an_older_answer_takes_no_value_back():
    life = Life(bases=GRID_BASES)
    life.report(2, [10, 20], grid_import=[1, 2], grid_export=[0, 0])
    life.take(Update(power=Power(power_w=3, measured_at=MIDNIGHT + QUARTER)))
    assert life.data.power == Power(power_w=80, measured_at=MIDNIGHT + 2 * QUARTER)


def test_a_row_beyond_what_is_possible_is_missing_everywhere():
    life = Life(bases=GRID_BASES, size_w=5_000.0)
    life.report(2, [10, 40_000_000], grid_import=[5, 4_294_967_295], grid_export=[0, 0])
    assert life.data.power == Power(power_w=40, measured_at=MIDNIGHT + QUARTER)
    assert life.data.today
    assert life.data.today.energy_wh == 10
    assert life.power() == {BUY: 20, SELL: 0, C: 60}
    assert life.lifetime()[BUY] == 400_005
    assert life.data.recent()[BUY].keys() == {MIDNIGHT}
    assert life.data.rejected[P].energy_wh == 40_000_000
    assert life.data.rejected[BUY].energy_wh == 4_294_967_295
    life.report(2, [10, 12], grid_import=[5, 6], grid_export=[0, 0])
    assert life.today()[BUY] == 11


def test_a_nameplate_typed_wrong_withholds_nothing_for_long():
    life = Life(size_w=1_000.0)
    life.report(7, [1_000.0] * 7)
    assert life.data.power is None
    life.report(8, [1_000.0] * 8)
    assert life.data.peak.size_doubted
    assert life.data.power == Power(power_w=4_000, measured_at=MIDNIGHT + 8 * QUARTER)
    assert life.data.today
    assert life.data.today.energy_wh == 8_000


def test_a_nameplate_in_the_wrong_unit_withholds_nothing():
    life = Life(size_w=5.68)
    life.report(1, [1_000.0])
    assert life.data.power == Power(power_w=4_000, measured_at=MIDNIGHT + QUARTER)


def test_a_job_that_reads_other_things_leaves_what_is_published_as_it_is():
    life = Life(bases=GRID_BASES)
    before = life.report(2, [10, 20], grid_import=[50, 0], grid_export=[0, 5]).published
    life.take(Update(notes={"asked": "yes"}))
    assert life.data.published is before


def test_a_new_day_is_published_although_the_job_reads_other_things():
    life = Life(bases=GRID_BASES)
    life.report(2, [10, 20], grid_import=[50, 0], grid_export=[0, 5])
    life.now = MIDNIGHT + timedelta(days=1, hours=1)
    life.take(Update(notes={"asked": "yes"}))
    assert life.data.published.day_start == MIDNIGHT + timedelta(days=1)
    assert life.today()[BUY] == 0
