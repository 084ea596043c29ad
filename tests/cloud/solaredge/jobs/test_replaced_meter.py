"""A grid meter is replaced: the site's sums go on, whichever serial numbers are listed, and nothing counts twice."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
import json
from typing import Any

import pytest

from custom_components.solar_cloud.cloud.solaredge.counted import Counted
from custom_components.solar_cloud.cloud.solaredge.site_flows import site_intervals
from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import Flow, Interval, LifetimeBase

from ..helpers import BERLIN, bench
from .helpers import AT, QUARTER, site
from .test_flow import energies, meters
from .test_totals import TODAY, base, imported, known, read_totals, totals

pytestmark = pytest.mark.usefixtures("socket_enabled")

OLD_WH, NEW_WH = 50_000.0, 300.0


def series(*values: float | None, until: int = 0) -> dict[Any, Interval]:
    """Return the quarter hours up to `until` of them before the newest."""
    first = AT + QUARTER - (len(values) + until) * QUARTER
    found = {}
    for number, value in enumerate(values):
        start = first + number * QUARTER
        if value is not None:
            found[start] = Interval(start=start, end=start + QUARTER, energy_wh=value)
    return found


def together(parts: Mapping[str, Any], *listed: str, before: Mapping[str, Any] | None = None) -> list[float]:
    return energies(site_intervals(parts, before or {}, listed))


LISTS = [("OLD",), ("NEW",), ("OLD", "NEW"), ()]


@pytest.mark.parametrize("listed", LISTS, ids=str)
async def test_the_sum_does_not_depend_on_what_the_inventory_lists(listed):
    old, new = [10.0, 20.0, None, None], [None, 2.0, 3.0, 4.0]
    update = await meters({"OLD": {"importEnergy": ("WH", old)}, "NEW": {"importEnergy": ("WH", new)}}, site(*listed))
    assert energies(update.flows[Flow.GRID_IMPORT]) == [10.0, 22.0, 3.0, 4.0]


@pytest.mark.parametrize("listed", LISTS, ids=str)
def test_a_time_between_two_meters_is_not_known_and_what_comes_after_it_is(listed):
    assert together({"OLD": series(1.0, 2.0, until=4), "NEW": series(3.0, 4.0)}, *listed) == [1.0, 2.0, 3.0, 4.0]


def test_a_device_that_is_late_is_waited_for_and_one_that_stays_silent_is_not():
    both = {"A": series(*[1.0] * 30), "B": series(*[10.0] * 28, until=2)}
    assert together(both, "A", "B") == [11.0] * 28
    # After six hours the other one is all there is.
    both["B"] = series(*[10.0] * 6, until=24)
    assert together(both, "A", "B") == [11.0] * 6 + [1.0] * 24
    both["B"] = series(*[10.0] * 7, until=23)
    assert together(both, "A", "B") == [11.0] * 7


def test_a_device_is_waited_for_by_what_was_read_of_it_before():
    parts, before = {"A": series(1.0, 2.0)}, {"A": series(1.0, 1.0, until=2), "B": series(10.0, until=2)}
    assert together(parts, "A", "B") == [1.0, 2.0]
    assert together(parts, "A", "B", before=before) == []


def test_a_gap_in_the_reports_of_a_device_in_use_is_not_filled_with_the_others():
    both = {"A": series(1.0, 2.0, 3.0), "B": series(10.0, None, 30.0)}
    assert together(both, "A", "B") == [11.0, 33.0]
    assert together(both, "A") == [11.0, 2.0, 33.0]


def test_a_history_that_is_carried_on_under_another_number_counts_once():
    old = series(*(float(number) for number in range(12)), until=4)
    new = old | series(5.0, 6.0, 7.0, 8.0)
    assert together({"OLD": old, "NEW": new}, "NEW") == [*map(float, range(12)), 5.0, 6.0, 7.0, 8.0]
    # Two batteries in use may well do the same.
    assert together({"OLD": old, "NEW": new}, "OLD", "NEW")[:3] == [0.0, 2.0, 4.0]


def after_days(data: SystemData, *, base_wh: float = OLD_WH, note: Counted | None = None) -> SystemData:
    """Let days be missing since the lifetime was read: the new meter has come since."""
    bases = {Flow.GRID_IMPORT: LifetimeBase(day=date(2026, 11, 10), before_wh=base_wh)}
    notes = {"counted_meters": note.text()} if note else {}
    return replace(data, bases=bases, device_bases={}, notes=notes)


def counted(day: date = date(2026, 11, 8), site_wh: float = OLD_WH, **devices: float) -> Counted:
    of_devices = {serial: {Flow.GRID_IMPORT: energy} for serial, energy in devices.items()}
    return Counted(day, {Flow.GRID_IMPORT: site_wh}, of_devices, frozenset())


@pytest.mark.parametrize("note", [None, counted(OLD=OLD_WH)])
@pytest.mark.parametrize("listed", [("NEW",), ("OLD", "NEW")], ids=str)
async def test_a_lifetime_whose_history_lists_both_meters_counts_each_once(listed, note):
    data = after_days(known(site(*listed), "NEW"), note=note)
    years = {"OLD": imported(OLD_WH), "NEW": imported(NEW_WH)}
    update = await read_totals(data, years, {"NEW": imported(20.0)})
    assert base(update) == OLD_WH + 280.0
    # And once more after other days without a reading.
    data = after_days(known(site("NEW"), "NEW"), base_wh=OLD_WH + 280.0)
    data = replace(data, notes=update.notes)
    years["NEW"] = imported(NEW_WH + 1000.0)
    assert base(await read_totals(data, years, {"NEW": imported(20.0)})) == OLD_WH + 1280.0


async def test_a_lifetime_goes_on_where_the_cloud_has_dropped_the_old_meter():
    data = after_days(known(site("NEW"), "NEW"), note=counted(OLD=OLD_WH))
    assert base(await read_totals(data, {"NEW": imported(NEW_WH)}, {"NEW": imported(20.0)})) == OLD_WH + 280.0


async def test_an_old_meter_that_is_listed_again_is_not_new():
    data = after_days(known(site("NEW"), "NEW"), note=counted(OLD=OLD_WH))
    update = await read_totals(data, {"NEW": imported(NEW_WH)}, {"NEW": imported(20.0)})
    data = after_days(known(site("NEW"), "NEW"), base_wh=OLD_WH + 280.0)
    years = {"OLD": imported(OLD_WH), "NEW": imported(NEW_WH)}
    update = await read_totals(replace(data, notes=update.notes), years, {"NEW": imported(20.0)})
    assert base(update) == OLD_WH + 280.0


async def test_a_new_meter_with_the_old_one_s_history_does_not_double_the_lifetime():
    data = after_days(known(site("NEW"), "NEW"), base_wh=5e7, note=counted(site_wh=5e7, OLD=5e7))
    years = {"OLD": imported(5e7), "NEW": imported(5e7 + 300.0)}
    assert base(await read_totals(data, years, {"NEW": imported(0.0)})) == 5e7


async def test_a_replaced_meter_s_row_that_is_still_listed_does_not_make_the_lifetime_unknown():
    data = known(site("OLD", "NEW"), "NEW")
    old = {AT - 26 * QUARTER: Interval(start=AT - 26 * QUARTER, end=AT - 25 * QUARTER, energy_wh=5.0)}
    data = replace(data, device_flows={**data.device_flows, "OLD": {Flow.GRID_IMPORT: old}})
    assert base(await read_totals(data, {"NEW": imported(NEW_WH)}, {"NEW": imported(20.0)})) == 280.0


async def test_new_hardware_has_its_lifetime_read_at_once_and_only_then():
    async with bench() as it:
        totals(it, "meters", {"A": imported(OLD_WH)}, {"A": imported(0.0)})
        data = await it.run_and_merge("totals", known(site("A"), "A"))
        it.clock.now += timedelta(minutes=15)
        it.cloud.asked.clear()
        await it.run("totals", data)
        assert not it.cloud.asked
        data = replace(data, devices=site("A", "B").devices)
        data = replace(data, device_flows={**data.device_flows, "B": data.device_flows["A"]})
        totals(it, "meters", {"A": imported(OLD_WH), "B": imported(100.0)}, {"A": imported(0.0), "B": imported(0.0)})
        data = await it.run_and_merge("totals", data)
        assert len(it.cloud.asked) == 2
        assert data.device_bases["B"][Flow.GRID_IMPORT].before_wh == 100.0
        await it.run("totals", data)
        assert len(it.cloud.asked) == 2


async def test_lifetimes_of_meters_without_a_device_are_read_too():
    data = replace(known(site(), "null"), device_flows={}, notes={"listed": "inverter meter"})
    assert base(await read_totals(data, {"null": imported(1000.0)}, {"null": imported(10.0)})) == 990.0


@pytest.mark.parametrize(
    "note", ["", "[]", "{", '{"day": 7}', '{"day": "2026-11-08", "site": [], "devices": {"A": 3}, "asked": 7}']
)
async def test_a_damaged_note_about_what_was_counted_is_as_good_as_none(note):
    data = after_days(known(site("NEW"), "NEW"))
    data = replace(data, notes={"counted_meters": note})
    assert base(await read_totals(data, {"NEW": imported(NEW_WH)}, {"NEW": imported(20.0)})) == OLD_WH + 280.0


def test_the_note_about_what_was_counted_is_read_as_it_was_written():
    note = counted(TODAY, 12.5, A=7.5, B=5.0)
    assert Counted.of(note.text()) == note
    assert json.loads(note.text())["asked"] == []


def test_a_history_that_the_cloud_copies_is_known_by_what_the_site_had_before():
    """At night there are only a few values above zero: each of the two has all that was known of the site."""
    parts = {"OLD": series(0.0, 7.0, 0.0), "NEW": series(0.0, 7.0, 0.0)}
    assert energies(site_intervals(parts, {}, ["NEW"], series(0.0, 7.0, 0.0))) == [0.0, 7.0, 0.0]
    # Two meters that measure the same by chance count both.
    assert energies(site_intervals(parts, {}, ["NEW"], series(0.0, 14.0, 0.0))) == [0.0, 14.0, 0.0]


async def test_the_lifetime_goes_on_by_its_intervals_where_new_hardware_has_the_old_one_s_history():
    start = datetime.combine(TODAY, time(), BERLIN) - timedelta(days=1)
    quarters = [start.astimezone(UTC) + number * QUARTER for number in range(96)]
    day = {at: Interval(start=at, end=at + QUARTER, energy_wh=10.0) for at in quarters}
    data = known(site("NEW"), "NEW")
    base_before = LifetimeBase(day=TODAY - timedelta(days=1), before_wh=OLD_WH)
    data = replace(data, flows={Flow.GRID_IMPORT: day}, bases={Flow.GRID_IMPORT: base_before})
    years = {"OLD": imported(OLD_WH + 960), "NEW": imported(OLD_WH + 980)}
    assert base(await read_totals(data, years, {"NEW": imported(20.0)})) == OLD_WH + 960


async def test_null_is_nothing_for_a_meter_of_which_another_lifetime_is_told():
    data = known(site("NEW"), "NEW")
    nothing = Interval(start=AT, end=AT + QUARTER, energy_wh=0.0)
    data = replace(data, device_flows={"NEW": {Flow.GRID_IMPORT: {AT: nothing}}})
    years = {"NEW": {"importEnergy": ("WH", [None]), "exportEnergy": ("WH", [500.0])}}
    assert base(await read_totals(data, years, {})) == 0.0
    # A meter that the cloud knows nothing of has no lifetime of 0.
    assert base(await read_totals(data, {"NEW": {"importEnergy": ("WH", [None])}}, {})) is None
