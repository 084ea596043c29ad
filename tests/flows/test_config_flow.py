"""Adding accounts and systems, signing in again, changing the plan."""

from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.solar_cloud.const import DOMAIN
from custom_components.solar_cloud.flows.forms import checked_address, is_site_id
from simulator.ready import ENPHASE_API_KEY, ENPHASE_SINGLE_USER_ID, ENPHASE_USER_ID

from ..home.conftest import Cloud, add_account, enphase_input, open_reconfigure, solaredge_input, solaredge_legacy_input

ENPHASE_IDS = ["67", "72"]


async def open_step(hass: HomeAssistant, step: str) -> dict[str, Any]:
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": "user"})
    return await hass.config_entries.flow.async_configure(result["flow_id"], {"next_step_id": step})


async def test_the_menu_offers_what_works(hass: HomeAssistant) -> None:
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": "user"})
    assert result["type"] is FlowResultType.MENU
    assert result["step_id"] == "user"
    assert result["menu_options"] == ["enphase_v4", "enphase_v2", "solaredge_oauth", "solaredge_key"]


async def test_an_enphase_account_with_one_request(hass: HomeAssistant, cloud: Cloud) -> None:
    result = await open_step(hass, "enphase_v2")
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "enphase_v2"
    result = await hass.config_entries.flow.async_configure(result["flow_id"], enphase_input(cloud))
    assert result["step_id"] == "systems"
    assert cloud.sent() == ["/systems"]
    with patch("custom_components.solar_cloud.async_setup_entry", return_value=True):
        result = await hass.config_entries.flow.async_configure(result["flow_id"], {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"].startswith("Enphase: ")
    assert result["title"].endswith(f" +{len(result['subentries']) - 1}")
    assert result["data"] == {
        "cloud": "enphase_v2",
        "api_key": ENPHASE_API_KEY,
        "user_id": ENPHASE_USER_ID,
        "base_url": cloud.enphase_url,
        "plan": "watt",
        "per_minute": 10,
        "per_month": 10_000,
    }
    entry = result["result"]
    assert entry.unique_id == "enphase_v2_bb0f2aaf7444c314"
    assert [(sub.unique_id, sub.title, sub.subentry_type) for sub in entry.subentries.values()] == [
        ("enphase_67", "Eich Residence", "system"),
        ("enphase_72", "Sample Residence", "system"),
    ]
    assert len(cloud.sent()) == 1


async def test_a_part_of_the_systems_can_be_chosen(hass: HomeAssistant, cloud: Cloud) -> None:
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud), systems=["72"])
    assert [sub.unique_id for sub in entry.subentries.values()] == ["enphase_72"]


async def test_no_system_chosen_is_said_and_can_be_mended(hass: HomeAssistant, cloud: Cloud) -> None:
    result = await open_step(hass, "enphase_v2")
    result = await hass.config_entries.flow.async_configure(result["flow_id"], enphase_input(cloud))
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {"systems": []})
    assert result["errors"] == {"base": "no_systems"}
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {"systems": ["67"]})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_a_single_system_is_not_asked_about(hass: HomeAssistant, cloud: Cloud) -> None:
    result = await open_step(hass, "enphase_v2")
    result = await hass.config_entries.flow.async_configure(
        result["flow_id"], enphase_input(cloud, user_id=ENPHASE_SINGLE_USER_ID)
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.parametrize("shape", ["object", "list", "older address"])
async def test_a_solaredge_key_with_each_shape_of_the_list_of_sites(
    hass: HomeAssistant, cloud: Cloud, shape: str
) -> None:
    cloud.simulator.switches.solaredge_sites_as_list = shape == "list"
    older = shape == "older address"
    user_input = solaredge_legacy_input(cloud) if older else solaredge_input(cloud)
    entry = await add_account(hass, "solaredge_key", user_input)
    assert entry.title == "SolarEdge: Doe, Jane +1"
    assert {sub.unique_id for sub in entry.subentries.values()} == {"solaredge_1148616", "solaredge_222881711"}
    assert entry.unique_id == "solaredge_aef6645185cf6a02"
    assert ("account_key" in entry.data) is older
    assert entry.data["per_month"] == 2000


async def test_a_plan_of_ones_own_is_asked_for_its_limits_before_anything_is_sent(
    hass: HomeAssistant, cloud: Cloud
) -> None:
    result = await open_step(hass, "enphase_v2")
    result = await hass.config_entries.flow.async_configure(
        result["flow_id"], enphase_input(cloud, plan="custom", user_id=ENPHASE_SINGLE_USER_ID)
    )
    assert result["step_id"] == "limits"
    assert not cloud.sent()
    cloud.simulator.fail("*/systems", status=503)
    limits = {"per_minute": 30, "per_month": 5000}
    result = await hass.config_entries.flow.async_configure(result["flow_id"], limits)
    assert result["errors"] == {"base": "cannot_connect"}
    result = await hass.config_entries.flow.async_configure(result["flow_id"], limits)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"]["plan"] == "custom"
    assert result["data"]["per_minute"] == 30
    assert result["data"]["per_month"] == 5000
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"status": 401, "body": {"reason": "401", "message": ["Not authorized"]}}, "invalid_auth"),
        ({"status": 403, "body": {"reason": "403"}}, "invalid_auth"),
        (
            {"status": 500, "body": {"errorCode": 7, "errorMessages": ["Data temporarily unavailable."]}},
            "cannot_connect",
        ),
        ({"status": 503, "body": "<html>busy</html>"}, "cannot_connect"),
        ({"status": 200, "body": "<html>welcome</html>"}, "cannot_connect"),
        ({"status": 200, "body": {"systems": "none"}}, "cannot_connect"),
        ({"status": 404, "body": {}}, "cannot_connect"),
        ({"drop": True}, "cannot_connect"),
        ({"truncate": True}, "cannot_connect"),
        ({"status": 200, "body": {"systems": []}}, "no_systems"),
        (
            {
                "status": 409,
                "body": {"reason": "409", "period": "month", "period_start": 1780272000, "period_end": 1782864000},
            },
            "rate_limited",
        ),
    ],
)
async def test_each_error_is_said_and_the_flow_goes_on(
    hass: HomeAssistant, cloud: Cloud, fault: dict[str, Any], error: str, caplog: pytest.LogCaptureFixture
) -> None:
    result = await open_step(hass, "enphase_v2")
    cloud.simulator.fail("*/systems", **fault)
    result = await hass.config_entries.flow.async_configure(result["flow_id"], enphase_input(cloud))
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {"base": error}
    assert len(cloud.sent()) == 1
    assert "Traceback" not in caplog.text
    assert ENPHASE_API_KEY not in caplog.text
    if error == "rate_limited":
        # Nothing is sent before the month that the cloud named has ended.
        result = await hass.config_entries.flow.async_configure(result["flow_id"], enphase_input(cloud))
        assert result["errors"] == {"base": "rate_limited"}
        assert len(cloud.sent()) == 1
        return
    with patch("custom_components.solar_cloud.async_setup_entry", return_value=True):
        result = await hass.config_entries.flow.async_configure(result["flow_id"], enphase_input(cloud))
        assert result["step_id"] == "systems"
        result = await hass.config_entries.flow.async_configure(result["flow_id"], {})
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_bug_of_ours_is_an_unknown_error_with_a_traceback_in_the_log(
    hass: HomeAssistant, cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    result = await open_step(hass, "enphase_v2")
    with patch(
        "custom_components.solar_cloud.cloud.enphase_v2.client.EnphaseV2.systems", side_effect=RuntimeError("oops")
    ):
        result = await hass.config_entries.flow.async_configure(result["flow_id"], enphase_input(cloud))
    assert result["errors"] == {"base": "unknown"}
    caplog.clear()


async def test_an_address_where_nobody_listens(hass: HomeAssistant, cloud: Cloud) -> None:
    result = await open_step(hass, "enphase_v2")
    result = await hass.config_entries.flow.async_configure(
        result["flow_id"], enphase_input(cloud, advanced={"base_url": "http://127.0.0.1:9/api/v2"})
    )
    assert result["errors"] == {"base": "cannot_connect"}


@pytest.mark.parametrize(
    ("address", "host", "error"),
    [
        ("http://xn--bcher-kva.example/api", "bücher.example (xn--bcher-kva.example)", "insecure_url"),
        ("http://bücher.example/api", "bücher.example (xn--bcher-kva.example)", "insecure_url"),
        ("http://127.0.0.1:9/api", "127.0.0.1", "cannot_connect"),
        ("https://[::1/api", "https:/(::1/api", "invalid_url"),
    ],
)
async def test_a_host_in_other_letters_is_shown_in_both_spellings(
    hass: HomeAssistant, cloud: Cloud, address: str, host: str, error: str
) -> None:
    result = await open_step(hass, "enphase_v2")
    result = await hass.config_entries.flow.async_configure(
        result["flow_id"], enphase_input(cloud, advanced={"base_url": address})
    )
    assert result["errors"] == {"base": error}
    assert result["description_placeholders"]["host"] == host


@pytest.mark.parametrize(
    "address",
    [
        "",
        "api.enphaseenergy.com",
        "ftp://127.0.0.1/api",
        "http://",
        "http://user:secret@127.0.0.1/api",
        "http://127.0.0.1/api?x=1",
        "http://127.0.0.1/api?",
        "http://127.0.0.1/api#x",
        "http://127.0.0.1:99999/api",
        "http://[::1/api",
        "https://api..example/v2",
        "https://.example/v2",
        "https://api.example./v2",
        "https://api.exa\tmple/v2",
        "https://api.exa mple/v2",
        "https://api.example\\@evil.example/v2",
        "https://@api.example/v2",
        "https://api.\u202eexample/v2",
    ],
)
async def test_an_address_that_cannot_be_one_costs_no_request(hass: HomeAssistant, cloud: Cloud, address: str) -> None:
    result = await open_step(hass, "solaredge_key")
    result = await hass.config_entries.flow.async_configure(
        result["flow_id"], solaredge_input(cloud, advanced={"base_url": address})
    )
    assert result["errors"] == {"base": "invalid_url"}
    assert not cloud.simulator.requests


@pytest.mark.parametrize(
    "address",
    ["http://api.enphaseenergy.com/api/v2", "http://1.1.1.1/api", "http://[2606:4700::1111]/api", "http://near/"],
)
async def test_keys_do_not_go_through_the_internet_in_the_open(hass: HomeAssistant, cloud: Cloud, address: str) -> None:
    result = await open_step(hass, "solaredge_key")
    result = await hass.config_entries.flow.async_configure(
        result["flow_id"], solaredge_input(cloud, advanced={"base_url": address})
    )
    assert result["errors"] == {"base": "insecure_url"}
    assert not cloud.simulator.requests


@pytest.mark.parametrize(
    "address",
    [
        "https://api.enphaseenergy.com/api/v2",
        "https://bücher.example/api",
        "http://localhost:8080/api",
        "http://gateway.local/api",
        "http://192.168.1.4/api",
        "http://10.0.0.1:81",
        "http://[fd00::1]/api",
        "http://[::1]:8080/api",
        "http://127.0.0.1:9/api",
    ],
)
def test_an_address_in_the_own_network_may_be_one_without_encryption(address: str) -> None:
    assert checked_address(f" {address}/ ").endswith(address.rpartition("/")[2])


@pytest.mark.parametrize("text", ["", "12a", "-1", "1.5", "٣٤٥", "1" * 21, "²"])
def test_the_number_of_a_site_is_made_of_digits(text: str) -> None:
    assert not is_site_id(text)
    assert is_site_id("1148616")


async def test_a_trailing_slash_is_dropped_and_keys_are_stripped(hass: HomeAssistant, cloud: Cloud) -> None:
    entry = await add_account(
        hass,
        "enphase_v2",
        enphase_input(cloud, api_key=f" {ENPHASE_API_KEY}\n", advanced={"base_url": f" {cloud.enphase_url}/ "}),
    )
    assert entry.data["base_url"] == cloud.enphase_url
    assert entry.data["api_key"] == ENPHASE_API_KEY


async def test_the_same_account_twice_costs_no_request(hass: HomeAssistant, cloud: Cloud) -> None:
    await add_account(hass, "enphase_v2", enphase_input(cloud))
    cloud.simulator.clear_requests()
    result = await open_step(hass, "enphase_v2")
    result = await hass.config_entries.flow.async_configure(result["flow_id"], enphase_input(cloud))
    assert result["reason"] == "already_configured"
    assert not cloud.sent()


async def test_a_system_that_another_account_has_is_not_offered_again(hass: HomeAssistant, cloud: Cloud) -> None:
    await add_account(hass, "enphase_v2", enphase_input(cloud))
    result = await open_step(hass, "enphase_v2")
    result = await hass.config_entries.flow.async_configure(
        result["flow_id"], enphase_input(cloud, user_id=ENPHASE_SINGLE_USER_ID)
    )
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_a_system_is_added_later(hass: HomeAssistant, cloud: Cloud) -> None:
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud), systems=["67"])
    result = await hass.config_entries.subentries.async_init((entry.entry_id, "system"), context={"source": "user"})
    assert result["type"] is FlowResultType.FORM
    result = await hass.config_entries.subentries.async_configure(result["flow_id"], {"system": "72"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done(wait_background_tasks=True)
    assert [sub.unique_id for sub in entry.subentries.values()] == ["enphase_67", "enphase_72"]
    assert len(entry.runtime_data.coordinators) == 2
    result = await hass.config_entries.subentries.async_init((entry.entry_id, "system"), context={"source": "user"})
    assert result["reason"] == "already_configured"


async def test_adding_the_same_system_in_two_windows_is_refused(hass: HomeAssistant, cloud: Cloud) -> None:
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud), systems=["67"])
    flows = [
        await hass.config_entries.subentries.async_init((entry.entry_id, "system"), context={"source": "user"})
        for _ in range(2)
    ]
    await hass.config_entries.subentries.async_configure(flows[0]["flow_id"], {"system": "72"})
    result = await hass.config_entries.subentries.async_configure(flows[1]["flow_id"], {"system": "72"})
    assert result["reason"] == "already_configured"
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"status": 401, "body": {}}, "invalid_auth"),
        ({"status": 503, "body": ""}, "cannot_connect"),
        ({"status": 200, "body": {"systems": []}}, "no_systems"),
        ({"status": 409, "body": {"period": "minute"}}, "rate_limited"),
    ],
)
async def test_adding_a_system_says_what_went_wrong(
    hass: HomeAssistant, cloud: Cloud, fault: dict[str, Any], reason: str
) -> None:
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud), systems=["67"])
    cloud.simulator.fail("*/systems", **fault)
    result = await hass.config_entries.subentries.async_init((entry.entry_id, "system"), context={"source": "user"})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == reason


async def test_no_system_can_be_added_to_an_account_that_does_not_run(hass: HomeAssistant, cloud: Cloud) -> None:
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud), systems=["67"])
    await hass.config_entries.async_unload(entry.entry_id)
    result = await hass.config_entries.subentries.async_init((entry.entry_id, "system"), context={"source": "user"})
    assert result["reason"] == "entry_not_loaded"


async def test_a_removed_system_can_be_added_again(hass: HomeAssistant, cloud: Cloud) -> None:
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud))
    subentry_id = next(iter(entry.subentries))
    hass.config_entries.async_remove_subentry(entry, subentry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(entry.runtime_data.coordinators) == 1
    result = await hass.config_entries.subentries.async_init((entry.entry_id, "system"), context={"source": "user"})
    assert result["type"] is FlowResultType.FORM


async def refuse(hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, **account: Any) -> Any:
    """Set up an Enphase account, then have the cloud refuse its credential."""
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud, **account))
    cloud.simulator.fail("/enphase/*", status=401, body={"reason": "401"}, times=None)
    freezer.tick(7200)
    for coordinator in entry.runtime_data.coordinators.values():
        await coordinator.async_refresh()
    await hass.async_block_till_done(wait_background_tasks=True)
    cloud.simulator.clear_faults()
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["step_id"] == "reauth_confirm"
    return entry, flow["flow_id"]


async def test_a_refused_credential_is_replaced(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry, flow_id = await refuse(hass, cloud, freezer)
    cloud.simulator.fail("*/systems", status=401, body={})
    credential = {"api_key": ENPHASE_API_KEY, "user_id": ENPHASE_USER_ID}
    result = await hass.config_entries.flow.async_configure(flow_id, credential)
    assert result["errors"] == {"base": "invalid_auth"}
    result = await hass.config_entries.flow.async_configure(flow_id, credential)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reauth_successful"
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.state is ConfigEntryState.LOADED
    assert entry.data["plan"] == "watt"


async def test_a_credential_of_somebody_else_is_not_taken(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry, flow_id = await refuse(hass, cloud, freezer)
    before = dict(entry.data)
    result = await hass.config_entries.flow.async_configure(
        flow_id, {"api_key": ENPHASE_API_KEY, "user_id": ENPHASE_SINGLE_USER_ID}
    )
    assert result["reason"] == "wrong_account"
    assert dict(entry.data) == before


async def test_another_user_id_of_the_same_systems_is_taken_and_becomes_the_accounts_name(
    hass: HomeAssistant, cloud: Cloud
) -> None:
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud, user_id=ENPHASE_SINGLE_USER_ID))
    before = entry.unique_id
    result = await open_reconfigure(hass, entry)
    assert result["step_id"] == "change_account"
    result = await hass.config_entries.flow.async_configure(result["flow_id"], enphase_input(cloud, plan="kilowatt"))
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.unique_id != before
    assert entry.data["user_id"] == ENPHASE_USER_ID
    assert entry.data["plan"] == "kilowatt"
    assert entry.data["per_month"] == 25_000
    assert entry.state is ConfigEntryState.LOADED


async def test_a_changed_plan_keeps_what_was_used_and_reads_nothing_anew(hass: HomeAssistant, cloud: Cloud) -> None:
    entry = await add_account(hass, "solaredge_key", solaredge_input(cloud))
    cloud.simulator.clear_requests()
    now = datetime.now(UTC)
    used = entry.runtime_data.metered.ledger.used(now)
    result = await open_reconfigure(hass, entry)
    result = await hass.config_entries.flow.async_configure(result["flow_id"], solaredge_input(cloud, plan="custom"))
    assert result["step_id"] == "limits"
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {"per_minute": 60, "per_month": 100_000})
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done(wait_background_tasks=True)
    assert cloud.sent() == ["/sites"]
    ledger = entry.runtime_data.metered.ledger
    assert ledger.used(now) == used + 1
    assert ledger.limits.per_month == 100_000


async def test_reconfiguring_says_what_went_wrong(hass: HomeAssistant, cloud: Cloud) -> None:
    entry = await add_account(hass, "solaredge_key", solaredge_input(cloud))
    result = await open_reconfigure(hass, entry)
    wrong = solaredge_input(cloud, advanced={"base_url": "nowhere"})
    result = await hass.config_entries.flow.async_configure(result["flow_id"], wrong)
    assert result["errors"] == {"base": "invalid_url"}
    wrong = solaredge_input(cloud, api_key="a key that nobody gave out")
    result = await hass.config_entries.flow.async_configure(result["flow_id"], wrong)
    assert result["errors"] == {"base": "invalid_auth"}
    result = await hass.config_entries.flow.async_configure(result["flow_id"], solaredge_input(cloud))
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done(wait_background_tasks=True)
