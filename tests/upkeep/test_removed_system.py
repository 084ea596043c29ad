"""A system that its vendor has removed: the owner is asked, few requests are sent, and it may come back."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.solar_cloud.const import DOMAIN
from custom_components.solar_cloud.repairs import async_create_fix_flow

from ..home.conftest import Cloud, add_account, enphase_input, pass_time, settle, solaredge_input, state_of
from ..home.sign_in import signed_in

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SITES = [("enphase_v2", "67", "enphase_67"), ("solaredge_key", "1148616", "solaredge_1148616")]


def is_raised(hass: HomeAssistant, subentry_id: str) -> bool:
    return ir.async_get(hass).async_get_issue(DOMAIN, f"system_removed_{subentry_id}") is not None


@pytest.mark.parametrize(("kind", "system", "key"), SITES)
async def test_a_system_that_is_not_found_for_a_day_is_offered_to_be_removed(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, kind: str, system: str, key: str
) -> None:
    given = enphase_input(cloud) if kind == "enphase_v2" else solaredge_input(cloud)
    entry = await add_account(hass, kind, given, [system])
    (subentry_id,) = entry.subentries
    await pass_time(hass, freezer, 2 * HOUR, step=HOUR / 4)
    gone = f"*/s*/{system}*"
    cloud.simulator.fail(gone, status=404, body={"message": "gone"}, times=None)
    cloud.simulator.fail("*/inverters_summary*", status=404, body={"message": "gone"}, times=None)
    await pass_time(hass, freezer, 15 * HOUR, step=HOUR / 2)
    assert not is_raised(hass, subentry_id)
    await pass_time(hass, freezer, 15 * HOUR, step=HOUR / 2)
    assert is_raised(hass, subentry_id)
    await pass_time(hass, freezer, 4 * DAY, step=HOUR)
    cloud.simulator.clear_requests()
    await pass_time(hass, freezer, 7 * DAY, step=HOUR)
    sent = [path for path in cloud.sent() if system in path or "inverters_summary" in path]
    # Each job once a week; what matters once a day before that, with a look whether the key still lives.
    assert 1 <= len(sent) <= 24
    cloud.simulator.clear_faults()
    await pass_time(hass, freezer, 8 * DAY, step=HOUR)
    assert not is_raised(hass, subentry_id)
    assert state_of(hass, f"{key}_power") not in {None, "unknown", "unavailable"}
    (coordinator,) = entry.runtime_data.coordinators.values()
    assert not any(one.resting and one.error == "not_found" for one in coordinator.schedule.jobs.values())


async def test_an_answer_that_something_is_missing_does_not_show_that_the_cloud_knows_the_system(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    # Enphase v4 answers 404 for a meter that is not installed, too. Whoever is down for a day is asked anew after it.
    entry = await signed_in(hass, cloud, ("4200003",))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    (subentry_id,) = entry.subentries
    await pass_time(hass, freezer, 2 * HOUR, step=HOUR / 4)
    for path in ("*/s*/4200003*", "*/inverters_summary*"):
        cloud.simulator.fail(path, status=404, body={"message": "System not found"}, times=None)
    await pass_time(hass, freezer, 16 * HOUR, step=HOUR / 2)
    cloud.simulator.fail(status=503, body="<html>", times=None)
    await pass_time(hass, freezer, DAY, step=HOUR / 2)
    cloud.simulator.clear_faults()
    for path in ("*/s*/4200003*", "*/inverters_summary*"):
        cloud.simulator.fail(path, status=404, body={"message": "System not found"}, times=None)
    await pass_time(hass, freezer, 8 * HOUR, step=HOUR / 2)
    assert is_raised(hass, subentry_id)


async def test_the_owner_has_it_removed(hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory) -> None:
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud), ["67", "72"])
    gone = next(one.subentry_id for one in entry.subentries.values() if one.data["system_id"] == "67")
    for path in ("*/systems/67*", "*/inverters_summary*"):
        cloud.simulator.fail(path, status=404, body={"message": "gone"}, times=None)
    await pass_time(hass, freezer, 30 * HOUR, step=HOUR / 2)
    assert is_raised(hass, gone)
    issue = ir.async_get(hass).async_get_issue(DOMAIN, f"system_removed_{gone}")
    assert issue is not None
    assert issue.is_fixable
    flow = await async_create_fix_flow(hass, issue.issue_id, issue.data)
    flow.hass = hass
    form = await flow.async_step_init()
    assert (form["step_id"], form["description_placeholders"]) == ("confirm", {"name": "Eich Residence"})
    assert (await flow.async_step_confirm({}))["type"] is FlowResultType.CREATE_ENTRY
    await settle(hass)
    assert [one.data["system_id"] for one in entry.subentries.values()] == ["72"]
    assert not is_raised(hass, gone)
