"""What grid import has cost, and what was paid for export, hour by hour, against the plant's own truth."""

from datetime import UTC, datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder.core import Recorder
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.recorder import get_instance
import pytest

from custom_components.solar_cloud.model.elements import Flow
from simulator.plant.plant import Plant

from ..home.conftest import Cloud, add_account, pass_time, settle, solaredge_input
from .test_bookkeeper import hours_of
from .test_late_rows import books_of

HOUR = timedelta(hours=1)
SITE = "solaredge_1148616"
COST, PAID = f"solar_cloud:{SITE}_grid_import_cost", f"solar_cloud:{SITE}_grid_export_compensation"
START = datetime(2026, 6, 10, 12, tzinfo=UTC)
PRICE = "sensor.spot_price"


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(recorder_mock: Recorder, enable_custom_integrations: None) -> None:
    """Let Home Assistant have a recorder, before anything else."""


async def set_prices(hass: HomeAssistant, entry: ConfigEntry, **prices: Any) -> dict[str, Any]:
    """Fill in the form of the only system's prices."""
    (subentry_id,) = entry.subentries
    flows = hass.config_entries.subentries
    context = {"source": "reconfigure", "subentry_id": subentry_id}
    result = await flows.async_init((entry.entry_id, "system"), context=context)  # type: ignore[arg-type]
    assert result["type"] is FlowResultType.MENU
    assert result["menu_options"] == ["history", "prices", "copy"]
    result = await flows.async_configure(result["flow_id"], {"next_step_id": "prices"})
    assert result["step_id"] == "prices"
    result = await flows.async_configure(result["flow_id"], prices)
    await settle(hass)
    return dict(result)


def bought(plant: Plant, hour: datetime) -> float:
    return plant.flow_wh("import", hour, hour + HOUR) / 1000


def sold(plant: Plant, hour: datetime) -> float:
    return plant.flow_wh("export", hour, hour + HOUR) / 1000


async def site(hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory) -> ConfigEntry:
    freezer.move_to(START - 14 * HOUR + timedelta(minutes=5))
    entry = await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    await pass_time(hass, freezer, 14 * HOUR, step=timedelta(minutes=30))
    return entry


async def test_a_fixed_price_holds_from_now_on_and_the_past_has_its_own(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await site(hass, cloud, freezer)
    plant = cloud.simulator.plants[SITE]
    result = await set_prices(hass, entry, import_price=0.32, past_import_price=0.25, export_price=0.08)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "prices_saved")
    await pass_time(hass, freezer, 12 * HOUR, step=timedelta(minutes=30))
    end = START + 11 * HOUR
    costs = await hours_of(hass, COST, START - 10 * HOUR, end)
    assert min(costs) <= START - 9 * HOUR
    for hour, cost in costs.items():
        assert cost == pytest.approx(bought(plant, hour) * (0.32 if hour >= START else 0.25), abs=1e-5), hour
    paid = await hours_of(hass, PAID, START - 10 * HOUR, end)
    # The past has no price for export, and so no rows.
    assert min(paid) == START
    for hour, amount in paid.items():
        assert amount == pytest.approx(sold(plant, hour) * 0.08, abs=1e-5), hour
    # Another price holds from its hour on, and leaves what is paid.
    await set_prices(hass, entry, import_price=0.5, past_import_price=0.25)
    await pass_time(hass, freezer, 6 * HOUR, step=timedelta(minutes=30))
    later = await hours_of(hass, COST, START - 10 * HOUR, START + 17 * HOUR)
    assert costs.items() <= later.items()
    newest = max(later)
    assert newest >= START + 15 * HOUR
    assert later[newest] == pytest.approx(bought(plant, newest) * 0.5, abs=1e-5)


async def test_the_price_of_an_entity_is_that_of_its_hour_and_may_be_below_zero(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await site(hass, cloud, freezer)
    plant = cloud.simulator.plants[SITE]

    def spot(hour: datetime) -> float:
        return round(0.05 * (hour.hour % 5) - 0.06, 3)

    def tell() -> None:
        now = datetime.now(UTC)
        price = spot(now.replace(minute=0, second=0, microsecond=0))
        hass.states.async_set(PRICE, f"{price * 100}", {"unit_of_measurement": "ct/kWh"})

    tell()
    await set_prices(hass, entry, import_price_entity=PRICE, export_price_entity=PRICE)
    moment = datetime.now(UTC)
    while moment < START + 10 * HOUR:
        moment = (moment + HOUR).replace(minute=0, second=0, microsecond=0)
        freezer.move_to(moment)
        tell()
        await get_instance(hass).async_block_till_done()
        await pass_time(hass, freezer, timedelta(minutes=50), step=timedelta(minutes=25))
    costs = await hours_of(hass, COST, START, START + 9 * HOUR)
    assert len(costs) >= 8
    for hour, cost in costs.items():
        if hour > START:
            assert cost == pytest.approx(bought(plant, hour) * spot(hour), abs=1e-3), hour
    paid = await hours_of(hass, PAID, START, START + 9 * HOUR)
    assert min(paid.values()) < 0 < max(paid.values())
    for hour, amount in paid.items():
        if hour > START:
            assert amount == pytest.approx(sold(plant, hour) * spot(hour), abs=1e-3), hour
    day = sum(amount for hour, amount in paid.items() if hour > START)
    assert day == pytest.approx(sum(sold(plant, hour) * spot(hour) for hour in paid if hour > START), abs=0.01)


async def test_a_side_has_a_price_or_an_entity_not_both(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await site(hass, cloud, freezer)
    result = await set_prices(hass, entry, import_price=0.3, import_price_entity=PRICE)
    assert (result["type"], result["errors"]) == (FlowResultType.FORM, {"import_price": "price_or_entity"})


async def test_old_hours_that_were_booked_just_before_a_stop_are_paid_after_it(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await site(hass, cloud, freezer)
    await set_prices(hass, entry, import_price=0.32, past_import_price=0.25)
    await pass_time(hass, freezer, 2 * HOUR, step=timedelta(minutes=30))
    bookkeeper = books_of(entry)
    old = START - 40 * 24 * HOUR
    await bookkeeper.statistics.book.async_put(Flow.GRID_IMPORT, {old: 2000.0, old + HOUR: 1000.0})
    # The costs follow in the end of the bookkeeper's work: it does not come to that.
    await hass.config_entries.async_reload(entry.entry_id)
    await settle(hass)
    assert await hours_of(hass, COST, old, old + 2 * HOUR) == pytest.approx({old: 0.5, old + HOUR: 0.25})
    # They are not worked out once more with every start.
    bookkeeper = books_of(entry)
    assert not bookkeeper.state.unpaid


async def test_prices_that_are_taken_away_hold_no_longer(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await site(hass, cloud, freezer)
    await set_prices(hass, entry, import_price=0.3)
    await pass_time(hass, freezer, 3 * HOUR, step=timedelta(minutes=30))
    await set_prices(hass, entry)
    before = await hours_of(hass, COST, START, START + 9 * HOUR)
    await pass_time(hass, freezer, 4 * HOUR, step=timedelta(minutes=30))
    after = await hours_of(hass, COST, START, START + 9 * HOUR)
    assert before.items() <= after.items()
    assert max(after) < START + 4 * HOUR
