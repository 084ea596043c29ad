"""What an entity said that a kilowatt-hour costs in an hour."""

from datetime import UTC, datetime, timedelta

from homeassistant.core import State
import pytest

from custom_components.solar_cloud.statistics.prices import factor_of, held_prices

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
START = datetime(2026, 6, 10, 12, tzinfo=UTC)


def price(value: str, minutes: float, unit: str | None = "EUR/kWh") -> State:
    attributes = {} if unit is None else {"unit_of_measurement": unit}
    moment = START + minutes * MINUTE
    return State("sensor.price", value, attributes, last_changed=moment, last_updated=moment)


@pytest.mark.parametrize(
    ("unit", "factor"),
    [
        ("EUR/kWh", 1),
        ("ct/kWh", 0.01),
        ("¢/kWh", 0.01),
        ("Öre/kWh", 0.01),
        ("EUR/MWh", 0.001),
        ("EUR/Wh", 1000),
        ("GBP / kWh", 1),
        ("p/kWh", 0.01),
        ("EUR", 1),
        ("", 1),
        (None, 1),
    ],
)
def test_a_price_is_brought_to_the_currency_and_a_kilowatt_hour(unit: str | None, factor: float) -> None:
    assert factor_of(unit) == factor


def test_the_price_of_an_hour_is_the_mean_of_what_held_in_it() -> None:
    states = [price("0.20", -90), price("0.40", 15), price("0.10", 60)]
    prices = held_prices(states, [START, START + HOUR, START + 2 * HOUR])
    assert prices == pytest.approx({START: 0.35, START + HOUR: 0.10, START + 2 * HOUR: 0.10})


def test_what_is_no_price_counts_for_nothing() -> None:
    states = [price("unavailable", -90), price("-0.05", 30), price("unknown", 60), price("nan", 70)]
    assert held_prices(states, [START, START + HOUR]) == {START: -0.05}


def test_before_the_first_state_nothing_is_known() -> None:
    assert held_prices([price("0.3", 60)], [START, START + HOUR]) == {START + HOUR: 0.3}
    assert held_prices([], [START]) == {}


def test_each_state_has_its_own_unit() -> None:
    assert held_prices([price("30", -5, "ct/kWh")], [START]) == {START: pytest.approx(0.3)}
    assert held_prices([price("0.3", -5, None)], [START]) == {START: 0.3}
