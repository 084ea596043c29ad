"""The blueprint that runs a load on surplus: never on old or unknown figures, and never nervously."""

from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from ..home.conftest import Cloud, add_account, pass_time, solaredge_input, state_of
from .helpers import HOUR, MINUTE, act, automate, become, entity_id, wait

NAME = "surplus_switch"
GRID, UP_TO_DATE, MEASURED_AT = "sensor.roof_grid_power", "binary_sensor.roof_up_to_date", "sensor.roof_measured_at"
LOAD = "input_boolean.load"
KEY = "solaredge_1148616"


def inputs(**changes: Any) -> dict[str, Any]:
    return {
        "load": LOAD,
        "grid_power": GRID,
        "up_to_date": UP_TO_DATE,
        "measured_at": MEASURED_AT,
        "on_above": 2000,
        "off_below": 100,
        "lasting": 10,
        "min_on": 30,
        "min_off": 30,
    } | changes


class House:
    """A house whose figures are set by hand, and a load that was off for a day."""

    def __init__(self, hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
        self.hass = hass
        self.freezer = freezer

    async def automate(self, *, starting: bool = False, load: str = "off", **changes: Any) -> None:
        on = load == "on"
        assert await async_setup_component(self.hass, "input_boolean", {"input_boolean": {"load": {"initial": on}}})
        await self.wait(24 * HOUR, step=HOUR)
        await automate(self.hass, NAME, inputs(**changes), starting=starting)

    async def measure(self, export: object, *, up_to_date: str = "on", unit: str = "W", late: int = 10) -> None:
        """Let a reading come, of some minutes ago."""
        figure = str(-export) if isinstance(export, (int, float)) else str(export)
        await become(self.hass, GRID, figure, unit_of_measurement=unit)
        await become(self.hass, UP_TO_DATE, up_to_date)
        await become(self.hass, MEASURED_AT, (dt_util.utcnow() - late * MINUTE).isoformat())

    async def wait(self, time: timedelta, step: timedelta = MINUTE) -> None:
        await wait(self.hass, self.freezer, time, step)

    @property
    def load(self) -> str:
        state = self.hass.states.get(LOAD)
        assert state is not None
        return state.state


@pytest.fixture
def house(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> House:
    return House(hass, freezer)


async def test_a_real_site_runs_a_load_on_its_surplus_until_its_cloud_is_silent(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to("2026-06-10T10:02:30+00:00")
    await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    assert await async_setup_component(hass, "input_boolean", {"input_boolean": {"load": {}}})
    chosen = inputs(
        grid_power=entity_id(hass, f"{KEY}_grid_power"),
        up_to_date=entity_id(hass, f"{KEY}_up_to_date", "binary_sensor"),
        measured_at=entity_id(hass, f"{KEY}_measured_at"),
        on_above=50,
        off_below=-1000,
        min_off=0,
        max_age=90,
    )
    await automate(hass, NAME, chosen)
    seen = []
    for _ in range(60):
        await pass_time(hass, freezer, timedelta(minutes=5), step=timedelta(minutes=5))
        await act(hass)
        seen.append((state_of(hass, f"{KEY}_grid_power"), hass.states.get(LOAD).state))
        if seen[-1][1] == "on":
            break
    assert seen[-1][1] == "on", seen
    assert float(seen[-1][0] or 0) < -50
    cloud.simulator.fail(status=503, times=None)
    await pass_time(hass, freezer, timedelta(hours=3), step=timedelta(minutes=5))
    assert state_of(hass, f"{KEY}_up_to_date", "binary_sensor") == "off"
    assert hass.states.get(LOAD).state == "off"


async def test_it_switches_on_above_the_one_limit_and_off_below_the_other(house: House) -> None:
    await house.automate()
    await house.measure(2500)
    await house.wait(8 * MINUTE)
    assert house.load == "off"
    await house.wait(2 * MINUTE)
    assert house.load == "on"
    for export in (500, 150, 2500, 101):
        await house.measure(export)
        await house.wait(40 * MINUTE)
        assert house.load == "on", export
    await house.measure(50)
    await house.wait(8 * MINUTE)
    assert house.load == "on"
    await house.wait(2 * MINUTE)
    assert house.load == "off"


async def test_below_the_upper_limit_nothing_is_switched_on(house: House) -> None:
    await house.automate()
    for export in (0, 1500, 2000, -3000):
        await house.measure(export)
        await house.wait(40 * MINUTE)
    assert house.load == "off"


async def test_a_surplus_that_flaps_is_none(house: House) -> None:
    await house.automate()
    for export in (2500, 1500) * 8:
        await house.measure(export)
        await house.wait(7 * MINUTE)
        assert house.load == "off"


async def test_a_figure_in_kilowatts_is_understood(house: House) -> None:
    await house.automate()
    await house.measure(2.5, unit="kW")
    await house.wait(11 * MINUTE)
    assert house.load == "on"


@pytest.mark.parametrize(
    "figures",
    [
        {"export": 2500, "up_to_date": "off"},
        {"export": 2500, "up_to_date": "unknown"},
        {"export": 2500, "up_to_date": "unavailable"},
        {"export": "unknown"},
        {"export": "unavailable"},
        {"export": 2500, "late": 50},
        {"export": 2500, "unit": "VA"},
    ],
    ids=str,
)
async def test_old_and_unknown_figures_switch_nothing_on(house: House, figures: dict[str, Any]) -> None:
    await house.automate()
    await house.measure(**figures)
    await house.wait(60 * MINUTE)
    assert house.load == "off"


@pytest.mark.parametrize(("when_old", "expected"), [("off", "off"), ("keep", "on")])
@pytest.mark.parametrize(
    "figures",
    [{"export": 2500, "up_to_date": "off"}, {"export": "unavailable", "up_to_date": "unavailable"}],
    ids=["old", "unavailable"],
)
async def test_a_load_that_runs_is_switched_off_on_old_figures_unless_the_owner_wants_it_kept(
    house: House, figures: dict[str, Any], when_old: str, expected: str
) -> None:
    await house.automate(load="on", when_old=when_old)
    await house.measure(2500)
    await house.wait(20 * MINUTE)
    await house.measure(**figures)
    await house.wait(4 * MINUTE)
    assert house.load == "on"
    await house.wait(60 * MINUTE)
    assert house.load == expected


@pytest.mark.parametrize(("when_old", "expected"), [("off", "off"), ("keep", "on")])
async def test_figures_that_nobody_renews_become_old(house: House, when_old: str, expected: str) -> None:
    await house.automate(load="on", when_old=when_old)
    await house.measure(2500, late=10)
    await house.wait(35 * MINUTE)
    assert house.load == "on"
    await house.wait(10 * MINUTE)
    assert house.load == expected


async def test_old_figures_of_import_do_not_switch_a_load_off_that_is_to_be_kept(house: House) -> None:
    await house.automate(load="on", when_old="keep")
    await house.measure(-3000, up_to_date="off")
    await house.wait(60 * MINUTE)
    assert house.load == "on"


async def test_a_reload_of_the_account_switches_nothing(house: House) -> None:
    await house.automate(load="on")
    await house.measure(2500)
    await house.wait(10 * MINUTE)
    await house.measure("unavailable", up_to_date="unavailable")
    await house.wait(MINUTE)
    await house.measure(2500)
    await house.wait(30 * MINUTE)
    assert house.load == "on"


async def test_a_load_runs_for_its_shortest_time(house: House) -> None:
    await house.automate()
    await house.measure(2500)
    await house.wait(11 * MINUTE)
    assert house.load == "on"
    await house.measure(-500)
    await house.wait(27 * MINUTE)
    assert house.load == "on"
    await house.wait(4 * MINUTE)
    assert house.load == "off"


async def test_a_load_rests_for_its_shortest_time(house: House) -> None:
    await house.automate(load="on")
    await house.measure(-500)
    await house.wait(11 * MINUTE)
    assert house.load == "off"
    await house.measure(2500)
    await house.wait(27 * MINUTE)
    assert house.load == "off"
    await house.wait(4 * MINUTE)
    assert house.load == "on"


async def test_a_surplus_that_ends_during_the_rest_switches_nothing_on(house: House) -> None:
    await house.automate(load="on")
    await house.measure(-500)
    await house.wait(11 * MINUTE)
    await house.measure(2500)
    await house.wait(20 * MINUTE)
    await house.measure(1000)
    await house.wait(40 * MINUTE)
    assert house.load == "off"


async def test_figures_that_become_old_during_the_rest_switch_nothing_on(house: House) -> None:
    await house.automate(load="on")
    await house.measure(-500)
    await house.wait(11 * MINUTE)
    await house.measure(2500)
    await house.wait(20 * MINUTE)
    await house.measure(2500, up_to_date="off")
    await house.wait(40 * MINUTE)
    assert house.load == "off"


async def test_what_is_switched_by_hand_stays_until_a_limit_is_passed(house: House) -> None:
    await house.automate()
    await house.measure(1000)
    await house.hass.services.async_call("input_boolean", "turn_on", {"entity_id": LOAD}, blocking=True)
    await house.wait(20 * MINUTE)
    assert house.load == "on"
    await house.measure(50)
    await house.wait(40 * MINUTE)
    assert house.load == "off"


@pytest.mark.parametrize(("export", "load"), [(2500, "on"), (1000, "off"), (-500, "off")])
async def test_a_restart_in_the_middle_is_made_up_for(house: House, export: int, load: str) -> None:
    await house.measure(export)
    await house.automate(starting=True, max_age=10_000)
    await house.wait(8 * MINUTE)
    assert house.load == "off"
    await house.wait(3 * MINUTE)
    assert house.load == load


@pytest.mark.parametrize(("export", "load"), [(2500, "on"), (1000, "on"), (-500, "off")])
async def test_a_load_that_ran_over_a_restart_goes_by_the_surplus(house: House, export: int, load: str) -> None:
    await house.measure(export)
    await house.automate(starting=True, load="on", max_age=10_000)
    await house.wait(60 * MINUTE)
    assert house.load == load


@pytest.mark.parametrize(("when_old", "expected"), [("off", "off"), ("keep", "on")])
async def test_after_a_restart_without_figures_a_load_that_runs_is_switched_off(
    house: House, when_old: str, expected: str
) -> None:
    await house.automate(starting=True, load="on", when_old=when_old)
    await house.wait(12 * MINUTE)
    assert house.load == expected


async def test_a_surplus_that_is_there_when_the_automation_is_made_counts(house: House) -> None:
    await house.measure(2500)
    await house.automate(max_age=10_000)
    await house.wait(8 * MINUTE)
    assert house.load == "off"
    await house.wait(3 * MINUTE)
    assert house.load == "on"


async def test_a_load_that_could_not_be_reached_is_switched_when_it_is_back(house: House, hass: HomeAssistant) -> None:
    switch = "switch.boiler"
    calls = async_mock_service(hass, "switch", "turn_on")
    await become(hass, switch, "unavailable")
    await automate(hass, NAME, inputs(load=switch, min_off=0, max_age=240))
    await house.measure(2500)
    await house.wait(60 * MINUTE)
    assert calls == []
    await become(hass, switch, "off")
    await house.wait(11 * MINUTE)
    assert [call.data["entity_id"] for call in calls] == [[switch]]
