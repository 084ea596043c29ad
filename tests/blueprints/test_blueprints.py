"""What all blueprints have in common: Home Assistant takes them, and the docs lead to each."""

import json
import re
from typing import Any
from urllib.parse import quote

from homeassistant.components.automation.helpers import async_get_blueprints
from homeassistant.components.blueprint.models import Blueprint
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.selector import selector
from homeassistant.util.yaml import parse_yaml
import pytest

from custom_components.solar_cloud.const import DOMAIN

from ..home.conftest import Cloud, add_account, solaredge_input
from .helpers import ADDRESS, FILES, ROOT, import_blueprint

NAMES = [file.stem for file in FILES]
PAGE = (ROOT / "docs" / "blueprints.md").read_text("utf-8")
MANIFEST = json.loads((ROOT / "custom_components" / DOMAIN / "manifest.json").read_text("utf-8"))
HACS = json.loads((ROOT / "hacs.json").read_text("utf-8"))
BUTTON = "https://my.home-assistant.io/redirect/blueprint_import/?blueprint_url="
ENTITIES = {
    "problem": "binary_sensor.*_problem",
    "alerts": "event.*_alerts",
    "up_to_date": "binary_sensor.*_up_to_date",
    "grid_power": "sensor.*_grid_power",
    "measured_at": "sensor.*_measured_at",
    "battery_level": "sensor.*_battery_level",
    "requests_left": "sensor.*_requests_left",
    "requests_used": "sensor.*_requests_used",
    "resets_at": "sensor.*_request_counter_resets",
}
"""Which of the integration's entities an input is for; relative yields take days to come."""


async def imported(hass: HomeAssistant, name: str) -> Blueprint:
    """Return a blueprint as it is in Home Assistant after its import."""
    return await async_get_blueprints(hass).async_get_blueprint(await import_blueprint(hass, name))


def test_there_are_seven() -> None:
    assert len(NAMES) == 7


@pytest.mark.parametrize("name", NAMES)
async def test_home_assistant_imports_it_by_its_address(hass: HomeAssistant, name: str) -> None:
    blueprint = await imported(hass, name)
    assert blueprint.metadata["source_url"] == f"{ADDRESS}{name}.yaml"
    assert blueprint.validate() is None


@pytest.mark.parametrize("name", NAMES)
async def test_it_says_where_it_is_from_and_what_it_needs(hass: HomeAssistant, name: str) -> None:
    # As it is in the repository: the import writes the address into it.
    data = Blueprint(parse_yaml((ROOT / "blueprints/automation/solar_cloud" / f"{name}.yaml").read_text()), schema=dict)
    assert data.metadata["source_url"] == f"{ADDRESS}{name}.yaml"
    assert data.metadata["source_url"].startswith(f"{MANIFEST['documentation']}/")
    assert data.metadata["homeassistant"] == {"min_version": HACS["homeassistant"]}
    assert {"mode", "max_exceeded"} <= data.data.keys()


@pytest.mark.parametrize("name", NAMES)
async def test_every_input_has_a_name_and_a_default_that_its_selector_takes(hass: HomeAssistant, name: str) -> None:
    blueprint = await imported(hass, name)
    for key, given in blueprint.inputs.items():
        assert given["name"], key
        if "default" in given:
            selector(given["selector"])(given["default"])
        else:
            assert "entity" in given["selector"], key


def fits(hass: HomeAssistant, entry: er.RegistryEntry, one: dict[str, Any]) -> bool:
    """Return whether an entity is offered by a filter of a selector."""
    state = hass.states.get(entry.entity_id)
    attributes = state.attributes if state is not None else {}
    wanted = {key: value if isinstance(value, list) else [value] for key, value in one.items()}
    has = {
        "integration": entry.platform,
        "domain": entry.domain,
        "device_class": attributes.get("device_class"),
        "unit_of_measurement": attributes.get("unit_of_measurement"),
    }
    return all(has[key] in value for key, value in wanted.items())


async def test_the_entities_of_a_real_site_are_offered_where_they_are_meant(hass: HomeAssistant, cloud: Cloud) -> None:
    await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    entries = list(er.async_get(hass).entities.values())
    seen = set()
    for name in NAMES:
        for key, given in (await imported(hass, name)).inputs.items():
            if key not in ENTITIES:
                continue
            pattern = re.compile(ENTITIES[key].replace(".*", r"\.\w*"))
            (meant,) = (one for one in entries if pattern.fullmatch(one.entity_id) and "battery_1" not in one.entity_id)
            filters = given["selector"]["entity"]["filter"]
            assert any(fits(hass, meant, one) for one in filters), (name, key)
            seen.add(key)
    assert seen == ENTITIES.keys()


def test_the_docs_have_a_button_for_each_blueprint_and_for_no_other() -> None:
    found = re.findall(re.escape(BUTTON) + r"(\S+?)\)", PAGE)
    assert found == [quote(f"{ADDRESS}{name}.yaml", safe="") for name in found_names()]
    assert sorted(found_names()) == sorted(NAMES)


def found_names() -> list[str]:
    """Return the blueprints that the page has a section for, in its order."""
    return re.findall(r"^`(\w+)\.yaml`", PAGE, re.MULTILINE)


@pytest.mark.parametrize("name", NAMES)
async def test_the_example_of_the_docs_fills_in_the_inputs_that_there_are(hass: HomeAssistant, name: str) -> None:
    blueprint = await imported(hass, name)
    section = PAGE.partition(f"\n`{name}.yaml`")[2].partition("\n## ")[0]
    (example,) = re.findall(r"^```yaml\n(.*?)^```", section, re.DOTALL | re.MULTILINE)
    used = parse_yaml(example)["use_blueprint"]
    assert used["path"] == f"solar-cloud/{name}.yaml"
    assert used["input"].keys() <= blueprint.inputs.keys()
    needed = {key for key, given in blueprint.inputs.items() if "default" not in given}
    assert needed <= used["input"].keys()
    for key, value in used["input"].items():
        selector(blueprint.inputs[key]["selector"])(value)
