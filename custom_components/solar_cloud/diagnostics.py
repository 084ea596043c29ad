"""What helps to find a fault, without what says whose system it is."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
import re
from typing import Any

from homeassistant.components.diagnostics import REDACTED, async_redact_data
from homeassistant.const import CONF_API_KEY, CONF_CLIENT_ID, CONF_TOKEN, CONF_UNIQUE_ID
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .account.clients import DEFAULT_BASE_URL
from .account.metered import secrets_of
from .cloud.account import MOST_SECRETS
from .const import (
    CONF_ACCOUNT_KEY,
    CONF_AUTH_IMPLEMENTATION,
    CONF_BASE_URL,
    CONF_CLOUD,
    CONF_OWNER,
    CONF_SITE_ID,
    CONF_SYSTEM_ID,
    CONF_USER_ID,
)
from .runtime import SolarCloudConfigEntry, SystemRuntime

TO_REDACT = {
    CONF_ACCOUNT_KEY,
    CONF_API_KEY,
    CONF_AUTH_IMPLEMENTATION,
    CONF_CLIENT_ID,
    CONF_OWNER,
    CONF_SITE_ID,
    CONF_SYSTEM_ID,
    CONF_TOKEN,
    CONF_UNIQUE_ID,
    CONF_USER_ID,
    "title",
    "entry_id",
}

_INTERVALS = re.compile(r"[-+.e\d]+:[-+.e\d]+:[-+.e\d: ]*", re.ASCII)
"""How intervals are stored: numbers with colons between them."""


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: SolarCloudConfigEntry) -> dict[str, Any]:
    """Return an account's diagnostics. Sends no request: looking must not cost what may be short already."""
    now = dt_util.utcnow()
    ledger = entry.runtime_data.metered.ledger
    found = list(entry.runtime_data.systems.values())
    names = [_stand_ins(system, number) for number, system in enumerate(found, 1)]
    # Hardware may have moved from one system to another.
    everywhere = {name: text for of_one in names for name, text in of_one.items() if name}
    # Frozen data become text in another thread: a large account has as much of it as a book.
    systems = [
        await hass.async_add_executor_job(_without_names, _system(system), of_one, everywhere)
        for system, of_one in zip(found, names, strict=True)
    ]
    told = {
        "entry": _entry(entry),
        "requests": {
            "used": ledger.used(now),
            "left": ledger.left(now),
            "asked_for_left": ledger.owners_share(now).left,
            "resets_at": ledger.resets_at(now).isoformat(),
            "per_minute": ledger.limits.per_minute,
            "per_month": ledger.limits.per_month,
        },
        "systems": systems,
    }
    # A cloud may repeat a key or a token anywhere.
    secrets = entry.runtime_data.metered.secrets.with_more(secrets_of(entry.data), MOST_SECRETS)
    scrubbed: dict[str, Any] = await hass.async_add_executor_job(partial(secrets.scrubbed, told, short=False))
    return scrubbed


def _entry(entry: SolarCloudConfigEntry) -> dict[str, Any]:
    """Return the account's entry without what names its owner; an address of the owner's own is not told either."""
    told: dict[str, Any] = async_redact_data(entry.as_dict(), TO_REDACT)
    if entry.data[CONF_BASE_URL] != DEFAULT_BASE_URL[entry.data[CONF_CLOUD]]:
        told["data"] = {**told["data"], CONF_BASE_URL: REDACTED}
    return told


def _system(system: SystemRuntime) -> dict[str, Any]:
    """Return what is known of a system, as frozen values."""
    coordinator = system.coordinator
    return {
        "available": {job.name: coordinator.is_available(job.name) for job in coordinator.client.jobs},
        "next_refresh_in": str(coordinator.update_interval),
        "schedule": coordinator.schedule,
        "values": dict(coordinator.values()) if coordinator.has_data else None,
        "data": coordinator.data if coordinator.has_data else None,
        "history": system.bookkeeper.state,
    }


def _without_names(
    system: Mapping[str, Any], stand_ins: Mapping[str, str], everywhere: Mapping[str, str]
) -> dict[str, Any]:
    """Return what is known of a system as JSON data without a name; takes some time."""
    from .system.restore import dump

    found = {key: dump(member) for key, member in system.items()}
    if (data := found["data"]) is not None:
        # A client notes what it likes, the number of hardware that has long been replaced among it.
        notes = {name: note if _is_harmless(note) else REDACTED for name, note in data.get("notes", {}).items()}
        found["data"] = {**data, "notes": notes}
    names = sorted(((name, text) for name, text in stand_ins.items() if name), key=lambda item: -len(item[0]))
    replaced: dict[str, Any] = _replaced(found, everywhere, names)
    return replaced


def _is_harmless(note: str) -> bool:
    """Return whether a note is a plain word or an instant with its time zone: it names nobody."""
    if not note or (note.isascii() and note.isalpha() and note.islower()):
        return True
    try:
        return datetime.fromisoformat(note).tzinfo is not None
    except ValueError:
        return False


def _stand_ins(system: SystemRuntime, number: int) -> dict[str, str]:
    """Return what to write instead of each name, id and serial number of a system."""
    coordinator = system.coordinator
    stand_ins = {coordinator.system.id: f"system {number}", coordinator.system.name: REDACTED}
    if coordinator.has_data:
        stand_ins[coordinator.data.system.name] = REDACTED
        for count, (serial, device) in enumerate(coordinator.data.devices.items(), 1):
            stand_ins[serial] = f"{device.kind} {number}.{count}"
            if device.name:
                stand_ins[device.name] = REDACTED
        for device in coordinator.data.devices.values():
            # It may report through hardware that no inventory lists.
            if device.parent:
                stand_ins.setdefault(device.parent, REDACTED)
        for alert in (coordinator.data.alerts or {}).values():
            # It may be about hardware that no inventory lists.
            for name in (alert.component, alert.serial):
                if name and name not in stand_ins:
                    stand_ins[name] = REDACTED
    return stand_ins


def _replaced(value: Any, stand_ins: Mapping[str, str], longest_first: Sequence[tuple[str, str]]) -> Any:
    """Replace every known name, wherever it stands: as a value, as a key, or within a text."""
    if isinstance(value, str):
        # Most names stand alone, and a row of intervals is long and names nobody.
        return stand_ins.get(value) or (value if _INTERVALS.fullmatch(value) else _without(value, longest_first))
    if isinstance(value, Mapping):
        return {
            _replaced(key, stand_ins, longest_first): _replaced(member, stand_ins, longest_first)
            for key, member in value.items()
        }
    if isinstance(value, list):
        return [_replaced(member, stand_ins, longest_first) for member in value]
    return value


def _without(text: str, longest_first: Iterable[tuple[str, str]]) -> str:
    for name, stand_in in longest_first:
        if name in text:
            text = text.replace(name, stand_in)
    return text
