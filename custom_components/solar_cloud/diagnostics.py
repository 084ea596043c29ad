"""What helps to find a fault, without what says whose system it is."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from homeassistant.components.diagnostics import REDACTED, async_redact_data
from homeassistant.const import CONF_API_KEY, CONF_CLIENT_ID, CONF_TOKEN, CONF_UNIQUE_ID
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .const import CONF_ACCOUNT_KEY, CONF_AUTH_IMPLEMENTATION, CONF_OWNER, CONF_SITE_ID, CONF_SYSTEM_ID, CONF_USER_ID
from .coordinator import SystemCoordinator
from .runtime import SolarCloudConfigEntry, SystemRuntime
from .system.restore import dump

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


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: SolarCloudConfigEntry) -> dict[str, Any]:
    """Return an account's diagnostics. Sends no request: looking must not cost what may be short already."""
    now = dt_util.utcnow()
    ledger = entry.runtime_data.metered.ledger
    names: dict[str, str] = {}
    systems = []
    for number, system in enumerate(entry.runtime_data.systems.values(), 1):
        names |= _stand_ins(system.coordinator, number)
        systems.append(_system(system))
    return {
        "entry": async_redact_data(entry.as_dict(), TO_REDACT),
        "requests": {
            "used": ledger.used(now),
            "left": ledger.left(now),
            "resets_at": ledger.resets_at(now).isoformat(),
            "per_minute": ledger.limits.per_minute,
            "per_month": ledger.limits.per_month,
        },
        "systems": _replaced(systems, names),
    }


def _system(system: SystemRuntime) -> dict[str, Any]:
    coordinator = system.coordinator
    return {
        "available": {job.name: coordinator.is_available(job.name) for job in coordinator.client.jobs},
        "next_refresh_in": str(coordinator.update_interval),
        "schedule": dump(coordinator.schedule),
        "values": {key: dump(value) for key, value in coordinator.values()} if coordinator.has_data else None,
        "data": _data(coordinator) if coordinator.has_data else None,
        "history": dump(system.bookkeeper.state),
    }


def _data(coordinator: SystemCoordinator) -> dict[str, Any]:
    data: dict[str, Any] = dump(coordinator.data)
    # A client notes what it likes, the number of hardware that has long been replaced among it.
    notes = {name: note if _is_harmless(note) else REDACTED for name, note in data.get("notes", {}).items()}
    return {**data, "notes": notes}


def _is_harmless(note: str) -> bool:
    """Return whether a note is a plain word or an instant with its time zone: it names nobody."""
    if not note or (note.isascii() and note.isalpha() and note.islower()):
        return True
    try:
        return datetime.fromisoformat(note).tzinfo is not None
    except ValueError:
        return False


def _stand_ins(coordinator: SystemCoordinator, number: int) -> dict[str, str]:
    """Return what to write instead of each name, id and serial number."""
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


def _replaced(value: Any, stand_ins: Mapping[str, str]) -> Any:
    """Replace every known name, wherever it stands: as a value, as a key, or within a text."""
    if isinstance(value, str):
        return _without(value, sorted(stand_ins.items(), key=lambda item: -len(item[0])))
    if isinstance(value, Mapping):
        return {_replaced(key, stand_ins): _replaced(member, stand_ins) for key, member in value.items()}
    if isinstance(value, list):
        return [_replaced(member, stand_ins) for member in value]
    return value


def _without(text: str, stand_ins: Iterable[tuple[str, str]]) -> str:
    for name, stand_in in stand_ins:
        if name and name in text:
            text = text.replace(name, stand_in)
    return text
