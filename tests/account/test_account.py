"""The account's own figures and options: what was spent, what is left, when the count begins again."""

from datetime import UTC, datetime, timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed, get_system_health_info

from custom_components.solar_cloud.budget.limit import Scope
from custom_components.solar_cloud.const import DOMAIN
from simulator.ready import ENPHASE_SINGLE_USER_ID

from ..home.conftest import (
    Cloud,
    add_account,
    enphase_input,
    open_reconfigure,
    pass_time,
    settle,
    solaredge_input,
    state_of,
)


async def test_the_account_tells_what_was_spent_and_what_is_left(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    await async_setup_component(hass, "homeassistant", {})
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud))
    await pass_time(hass, freezer, timedelta(minutes=61))
    sent = len(cloud.sent())
    used = er.async_get(hass).async_get_entity_id("sensor", DOMAIN, f"{entry.entry_id}_requests_used")
    await hass.services.async_call("homeassistant", "update_entity", {"entity_id": used}, blocking=True)
    assert len(cloud.sent()) == sent
    assert state_of(hass, f"{entry.entry_id}_requests_used") == str(sent)
    assert state_of(hass, f"{entry.entry_id}_requests_left") == str(10_000 - sent)
    assert state_of(hass, f"{entry.entry_id}_resets_at") == "2026-07-01T00:00:00+00:00"
    cloud.simulator.clear_requests()
    await pass_time(hass, freezer, timedelta(minutes=1))
    assert len(cloud.sent()) <= 2


async def test_what_was_spent_is_written_every_quarter_of_an_hour_at_most(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud))
    states: list[str] = []
    sensor = er.async_get(hass).async_get_entity_id("sensor", DOMAIN, f"{entry.entry_id}_requests_used")

    @callback
    def changed(event: Event[EventStateChangedData]) -> None:
        if (state := event.data["new_state"]) is not None:
            states.append(state.state)

    async_track_state_change_event(hass, [sensor or ""], changed)
    before = len(cloud.sent())
    await pass_time(hass, freezer, timedelta(hours=2), step=timedelta(minutes=1))
    sent = len(cloud.sent())
    assert sent - before > 20
    assert 7 <= len(states) <= 9
    assert sent - 6 <= int(states[-1]) <= sent


async def test_enphase_has_no_billing_day_to_choose(hass: HomeAssistant, cloud: Cloud) -> None:
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud))
    assert not entry.supports_options


async def test_the_day_of_solaredges_billing_cycle_moves_the_count_and_costs_no_request(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await add_account(hass, "solaredge_key", solaredge_input(cloud))
    assert entry.supports_options
    used = entry.runtime_data.metered.ledger.used(datetime.now(UTC))
    cloud.simulator.clear_requests()
    result = await hass.config_entries.options.async_init(entry.entry_id)
    assert result["type"] is FlowResultType.FORM
    result = await hass.config_entries.options.async_configure(result["flow_id"], {"cycle_day": 23})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await settle(hass)
    assert entry.options == {"cycle_day": 23}
    assert cloud.sent() == []
    assert state_of(hass, f"{entry.entry_id}_resets_at") == "2026-06-23T00:00:00+00:00"
    assert state_of(hass, f"{entry.entry_id}_requests_used") == str(used)
    freezer.move_to(datetime(2026, 6, 23, 0, 1, tzinfo=UTC))
    assert entry.runtime_data.metered.ledger.used(datetime.now(UTC)) == 0


async def test_the_owner_may_use_the_last_5_percent_and_is_told_when_they_are_gone(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, caplog: pytest.LogCaptureFixture
) -> None:
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud), ["67"])
    ledger = entry.runtime_data.metered.ledger
    coordinator = next(iter(entry.runtime_data.coordinators.values()))
    now = datetime.now(UTC)
    ledger.learn(None, Scope.MONTH, now, limit=40)
    while ledger.used(now) < ledger.limits.per_month * 0.95:
        ledger.spend(now)
    freezer.tick(3600)
    cloud.simulator.clear_requests()
    await coordinator.async_refresh()
    assert cloud.sent() == []
    await coordinator.async_request_refresh()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert cloud.sent() == ["/systems/67/summary"]
    now = datetime.now(UTC)
    while ledger.left(now):
        ledger.spend(now)
    freezer.tick(3600)
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    cloud.simulator.clear_requests()
    await coordinator.async_request_refresh()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert cloud.sent() == []
    assert state_of(hass, "enphase_67_power") not in {None, "unknown", "unavailable"}
    assert "Traceback" not in caplog.text
    issue = ir.async_get(hass).async_get_issue(DOMAIN, f"month_spent_{entry.entry_id}")
    assert issue is not None
    assert issue.translation_placeholders == {
        "account": entry.title,
        "used": "40",
        "limit": "40",
        "until": "2026-06-30 17:00",
    }
    freezer.move_to(datetime(2026, 7, 1, 0, 1, tzinfo=UTC))
    async_fire_time_changed(hass)
    await coordinator.async_refresh()
    assert cloud.sent()
    assert ir.async_get(hass).async_get_issue(DOMAIN, f"month_spent_{entry.entry_id}") is None


async def test_system_health_counts_a_shared_ledger_once_and_sends_nothing(hass: HomeAssistant, cloud: Cloud) -> None:
    assert await async_setup_component(hass, "system_health", {})
    await add_account(hass, "enphase_v2", enphase_input(cloud), ["67"])
    await add_account(hass, "enphase_v2", enphase_input(cloud, user_id=ENPHASE_SINGLE_USER_ID))
    await hass.async_block_till_done()
    sent = len(cloud.sent())
    info = await get_system_health_info(hass, DOMAIN)
    assert info == {"accounts": 2, "systems": 2, "requests_used": sent, "requests_left": 10_000 - sent}
    assert len(cloud.sent()) == sent


async def test_a_plan_that_is_too_small_is_told_with_the_numbers_and_taken_back(
    hass: HomeAssistant, cloud: Cloud
) -> None:
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud), ["67"])
    (subentry_id,) = entry.subentries
    issue_id = f"plan_too_small_{subentry_id}"
    assert ir.async_get(hass).async_get_issue(DOMAIN, issue_id) is None

    async def change(**limits: int) -> None:
        result = await open_reconfigure(hass, entry)
        result = await hass.config_entries.flow.async_configure(result["flow_id"], enphase_input(cloud, plan="custom"))
        await hass.config_entries.flow.async_configure(result["flow_id"], limits)
        await settle(hass)

    await change(per_minute=10, per_month=150)
    issue = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["limit"] == "150"
    assert issue.translation_placeholders["systems"] == "1"
    assert float(issue.translation_placeholders["hours"]) > 2
    await change(per_minute=10, per_month=10_000)
    assert ir.async_get(hass).async_get_issue(DOMAIN, issue_id) is None


async def test_in_the_dark_the_last_power_of_the_day_does_not_shine_on(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    await hass.config.async_update(latitude=38.4, longitude=-122.8, time_zone="America/Los_Angeles")
    await add_account(hass, "enphase_v2", enphase_input(cloud), ["67"])
    power = float(state_of(hass, "enphase_67_power") or 0)
    assert power > 1000
    cloud.simulator.fail("*", status=503, times=None)
    await pass_time(hass, freezer, timedelta(hours=2), step=timedelta(minutes=30))
    assert float(state_of(hass, "enphase_67_power") or 0) == power
    # Unavailable by the time it gets dark; back with the night's first answer.
    cloud.simulator.clear_faults()
    cloud.simulator.mutate("*/summary", lambda body: body | {"last_interval_end_at": None, "current_power": None})
    freezer.move_to(datetime(2026, 6, 11, 5, 30, tzinfo=UTC))
    async_fire_time_changed(hass)
    await settle(hass)
    assert float(state_of(hass, "enphase_67_power") or -1) == 0


async def test_a_plan_that_was_only_tried_in_a_dialog_is_not_in_force(hass: HomeAssistant, cloud: Cloud) -> None:
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud), ["67"])
    result = await open_reconfigure(hass, entry)
    cloud.simulator.fail("*/systems", status=503)
    result = await hass.config_entries.flow.async_configure(result["flow_id"], enphase_input(cloud, plan="gigawatt"))
    assert result["errors"] == {"base": "cannot_connect"}
    hass.config_entries.flow.async_abort(result["flow_id"])
    assert entry.runtime_data.metered.ledger.limits.per_month == 10_000


async def test_who_confirms_the_plan_need_not_wait_for_what_the_cloud_said_of_it(
    hass: HomeAssistant, cloud: Cloud
) -> None:
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud), ["67"])
    ledger = entry.runtime_data.metered.ledger
    ledger.learn(None, Scope.MONTH, datetime.now(UTC), limit=400)
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert ledger.limits.per_month == 400
    result = await open_reconfigure(hass, entry)
    await hass.config_entries.flow.async_configure(result["flow_id"], enphase_input(cloud))
    await settle(hass)
    assert entry.runtime_data.metered.ledger.limits.per_month == 10_000
