"""Which changes of an account take a reload, and which reloads retry what was refused."""

from collections.abc import Mapping
from typing import Any

from homeassistant.const import CONF_TOKEN
from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN

CHANGED: HassKey[set[str]] = HassKey(f"{DOMAIN}.changed")
"""The ids of entries that their owner has just changed."""


def settings_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data of an account without what changes by itself: of its tokens only the consent they come from."""
    kept = {key: value for key, value in data.items() if key != CONF_TOKEN}
    return {**kept, CONF_TOKEN: data.get(CONF_TOKEN, {}).get("consent")}


@callback
def mark_changed(hass: HomeAssistant, entry_id: str) -> None:
    """Have the next set-up of an account retry at once what was refused, or failed, with its old credential."""
    hass.data.setdefault(CHANGED, set()).add(entry_id)


@callback
def take_changed(hass: HomeAssistant, entry_id: str) -> bool:
    """Return whether this set-up of an account is the first one after its owner has changed it."""
    changed = hass.data.get(CHANGED, set())
    found = entry_id in changed
    changed.discard(entry_id)
    return found
