"""The control API of the plants and their hardware."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from ..clouds import Clouds
from ..systems.special import FACTORIES
from .data import Action, Data, Reader, check_names, check_types

_ALERT_TYPES: dict[str, type] = {"impact": int, "error_codes": list}
_EVENT_TYPES: dict[str, type] = {"type_id": int, "severity": int, "alarm": bool}


def _systems(clouds: Clouds) -> list[Data]:
    """Return the plants with the truth about today."""
    now = clouds.clock.now()
    return [
        {
            "key": key,
            "name": plant.name,
            "timezone": plant.timezone,
            "gateways": list(plant.gateways),
            "inverters": [inverter.serial for inverter in plant.active_inverters(now)],
            "today_wh": plant.energy_wh(datetime.combine(plant.local_day(now), datetime.min.time(), plant.zone), now),
            "lifetime_wh": plant.lifetime_wh(now),
        }
        for key, plant in clouds.plants.items()
    ]


def _add_system(clouds: Clouds, data: Data) -> Data:
    """Add one of the special systems; every user id, owner or key of its cloud may read it."""
    check_names(data, "name")
    plant = FACTORIES[data["name"]]()
    readers: Iterable[str] = (
        (*clouds.accounts.enphase_users, *clouds.accounts.enphase_owners)
        if plant.cloud == "enphase"
        else clouds.accounts.solaredge_keys
    )
    return {"key": clouds.add_plant(plant, *readers).key}


def _add_inverter(clouds: Clouds, data: Data) -> Data:
    return {"serial": clouds.add_inverter(**data).serial}


def _replace_inverter(clouds: Clouds, data: Data) -> Data:
    return {"serial": clouds.replace_inverter(**data).serial}


def _open_alert(clouds: Clouds, data: Data) -> Data:
    """Open an alert; its fields must have the types that the vendor gives them."""
    check_types(data, _ALERT_TYPES, default=str)
    return {"id": clouds.open_alert(**data)}


def _close_alert(clouds: Clouds, data: Data) -> None:
    check_names(data, "key", "id")
    clouds.close_alert(data["key"], data["id"])


def _open_event(clouds: Clouds, data: Data) -> Data:
    check_types(data, _EVENT_TYPES, default=str)
    return {"id": clouds.open_event(**data)}


def _close_event(clouds: Clouds, data: Data) -> None:
    check_names(data, "key", "id")
    clouds.close_event(data["key"], data["id"])


def _delay(clouds: Clouds, data: Data) -> None:
    check_names(data, "key", "seconds")
    clouds.delay_data(data["key"], timedelta(seconds=data["seconds"]))


READERS: dict[str, Reader] = {"systems": _systems}
ACTIONS: dict[str, Action] = {
    "silence": lambda clouds, data: clouds.silence(**data),
    "unsilence": lambda clouds, data: clouds.unsilence(**data),
    "inverters/add": _add_inverter,
    "inverters/health": lambda clouds, data: clouds.set_health(**data),
    "inverters/retire": lambda clouds, data: clouds.retire_inverter(**data),
    "inverters/replace": _replace_inverter,
    "inverters/move": lambda clouds, data: clouds.move_inverter(**data),
    "devices/move": lambda clouds, data: clouds.move_device(**data),
    "devices/hide": lambda clouds, data: clouds.hide_device(**data),
    "alerts/open": _open_alert,
    "alerts/close": _close_alert,
    "events/open": _open_event,
    "events/close": _close_event,
    "meter": lambda clouds, data: clouds.set_meter(**data),
    "connection": lambda clouds, data: clouds.set_connection(**data),
    "delay": _delay,
    "status": lambda clouds, data: clouds.set_status(**data),
    "systems/add": _add_system,
    "systems/remove": lambda clouds, data: clouds.remove_system(**data),
}
