"""Which changes of an account take a reload, and which reloads begin anew."""

from collections.abc import Mapping
from typing import Any

from homeassistant.const import CONF_TOKEN
from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN

ANEW: HassKey[set[str]] = HassKey(f"{DOMAIN}.anew")
"""The ids of entries that an owner has just changed."""


def what_matters(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data of an account without what changes by itself: of its tokens only the consent they come from."""
    kept = {key: value for key, value in data.items() if key != CONF_TOKEN}
    return {**kept, CONF_TOKEN: data.get(CONF_TOKEN, {}).get("consent")}


@callback
def begin_anew(hass: HomeAssistant, entry_id: str) -> None:
    """Have the next set-up of an account ask at once for what was refused, or failed, with its old credential."""
    hass.data.setdefault(ANEW, set()).add(entry_id)


@callback
def begins_anew(hass: HomeAssistant, entry_id: str) -> bool:
    """Tell whether this set-up of an account is the first one after its owner has changed it."""
    waiting = hass.data.get(ANEW, set())
    found = entry_id in waiting
    waiting.discard(entry_id)
    return found
