"""Which price holds in which hour."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from custom_components.solar_cloud.history.tariff import Tariff, Term, costs_of, read_tariff

HOUR = timedelta(hours=1)
NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)


def test_a_price_holds_from_its_hour_on_until_the_next_one_does() -> None:
    tariff = Tariff().changed(0.3, None, NOW).changed(None, "sensor.spot", NOW + 5 * HOUR)
    assert tariff.at(NOW - HOUR) is None
    assert tariff.at(NOW) == tariff.at(NOW + 4 * HOUR) == Term(since=NOW, price=0.3)
    assert tariff.at(NOW + 5 * HOUR) == Term(since=NOW + 5 * HOUR, entity_id="sensor.spot")


def test_the_same_price_once_more_changes_nothing() -> None:
    tariff = Tariff().changed(0.3, None, NOW)
    assert tariff.changed(0.3, None, NOW + HOUR) is tariff


def test_two_changes_in_one_hour_are_one() -> None:
    tariff = Tariff().changed(0.3, None, NOW).changed(0.4, None, NOW)
    assert tariff.terms == (Term(since=NOW, price=0.4),)


def test_the_past_has_the_price_that_is_given_for_it_or_none() -> None:
    tariff = Tariff().changed(0.3, None, NOW).with_past(0.25)
    assert (tariff.past, tariff.at(NOW - 900 * HOUR)) == (0.25, Term(price=0.25))
    assert tariff.at(NOW) == Term(since=NOW, price=0.3)
    assert tariff.with_past(0.2).past == 0.2
    assert tariff.with_past(None).at(NOW - HOUR) is None
    assert Tariff().past is None


def test_spans_cover_each_hour_once() -> None:
    tariff = Tariff().changed(0.3, None, NOW).changed(0.4, None, NOW + 3 * HOUR).with_past(0.2)
    spans = [(term.price, first, last) for term, first, last in tariff.spans(NOW - HOUR, NOW + 5 * HOUR)]
    assert spans == [
        (0.2, NOW - HOUR, NOW),
        (0.3, NOW, NOW + 3 * HOUR),
        (0.4, NOW + 3 * HOUR, NOW + 5 * HOUR),
    ]
    assert list(tariff.spans(NOW + HOUR, NOW + 2 * HOUR)) == [(tariff.terms[1], NOW + HOUR, NOW + 2 * HOUR)]
    assert list(Tariff().spans(NOW, NOW + HOUR)) == []


def test_a_price_that_ends_where_a_time_begins_or_begins_where_it_ends_has_no_part_in_it() -> None:
    tariff = Tariff().changed(0.3, None, NOW).changed(0.4, None, NOW + 3 * HOUR).changed(0.5, None, NOW + 5 * HOUR)
    assert list(tariff.spans(NOW + 3 * HOUR, NOW + 5 * HOUR)) == [(tariff.terms[1], NOW + 3 * HOUR, NOW + 5 * HOUR)]


def test_a_tariff_is_read_as_it_was_written() -> None:
    tariff = Tariff().changed(-0.01, None, NOW).changed(None, "sensor.spot", NOW + HOUR).with_past(0.2)
    assert read_tariff(tariff.as_list()) == tariff


@pytest.mark.parametrize(
    "item",
    [
        None,
        "x",
        {"since": "yesterday", "price": 0.3},
        {"since": 3, "price": 0.3},
        {"since": "2026-06-10T12:00:00", "price": 0.3},
        {"since": None, "price": "0.3"},
        {"since": None, "price": True},
        {"since": None, "price": float("nan")},
        {"since": None, "entity_id": 7},
    ],
)
def test_a_damaged_price_is_left_out(item: Any) -> None:
    good = Tariff().changed(0.3, None, NOW)
    assert read_tariff([item, *good.as_list()]) == good


@pytest.mark.parametrize("stored", [None, {}, "x", 3])
def test_what_is_no_tariff_is_none(stored: Any) -> None:
    assert read_tariff(stored) == Tariff()


def test_an_hour_without_a_price_has_no_cost_and_a_price_may_be_below_zero() -> None:
    energies = {NOW: 1500.0, NOW + HOUR: 200.0, NOW + 2 * HOUR: 0.0}
    costs = costs_of(energies, {NOW: 0.3, NOW + 2 * HOUR: -0.1, NOW + 9 * HOUR: 1.0})
    assert costs == pytest.approx({NOW: 0.45, NOW + 2 * HOUR: 0.0})
    assert costs_of(energies, {NOW: -0.02}) == pytest.approx({NOW: -0.03})
