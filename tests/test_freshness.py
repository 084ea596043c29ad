"""The benchmark of freshness: its bound is one, and the pacing comes close to it."""

from itertools import combinations

import pytest

from benchmarks.freshness_lib import house, page
from benchmarks.freshness_lib.bound import _Day, bound
from benchmarks.freshness_lib.policies import even24h, fixed15, fixed60, ours
from benchmarks.freshness_lib.world import Cell, cells, mean_age

CELLS = {(cell.cloud.name, cell.systems, cell.latitude, cell.month): cell for cell in cells()}


def cell(plan: str, systems: int, latitude: int, month: str) -> Cell:
    return CELLS[plan, systems, latitude, month]


def test_there_is_a_cell_for_all_that_has_daylight() -> None:
    assert len(CELLS) == 3 * 3 * (4 * 3 - 1)
    assert not [key for key in CELLS if key[2:] == (69, "December")]


@pytest.mark.parametrize("rise", [0.0, 100.0, 899.0])
@pytest.mark.parametrize(("length", "delay"), [(9_000, 300.0), (12_345, 90.0), (8_100, 0.0)])
def test_the_bound_of_a_day_is_the_best_choice_of_reports_there_is(rise: float, length: float, delay: float) -> None:
    cadence, fall = 900.0, rise + length
    ends = [end * cadence for end in range(1, 40) if rise < end * cadence <= fall - delay]
    day = _Day(rise, fall, cadence, delay, open_start=False)
    assert day.reports == len(ends)
    for number in range(len(ends) + 1):
        best = min(area(chosen, rise, fall, delay) for chosen in combinations(ends, number))
        assert day.area(number) == pytest.approx(best)


def area(ends: tuple[float, ...], rise: float, fall: float, delay: float) -> float:
    """Add up the age over a day in which these reports are read."""
    total, since, at = 0.0, rise, rise
    for end in ends:
        total += ((end + delay - since) ** 2 - (at - since) ** 2) / 2
        since, at = end, end + delay
    return total + ((fall - since) ** 2 - (at - since) ** 2) / 2


def test_age_counts_from_sunrise_and_from_the_end_of_what_was_read() -> None:
    one = cell("SolarEdge free", 1, 52, "March")
    assert mean_age(one, []) == pytest.approx(
        sum((span.set - span.rise) ** 2 for span in one.spans) / 2 / one.light, rel=1e-6
    )
    first = one.spans[0]
    end = (first.rise // 900 + 4) * 900
    saved = (first.set - end - 90) * (end - first.rise)
    assert (mean_age(one, []) - mean_age(one, [end + 90])) * one.light == pytest.approx(saved)


@pytest.mark.parametrize(
    "key",
    [
        ("Enphase v4 watt", 1, 69, "June"),
        ("Enphase v4 watt", 3, 37, "December"),
        ("Enphase v4 watt", 10, 52, "March"),
        ("SolarEdge free", 1, -33, "March"),
        ("SolarEdge free", 3, 52, "June"),
        ("SolarEdge free", 10, 69, "March"),
        ("Enphase v2 watt", 3, 52, "December"),
    ],
)
def test_the_pacing_stays_within_a_tenth_of_the_bound_and_beats_fixed_intervals(key: tuple[str, int, int, str]) -> None:
    one = cell(*key)
    results = {policy.__name__: policy(one) for policy in (fixed15, fixed60, even24h, ours, bound)}
    assert page.misses({one: results}) == []
    assert results["bound"].mean_age * 0.9999 <= results["ours"].mean_age <= 1.1 * results["bound"].mean_age
    assert results["ours"].requests <= one.cloud.limits.month_share
    assert all(results["ours"].mean_age < results[name].mean_age for name in ("fixed15", "fixed60", "even24h"))


def test_a_goal_that_is_missed_is_named() -> None:
    one = cell("SolarEdge free", 3, 52, "June")
    results = {"ours": even24h(one), "bound": bound(one)}
    (missed,) = page.misses({one: results})
    assert missed.startswith("SolarEdge free, 3 × 52°N, June: ")
    assert missed in page.summary({one: results})


def test_the_rows_say_all_that_is_asked() -> None:
    one = cell("Enphase v4 watt", 10, 52, "March")
    (row,) = page.rows({one: {"fixed60": fixed60(one)}})
    assert row.pop("mean_age_min") == pytest.approx(323.8, abs=1)
    assert row == {
        "plan": "Enphase v4 watt",
        "systems": 10,
        "latitude": 52,
        "month": "March",
        "policy": "fixed60",
        "requests": 1000,
        "limit": 1000,
    }


HOUSES = {(one.kind, one.cell.systems, one.cell.latitude, one.cell.month): one for one in house.houses()}


@pytest.mark.parametrize(
    ("key", "share"),
    [
        (("PV + meter", 1, 52, "June"), 0.75),
        (("PV + meter", 3, 52, "March"), 0.75),
        (("PV + meter + battery", 1, 52, "December"), 0.5),
        (("PV + meter + battery", 3, 37, "June"), 1.0),
        (("Enphase: PV + meters", 1, 52, "June"), 0.8),
        (("Enphase: PV + meters + battery", 1, 37, "March"), 0.8),
    ],
)
def test_the_grid_is_fresher_by_day_than_at_a_fixed_interval_of_the_same_spend(
    key: tuple[str, int, int, str], share: float
) -> None:
    one = HOUSES[key]
    ours = house.ours(one)
    results = {one: {"ours": ours, "fixed": house.fixed(one, ours), "bound": house.bound(one)}}
    assert page.house_misses(results) == []
    assert ours.day <= share * results[one]["fixed"].day
    assert ours.day >= results[one]["bound"].day
    assert ours.night < 6.5 * 3600
    assert 0.98 * one.cell.cloud.limits.month_share <= ours.requests <= one.cell.cloud.limits.month_share


def test_a_household_that_is_worse_off_than_at_a_fixed_interval_is_named() -> None:
    one = HOUSES["PV + meter", 1, 52, "June"]
    old, young = house.Ages(5000, 5000, 600, 1901), house.Ages(4000, 4000, 600, 1900)
    over, older = page.house_misses({one: {"ours": old, "fixed": young}})
    assert "1901 requests of 1900" in over
    assert older in page.house_table({one: {"ours": old, "fixed": young, "bound": young}})


def test_the_age_of_the_grid_counts_through_the_night() -> None:
    one = cell("SolarEdge free", 1, 52, "March")
    nights = [(before.set, after.rise) for before, after in zip(one.spans, one.spans[1:], strict=False)]
    start, end = nights[0]
    first = (start // 900 + 1) * 900
    whole = house.age(one, [first + 90], [house.Span(first + 90, end)])
    assert whole == pytest.approx(90 + (end - first - 90) / 2)
    assert house.age(one, [first + 90, first + 990], [house.Span(first + 90, end)]) < whole


def test_tokens_of_a_homeowner_are_sent_and_the_day_is_still_fresher_than_at_a_fixed_interval() -> None:
    one = HOUSES["PV, signed in", 1, 37, "March"]
    ours = house.ours(one)
    fixed = house.fixed(one, ours)
    assert bound(one.cell).mean_age * 0.9 <= house.bound(one).day <= ours.day < 0.8 * fixed.day
    assert ours.requests <= one.cell.cloud.limits.month_share


def test_who_reads_everything_each_time_is_older_than_who_reads_the_power_alone() -> None:
    pytest.importorskip("aiosolaredge_one")
    one = HOUSES["Enphase: PV + meters", 1, 52, "June"]
    assert house.ours(one).day < 0.7 * house.peer(one).day
