"""What set-up, a restart and a day of running send; the docs quote the printed table."""

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
import pytest

from custom_components.solar_cloud.budget.rates import budget_of
from custom_components.solar_cloud.cloud.base import Job
from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import Update
from simulator.ready import ENPHASE_SINGLE_USER_ID, SOLAREDGE_OWNER

from .bought import bought, words
from .conftest import Cloud, add_account, enphase_input, pass_time, settle, solaredge_input
from .consents import add_site, add_v4

ENPHASE, SOLAREDGE = "Enphase v2, watt, 2 systems", "SolarEdge, free, 2 sites"
ACCOUNTS = {ENPHASE: ("enphase_v2", enphase_input), SOLAREDGE: ("solaredge_key", solaredge_input)}


async def add(hass: HomeAssistant, cloud: Cloud, account: str) -> ConfigEntry:
    step, user_input = ACCOUNTS[account]
    return await add_account(hass, step, user_input(cloud))


async def restart(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Unload and set up again, as a restart does with what is on disk."""
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)


type Adder = Callable[[HomeAssistant, Cloud], Awaitable[ConfigEntry]]


def with_key(step: str, user_input: Callable[[Cloud], dict[str, Any]], *systems: str) -> Adder:
    async def add(hass: HomeAssistant, cloud: Cloud) -> ConfigEntry:
        return await add_account(hass, step, user_input(cloud), list(systems))

    return add


def with_consent(*systems: str) -> Adder:
    async def add(hass: HomeAssistant, cloud: Cloud) -> ConfigEntry:
        return await add_v4(hass, cloud, systems)

    return add


async def as_homeowner(hass: HomeAssistant, cloud: Cloud) -> ConfigEntry:
    return await add_site(hass, cloud, SOLAREDGE_OWNER)


TABLE: dict[str, tuple[Adder, int]] = {
    "Enphase v4, Watt, PV only": (with_consent("4200001"), 4),
    "Enphase v4, Watt, PV and meters": (with_consent("4200002"), 5),
    "Enphase v4, Watt, PV, meters, battery and EV charger": (with_consent("4200003"), 6),
    "Enphase v2, Watt, 1 system with a meter": (with_key("enphase_v2", enphase_input, "67"), 7),
    "Enphase v2, Watt, 2 systems": (with_key("enphase_v2", enphase_input, "67", "72"), 12),
    "SolarEdge, Free, 1 site, signed in to": (as_homeowner, 12),
    "SolarEdge, Free, 1 site": (with_key("solaredge_key", solaredge_input, "222881711"), 11),
    "SolarEdge, Free, 1 site with meter and battery": (with_key("solaredge_key", solaredge_input, "1148616"), 19),
    "SolarEdge, Free, 2 sites": (with_key("solaredge_key", solaredge_input, "1148616", "222881711"), 29),
}
TOKENS = "tokens"


def tokens(cloud: Cloud) -> int:
    """Count the requests for tokens."""
    return sum(path.endswith("/token") for path in cloud.sent())


def count_by_job(entry: ConfigEntry, cloud: Cloud) -> tuple[Counter[str], defaultdict[str, Counter[str]]]:
    """Count what each job of an account with one system sends from now on, and what that buys."""
    sent, brought = Counter[str](), defaultdict[str, Counter[str]](Counter)

    def counted(job: Job[Any]) -> Callable[[SystemData, datetime], Awaitable[Update]]:
        run = job.run

        async def run_counted(data: SystemData, now: datetime) -> Update:
            before, tokens_before = len(cloud.sent()), tokens(cloud)
            try:
                update = await run(data, now)
                brought[job.name] += bought(data, update)
                return update
            finally:
                renewed = tokens(cloud) - tokens_before
                sent[job.name] += len(cloud.sent()) - before - renewed

        return run_counted

    for job in entry.runtime_data.client.jobs:
        job.run = counted(job)  # type: ignore[method-assign]
    return sent, brought


@pytest.mark.parametrize("account", TABLE)
async def test_set_up_restart_hour_and_day_send_no_more_than_the_docs_say(
    hass: HomeAssistant,
    cloud: Cloud,
    freezer: FrozenDateTimeFactory,
    account: str,
    record_property: Callable[[str, object], None],
) -> None:
    add_one, most = TABLE[account]
    # The first day of a month: what a day gets is a day's part of the whole month.
    freezer.move_to(datetime(2026, 6, 1, 19, 2, 30, tzinfo=UTC))
    entry = await add_one(hass, cloud)
    set_up = len(cloud.sent())
    cloud.simulator.clear_requests()
    await restart(hass, entry)
    restarted = len(cloud.sent())
    by_job, brought = count_by_job(entry, cloud)
    await pass_time(hass, freezer, timedelta(hours=1))
    hour = len(cloud.sent())
    await pass_time(hass, freezer, timedelta(hours=23), step=timedelta(minutes=2))
    day = len(cloud.sent())
    for name, value in (("set-up", set_up), ("restart", restarted), ("an hour", hour), ("a day", day)):
        record_property(name, value)
    record_property("of a 30th of the plan", f"{day / (entry.data['per_month'] / 30):.0%}")
    if len(entry.subentries) == 1:
        if renewals := tokens(cloud):
            by_job[TOKENS] = renewals
        assert sum(by_job.values()) == day
        record_property("by job", ", ".join(f"{name} {requests}" for name, requests in sorted(by_job.items())))
        # A job whose requests add nothing would be worth none.
        assert {name for name, requests in by_job.items() if requests and not brought[name]} <= {TOKENS}
        record_property(
            "bought", "; ".join(f"{name}: {words(brought[name])}" for name in sorted(+by_job) if brought[name])
        )
    assert set_up <= most
    assert restarted == 0
    # What is left of June goes to what is left of June's light, so a day's part is the same as any other's.
    days_left = (datetime(2026, 7, 1, tzinfo=UTC) - datetime.now(UTC)) / timedelta(days=1) + 1
    share = entry.data["per_month"] * 0.95 / days_left
    assert day <= share * 1.1 + 4
    if "signed in" in account:
        # Its tokens are a part of what the day was to cost.
        assert day <= share


@pytest.mark.parametrize("account", ACCOUNTS)
async def test_a_restart_sends_nothing_and_shows_the_last_data_at_once(
    hass: HomeAssistant, cloud: Cloud, account: str
) -> None:
    entry = await add(hass, cloud, account)
    await entry.runtime_data.account.async_refresh()
    before = {state.entity_id: state.state for state in hass.states.async_all()}
    cloud.simulator.clear_requests()
    await restart(hass, entry)
    assert cloud.sent() == []
    assert {state.entity_id: state.state for state in hass.states.async_all()} == before


@pytest.mark.parametrize("account", ACCOUNTS)
async def test_ten_restarts_in_a_row_send_nothing(hass: HomeAssistant, cloud: Cloud, account: str) -> None:
    entry = await add(hass, cloud, account)
    cloud.simulator.clear_requests()
    for _ in range(10):
        await restart(hass, entry)
    assert cloud.sent() == []


@pytest.mark.parametrize("account", ACCOUNTS)
async def test_the_ledger_counts_each_request_and_no_minute_is_exceeded(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, account: str
) -> None:
    entry = await add(hass, cloud, account)
    ledger = entry.runtime_data.metered.ledger
    assert ledger.used(datetime.now(UTC)) == len(cloud.sent())
    await pass_time(hass, freezer, timedelta(hours=6), step=timedelta(minutes=2))
    assert ledger.used(datetime.now(UTC)) == len(cloud.sent())
    per_minute = Counter(int(request.time.timestamp() // 60) for request in cloud.simulator.requests)
    assert max(per_minute.values()) <= ledger.limits.per_minute * 0.8


async def test_two_accounts_of_one_key_share_its_ledger_and_its_plan(hass: HomeAssistant, cloud: Cloud) -> None:
    first = await add_account(hass, "enphase_v2", enphase_input(cloud), systems=["67"])
    ledger = first.runtime_data.metered.ledger
    alone = first.runtime_data.metered.pacing.readings_per_hour("enphase_67", budget_of(ledger, datetime.now(UTC)))
    second = await add_account(hass, "enphase_v2", enphase_input(cloud, user_id=ENPHASE_SINGLE_USER_ID))
    assert first.runtime_data.metered is second.runtime_data.metered
    assert first.runtime_data.metered.ledger.used(datetime.now(UTC)) == len(cloud.sent())
    shared = first.runtime_data.metered.pacing.readings_per_hour("enphase_67", budget_of(ledger, datetime.now(UTC)))
    assert alone is not None
    assert shared is not None
    assert shared <= alone


async def test_removing_and_adding_an_account_again_does_not_reset_its_count(hass: HomeAssistant, cloud: Cloud) -> None:
    entry = await add(hass, cloud, ENPHASE)
    await hass.config_entries.async_remove(entry.entry_id)
    entry = await add(hass, cloud, ENPHASE)
    assert entry.runtime_data.metered.ledger.used(datetime.now(UTC)) == len(cloud.sent())


async def test_a_failing_set_up_does_not_burn_requests_with_home_assistants_retries(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    cloud.simulator.fail("*/summary", status=503, body="", times=None)
    await add_account(hass, "enphase_v2", enphase_input(cloud))
    await pass_time(hass, freezer, timedelta(minutes=10), step=timedelta(seconds=5))
    # Home Assistant tries again after 5, 10, 20, 40, 80, 160 and 320 seconds; each system sends two requests at most.
    summaries = [path for path in cloud.sent() if path.endswith("summary")]
    assert len(summaries) <= 4, summaries
    cloud.simulator.clear_faults()
    await pass_time(hass, freezer, timedelta(minutes=30), step=timedelta(seconds=30))
    assert hass.states.get("sensor.eich_residence_production_power") is not None


async def test_what_the_owner_asks_for_is_read_at_once_but_not_twice_a_minute(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    await async_setup_component(hass, "homeassistant", {})
    await add_account(hass, "enphase_v2", enphase_input(cloud))
    freezer.tick(90)
    cloud.simulator.clear_requests()

    async def update() -> None:
        await hass.services.async_call(
            "homeassistant", "update_entity", {"entity_id": "sensor.eich_residence_production_power"}, blocking=True
        )
        await hass.async_block_till_done(wait_background_tasks=True)

    await update()
    assert cloud.sent() == ["/systems/67/summary"]
    await update()
    assert cloud.sent() == ["/systems/67/summary"]


async def test_the_button_reads_now_and_says_when_the_share_for_it_is_used_up(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud))
    button = {"entity_id": "button.eich_residence_read_now"}
    freezer.tick(90)
    cloud.simulator.clear_requests()
    await hass.services.async_call("button", "press", button, blocking=True)
    assert cloud.sent() == ["/systems/67/summary"]
    ledger, now = entry.runtime_data.metered.ledger, datetime.now(UTC)
    for _ in range(ledger.owners_share(now).left):
        ledger.spend(now, asked=True)
    freezer.tick(90)
    with pytest.raises(HomeAssistantError) as refused:
        await hass.services.async_call("button", "press", button, blocking=True)
    assert refused.value.translation_key == "owners_share_used"
    assert refused.value.translation_placeholders == {
        "name": "Eich Residence",
        "part": "1000",
        "left": "0",
        "until": "2026-06-30 17:00",
    }
    assert cloud.sent() == ["/systems/67/summary"]


async def test_the_button_says_why_the_cloud_was_not_read(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    await add_account(hass, "enphase_v2", enphase_input(cloud))
    freezer.tick(90)
    cloud.simulator.fail("*", status=503, times=None)
    with pytest.raises(HomeAssistantError) as refused:
        await hass.services.async_call(
            "button", "press", {"entity_id": "button.eich_residence_read_now"}, blocking=True
        )
    assert refused.value.translation_key == "temporarily_unavailable"


async def test_an_automation_that_asks_every_few_minutes_is_named_in_the_log_once_a_day(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, caplog: pytest.LogCaptureFixture
) -> None:
    await async_setup_component(hass, "homeassistant", {})
    entry = await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    before = entry.runtime_data.metered.ledger.used(datetime.now(UTC))
    power = er.async_get(hass).async_get_entity_id("sensor", "solar_cloud", "solaredge_1148616_power")
    for _ in range(4 * 60):
        await hass.services.async_call("homeassistant", "update_entity", {"entity_id": power}, blocking=True)
        await pass_time(hass, freezer, timedelta(minutes=6), step=timedelta(minutes=6))
    share = entry.runtime_data.metered.ledger.owners_share(datetime.now(UTC))
    # A day's part of two hundred is seven; a reading of this site takes three.
    assert 3 <= share.before + share.today <= 2 * 9
    # In 28 hours with two mornings.
    assert entry.runtime_data.metered.ledger.used(datetime.now(UTC)) - before <= 2000 / 30 * 28 / 24 * 1.25 + 2 * 9
    said = [record for record in caplog.records if "more often than its plan allows" in record.getMessage()]
    assert 1 <= len(said) <= 2
    assert "200 requests a month" in said[0].getMessage()


async def test_no_request_when_the_month_is_spent_and_the_last_values_stay(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, caplog: pytest.LogCaptureFixture
) -> None:
    user_input: dict[str, Any] = enphase_input(cloud, plan="custom")
    result = await hass.config_entries.flow.async_init("solar_cloud", context={"source": "user"})
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {"next_step_id": "enphase_v2"})
    result = await hass.config_entries.flow.async_configure(result["flow_id"], user_input)
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {"per_minute": 10, "per_month": 20})
    await hass.config_entries.flow.async_configure(result["flow_id"], {"systems": ["67"]})
    await settle(hass)
    power = hass.states.get("sensor.eich_residence_production_power")
    assert power is not None
    await pass_time(hass, freezer, timedelta(days=3), step=timedelta(minutes=30))
    assert len(cloud.sent()) <= 19
    shown = hass.states.get("sensor.eich_residence_production_power")
    assert shown is not None
    assert shown.state not in {"unavailable", "unknown"}
    assert "Traceback" not in caplog.text
