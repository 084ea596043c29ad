"""Moving over from Home Assistant's own SolarEdge integration, with its statistic in a real recorder."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from math import pi, sin
from typing import Any

from homeassistant.components.recorder.core import Recorder
from homeassistant.components.recorder.models import StatisticData, StatisticMeanType, StatisticMetaData
from homeassistant.components.recorder.statistics import async_import_statistics
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.helpers.recorder import get_instance
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.solar_cloud.const import DOMAIN
from custom_components.solar_cloud.statistics.bookkeeper import Bookkeeper
from custom_components.solar_cloud.statistics.import_terms import import_price
from simulator.plant.plant import Plant

from ..home.conftest import Cloud, add_account, settle, solaredge_input
from .test_bookkeeper import HOUR, hours_of

SITE = "solaredge_222881711"
OFFER = f"move_history_{SITE}"
FIX = "/api/repairs/issues/fix"
OURS = f"solar_cloud:{SITE}_production"
BEGIN = datetime(2026, 2, 28, 20, tzinfo=UTC)
"""With the change of the clock on 8 March in it."""
COMPARED = datetime(2026, 5, 1, 7, tzinfo=UTC)
"""What is older is not compared with the cloud at once: one older month a week has its turn."""
END = datetime(2026, 6, 10, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(recorder_mock: Recorder, enable_custom_integrations: None) -> None:
    """Let Home Assistant have a recorder, before anything else."""


def old_entity(hass: HomeAssistant) -> str:
    """Register the lifetime sensor of the entry that died, under a name of the owner's own."""
    entry = MockConfigEntry(domain="solaredge", title="SolarEdge")
    entry.add_to_hass(hass)
    registered = er.async_get(hass).async_get_or_create(
        "sensor", "solaredge", "222881711_lifetime_energy", config_entry=entry, suggested_object_id="my_roof_ever"
    )
    return registered.entity_id


def truth(plant: Plant) -> dict[datetime, float]:
    """Return the energy of each hour: the plant's at both ends, and between them what is worked out faster."""
    found: dict[datetime, float] = {}
    hour = BEGIN
    while hour < END:
        if hour < datetime(2026, 3, 1, 8, tzinfo=UTC) or hour >= datetime(2026, 6, 9, tzinfo=UTC):
            found[hour] = plant.energy_wh(hour, hour + HOUR)
        else:
            found[hour] = float(max(0, round(5000 * sin((hour.hour - 14) % 24 * pi / 12) - hour.day)))
        hour += HOUR
    return found


async def write_old(
    hass: HomeAssistant,
    name: str,
    changes: Mapping[datetime, float],
    *,
    unit: str = "Wh",
    states: Mapping[datetime, float] | None = None,
) -> None:
    """Write the old statistic as the recorder keeps that of a sensor."""
    scale = 1000 if unit == "kWh" else 1
    total, rows = 0.0, []
    for start, change in sorted(changes.items()):
        total += change
        state = (states or {}).get(start, 35e6 + total)
        rows.append(StatisticData(start=start, state=state / scale, sum=total / scale))
    metadata = StatisticMetaData(
        mean_type=StatisticMeanType.NONE,
        has_sum=True,
        name=None,
        source="recorder",
        statistic_id=name,
        unit_class="energy",
        unit_of_measurement=unit,
    )
    async_import_statistics(hass, metadata, rows)
    await get_instance(hass).async_block_till_done()


async def add_site(hass: HomeAssistant, cloud: Cloud) -> ConfigEntry:
    assert await async_setup_component(hass, "repairs", {})
    entry = await add_account(hass, "solaredge_key", solaredge_input(cloud), ["222881711"])
    await settle(hass)
    return entry


def books_of(entry: ConfigEntry) -> Bookkeeper:
    (system,) = entry.runtime_data.systems.values()
    books: Bookkeeper = system.bookkeeper
    return books


async def move(hass: HomeAssistant, hass_client: ClientSessionGenerator) -> dict[str, Any]:
    """Go through the flow as the owner does; return what it shows before anything is copied."""
    client = await hass_client()
    form = await (await client.post(FIX, json={"handler": DOMAIN, "issue_id": OFFER})).json()
    assert form["step_id"] == "confirm", form
    done = await (await client.post(f"{FIX}/{form['flow_id']}", json={})).json()
    assert done["type"] == "create_entry", done
    await settle(hass)
    figures: dict[str, Any] = form["description_placeholders"]
    return figures


@pytest.mark.parametrize(
    "unit",
    [
        "Wh",
        pytest.param(
            "kWh",
            marks=pytest.mark.slow("three months of hours are written and copied; with Wh this is played in any case"),
        ),
    ],
)
async def test_each_earlier_hour_is_copied_and_nothing_else_changes(
    hass: HomeAssistant, cloud: Cloud, hass_client: ClientSessionGenerator, unit: str
) -> None:
    old, hours = old_entity(hass), truth(cloud.simulator.plants[SITE])
    await write_old(hass, old, hours, unit=unit)
    entry = await add_site(hass, cloud)
    before = await hours_of(hass, OURS, BEGIN, END)
    old_before = await hours_of(hass, old, BEGIN, END)
    first = min(before)
    figures = await move(hass, hass_client)
    assert figures["old_id"] == "sensor.my_roof_ever"
    assert figures["old_first"] == "2026-02-28 12:00"
    earlier = {hour: energy for hour, energy in hours.items() if hour < first}
    assert figures["hours"] == f"{len(earlier)}"
    assert figures["energy"] == f"{sum(earlier.values()) / 1000:.3f}"
    assert figures["ignored"] == "0"
    assert figures["difference"] == "0.000"
    assert int(figures["common"]) >= 4
    await settle(hass)
    after = await hours_of(hass, OURS, BEGIN, END)
    copied = {hour: energy for hour, energy in earlier.items() if hour < COMPARED}
    assert {hour: after[hour] for hour in copied} == pytest.approx(copied, abs=0.001)
    # The last month is compared with the cloud's totals every week, wherever its hours came from.
    start = datetime(2026, 5, 20, 7, tzinfo=UTC)
    day = sum(energy for hour, energy in after.items() if start <= hour < start + 24 * HOUR)
    assert day == pytest.approx(cloud.simulator.plants[SITE].day_wh(date(2026, 5, 20)))
    assert {hour: after[hour] for hour in before} == before
    assert await hours_of(hass, old, BEGIN, END) == old_before
    books = books_of(entry)
    # The day that the old statistic begins in at noon is not whole: an import would still read it.
    assert books.state.first == date(2026, 3, 1)
    assert import_price(books.statistics, date(2026, 3, 1)) == 0
    assert import_price(books.statistics, date(2026, 2, 28)) == 1
    assert ir.async_get(hass).async_get_issue(DOMAIN, OFFER) is None
    assert await hass.config_entries.async_reload(entry.entry_id)
    await settle(hass)
    assert ir.async_get(hass).async_get_issue(DOMAIN, OFFER) is None


@pytest.mark.slow("three months of hours are written and copied")
async def test_a_counter_that_was_lost_and_found_again_adds_nothing(
    hass: HomeAssistant, cloud: Cloud, hass_client: ClientSessionGenerator
) -> None:
    hours = truth(cloud.simulator.plants[SITE])
    changes, states, total = dict(hours), {}, 0.0
    for start, energy in hours.items():
        total += energy
        states[start] = 35e6 + total
    down, back = datetime(2026, 4, 3, 19, tzinfo=UTC), datetime(2026, 4, 3, 20, tzinfo=UTC)
    # As Home Assistant books a total_increasing counter: what falls to 0 counts from 0 again.
    changes[down], states[down] = 0.0, 0.0
    changes[back] = states[back]
    jump = datetime(2026, 4, 10, 19, tzinfo=UTC)
    changes[jump] += 35e6
    changes[jump + HOUR] -= 35e6
    states[jump] += 35e6
    await write_old(hass, old_entity(hass), changes, states=states)
    await add_site(hass, cloud)
    figures = await move(hass, hass_client)
    assert figures["ignored"] == "3"
    after = await hours_of(hass, OURS, BEGIN, END)
    assert after[down] + after[back] == pytest.approx(hours[down] + hours[back])
    assert after[jump] + after[jump + HOUR] == pytest.approx(hours[jump] + hours[jump + HOUR])
    others = [hour for hour in hours if hour < down or jump + HOUR < hour < COMPARED]
    assert {hour: after[hour] for hour in others} == pytest.approx({hour: hours[hour] for hour in others}, abs=0.001)


@pytest.mark.slow("three months of hours are written and copied")
async def test_hours_without_a_row_get_what_came_after_them_along_the_sun(
    hass: HomeAssistant, cloud: Cloud, hass_client: ClientSessionGenerator
) -> None:
    hours = truth(cloud.simulator.plants[SITE])
    gap = [datetime(2026, 4, 5, 12, tzinfo=UTC) + HOUR * number for number in range(30)]
    end = gap[-1] + HOUR
    changes = {hour: energy for hour, energy in hours.items() if hour not in gap}
    changes[end] += sum(hours[hour] for hour in gap)
    await write_old(hass, old_entity(hass), changes)
    await add_site(hass, cloud)
    figures = await move(hass, hass_client)
    assert figures["ignored"] == "0"
    after = await hours_of(hass, OURS, BEGIN, END)
    size = cloud.simulator.plants[SITE].size_w(END)
    assert sum(after[hour] for hour in (*gap, end)) == pytest.approx(sum(hours[hour] for hour in (*gap, end)))
    assert max(after[hour] for hour in (*gap, end)) < size
    night = datetime(2026, 4, 6, 9, tzinfo=UTC)
    assert after[night] == 0


async def test_another_sites_statistic_is_not_offered(hass: HomeAssistant, cloud: Cloud) -> None:
    er.async_get(hass).async_get_or_create("sensor", "solaredge", "99_lifetime_energy", suggested_object_id="other")
    await write_old(hass, "sensor.other", truth(cloud.simulator.plants[SITE]))
    await add_site(hass, cloud)
    assert ir.async_get(hass).async_get_issue(DOMAIN, OFFER) is None


@pytest.mark.slow("three months of hours are written and copied")
async def test_a_statistic_of_a_deleted_account_is_offered(
    hass: HomeAssistant, cloud: Cloud, hass_client: ClientSessionGenerator
) -> None:
    old = old_entity(hass)
    await write_old(hass, old, truth(cloud.simulator.plants[SITE]))
    er.async_get(hass).async_remove(old)
    await add_site(hass, cloud)
    assert (await move(hass, hass_client))["old_id"] == old


@pytest.mark.slow("three months of hours are written and copied, and a part is imported")
async def test_an_import_before_it_keeps_the_hours_and_makes_the_first_day_whole(
    hass: HomeAssistant, cloud: Cloud, hass_client: ClientSessionGenerator
) -> None:
    plant = cloud.simulator.plants[SITE]
    hours = truth(plant)
    await write_old(hass, old_entity(hass), hours)
    entry = await add_site(hass, cloud)
    await move(hass, hass_client)
    await settle(hass)
    cloud.simulator.clear_requests()
    await books_of(entry).async_import(date(2026, 2, 20))
    await settle(hass)
    assert sum(("resolution", "DAY") in request.query for request in cloud.simulator.requests) == 1
    begin = datetime(2026, 2, 20, 8, tzinfo=UTC)
    after = await hours_of(hass, OURS, begin, END)
    kept = [hour for hour in hours if hour < datetime(2026, 3, 1, 8, tzinfo=UTC)]
    assert {hour: after[hour] for hour in kept} == pytest.approx({hour: hours[hour] for hour in kept}, abs=0.01)
    start, end = datetime(2026, 2, 28, 8, tzinfo=UTC), datetime(2026, 3, 1, 8, tzinfo=UTC)
    assert sum(energy for hour, energy in after.items() if start <= hour < end) == pytest.approx(
        plant.day_wh(date(2026, 2, 28))
    )
