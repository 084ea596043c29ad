"""The page's side of the dashboard: what it knows of Home Assistant, and the JavaScript that it runs."""

from collections.abc import Iterator
import json
from pathlib import Path
import shutil
import subprocess
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest

from custom_components.solar_cloud.const import DOMAIN
from custom_components.solar_cloud.frontend.dashboard import FOLDER

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="there is no node on this machine, which runs the JavaScript")


def run(ask: str, **given: Any) -> Any:
    """Return what the JavaScript answers: see run.mjs."""
    assert NODE is not None
    script = Path(__file__).with_name("run.mjs")
    done = subprocess.run(
        [NODE, str(script), str(FOLDER)],
        input=json.dumps({"ask": ask, "hass": {}, **given}),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def own_devices(hass: HomeAssistant) -> list[dr.DeviceEntry]:
    """Return the devices of all accounts."""
    registry = dr.async_get(hass)
    return [
        device
        for entry in hass.config_entries.async_entries(DOMAIN)
        for device in dr.async_entries_for_config_entry(registry, entry.entry_id)
    ]


def known(hass: HomeAssistant, statistics: list[str] | None = None, language: str = "en") -> dict[str, Any]:
    """Return what the page knows: the entities that are enabled, the devices and states, and statistics if given."""
    entities = {
        entity.entity_id: {
            "entity_id": entity.entity_id,
            "device_id": entity.device_id,
            "platform": entity.platform,
            "translation_key": entity.translation_key,
            "hidden": entity.hidden,
        }
        for entity in er.async_get(hass).entities.values()
        if not entity.disabled
    }
    devices = {
        device.id: {
            "id": device.id,
            "name": device.name,
            "name_by_user": device.name_by_user,
            "model": device.model,
            "entry_type": device.entry_type,
            "identifiers": [list(identifier) for identifier in device.identifiers],
            "via_device_id": device.via_device_id,
        }
        for device in own_devices(hass)
    }
    states = {
        state.entity_id: {
            "state": state.state,
            "attributes": {"unit_of_measurement": state.attributes.get("unit_of_measurement")},
        }
        for state in hass.states.async_all()
    }
    return {
        "entities": entities,
        "devices": devices,
        "states": states,
        "statistics": statistics,
        "locale": {"language": language},
    }


def cards(view: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield all cards of a view."""
    for section in view["sections"]:
        yield from section["cards"]


def entities_of(view: dict[str, Any]) -> list[str]:
    """Return the entities and statistics that the cards of a view show, in their order."""
    found: list[str] = []
    for card in cards(view):
        rows = [row["entity"] if isinstance(row, dict) else row for row in card.get("entities", ())]
        found += [card["entity"]] if "entity" in card else rows
    return found
