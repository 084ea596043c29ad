"""Systems in zones at half hours, and where daylight saving time is half an hour: true to the plant, and verified."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder.core import Recorder
from homeassistant.core import HomeAssistant
import pytest

from simulator.plant.devices import Gateway, Inverter
from simulator.plant.energy import Flow
from simulator.plant.plant import Plant
from simulator.plant.sun import Sky
from simulator.ready import SOLAREDGE_API_KEY
from tests.history.helpers import PLACES

from ..home.conftest import Cloud, add_account, pass_time, solaredge_input
from ..home.test_services import call, device_of
from .test_bookkeeper import DAY, HOUR, hours_of

pytestmark = pytest.mark.slow("days of a whole Home Assistant with a recorder, each for several time zones")


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(recorder_mock: Recorder, enable_custom_integrations: None) -> None:
    """Let Home Assistant have a recorder, before anything else."""


def plant_in(zone: str) -> Plant:
    begin = datetime(2025, 12, 1, tzinfo=UTC)
    return Plant(
        "solaredge",
        550055,
        "Barn",
        timezone=zone,
        sky=Sky(latitude=PLACES[zone].latitude, longitude=PLACES[zone].longitude, seed=55),
        operational_at=begin,
        gateways=[Gateway(serial="7E550055-01", id=1)],
        inverters=[Inverter(serial="7E550055-01", gateway="7E550055-01", installed=begin, model="SE", size_w=8000)],
    )


@pytest.mark.parametrize(
    ("zone", "begin"),
    [
        ("Asia/Kolkata", datetime(2026, 6, 8, 18, 35, tzinfo=UTC)),
        # On the second day the clock goes back by half an hour.
        ("Australia/Lord_Howe", datetime(2026, 4, 3, 13, 5, tzinfo=UTC)),
    ],
)
async def test_days_of_a_half_hour_zone_agree_with_the_cloud(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, zone: str, begin: datetime
) -> None:
    freezer.move_to(begin)
    plant = cloud.simulator.add_plant(plant_in(zone), SOLAREDGE_API_KEY)
    entry = await add_account(hass, "solaredge_key", solaredge_input(cloud), ["550055"])
    await pass_time(hass, freezer, 3 * DAY, step=2 * HOUR)
    hours = await hours_of(hass, f"solar_cloud:{plant.key}_production", begin - HOUR, begin + 3 * DAY)
    assert hours == {hour: plant.energy_wh(hour, hour + HOUR) for hour in hours}
    first = begin.astimezone(plant.zone).date()
    device = device_of(hass, entry, plant.key)
    last = first + timedelta(days=1)
    answer = await call(hass, "verify_statistics", system=device, start=first.isoformat(), end=last.isoformat())
    assert answer["time_zone"] == zone
    assert [
        (date.fromisoformat(one["day"]), one["statistics_wh"], one["vendor_wh"], one["agrees"])
        for one in answer["days"]
    ] == [(day, plant.day_wh(day), plant.day_wh(day), True) for day in (first, last)]
    assert min(plant.day_wh(day) for day in (first, last)) > 1000


async def test_grid_and_battery_keep_their_hours_where_midnight_lies_within_an_hour(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    begin = datetime(2026, 6, 8, 18, 35, tzinfo=UTC)
    freezer.move_to(begin)
    plant = cloud.simulator.plants["solaredge_1148616"]
    plant.timezone, plant.zone = "Asia/Kolkata", ZoneInfo("Asia/Kolkata")
    await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    # Longer than intervals are kept, and with the weekly comparison in it.
    await pass_time(hass, freezer, 9 * DAY, step=2 * HOUR)
    flows: tuple[tuple[str, Flow], ...] = (("grid_import", "import"), ("battery_discharge", "discharge"))
    for measure, flow in flows:
        hours = await hours_of(hass, f"solar_cloud:{plant.key}_{measure}", begin + DAY, begin + 8 * DAY)
        assert len(hours) > 160
        assert hours == {hour: plant.flow_wh(flow, hour, hour + HOUR) for hour in hours}


async def test_an_imported_week_and_the_day_of_the_set_up_keep_their_hours(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to(datetime(2026, 6, 10, 7, 20, tzinfo=UTC))
    plant = cloud.simulator.plants["solaredge_1148616"]
    plant.timezone, plant.zone = "Asia/Kolkata", ZoneInfo("Asia/Kolkata")
    entry = await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    (system,) = entry.runtime_data.systems.values()
    await system.bookkeeper.async_import(date(2026, 6, 1))
    await pass_time(hass, freezer, 9 * DAY, step=2 * HOUR)
    # The week before the set-up was read in rows, from its first midnight on.
    begin = datetime(2026, 6, 2, 19, tzinfo=UTC)
    flows: tuple[tuple[str, Flow], ...] = (
        ("grid_import", "import"),
        ("grid_export", "export"),
        ("battery_charge", "charge"),
        ("battery_discharge", "discharge"),
    )
    for measure, flow in flows:
        hours = await hours_of(hass, f"solar_cloud:{plant.key}_{measure}", begin, begin + 15 * DAY)
        assert len(hours) == 15 * 24
        wrong = {hour: wh for hour, wh in hours.items() if wh != plant.flow_wh(flow, hour, hour + HOUR)}
        assert wrong == {}, measure
    hours = await hours_of(hass, f"solar_cloud:{plant.key}_production", begin, begin + 15 * DAY)
    assert {hour: plant.energy_wh(hour, hour + HOUR) for hour in hours} == hours
