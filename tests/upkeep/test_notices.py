"""Inverters that fall behind their siblings: a sensor for each, and one notice for a system."""

from datetime import UTC, datetime, time, timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry, ConfigEntryDisabler
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
import pytest

from custom_components.solar_cloud.const import DOMAIN
from simulator.ready import ENPHASE_SINGLE_USER_ID, SOLAREDGE_SINGLE_API_KEY
from simulator.systems.special import thirty_inverter_site

from ..home.conftest import Cloud, add_account, enphase_input, pass_time, settle, solaredge_input, state_of

KEY = "enphase_72"
SHADED, DEAD, WELL, THIRD = "121703000003", "121703000007", "121703000009", "121703000011"
ISSUE = f"underperforming_{KEY}"
STEP = timedelta(hours=3)
SUNNY_DAYS = 5
"""Within so many the owner is to know."""


def issue(hass: HomeAssistant, issue_id: str = ISSUE) -> ir.IssueEntry | None:
    found = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    return found if found is not None and found.active else None


def named(hass: HomeAssistant, issue_id: str = ISSUE) -> dict[str, int]:
    """Return the inverters in the notice with their yield in per cent; empty without one."""
    found = issue(hass, issue_id)
    if found is None:
        return {}
    rows = [row.strip("| ").split(" | ") for row in (found.translation_placeholders or {})["inverters"].splitlines()]
    return {row[0]: int(row[1].removesuffix(" %")) for row in rows}


def relative_yield(hass: HomeAssistant, serial: str, vendor: str = "enphase") -> State | None:
    entity_id = er.async_get(hass).async_get_entity_id("sensor", DOMAIN, f"{vendor}_{serial}_relative_yield")
    return hass.states.get(entity_id) if entity_id is not None else None


async def add(hass: HomeAssistant, cloud: Cloud) -> ConfigEntry:
    return await add_account(hass, "enphase_v2", enphase_input(cloud, user_id=ENPHASE_SINGLE_USER_ID))


async def sunny_days_until(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    wanted: set[str],
    *,
    well: str = WELL,
    vendor: str = "enphase",
    issue_id: str = ISSUE,
    step: timedelta = STEP,
) -> int:
    """Let the days pass until exactly these inverters are named; return how many of them were sunny."""
    judged: set[str] = set()
    state = relative_yield(hass, well, vendor)
    before = state.attributes["judged_day"] if state is not None else ""
    for _ in range(28 * 24):
        if set(named(hass, issue_id)) == wanted:
            return len(judged - {before})
        await pass_time(hass, freezer, step, step=step)
        if (state := relative_yield(hass, well, vendor)) is not None:
            judged.add(state.attributes["judged_day"])
    raise AssertionError(f"named are {named(hass, issue_id)}")


@pytest.mark.parametrize("mute", [False, True], ids=["heard of", "mute"])
async def test_a_shaded_and_a_dead_microinverter_are_named_in_five_sunny_days_until_well(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, mute: bool
) -> None:
    await add(hass, cloud)
    cloud.simulator.set_health(SHADED, 55)
    cloud.simulator.set_health(DEAD, 0, mute=mute)
    both = {f"Inverter {SHADED}", f"Inverter {DEAD}"}
    assert await sunny_days_until(hass, freezer, both) <= SUNNY_DAYS
    assert named(hass) == pytest.approx({f"Inverter {SHADED}": 55, f"Inverter {DEAD}": 0}, abs=3)
    shaded, dead, well = (relative_yield(hass, serial) for serial in (SHADED, DEAD, WELL))
    assert shaded is not None
    assert dead is not None
    assert well is not None
    assert float(shaded.state) == pytest.approx(55, abs=3)
    assert float(dead.state) == 0
    assert float(well.state) == pytest.approx(100, abs=5)
    assert shaded.attributes["judged_day"] == well.attributes["judged_day"] < datetime.now(UTC).date().isoformat()
    cloud.simulator.set_health(SHADED, 100)
    cloud.simulator.set_health(DEAD, 100)
    assert await sunny_days_until(hass, freezer, set()) <= SUNNY_DAYS
    assert issue(hass) is None
    assert (state := relative_yield(hass, DEAD)) is not None
    assert float(state.state) == pytest.approx(100, abs=5)


@pytest.mark.slow("days of thirty inverters in a whole Home Assistant")
async def test_a_shaded_and_a_dead_solaredge_inverter_are_named_within_five_sunny_days(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    plant = thirty_inverter_site()
    cloud.simulator.add_plant(plant, SOLAREDGE_SINGLE_API_KEY)
    user_input = solaredge_input(cloud, api_key=SOLAREDGE_SINGLE_API_KEY)
    await add_account(hass, "solaredge_key", user_input, [str(plant.id)])
    shaded, dead, well = "7B300005-05", "7B300019-19", "7B300009-09"
    cloud.simulator.set_health(shaded, 55)
    cloud.simulator.set_health(dead, 0)
    names = {f"Inverter {list(plant.inverters).index(serial) + 1}": serial for serial in (shaded, dead)}
    found = f"underperforming_{plant.key}"
    wanted = await sunny_days_until(
        hass, freezer, set(names), well=well, vendor="solaredge", issue_id=found, step=timedelta(hours=6)
    )
    assert wanted <= SUNNY_DAYS
    assert named(hass, found) == pytest.approx(dict(zip(names, (55, 0), strict=True)), abs=3)
    cloud.simulator.set_health(shaded, 100)
    cloud.simulator.set_health(dead, 100)
    assert (
        await sunny_days_until(
            hass, freezer, set(), well=well, vendor="solaredge", issue_id=found, step=timedelta(hours=6)
        )
        <= SUNNY_DAYS
    )


async def test_what_the_owner_ignores_stays_ignored_until_another_inverter_falls_behind(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await add(hass, cloud)
    cloud.simulator.set_health(SHADED, 55)
    await sunny_days_until(hass, freezer, {f"Inverter {SHADED}"})
    first = issue(hass)
    assert first is not None
    assert first.dismissed_version is None
    ir.async_ignore_issue(hass, DOMAIN, ISSUE, True)
    await pass_time(hass, freezer, timedelta(days=2), step=STEP)
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    await pass_time(hass, freezer, timedelta(days=1), step=STEP)
    assert (ignored := issue(hass)) is not None
    assert ignored.dismissed_version is not None
    cloud.simulator.set_health(THIRD, 30)
    await sunny_days_until(hass, freezer, {f"Inverter {SHADED}", f"Inverter {THIRD}"})
    assert (shown := issue(hass)) is not None
    assert shown.dismissed_version is None


async def test_the_notice_calls_inverters_as_their_owner_does(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await add(hass, cloud)
    registry = dr.async_get(hass)
    device = registry.async_get_device_by_identifier((DOMAIN, f"enphase_{SHADED}"), entry.entry_id)
    assert device is not None
    registry.async_update_device(device.id, name_by_user="Carport | left")
    cloud.simulator.set_health(SHADED, 55)
    await sunny_days_until(hass, freezer, {"Carport / left"})
    assert (found := issue(hass)) is not None
    assert (found.translation_placeholders or {})["name"] == "Sample Residence"


@pytest.mark.parametrize("gone", ["inverter", "system", "account", "disabled"])
async def test_the_notice_goes_with_what_it_is_about(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, gone: str
) -> None:
    entry = await add(hass, cloud)
    cloud.simulator.set_health(SHADED, 55)
    await sunny_days_until(hass, freezer, {f"Inverter {SHADED}"})
    match gone:
        case "inverter":
            cloud.simulator.retire_inverter(KEY, SHADED)
            await pass_time(hass, freezer, timedelta(hours=26), step=timedelta(hours=1))
        case "system":
            hass.config_entries.async_remove_subentry(entry, next(iter(entry.subentries)))
            await settle(hass)
        case "account":
            await hass.config_entries.async_remove(entry.entry_id)
        case _:
            await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    assert issue(hass) is None


async def test_who_has_not_been_judged_yet_has_no_sensor(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    await add(hass, cloud)
    assert state_of(hass, f"enphase_{WELL}_relative_yield") is None
    # To the end of the day: not even the first one is over.
    evening = datetime.combine(datetime.now(UTC).date(), time(21), UTC)
    await pass_time(hass, freezer, evening - datetime.now(UTC), step=timedelta(minutes=30))
    assert state_of(hass, f"enphase_{WELL}_relative_yield") is None
    await pass_time(hass, freezer, timedelta(days=10), step=STEP)
    assert float(state_of(hass, f"enphase_{WELL}_relative_yield") or 0) == pytest.approx(100, abs=5)
