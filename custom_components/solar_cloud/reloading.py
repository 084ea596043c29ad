"""Which changes of an account take a reload."""

from collections.abc import Mapping
from typing import Any

from homeassistant.const import CONF_TOKEN


def what_matters(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data of an account without what changes by itself: of its tokens only the consent they come from."""
    kept = {key: value for key, value in data.items() if key != CONF_TOKEN}
    return {**kept, CONF_TOKEN: data.get(CONF_TOKEN, {}).get("consent")}
