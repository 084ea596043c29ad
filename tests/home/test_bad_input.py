"""Whatever a cloud answers: no traceback, a translated reason, other values unharmed, no request too many."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
import time
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
import pytest

from custom_components.solar_cloud.const import DOMAIN
from custom_components.solar_cloud.system.failures import ERROR_KEYS
from simulator.ready import ENPHASE_API_KEY, ENPHASE_USER_ID, SOLAREDGE_API_KEY

from .conftest import Cloud, add_account, enphase_input, pass_time, settle, solaredge_input, state_of

MINUTE = {"reason": "409", "period": "minute", "period_start": 0, "period_end": 0, "limit": 10}

FAULTS: dict[str, dict[str, Any]] = {
    "403": {"status": 403, "body": {"reason": "403"}},
    "404": {"status": 404, "body": {"reason": "404", "errorMessages": ["gone"]}},
    "400": {"status": 400, "body": {"title": "Bad Request", "status": 400}},
    "422": {"status": 422, "body": {"reason": "422", "message": "no data", "start_at": 1}},
    "500/7": {"status": 500, "body": {"errorCode": 7, "errorMessages": ["Data temporarily unavailable."]}},
    "503": {"status": 503, "body": ""},
    "502 HTML": {"status": 502, "body": "<html><h1>Bad gateway</h1></html>", "headers": {"Content-Type": "text/html"}},
    "200 HTML": {"status": 200, "body": "<html>hello</html>", "headers": {"Content-Type": "text/html"}},
    "truncated": {"truncate": True},
    "dropped": {"drop": True},
    "not JSON": {"status": 200, "body": "{", "headers": {"Content-Type": "application/json"}},
    "a list": {"status": 200, "body": [1, 2, 3]},
    "null": {"status": 200, "body": "null", "headers": {"Content-Type": "application/json"}},
    "empty object": {"status": 200, "body": {}},
    "minute limit": {"status": 409, "body": {"reason": "409", "message": ["x"], "period": "minute", "limit": 10}},
    "429": {"status": 429, "body": {"message": "API rate limit exceeded"}, "headers": {"retry-after": "30"}},
    "month limit": {"status": 409, "body": {"period": "month", "period_end": 1782864000, "limit": 10000}},
    "418": {"status": 418, "body": {}},
    "redirect": {"status": 302, "body": "", "headers": {"Location": "http://192.0.2.1/steal"}},
}
VENDORS = {
    "enphase": ("enphase_v2", enphase_input, "enphase_67", "/enphase/*/summary", "/enphase/*"),
    "solaredge": ("solaredge_key", solaredge_input, "solaredge_222881711", "/solaredge/*/energy", "/solaredge/*"),
}


@pytest.fixture(autouse=True)
def nothing_leaks(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Look into the log of every test here: no traceback, no credential."""
    yield
    for record in caplog.get_records("call"):
        assert record.exc_info is None or record.name.startswith("asyncio"), record.getMessage()
        for secret in (ENPHASE_API_KEY, ENPHASE_USER_ID, SOLAREDGE_API_KEY):
            assert secret not in record.getMessage(), record.name


async def add(hass: HomeAssistant, cloud: Cloud, vendor: str) -> ConfigEntry:
    step, user_input, *_ = VENDORS[vendor]
    return await add_account(hass, step, user_input(cloud))  # type: ignore[operator]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_failing_main_endpoint_keeps_values_then_makes_only_its_own_unavailable(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, vendor: str, fault: str
) -> None:
    entry = await add(hass, cloud, vendor)
    *_, key, path, _ = VENDORS[vendor]
    power = state_of(hass, f"{key}_power")
    lifetime = state_of(hass, f"{key}_energy_lifetime")
    assert power not in {None, "unknown", "unavailable"}
    cloud.simulator.fail(path, times=None, **FAULTS[fault])
    cloud.simulator.clear_requests()
    await pass_time(hass, freezer, timedelta(minutes=45), step=timedelta(minutes=15))
    assert state_of(hass, f"{key}_power") == power
    await pass_time(hass, freezer, timedelta(minutes=75), step=timedelta(minutes=15))
    # Where other values are read meanwhile, this one is not reported any more.
    assert state_of(hass, f"{key}_power") in {power, "unknown"}
    # Rows that are read meanwhile carry the lifetime on, up to what there truly was.
    most = cloud.simulator.plants[key].lifetime_wh(datetime.now(UTC)) / 1000
    assert float(lifetime or "") <= float(state_of(hass, f"{key}_energy_lifetime") or "") <= most
    await pass_time(hass, freezer, timedelta(hours=5), step=timedelta(minutes=20))
    limited = fault in {"422", "minute limit", "429", "month limit"}
    empty = fault == "empty object"
    if not limited and not empty:
        assert state_of(hass, f"{key}_power") == "unavailable"
    elif limited:
        # A limit is no outage: the last values stay, unless others are read.
        assert state_of(hass, f"{key}_power") in {power, "unknown"}
    if vendor == "enphase" and fault != "month limit":
        serial = "121100000001"
        assert state_of(hass, f"enphase_{serial}_energy_lifetime") not in {None, "unknown", "unavailable"}
    asked = [sent for sent in cloud.sent() if sent.endswith(path.rsplit("/", 1)[1])]
    # Nothing to tell, or nothing new, is an answer, and asked for at the usual pace; anything else less and less.
    most = 7 * 60 / 10 if fault in {"422", "empty object"} else 11
    assert len(asked) <= len(entry.runtime_data.coordinators) * most, len(asked)
    assert not hass.config_entries.flow.async_progress()
    cloud.simulator.clear_faults()
    if fault == "month limit":
        return
    # A small plan has no reading to spare after sunset: what the evening lacks comes with the next morning.
    recovered, step = (2, 15) if vendor == "enphase" else (15, 50)
    await pass_time(hass, freezer, timedelta(hours=recovered), step=timedelta(minutes=step))
    assert state_of(hass, f"{key}_power") not in {None, "unknown", "unavailable"}
    measured = datetime.fromisoformat(state_of(hass, f"{key}_measured_at") or "")
    assert datetime.now(UTC) - measured < timedelta(hours=1, minutes=30)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("vendor", VENDORS)
async def test_set_up_against_a_broken_cloud_says_why_and_recovers(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, vendor: str, fault: str
) -> None:
    step, user_input, key, path, _ = VENDORS[vendor]
    cloud.simulator.fail(path, times=None, **FAULTS[fault])
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": "user"})
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {"next_step_id": step})
    result = await hass.config_entries.flow.async_configure(result["flow_id"], user_input(cloud))  # type: ignore[operator]
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {"systems": [key.split("_")[1]]})
    entry = result["result"]
    await settle(hass)
    if fault in {"422", "empty object"}:
        # The cloud has nothing yet: that is an answer.
        assert entry.state in {ConfigEntryState.LOADED, ConfigEntryState.SETUP_RETRY}
    else:
        assert entry.state is ConfigEntryState.SETUP_RETRY
        assert entry.error_reason_translation_key in {*ERROR_KEYS.values(), "rate_limited", "not_yet"}
    cloud.simulator.clear_faults()
    if fault == "month limit":
        return
    await pass_time(hass, freezer, timedelta(hours=2), step=timedelta(minutes=10))
    assert entry.state is ConfigEntryState.LOADED
    assert state_of(hass, f"{key}_power") not in {None, "unknown", "unavailable"}


async def test_every_reason_has_a_text_with_the_placeholders_it_is_given(hass: HomeAssistant) -> None:
    texts = await async_get_translations(hass, "en", "exceptions", [DOMAIN])
    for key in {*ERROR_KEYS.values(), "rate_limited", "not_yet", "invalid_auth"}:
        text = texts[f"component.{DOMAIN}.exceptions.{key}.message"]
        text.format(name="x", until="y")


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_dead_credential_asks_for_a_new_one_and_sends_nothing_more(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, vendor: str
) -> None:
    entry = await add(hass, cloud, vendor)
    *_, everything = VENDORS[vendor]
    # Long enough for the last success to be no proof any more.
    freezer.tick(7200)
    cloud.simulator.fail(everything, times=None, status=401, body={"reason": "401", "message": ["Not authorized"]})
    cloud.simulator.clear_requests()
    await pass_time(hass, freezer, timedelta(hours=3), step=timedelta(minutes=5))
    flows = hass.config_entries.flow.async_progress()
    assert [flow["context"]["source"] for flow in flows] == ["reauth"]
    # For each of two systems whose turn came at once: what it asked for, and the list that told a dead credential
    # from a gate. After that nothing, however many jobs are due.
    assert len(cloud.sent()) <= 4, cloud.sent()
    assert len(entry.runtime_data.coordinators) == 2


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_401_of_one_endpoint_alone_is_no_reason_to_sign_in_again(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, vendor: str
) -> None:
    await add(hass, cloud, vendor)
    *_, path, _ = VENDORS[vendor]
    cloud.simulator.fail(path, times=None, status=401, body={"reason": "401"})
    await pass_time(hass, freezer, timedelta(hours=8), step=timedelta(minutes=10))
    assert not hass.config_entries.flow.async_progress()


async def test_an_endpoint_that_the_account_has_not_got_is_asked_for_weekly(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    cloud.simulator.switches.enphase_inverters_summary = False
    await add(hass, cloud, "enphase")
    await pass_time(hass, freezer, timedelta(days=1), step=timedelta(hours=2))
    asked = [path for path in cloud.sent() if "inverters_summary" in path]
    assert len(asked) == 2
    assert state_of(hass, "enphase_67_power") not in {None, "unknown", "unavailable"}
    cloud.simulator.switches.enphase_inverters_summary = True
    await pass_time(hass, freezer, timedelta(days=7), step=timedelta(hours=8))
    assert state_of(hass, "enphase_121100000001_energy_lifetime") not in {None, "unknown", "unavailable"}


def nulled(value: Any) -> Any:
    """Return the same structure with null instead of every plain value but ids."""
    if isinstance(value, Mapping):
        return {key: member if key in {"system_id", "siteId"} else nulled(member) for key, member in value.items()}
    if isinstance(value, list):
        return [nulled(member) for member in value]
    return None


def emptied(value: Any) -> Any:
    """Return the same structure without any key but ids."""
    if isinstance(value, Mapping):
        return {
            key: member if key in {"system_id", "siteId"} else emptied(member)
            for key, member in value.items()
            if isinstance(member, Mapping | list) or key in {"system_id", "siteId"}
        }
    if isinstance(value, list):
        return [emptied(member) for member in value]
    return value


def scrambled(value: Any) -> Any:
    """Return the same structure with every plain value of another type."""
    if isinstance(value, Mapping):
        return {key: member if key in {"system_id", "siteId"} else scrambled(member) for key, member in value.items()}
    if isinstance(value, list):
        return [scrambled(member) for member in value]
    return {"what": ["is", "this"]} if isinstance(value, str) else "nonsense"


@pytest.mark.parametrize("mutation", [nulled, emptied, scrambled])
@pytest.mark.parametrize("vendor", VENDORS)
async def test_nulls_absent_keys_and_wrong_types_leave_the_last_values_or_unknown(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, vendor: str, mutation: Any
) -> None:
    entry = await add(hass, cloud, vendor)
    *_, key, _, everything = VENDORS[vendor]
    lifetime = state_of(hass, f"{key}_energy_lifetime")
    cloud.simulator.mutate(everything, mutation)
    await pass_time(hass, freezer, timedelta(hours=2), step=timedelta(minutes=15))
    assert entry.state is ConfigEntryState.LOADED
    assert state_of(hass, f"{key}_energy_lifetime") == lifetime
    assert not hass.config_entries.flow.async_progress()
    cloud.simulator.clear_faults()
    await pass_time(hass, freezer, timedelta(hours=2), step=timedelta(minutes=15))
    assert state_of(hass, f"{key}_power") not in {None, "unknown", "unavailable"}


@pytest.mark.parametrize("mutation", [nulled, emptied, scrambled])
@pytest.mark.parametrize("vendor", VENDORS)
async def test_set_up_with_nulls_absent_keys_and_wrong_types_everywhere(
    hass: HomeAssistant, cloud: Cloud, vendor: str, mutation: Any
) -> None:
    step, user_input, *_, everything = VENDORS[vendor]
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": "user"})
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {"next_step_id": step})
    cloud.simulator.mutate(everything, mutation)
    result = await hass.config_entries.flow.async_configure(result["flow_id"], user_input(cloud))  # type: ignore[operator]
    if result["type"] == "form" and result["step_id"] == "systems":
        result = await hass.config_entries.flow.async_configure(result["flow_id"], {})
    assert result["type"] in {"form", "create_entry"}
    if result["type"] == "form":
        assert result["errors"] in ({"base": "cannot_connect"}, {"base": "no_systems"})
    await settle(hass)


async def test_an_unknown_status_is_shown_as_such_and_is_a_problem(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, caplog: pytest.LogCaptureFixture
) -> None:
    await add(hass, cloud, "enphase")
    cloud.simulator.set_status("enphase_67", "flux_capacitor")
    await pass_time(hass, freezer, timedelta(hours=1), step=timedelta(minutes=5))
    assert state_of(hass, "enphase_67_status") == "unknown_status"
    assert state_of(hass, "enphase_67_problem", "binary_sensor") == "on"
    assert caplog.text.count("flux_capacitor") == 1


async def test_a_silent_cloud_times_out_and_the_values_stay(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await add(hass, cloud, "enphase")
    power = state_of(hass, "enphase_67_power")
    cloud.simulator.fail("*/summary", delay=3600, times=None)
    freezer.tick(1200)
    cloud.simulator.clear_requests()
    coordinator = next(iter(entry.runtime_data.coordinators.values()))
    refresh = hass.async_create_task(coordinator.async_refresh())
    # Time-outs run on the loop's clock, which is frozen too: let it pass while the request is under way.
    for _ in range(200):
        await hass.async_add_executor_job(time.sleep, 0.005)
        if refresh.done():
            break
        freezer.tick(1)
    await refresh
    assert state_of(hass, "enphase_67_power") == power
    assert cloud.sent().count("/systems/67/summary") == 1
    assert coordinator.schedule.jobs["summary"].error == "temporarily_unavailable"


async def test_values_without_a_reading_are_unknown_and_never_zero(hass: HomeAssistant, cloud: Cloud) -> None:
    cloud.simulator.mutate(
        "*/summary", lambda body: body | {"current_power": None, "energy_today": None, "energy_lifetime": None}
    )
    # Without a row either: those of the day would be its energy.
    for path in ("*/stats", "*/rgm_stats"):
        cloud.simulator.mutate(path, lambda body: body | {"intervals": [], "meter_intervals": []})
    await add(hass, cloud, "enphase")
    for value in ("power", "energy_today", "energy_lifetime", "measured_at"):
        assert state_of(hass, f"enphase_67_{value}") == "unknown"
    assert state_of(hass, "enphase_67_status") == "normal"
