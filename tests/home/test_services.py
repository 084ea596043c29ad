"""The actions in a whole Home Assistant with a recorder, against the truth of the simulator's plants."""

from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
import logging
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.auth.models import User
from homeassistant.components.energy.data import async_get_manager
from homeassistant.components.energy.validate import async_validate
from homeassistant.components.recorder.core import Recorder
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.translation import async_get_translations
from homeassistant.setup import async_setup_component
import pytest

from custom_components.solar_cloud.const import DOMAIN
from custom_components.solar_cloud.model.data import midnight
from custom_components.solar_cloud.model.elements import Flow
from custom_components.solar_cloud.runtime import SystemRuntime
from simulator.plant.plant import Plant

from .conftest import Cloud, add_account, enphase_input, pass_time, settle, solaredge_input
from .life import add_custom_account

pytestmark = pytest.mark.slow("a recorder with a past that is booked first, anew for each test")

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
SITE = "solaredge_1148616"
TRUTH = {"grid_import": "import", "grid_export": "export", "battery_charge": "charge", "battery_discharge": "discharge"}


@pytest.fixture(autouse=True)
def quiet_database() -> None:
    """Leave each statement of the database out of the log: it would take most of the time."""
    logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(
    quiet_database: None, recorder_mock: Recorder, enable_custom_integrations: None
) -> None:
    """Let Home Assistant have a recorder, before anything else."""


def device_of(hass: HomeAssistant, entry: ConfigEntry, identifier: str) -> str:
    device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, identifier), entry.entry_id)
    assert device is not None
    return device.id


def system_of(entry: ConfigEntry, key: str) -> SystemRuntime:
    return next(one for one in entry.runtime_data.systems.values() if one.coordinator.system.key == key)


def entity_of(hass: HomeAssistant, unique_id: str) -> str:
    entity_id = er.async_get(hass).async_get_entity_id("sensor", DOMAIN, unique_id)
    assert entity_id is not None
    return entity_id


async def call(hass: HomeAssistant, action: str, **data: Any) -> dict[str, Any]:
    answer = await hass.services.async_call(DOMAIN, action, data, blocking=True, return_response=True)
    assert isinstance(answer, dict)
    return answer


def truth_wh(plant: Plant, flow: str, start: datetime, end: datetime) -> int:
    return plant.energy_wh(start, end) if flow == "production" else plant.flow_wh(TRUTH[flow], start, end)  # type: ignore[arg-type]


async def site_after_two_days(hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory) -> ConfigEntry:
    """Add the site with meter and battery at its midnight of 10 June and let two days and a morning pass."""
    freezer.move_to(datetime(2026, 6, 9, 22, 5, tzinfo=UTC))
    entry = await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    await pass_time(hass, freezer, timedelta(hours=60), step=timedelta(hours=2))
    cloud.simulator.clear_requests()
    return entry


async def enphase(hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory) -> ConfigEntry:
    """Add an Enphase system, half a year old, at noon of 10 November: its whole life is imported at once."""
    freezer.move_to(datetime(2024, 11, 10, 13, 5, tzinfo=UTC))
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud), ["72"])
    await settle(hass)
    cloud.simulator.clear_requests()
    return entry


async def test_an_import_states_its_price_and_a_dry_run_neither_spends_nor_starts(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await site_after_two_days(hass, cloud, freezer)
    device = device_of(hass, entry, SITE)
    answer = await call(hass, "import_history", system=device, since="2026-04-10", dry_run=True)
    # April, May and the days of June before: totals of site, meter and battery, and the newest four days in hours.
    assert answer == {
        "system": "Doe, Jane",
        "requests": 3 * 3 + 4 * 3,
        "requests_left": answer["requests_left"],
        "since": "2026-04-10",
        "days": 60,
        "started": False,
        "this_month": True,
    }
    assert answer["requests_left"] > 100
    await pass_time(hass, freezer, timedelta(seconds=30), step=timedelta(seconds=10))
    assert not system_of(entry, SITE).bookkeeper.state.is_importing
    assert not cloud.sent()


async def test_an_import_brings_every_day_since_at_the_price_that_was_stated(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await site_after_two_days(hass, cloud, freezer)
    device = device_of(hass, entry, SITE)
    answer = await call(hass, "import_history", system=device, since="2026-05-20")
    assert answer["started"]
    await hass.async_block_till_done(wait_background_tasks=True)
    # A reading of today may have come in between.
    assert len(cloud.sent()) - answer["requests"] in {0, 1}
    history = await call(hass, "get_history", system=device, start="2026-05-20", end="2026-06-11", period="day")
    assert history["requests"] == 0
    assert history["missing"] == {}
    plant = cloud.simulator.plants[SITE]
    for flow in ("production", *TRUTH):
        found = history["flows"][flow]
        assert len(found) == 23, flow
        for one in found:
            start, end = datetime.fromisoformat(one["start"]), datetime.fromisoformat(one["end"])
            assert one["energy_wh"] == truth_wh(plant, flow, start, end), (flow, start)
    again = await call(hass, "import_history", system=device, since="2026-05-20")
    assert (again["requests"], again["days"], again["started"]) == (0, 0, False)


async def test_without_since_an_import_begins_with_the_systems_life_and_never_before_it(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await site_after_two_days(hass, cloud, freezer)
    device = device_of(hass, entry, SITE)
    begin = system_of(entry, SITE).bookkeeper.statistics.begin()
    assert begin is not None
    whole = await call(hass, "import_history", system=device, dry_run=True)
    assert whole["since"] == begin.isoformat()
    assert await call(hass, "import_history", system=device, since="1999-01-01", dry_run=True) == whole


async def test_an_import_that_the_month_cannot_pay_says_that_it_goes_on_later(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to(datetime(2026, 6, 9, 22, 5, tzinfo=UTC))
    user_input = solaredge_input(cloud, api_key="K4D8H2S6W0B3N7M1Z5X9C2V6L0P4J8G1")
    entry = await add_custom_account(hass, "solaredge_key", user_input, per_month=30)
    device = device_of(hass, entry, "solaredge_222881711")
    answer = await call(hass, "import_history", system=device)
    assert answer["requests"] > answer["requests_left"]
    assert answer["started"]
    assert not answer["this_month"]


async def test_an_import_that_no_month_can_pay_is_refused(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await site_after_two_days(hass, cloud, freezer)
    system = system_of(entry, SITE)
    ledger = system.coordinator.ledger
    ledger.set_limits(type(ledger.limits)(per_minute=10, per_month=15), datetime.now(UTC))
    with pytest.raises(ServiceValidationError) as err:
        await call(hass, "import_history", system=device_of(hass, entry, SITE))
    assert err.value.translation_key == "never_affordable"
    assert not system.bookkeeper.state.is_importing


async def test_finished_days_agree_with_the_cloud_without_a_request(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await enphase(hass, cloud, freezer)
    device = device_of(hass, entry, "enphase_72")
    answer = await call(hass, "verify_statistics", system=device, start="2024-10-10")
    assert answer["agrees"] is True
    assert answer["requests"] == len(cloud.sent()) == 0
    assert [one["day"] for one in answer["days"]] == [(date(2024, 10, 10) + n * DAY).isoformat() for n in range(31)]
    plant = cloud.simulator.plants["enphase_72"]
    for one in answer["days"]:
        assert one["statistics_wh"] == one["vendor_wh"] == plant.day_wh(date.fromisoformat(one["day"]))
        assert one["difference_wh"] == 0


async def test_older_days_are_verified_with_one_request_for_their_totals(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await enphase(hass, cloud, freezer)
    device = device_of(hass, entry, "enphase_72")
    answer = await call(hass, "verify_statistics", system=device, start="2024-05-20", end="2024-06-10")
    assert answer["agrees"] is True
    assert answer["requests"] == 1
    assert cloud.sent() == ["/systems/72/energy_lifetime"]
    assert len(answer["days"]) == 22


async def test_verifying_shows_by_how_much_a_day_is_wrong(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await enphase(hass, cloud, freezer)
    system = system_of(entry, "enphase_72")
    noon = datetime(2024, 11, 5, 10, tzinfo=UTC)
    booked = await system.bookkeeper.statistics.book.async_rows(Flow.PRODUCTION, noon, noon + HOUR)
    await system.bookkeeper.statistics.book.async_put(Flow.PRODUCTION, {noon: booked[noon] + 7})
    device = device_of(hass, entry, "enphase_72")
    answer = await call(hass, "verify_statistics", system=device, start="2024-11-04", end="2024-11-06")
    assert answer["agrees"] is False
    assert [one["difference_wh"] for one in answer["days"]] == [0, 7, 0]
    assert [one["agrees"] for one in answer["days"]] == [True, False, True]


async def test_a_day_that_is_not_in_the_statistics_does_not_agree(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await site_after_two_days(hass, cloud, freezer)
    device = device_of(hass, entry, SITE)
    answer = await call(hass, "verify_statistics", system=device, start="2026-06-01", end="2026-06-01")
    assert answer["agrees"] is False
    assert {one["flow"] for one in answer["days"]} >= {"production", "grid_import", "battery_charge"}
    assert all(one["statistics_wh"] is None and one["vendor_wh"] is not None for one in answer["days"])
    assert answer["requests"] == len(cloud.sent()) == 3


async def test_verifying_spends_nothing_that_the_month_does_not_have(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await site_after_two_days(hass, cloud, freezer)
    ledger = system_of(entry, SITE).coordinator.ledger
    ledger.set_limits(type(ledger.limits)(per_minute=10, per_month=15), datetime.now(UTC))
    with pytest.raises(ServiceValidationError) as err:
        await call(hass, "verify_statistics", system=device_of(hass, entry, SITE), start="2026-06-01")
    assert err.value.translation_key == "too_expensive"
    assert not cloud.sent()


@pytest.mark.parametrize("period", ["hour", "day", "month"])
async def test_history_from_the_statistics_is_the_plants_own_in_its_own_days(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, period: str
) -> None:
    entry = await enphase(hass, cloud, freezer)
    device = device_of(hass, entry, "enphase_72")
    answer = await call(hass, "get_history", system=device, start="2024-09-20", end="2024-11-08", period=period)
    assert (answer["requests"], answer["missing"], answer["unfinished"]) == (0, {}, [])
    assert not cloud.sent()
    assert list(answer["flows"]) == ["production"]
    found = answer["flows"]["production"]
    plant = cloud.simulator.plants["enphase_72"]
    # The clock goes back in between. Of the last days the cloud reports no hours in the dark.
    assert len(found) == {"hour": len(found), "day": 50, "month": 3}[period]
    assert found[0]["start"] == "2024-09-20T00:00:00+02:00"
    if period == "hour":
        assert len(found) >= 43 * 24 + 1
    else:
        assert found[-1]["end"] == "2024-11-09T00:00:00+01:00"
        assert all(one["end"] == following["start"] for one, following in pairwise(found))
    days = [date(2024, 9, 20) + number * DAY for number in range(50)]
    assert sum(one["energy_wh"] for one in found) == sum(plant.day_wh(day) for day in days)
    if period == "day":
        assert [one["energy_wh"] for one in found] == [plant.day_wh(day) for day in days]


async def test_missing_days_are_listed_with_their_price_and_asked_for_only_when_allowed(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await site_after_two_days(hass, cloud, freezer)
    asked = {"system": device_of(hass, entry, SITE), "start": "2026-05-25", "end": "2026-06-11", "period": "day"}
    answer = await call(hass, "get_history", **asked)
    assert answer["missing"]["production"] == [{"start": "2026-05-25", "end": "2026-06-08"}]
    assert (answer["requests"], answer["missing_requests"]) == (0, 6)
    assert not cloud.sent()
    # Enough for June only, the newer month.
    answer = await call(hass, "get_history", **asked, max_requests=5)
    assert (answer["requests"], answer["missing_requests"]) == (3, 3)
    assert answer["missing"]["production"] == [{"start": "2026-05-25", "end": "2026-05-31"}]
    assert len(cloud.sent()) == 3
    answer = await call(hass, "get_history", **asked, max_requests=6)
    assert (answer["requests"], answer["missing_requests"]) == (6, 0)
    plant = cloud.simulator.plants[SITE]
    for flow in ("production", *TRUTH):
        assert flow not in answer["missing"]
        energies = [one["energy_wh"] for one in answer["flows"][flow]]
        days = [date(2026, 5, 25) + number * DAY for number in range(18)]
        assert energies == [
            truth_wh(plant, flow, midnight(day, plant.zone), midnight(day + DAY, plant.zone)) for day in days
        ], flow


async def test_missing_hours_are_read_day_by_day_newest_first(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await site_after_two_days(hass, cloud, freezer)
    asked = {"system": device_of(hass, entry, SITE), "start": "2026-06-06", "end": "2026-06-08", "period": "hour"}
    answer = await call(hass, "get_history", **asked, flows=["grid_import"], max_requests=7)
    assert answer["requests"] == len(cloud.sent()) == 6
    assert answer["missing"] == {"grid_import": [{"start": "2026-06-06", "end": "2026-06-06"}]}
    plant = cloud.simulator.plants[SITE]
    found = answer["flows"]["grid_import"]
    assert len(found) == 48
    for one in found:
        start, end = datetime.fromisoformat(one["start"]), datetime.fromisoformat(one["end"])
        assert end - start == HOUR
        assert one["energy_wh"] == plant.flow_wh("import", start, end)


async def test_fine_intervals_of_the_last_days_cost_nothing(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await site_after_two_days(hass, cloud, freezer)
    device = device_of(hass, entry, SITE)
    answer = await call(hass, "get_history", system=device, start="2026-06-09", end="2026-06-11", period="5minute")
    assert not cloud.sent()
    assert answer["missing"]["grid_export"] == [{"start": "2026-06-09", "end": "2026-06-09"}]
    plant = cloud.simulator.plants[SITE]
    for flow in ("production", "grid_export"):
        found = [one for one in answer["flows"][flow] if one["start"] >= "2026-06-10"]
        assert len(found) == 192, flow
        for one in found:
            start, end = datetime.fromisoformat(one["start"]), datetime.fromisoformat(one["end"])
            assert end - start == timedelta(minutes=15)
            assert one["energy_wh"] == truth_wh(plant, flow, start, end)


async def test_a_missing_day_of_fine_intervals_comes_from_the_cloud(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await enphase(hass, cloud, freezer)
    device = device_of(hass, entry, "enphase_72")
    asked = {"system": device, "start": "2024-11-02", "end": "2024-11-02", "period": "5minute"}
    answer = await call(hass, "get_history", **asked)
    assert (answer["flows"]["production"], answer["missing_requests"]) == ([], 1)
    answer = await call(hass, "get_history", **asked, max_requests=1)
    assert cloud.sent() == ["/systems/72/stats"]
    found = answer["flows"]["production"]
    assert len(found) > 80
    assert sum(one["energy_wh"] for one in found) == cloud.simulator.plants["enphase_72"].day_wh(date(2024, 11, 2))


async def test_days_that_may_still_grow_are_named(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await site_after_two_days(hass, cloud, freezer)
    device = device_of(hass, entry, SITE)
    answer = await call(hass, "get_history", system=device, start="2026-06-10", period="hour", flows="production")
    assert answer["unfinished"] == ["2026-06-12"]
    assert answer["flows"]["production"][-1]["start"] >= "2026-06-12T06"


# The dashboard complains about a sensor whose states are not kept.
@pytest.mark.parametrize("recorder_config", [None])
async def test_the_systems_sources_are_added_to_the_energy_dashboard_once(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await site_after_two_days(hass, cloud, freezer)
    assert await async_setup_component(hass, "energy", {})
    manager = await async_get_manager(hass)
    owners: Any = [
        {"type": "gas", "stat_energy_from": "sensor.gas"},
        {"type": "solar", "stat_energy_from": "sensor.other_roof", "config_entry_solar_forecast": ["abc"]},
    ]
    devices: Any = [{"stat_consumption": "sensor.dishwasher"}]
    await manager.async_update({"energy_sources": deepcopy(owners), "device_consumption": deepcopy(devices)})
    device = device_of(hass, entry, SITE)
    answer = await call(hass, "add_to_energy_dashboard", system=device)
    ids = {flow: f"solar_cloud:{SITE}_{flow}" for flow in ("production", *TRUTH)}
    assert sorted(answer["added"]) == sorted(ids.values())
    assert answer["already_there"] == []
    assert manager.data is not None
    sources: Any = manager.data["energy_sources"]
    assert sources[:2] == owners
    assert manager.data["device_consumption"] == devices
    solar, grid, battery = sources[2:]
    assert solar["stat_energy_from"] == ids["production"]
    assert (grid["stat_energy_from"], grid["stat_energy_to"]) == (ids["grid_import"], ids["grid_export"])
    assert (battery["stat_energy_from"], battery["stat_energy_to"]) == (
        ids["battery_discharge"],
        ids["battery_charge"],
    )
    power = {name: entity_of(hass, f"{SITE}_{name}") for name in ("power", "grid_power", "battery_power")}
    assert [one["stat_rate"] for one in (solar, grid, battery)] == list(power.values())
    assert grid["power_config"] == {"stat_rate": power["grid_power"]}
    assert battery["stat_soc"] == entity_of(hass, f"{SITE}_battery_level")
    assert battery["capacity"] == 9.7
    complaints = (await async_validate(hass)).as_dict()["energy_sources"]
    # The recorder makes the first statistic of a sensor five minutes after its first value.
    assert {one["type"] for of_source in complaints[2:] for one in of_source} <= {"statistics_not_defined"}
    affected = {one for of_source in complaints[2:] for issue in of_source for one, _ in issue["affected_entities"]}
    assert affected <= set(power.values())
    before = deepcopy(sources)
    again = await call(hass, "add_to_energy_dashboard", system=device)
    assert again["added"] == []
    assert sorted(again["already_there"]) == sorted(ids.values())
    assert manager.data["energy_sources"] == before


async def test_only_what_has_rows_gets_into_the_energy_dashboard(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await enphase(hass, cloud, freezer)
    assert await async_setup_component(hass, "energy", {})
    answer = await call(hass, "add_to_energy_dashboard", system=device_of(hass, entry, "enphase_72"))
    assert answer["added"] == ["solar_cloud:enphase_72_production"]
    manager = await async_get_manager(hass)
    assert manager.data is not None
    assert [one["type"] for one in manager.data["energy_sources"]] == ["solar"]


async def test_production_that_the_owner_has_there_as_an_entity_is_not_added_a_second_time(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await enphase(hass, cloud, freezer)
    assert await async_setup_component(hass, "energy", {})
    manager = await async_get_manager(hass)
    lifetime = er.async_get(hass).async_get_entity_id("sensor", DOMAIN, "enphase_72_energy_lifetime")
    assert lifetime is not None
    owners: Any = [{"type": "solar", "stat_energy_from": lifetime, "config_entry_solar_forecast": None}]
    await manager.async_update({"energy_sources": owners})
    answer = await call(hass, "add_to_energy_dashboard", system=device_of(hass, entry, "enphase_72"))
    assert (answer["added"], answer["already_there"]) == ([], [lifetime])
    assert manager.data is not None
    assert manager.data["energy_sources"] == owners


async def test_without_an_energy_dashboard_the_action_says_so(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await enphase(hass, cloud, freezer)
    with pytest.raises(ServiceValidationError) as err:
        await call(hass, "add_to_energy_dashboard", system=device_of(hass, entry, "enphase_72"))
    assert err.value.translation_key == "no_energy_dashboard"


async def test_a_device_that_is_no_system_is_refused(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await enphase(hass, cloud, freezer)
    inverter = device_of(hass, entry, "enphase_121703000001")
    for device in (inverter, device_of(hass, entry, entry.entry_id)):
        with pytest.raises(ServiceValidationError) as err:
            await call(hass, "import_history", system=device)
        assert err.value.translation_key == "no_system"
    with pytest.raises(ServiceValidationError):
        await call(hass, "import_history", system="nonsense")


async def test_an_account_that_is_not_loaded_is_refused(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await enphase(hass, cloud, freezer)
    device = device_of(hass, entry, "enphase_72")
    assert await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(ServiceValidationError) as err:
        await call(hass, "verify_statistics", system=device, start="2026-06-01")
    assert err.value.translation_key == "service_config_entry_not_loaded"


@pytest.mark.parametrize(
    ("action", "data", "key"),
    [
        ("verify_statistics", {"start": "2024-11-10"}, "not_finished"),
        ("verify_statistics", {"start": "2026-06-05", "end": "2026-06-04"}, "end_before_start"),
        ("verify_statistics", {"start": "2024-04-01"}, "too_many_days"),
        ("get_history", {"start": "2024-01-01", "period": "5minute"}, "too_many_days"),
        ("get_history", {"start": "2024-11-01", "period": "day", "flows": ["grid_import"]}, "flow_not_measured"),
    ],
)
async def test_what_cannot_be_answered_is_refused_in_words(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, action: str, data: dict[str, Any], key: str
) -> None:
    entry = await enphase(hass, cloud, freezer)
    with pytest.raises(ServiceValidationError) as err:
        await call(hass, action, system=device_of(hass, entry, "enphase_72"), **data)
    assert err.value.translation_key == key
    texts = await async_get_translations(hass, "en", "exceptions", [DOMAIN])
    message = texts[f"component.{DOMAIN}.exceptions.{key}.message"]
    assert message.format(**(err.value.translation_placeholders or {}))
    assert not cloud.sent()


async def test_a_cloud_that_fails_is_an_error_in_words(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await enphase(hass, cloud, freezer)
    device = device_of(hass, entry, "enphase_72")
    cloud.simulator.fail("*/energy_lifetime", status=503)
    with pytest.raises(HomeAssistantError) as err:
        await call(hass, "verify_statistics", system=device, start="2024-06-01", end="2024-06-02")
    assert err.value.translation_key == "temporarily_unavailable"
    assert err.value.translation_placeholders == {"name": "Sample Residence"}


async def test_others_than_administrators_may_read_but_neither_import_nor_add_sources(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, hass_read_only_user: User
) -> None:
    entry = await enphase(hass, cloud, freezer)
    device = device_of(hass, entry, "enphase_72")
    context = Context(user_id=hass_read_only_user.id)
    for action in ("import_history", "add_to_energy_dashboard"):
        with pytest.raises(Unauthorized):
            await hass.services.async_call(DOMAIN, action, {"system": device}, blocking=True, context=context)
    answer = await hass.services.async_call(
        DOMAIN,
        "get_history",
        {"system": device, "start": "2024-11-01", "period": "month"},
        blocking=True,
        context=context,
        return_response=True,
    )
    assert answer
