"""A year with a dynamic tariff: each day's money is its energy at the prices of its hours, to a hundredth.

Prices are those of `market.py`. The years are those of `test_year.py` and `test_year_v4.py` with less of the quiet
time: outages, data that come late, hours that are corrected, and both changes of the clocks.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder.core import Recorder
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance
import pytest

from custom_components.solar_cloud.history.tariff import Side
from custom_components.solar_cloud.model.data import midnight
from custom_components.solar_cloud.statistics.book import Book
from simulator.plant.plant import Plant

from ..home.conftest import Cloud, add_account, solaredge_input
from ..home.lives import set_up
from ..home.sign_in import signed_in
from .market import PRICE, Market, spot
from .test_costs import set_prices
from .test_year import CLOCKS, OUTAGES, SITE, Year, at
from .test_year_v4 import BATTERY_HOUSE, Life

pytestmark = pytest.mark.slow("a year of hours of energy and of money is booked")

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SIDES = {"grid_import": ("import", "grid_import_cost"), "grid_export": ("export", "grid_export_compensation")}
"""The plant's own name and the statistic of the money of each flow that has a price."""


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(recorder_mock: Recorder, enable_custom_integrations: None) -> None:
    """Let Home Assistant have a recorder, before anything else."""


async def changes(hass: HomeAssistant, key: str, flow: str, start: datetime, end: datetime) -> dict[datetime, float]:
    """Return the changes of all hours that the recorder's own function reports."""
    instance, name = get_instance(hass), f"solar_cloud:{key}_{flow}"
    rows = await instance.async_add_executor_job(
        lambda: statistics_during_period(hass, start, end, {name}, "hour", {"energy": "Wh"}, {"change"})
    )
    return {datetime.fromtimestamp(row["start"], UTC): round(row["change"] or 0.0, 6) for row in rows.get(name, [])}


def by_day(hours: Mapping[datetime, float], plant: Plant) -> Counter[date]:
    """Return the sums of the plant's own days."""
    sums: Counter[date] = Counter()
    for hour, amount in hours.items():
        sums[hour.astimezone(plant.zone).date()] += amount  # type: ignore[assignment]
    return sums


@dataclass
class Wrong:
    """Hours of grid import that a cloud reports half as high again, until it knows better."""

    start: datetime
    end: datetime
    until: datetime

    def __call__(self, body: Any) -> Any:
        """Change the rows of an answer that lie in these hours."""
        if datetime.now(UTC) < self.until:
            self._change(body, is_import=False)
        return body

    def _change(self, part: Any, *, is_import: bool) -> None:
        if isinstance(part, list):
            for one in part:
                self._change(one, is_import=is_import)
        elif isinstance(part, dict):
            if is_import and "timestamp" in part and self._has(datetime.fromisoformat(part["timestamp"])):
                part["value"] = None if part["value"] is None else part["value"] * 1.5
            if "wh_imported" in part and self._has(datetime.fromtimestamp(part["end_at"] - 1, UTC)):
                part["wh_imported"] = round(part["wh_imported"] * 1.5)
            for name, one in part.items():
                self._change(one, is_import=is_import or name == "importEnergy")

    def _has(self, moment: datetime) -> bool:
        return self.start <= moment < self.end


@dataclass
class Corrections:
    """Which hours were paid for once more, with another amount."""

    amounts: dict[tuple[Side, datetime], float] = field(default_factory=dict)
    hours: set[tuple[Side, datetime]] = field(default_factory=set)

    def note(self, side: Side, costs: Mapping[datetime, float]) -> None:
        for hour, amount in costs.items():
            if abs(self.amounts.setdefault((side, hour), amount) - amount) > 1e-4:
                self.hours.add((side, hour))
            self.amounts[side, hour] = amount


@pytest.fixture
def corrections(monkeypatch: pytest.MonkeyPatch) -> Corrections:
    """Note from now on what is booked differently than before."""
    seen, put = Corrections(), Book.async_put_costs

    async def noted(self: Book, side: Side, costs: Mapping[datetime, float]) -> int | None:
        seen.note(side, costs)
        return await put(self, side, costs)

    monkeypatch.setattr(Book, "async_put_costs", noted)
    return seen


async def assert_paid(hass: HomeAssistant, plant: Plant, key: str, first: date, last: date) -> dict[str, int]:
    """Assert that the money of each day is what its energy comes to; returns how many days the plant agrees on.

    Days that were slept through are known by their totals alone, spread over their hours. Every other day has to cost
    what the plant's own hours do.
    """
    start, end = midnight(first, plant.zone), midnight(last + DAY, plant.zone)
    hours = [start + number * HOUR for number in range(int((end - start) / HOUR))]
    compared: dict[str, int] = {}
    for flow, (true_name, money) in SIDES.items():
        energies = await changes(hass, key, flow, start, end)
        costs = await changes(hass, key, money, start, end)
        assert costs.keys() == energies.keys(), (flow, sorted(costs.keys() ^ energies.keys())[:5])
        assert {hour.astimezone(plant.zone).date() for hour in costs} == {
            first + DAY * n for n in range((last - first).days + 1)
        }
        true = {hour: plant.flow_wh(true_name, hour, hour + HOUR) for hour in hours}
        guessed = {
            hour.astimezone(plant.zone).date() for hour in hours if abs(energies.get(hour, 0) - true[hour]) > 0.01
        }
        paid = by_day(costs, plant)
        booked, owed = (
            by_day({hour: wh / 1000 * spot(hour) for hour, wh in of_hours.items()}, plant)
            for of_hours in (energies, true)
        )
        assert {day for day in paid if round(abs(paid[day] - booked[day]), 6) > 0.01} == set()
        assert {day for day in paid.keys() - guessed if round(abs(paid[day] - owed[day]), 6) > 0.01} == set()
        assert min(costs.values()) < 0 < max(costs.values())
        compared[flow] = len(paid.keys() - guessed)
    return compared


WRONG = Wrong(at(10, 21, 4, 0), at(10, 21, 7, 0), at(10, 21, 14, 0))


class PricedYear(Year):
    """A year without the weeks in which nothing happens."""

    @property
    def busy(self) -> list[tuple[datetime, datetime]]:
        return [*OUTAGES, *((moment, moment) for moment in (*self.events, *CLOCKS))]


async def test_a_year_of_a_solaredge_site_is_paid_to_the_hundredth(
    hass: HomeAssistant,
    cloud: Cloud,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    record_property: Callable[[str, object], None],
    corrections: Corrections,
) -> None:
    await hass.config.async_set_time_zone("Europe/Berlin")
    freezer.move_to(at(6, 30, 22, 5).replace(year=2025))
    market = Market(hass, freezer)
    market.open()
    entry = await add_account(hass, "solaredge_key", solaredge_input(cloud), [SITE.split("_")[1]])
    await set_prices(hass, entry, import_price_entity=PRICE, export_price_entity=PRICE)
    year = PricedYear(hass, cloud, market, entry, SITE)  # type: ignore[arg-type]
    simulator, gateway = cloud.simulator, next(iter(year.plant.gateways))
    year.events = {
        WRONG.start: lambda: simulator.mutate("*/meters/telemetry", WRONG),
        WRONG.until: lambda: None,
        at(8, 5, 9): lambda: simulator.delay_data(SITE, timedelta(hours=9)),
        at(8, 7, 9): lambda: simulator.delay_data(SITE, timedelta(0)),
        at(8, 20, 9): lambda: simulator.delay_data(SITE, timedelta(hours=30)),
        at(8, 23, 9): lambda: simulator.delay_data(SITE, timedelta(0)),
        at(11, 12, 9): lambda: simulator.silence(gateway),
        at(11, 13, 12): lambda: simulator.unsilence(gateway),
    }
    await year.run(at(6, 30, 22).replace(year=2026) + 2 * DAY)
    assert "Traceback" not in caplog.text
    compared = await assert_paid(hass, year.plant, SITE, date(2025, 7, 1), date(2026, 6, 30))
    record_property("compared", compared)
    record_property("corrected", len(corrections.hours))
    assert min(compared.values()) > 200
    assert (
        len({hour for side, hour in corrections.hours if side is Side.IMPORT and WRONG.start <= hour < WRONG.end}) >= 2
    )


def _day(month: int, day: int) -> datetime:
    return datetime(2025, month, day, tzinfo=UTC)


async def test_eight_months_of_an_enphase_house_are_paid_to_the_hundredth(
    hass: HomeAssistant,
    cloud: Cloud,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    record_property: Callable[[str, object], None],
    corrections: Corrections,
) -> None:
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    freezer.move_to(datetime(2025, 3, 13, 23, 20, tzinfo=UTC))
    market = Market(hass, freezer)
    market.open()
    entry = await signed_in(hass, cloud, (BATTERY_HOUSE.removeprefix("enphase_"),))
    await set_up(hass, entry)
    await set_prices(hass, entry, import_price_entity=PRICE, export_price_entity=PRICE)
    simulator = cloud.simulator
    wrong = Wrong(_day(10, 7) + 18 * HOUR, _day(10, 7) + 21 * HOUR, _day(10, 8) + 9 * HOUR)
    simulator.mutate("*/energy_import_telemetry", wrong)
    life = Life(
        hass,
        cloud,
        market,  # type: ignore[arg-type]
        entry,
        BATTERY_HOUSE,
        events={
            _day(10, 6) + 9 * HOUR: lambda: simulator.set_connection(BATTERY_HOUSE, "cellular"),
            _day(10, 8) + 9 * HOUR: lambda: simulator.set_connection(BATTERY_HOUSE, "Wi-Fi"),
        },
        outages={_day(6, 15): 21 * DAY, _day(10, 9): 3 * DAY},
        busy=(
            (_day(3, 13), _day(3, 16)),
            (_day(3, 29), _day(4, 1)),
            (_day(10, 5), _day(10, 14)),
            (_day(10, 24), _day(11, 4)),
        ),
    )
    await life.run(datetime(2025, 11, 3, 12, tzinfo=UTC))
    assert "Traceback" not in caplog.text
    compared = await assert_paid(hass, life.plant, BATTERY_HOUSE, date(2025, 3, 14), date(2025, 11, 2))
    record_property("compared", compared)
    record_property("corrected", len(corrections.hours))
    assert min(compared.values()) > 150
    assert (
        len({hour for side, hour in corrections.hours if side is Side.IMPORT and wrong.start <= hour < wrong.end}) >= 2
    )
