"""Statuses: each documented code is explained, with what to do, the same here and in the documentation."""

from datetime import timedelta
import json
from pathlib import Path
import re
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.solar_cloud.const import DOMAIN
from custom_components.solar_cloud.entities.binary_sensors import NORMAL_STATUSES, NOT_COMMUNICATING
from custom_components.solar_cloud.entities.vocabulary import STATUS, Subject
from custom_components.solar_cloud.model.elements import DeviceKind, Vendor

from ..home.conftest import Cloud, add_account, enphase_input, pass_time, solaredge_input, state_of

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "status.md").read_text("utf-8")
TEXT: dict[str, Any] = json.loads(
    (ROOT / "custom_components" / "solar_cloud" / "translations" / "en.json").read_text("utf-8")
)["entity"]["sensor"]["status"]
ADVICE: dict[str, str] = TEXT["state_attributes"]["advice"]["state"]
HEADINGS: dict[Subject, str] = {
    (Vendor.ENPHASE, None): "System",
    (Vendor.ENPHASE, DeviceKind.GATEWAY): "Envoy",
    (Vendor.ENPHASE, DeviceKind.INVERTER): "Microinverter",
    (Vendor.ENPHASE, DeviceKind.METER): "Meter",
    (Vendor.ENPHASE, DeviceKind.BATTERY): "Battery",
    (Vendor.ENPHASE, DeviceKind.EV_CHARGER): "EV charger",
    (Vendor.ENPHASE, DeviceKind.OTHER): "Relay and the like",
    (Vendor.SOLAREDGE, None): "Site",
}
SUMMARY = "*/inverters_summary_by_envoy_or_site"


def attribute(hass: HomeAssistant, unique_id: str, name: str) -> Any:
    entity_id = er.async_get(hass).async_get_entity_id("sensor", DOMAIN, unique_id)
    assert entity_id is not None
    state = hass.states.get(entity_id)
    assert state is not None
    return state.attributes.get(name)


def documented(heading: str) -> list[list[str]]:
    """Return the rows of the table under a heading: code, meaning, what to do."""
    section = re.split(r"^#+ ", PAGE.partition(f"# {heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| `")]
    return [[cell.strip().strip("`") for cell in row] for row in rows]


@pytest.mark.parametrize("subject", STATUS.codes, ids=lambda subject: f"{subject[0]} {subject[1] or 'system'}")
def test_the_documentation_the_options_and_the_texts_agree(subject: Subject) -> None:
    codes = STATUS.codes[subject]
    assert STATUS.options(subject) == [*codes, "unknown_status"]
    assert documented(HEADINGS[subject]) == [[code, TEXT["state"][code], ADVICE[code]] for code in codes]


def test_there_is_a_text_and_an_advice_for_each_code_and_for_no_other() -> None:
    codes = {STATUS.other, *(code for codes in STATUS.codes.values() for code in codes)}
    assert set(TEXT["state"]) == set(ADVICE) == codes
    assert documented("Any other code") == [
        ["unknown_status", TEXT["state"]["unknown_status"], ADVICE["unknown_status"]]
    ]


def test_every_code_of_the_enphase_v2_documentation_is_known_for_its_own_subject() -> None:
    system = {"comm", "power", "meter", "meter_issue", "micro", "battery", "storage_idle", "normal"}
    newer = {"enpower", "enpower_issue", "encharge", "encharge_issue"}
    assert set(STATUS.codes[Vendor.ENPHASE, None]) == system | newer
    assert set(STATUS.codes[Vendor.ENPHASE, DeviceKind.GATEWAY]) == {"normal", "comm"}
    assert set(STATUS.codes[Vendor.ENPHASE, DeviceKind.INVERTER]) == {"normal", "power", "micro", "retired"}


def test_the_codes_that_binary_sensors_go_by_are_documented_ones() -> None:
    assert {codes[0] for codes in STATUS.codes.values()} == NORMAL_STATUSES
    assert NOT_COMMUNICATING in STATUS.codes[Vendor.ENPHASE, DeviceKind.GATEWAY]


@pytest.mark.parametrize("write", [str.lower, str.upper, str.title, lambda code: f" {code} "])
async def test_every_documented_status_of_a_system_is_read_however_it_is_written(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, write: Any
) -> None:
    await add_account(hass, "enphase_v2", enphase_input(cloud), ["67"])
    for code in reversed(STATUS.codes[Vendor.ENPHASE, None]):
        cloud.simulator.set_status("enphase_67", write(code))
        await pass_time(hass, freezer, timedelta(minutes=20), step=timedelta(minutes=10))
        assert state_of(hass, "enphase_67_status") == code
        assert attribute(hass, "enphase_67_status", "advice") == code
        assert state_of(hass, "enphase_67_problem", "binary_sensor") == ("off" if code == "normal" else "on")


async def test_a_status_that_is_not_documented_advises_to_report_it_and_is_named_once(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, caplog: pytest.LogCaptureFixture
) -> None:
    await add_account(hass, "enphase_v2", enphase_input(cloud), ["67"])
    # Documented, but of microinverters only.
    cloud.simulator.set_status("enphase_67", "Retired")
    await pass_time(hass, freezer, timedelta(hours=1), step=timedelta(minutes=10))
    assert state_of(hass, "enphase_67_status") == "unknown_status"
    assert attribute(hass, "enphase_67_status", "advice") == "unknown_status"
    assert state_of(hass, "enphase_67_problem", "binary_sensor") == "on"
    assert caplog.text.count("a status that is not known here: retired") == 1


async def test_a_microinverter_and_an_envoy_have_the_codes_of_their_own_kind(hass: HomeAssistant, cloud: Cloud) -> None:
    codes = {"121703000001": "Micro", "121703000002": "POWER", "121703000003": "comm"}
    cloud.simulator.mutate(
        SUMMARY,
        lambda groups: [
            group
            | {
                "micro_inverters": [
                    row | {"status": codes.get(row["serial_number"], row["status"])} for row in group["micro_inverters"]
                ]
            }
            for group in groups
        ],
    )
    cloud.simulator.mutate(
        "*/envoys", lambda body: body | {"envoys": [row | {"status": "Comm"} for row in body["envoys"]]}
    )
    await add_account(hass, "enphase_v2", enphase_input(cloud), ["72"])
    assert state_of(hass, "enphase_121703000001_status") == "micro"
    assert state_of(hass, "enphase_121703000002_status") == "power"
    assert state_of(hass, "enphase_121703000003_status") == "unknown_status"
    assert attribute(hass, "enphase_121703000001_status", "options") == [
        "normal",
        "power",
        "micro",
        "retired",
        "unknown_status",
    ]
    assert state_of(hass, "enphase_121703014455_status") == "comm"
    assert attribute(hass, "enphase_121703014455_status", "advice") == "comm"
    assert attribute(hass, "enphase_121703014455_status", "options") == ["normal", "comm", "unknown_status"]
    assert state_of(hass, "enphase_121703014455_connectivity", "binary_sensor") == "off"


@pytest.mark.parametrize("code", ["ACTIVE", "Pending", "disabled"])
async def test_the_status_of_a_solaredge_site_has_its_own_codes(hass: HomeAssistant, cloud: Cloud, code: str) -> None:
    cloud.simulator.set_status("solaredge_222881711", code)
    await add_account(hass, "solaredge_key", solaredge_input(cloud), ["222881711"])
    assert state_of(hass, "solaredge_222881711_status") == code.lower()
    assert attribute(hass, "solaredge_222881711_status", "advice") == code.lower()


async def test_a_sensor_that_shows_no_status_has_no_advice(hass: HomeAssistant, cloud: Cloud) -> None:
    await add_account(hass, "enphase_v2", enphase_input(cloud), ["67"])
    for key in ("power", "source", "last_report"):
        assert attribute(hass, f"enphase_67_{key}", "advice") is None
