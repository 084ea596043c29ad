"""The names of entities: en.json has them, but for those whose name is that of their device class."""

import json
from pathlib import Path
import sys
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.solar_cloud.const import DOMAIN
from custom_components.solar_cloud.model.elements import DeviceKind

from ..home.conftest import Cloud, add_account, solaredge_input

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from entities_table import ROOT, SYSTEM, descriptions, device_class_name
from validator.code_keys import NAMED_BY_DEVICE_CLASS

TEXTS: dict[str, Any] = json.loads(
    (ROOT / "custom_components" / "solar_cloud" / "translations" / "en.json").read_text("utf-8")
)["entity"]
DESCRIPTIONS = {
    (platform, str(row.translation_key)): row for of in (SYSTEM, *DeviceKind) for platform, row in descriptions(of)
}


def own_name(platform: str, key: str) -> str | None:
    """Return the name in en.json; `None` for an entity without one."""
    return TEXTS[platform].get(key, {}).get("name")


def name_of_class(platform: str, device_class: str | None) -> str | None:
    """Return the name that Home Assistant has for a device class; `None` without one."""
    named = device_class is not None and device_class not in {"enum", "timestamp"}
    return device_class_name(platform, str(device_class)) if named else None


def test_an_entity_has_no_name_in_en_json_exactly_if_home_assistant_names_it_by_its_device_class() -> None:
    assert {key for key in DESCRIPTIONS if own_name(*key) is None} == NAMED_BY_DEVICE_CLASS


@pytest.mark.parametrize(("platform", "key"), sorted(DESCRIPTIONS))
def test_no_name_repeats_that_of_the_device_class(platform: str, key: str) -> None:
    own, of_class = own_name(platform, key), name_of_class(platform, DESCRIPTIONS[platform, key].device_class)

    assert own or of_class
    assert own != of_class


@pytest.mark.parametrize(
    ("language", "names"),
    [
        (
            "en",
            {"voltage": "Voltage", "current": "Current", "frequency": "Frequency", "stored_energy": "Stored energy"},
        ),
        ("de", {"voltage": "Spannung", "current": "Strom", "frequency": "Frequenz", "stored_energy": "Gespeicherte"}),
    ],
    ids=["en", "de"],
)
async def test_home_assistant_names_them_in_its_language(
    hass: HomeAssistant, cloud: Cloud, language: str, names: dict[str, str]
) -> None:
    hass.config.language = language
    await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    found = [entity for entity in er.async_get(hass).entities.values() if entity.platform == DOMAIN]

    for key, name in names.items():
        entities = [entity for entity in found if entity.translation_key == key]
        assert entities
        assert all((entity.original_name or "").startswith(name) for entity in entities), entities
    (problem,) = [entity for entity in found if entity.translation_key == "problem"]
    assert problem.original_name == "Problem"
    assert problem.entity_id == "binary_sensor.doe_jane_problem"
