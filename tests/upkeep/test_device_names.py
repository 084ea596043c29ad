"""What hardware is called: usual English words are translated, what somebody has named is not."""

from collections.abc import Iterator
import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er, translation
import pytest

from custom_components.solar_cloud.const import DOMAIN
from custom_components.solar_cloud.model.elements import Device, DeviceKind
from custom_components.solar_cloud.upkeep.device_names import METERS, NOUNS, name_of_device

from ..home.conftest import Cloud, add_account, enphase_input, settle, solaredge_input

ENGLISH = json.loads(
    (Path(__file__).parents[2] / "custom_components" / DOMAIN / "translations" / "en.json").read_text("utf-8")
)["device"]
GERMAN = {"inverter": "Wechselrichter {number}", "system_inverter": "{system} Wechselrichter {number}"}
SERIAL = "121703000003"


@pytest.fixture
def german() -> Iterator[None]:
    """Have German words for inverters, whichever files there are."""
    real = translation.async_get_cached_translations

    def german_words(hass: HomeAssistant, language: str, category: str, integration: str | None = None) -> Any:
        words = real(hass, language, category, integration)
        if language == "de" and category == "device" and integration == DOMAIN:
            words = words | {f"component.{DOMAIN}.device.{key}.name": text for key, text in GERMAN.items()}
        return words

    with patch.object(translation, "async_get_cached_translations", german_words):
        yield


def names(hass: HomeAssistant) -> dict[str, str | None]:
    """Return the name of each piece of hardware by its serial number."""
    return {one.serial_number or "": one.name for one in dr.async_get(hass).devices if one.entry_type is None}


def entity_ids(hass: HomeAssistant) -> dict[str, str]:
    """Return the id of each entity by its unique id."""
    return {one.unique_id: one.entity_id for one in er.async_get(hass).entities.values()}


@pytest.mark.parametrize("kind", list(DeviceKind))
@pytest.mark.parametrize(
    ("name", "known"),
    [
        (None, None),
        ("Inverter 1", None),
        ("Inverter 1", "Inverter 1"),
        ("Inverter 1", "Home Inverter 1"),
        ("Microinverter 4711", "Microinverter 4711"),
        ("Envoy 4711", None),
        ("IQ EV Charger", None),
        *((name, None) for name in METERS),
        *((f"{noun} 2", None) for noun in NOUNS),
    ],
)
def test_the_english_translation_of_a_name_is_the_name_itself(kind: DeviceKind, name: str | None, known: str | None):
    found = name_of_device(Device(kind=kind, serial="4711", name=name), "Home", known)
    if found.key is not None:
        assert ENGLISH[found.key]["name"].format(**found.placeholders) == found.text


@pytest.mark.parametrize(
    ("name", "known", "text", "key"),
    [
        (None, None, "Inverter 4711", "inverter"),
        ("Inverter 4711", "Inverter 4711", "Inverter 4711", "inverter"),
        ("Inverter 1", None, "Home Inverter 1", "system_inverter"),
        ("Inverter 1", "Home Wechselrichter 1", "Home Inverter 1", "system_inverter"),
        ("Inverter 1", "Inverter 1", "Inverter 1", None),
        ("Export Meter", None, "Home Export Meter", "system_solaredge_export_meter"),
        ("Production meter", None, "Home Production meter", "system_production_meter"),
        ("Envoy 4711", None, "Envoy 4711", None),
        ("Garage", None, "Home Garage", None),
        ("Inverter of the barn", None, "Home Inverter of the barn", None),
        ("inverter 1", None, "Home inverter 1", None),
    ],
)
def test_only_usual_words_have_a_translation(name: str | None, known: str | None, text: str, key: str | None):
    found = name_of_device(Device(kind=DeviceKind.INVERTER, serial="4711", name=name), "Home", known)
    assert (found.text, found.key) == (text, key)


def test_every_text_is_one_that_a_name_can_have():
    keys = {prefix + key for key in NOUNS.values() for prefix in ("", "system_")}
    assert keys | {f"system_{key}" for key in METERS.values()} == ENGLISH.keys()


@pytest.mark.usefixtures("german")
async def test_hardware_is_called_in_the_language_of_home_assistant(hass: HomeAssistant, cloud: Cloud) -> None:
    hass.config.language = "de"
    await add_account(hass, "enphase_v2", enphase_input(cloud), ["72"])
    await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    found = names(hass)
    assert found[SERIAL] == f"Wechselrichter {SERIAL}"
    assert "Doe, Jane Wechselrichter 1" in found.values()
    assert not [name for name in found.values() if name and "Inverter" in name]
    assert found["121703014455"] == "Envoy 121703014455"


@pytest.mark.usefixtures("german")
async def test_another_language_changes_names_and_neither_entity_ids_nor_what_the_owner_has_named(
    hass: HomeAssistant, cloud: Cloud
) -> None:
    entry = await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    registry, ids = dr.async_get(hass), entity_ids(hass)
    named, other = (one for one in registry.devices if (one.name or "").startswith("Doe, Jane Inverter "))
    registry.async_update_device(named.id, name_by_user="Barn")
    hass.config.language = "de"
    assert await hass.config_entries.async_reload(entry.entry_id)
    await settle(hass)
    assert entity_ids(hass) == ids
    found = {one.id: one for one in registry.devices}
    for before, by_user in ((named, "Barn"), (other, None)):
        assert found[before.id].name_by_user == by_user
        assert found[before.id].name == (before.name or "").replace("Inverter", "Wechselrichter")
    assert "Doe, Jane" in {one.name for one in registry.devices if one.model == "Site"}
