"""The control API: what the Python methods do, as JSON over POST, for whoever is in another process.

Times are ISO 8601 with offset, durations seconds. Errors are answered with 400 and ``{"error": …}``.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from aiohttp import web

from .solaredge import control as solaredge_control
from .switches import CHOICES, Switches
from .systems.special import FACTORIES

if TYPE_CHECKING:
    from .app import Simulator

_FAULT_TYPES: dict[str, type | tuple[type, ...]] = {
    "path": str,
    "status": int,
    "body": (str, dict, list),
    "headers": dict,
    "delay": (int, float),
    "times": (int, type(None)),
    "drop": bool,
    "truncate": bool,
}

_ALERT_TYPES: dict[str, type] = {"impact": int, "error_codes": list}

type Data = dict[str, Any]
type Action = Callable[[Simulator, Data], Any]


def routes(simulator: Simulator) -> list[web.RouteDef]:
    """Return the control API of a simulator."""
    reading: dict[str, Callable[[], Any]] = {
        "clock": lambda: _clock(simulator),
        "requests": lambda: _requests(simulator),
        "switches": lambda: asdict(simulator.switches),
        "systems": lambda: _systems(simulator),
        "limits": lambda: _limits(simulator),
        "enphase/applications": lambda: _applications(simulator),
        "enphase/owners": lambda: _owners(simulator),
        **{name: partial(read, simulator) for name, read in solaredge_control.READERS.items()},
    }
    return [
        *(web.get(f"/control/{name}", _reader(read)) for name, read in reading.items()),
        *(web.post(f"/control/{name}", _writer(simulator, action)) for name, action in _ACTIONS.items()),
    ]


def _reader(read: Callable[[], Any]) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(_: web.Request) -> web.Response:
        return web.json_response(read())

    return handle


def _writer(simulator: Simulator, action: Action) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        try:
            data = await request.json() if request.can_read_body else {}
            if not isinstance(data, dict):
                raise TypeError("the body must be an object")  # noqa: TRY301 - one way out for all bad bodies
            return web.json_response(action(simulator, data) or {})
        except (KeyError, TypeError, ValueError) as error:
            return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)

    return handle


def _clock(simulator: Simulator) -> Data:
    return {"now": simulator.clock.now().isoformat(), "speed": simulator.clock.speed}


def _set_clock(simulator: Simulator, data: Data) -> Data:
    """Set the time (``now``), go on by seconds (``advance``), run faster (``speed``); any of them."""
    _only(data, "now", "advance", "speed")
    if "now" in data:
        simulator.clock.set(datetime.fromisoformat(data["now"]))
    if "advance" in data:
        simulator.clock.advance(timedelta(seconds=data["advance"]))
    if "speed" in data:
        simulator.clock.speed = float(data["speed"])
    return _clock(simulator)


def _requests(simulator: Simulator) -> list[Data]:
    return [asdict(request) | {"time": request.time.isoformat()} for request in simulator.requests]


def _systems(simulator: Simulator) -> list[Data]:
    """Return the plants with the truth about today."""
    now = simulator.clock.now()
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
        for key, plant in simulator.plants.items()
    ]


def _limits(simulator: Simulator) -> Data:
    return {cloud: asdict(quota.plan) for cloud, quota in simulator.quotas.items()}


def _set_limits(simulator: Simulator, data: Data) -> Data:
    _only(data, "cloud", "per_minute", "per_month", "reset_day")
    simulator.set_limits(**data)
    return _limits(simulator)


def _fail(simulator: Simulator, data: Data) -> None:
    """Queue a fault; what has a type of its own must have that one."""
    for name, kinds in _FAULT_TYPES.items():
        # A bool is an int to Python, but no status, delay or number of times.
        if name in data and (not isinstance(data[name], kinds) or (isinstance(data[name], bool) and kinds is not bool)):
            raise TypeError(f"{name} has the wrong type")
    simulator.fail(**data)


def _set_switches(simulator: Simulator, data: Data) -> Data:
    kinds = {field.name: type(getattr(simulator.switches, field.name)) for field in fields(Switches)}
    for name, value in data.items():
        if type(value) is not kinds[name]:
            raise TypeError(f"{name} must be {kinds[name].__name__}")
        if name in CHOICES and value not in CHOICES[name]:
            raise ValueError(f"{name} must be one of {', '.join(CHOICES[name])}")
    for name, value in data.items():
        setattr(simulator.switches, name, value)
    return asdict(simulator.switches)


def _add_inverter(simulator: Simulator, data: Data) -> Data:
    return {"serial": simulator.add_inverter(**data).serial}


def _add_system(simulator: Simulator, data: Data) -> Data:
    """Add one of the further systems; every user id, owner or key of its cloud may read it."""
    _only(data, "name")
    plant = FACTORIES[data["name"]]()
    readers: Iterable[str] = (
        (*simulator.accounts.enphase_users, *simulator.accounts.enphase_owners)
        if plant.cloud == "enphase"
        else simulator.accounts.solaredge_keys
    )
    return {"key": simulator.add_plant(plant, *readers).key}


def _replace_inverter(simulator: Simulator, data: Data) -> Data:
    return {"serial": simulator.replace_inverter(**data).serial}


def _open_alert(simulator: Simulator, data: Data) -> Data:
    """Open an alert; what it says must have the types that the vendor gives it."""
    for name, value in data.items():
        kind = _ALERT_TYPES.get(name, str)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
            raise TypeError(f"{name} has the wrong type")
    return {"id": simulator.open_alert(**data)}


def _close_alert(simulator: Simulator, data: Data) -> None:
    _only(data, "key", "id")
    simulator.close_alert(data["key"], data["id"])


def _open_event(simulator: Simulator, data: Data) -> Data:
    kinds = {"type_id": int, "severity": int, "alarm": bool}
    for name, value in data.items():
        if type(value) is not kinds.get(name, str):
            raise TypeError(f"{name} has the wrong type")
    return {"id": simulator.open_event(**data)}


def _close_event(simulator: Simulator, data: Data) -> None:
    _only(data, "key", "id")
    simulator.close_event(data["key"], data["id"])


def _delay(simulator: Simulator, data: Data) -> None:
    _only(data, "key", "seconds")
    simulator.delay_data(data["key"], timedelta(seconds=data["seconds"]))


def _applications(simulator: Simulator) -> list[Data]:
    """Return v4's applications with their plans, and what is used of them."""
    quota, now = simulator.v4_quota, simulator.clock.now()
    return [
        {
            "client_id": one.client_id,
            "client_secret": one.client_secret,
            "api_key": one.api_key,
            "name": one.name,
            "redirect_uris": None if one.redirect_uris is None else sorted(one.redirect_uris),
            "access_controls": None if one.access_controls is None else sorted(one.access_controls),
            "plan": asdict(quota.plan_of(one.api_key)),
            "used": dict(zip(("minute", "month"), quota.used(one.api_key, now), strict=True)),
        }
        for one in simulator.accounts.enphase_applications.values()
    ]


def _owners(simulator: Simulator) -> Data:
    """Return v4's owners with their systems, and who is signed in where nobody chooses."""
    owners = simulator.accounts.enphase_owners.values()
    return {
        "signed_in": simulator.enphase_owner,
        "owners": [{"name": one.name, "number": one.number, "systems": sorted(one.systems)} for one in owners],
    }


def _add_application(simulator: Simulator, data: Data) -> None:
    if not all(isinstance(data.get(name), str) for name in ("client_id", "client_secret", "api_key")):
        raise TypeError("client_id, client_secret and api_key are texts")
    simulator.add_enphase_application(**data)


def _add_owner(simulator: Simulator, data: Data) -> None:
    if not isinstance(data.get("name"), str) or type(data.get("number")) is not int:
        raise TypeError("an owner has a name and a number")
    simulator.add_enphase_owner(**data)


def _sign_in(simulator: Simulator, data: Data) -> Data:
    _only(data, "owner")
    simulator.enphase_owner = data["owner"]
    return _owners(simulator)


def _only(data: Data, *names: str) -> None:
    """Raise ValueError for a name that means nothing."""
    if unknown := set(data) - set(names):
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")


_ACTIONS: dict[str, Action] = {
    "clock": _set_clock,
    "requests/clear": lambda simulator, data: simulator.clear_requests(**data),
    "fail": _fail,
    "faults/clear": lambda simulator, data: simulator.clear_faults(**data),
    "limits": _set_limits,
    "switches": _set_switches,
    "silence": lambda simulator, data: simulator.silence(**data),
    "unsilence": lambda simulator, data: simulator.unsilence(**data),
    "inverters/add": _add_inverter,
    "inverters/health": lambda simulator, data: simulator.set_health(**data),
    "inverters/retire": lambda simulator, data: simulator.retire_inverter(**data),
    "inverters/replace": _replace_inverter,
    "inverters/move": lambda simulator, data: simulator.move_inverter(**data),
    "devices/move": lambda simulator, data: simulator.move_device(**data),
    "devices/hide": lambda simulator, data: simulator.hide_device(**data),
    "alerts/open": _open_alert,
    "alerts/close": _close_alert,
    "events/open": _open_event,
    "events/close": _close_event,
    "meter": lambda simulator, data: simulator.set_meter(**data),
    "connection": lambda simulator, data: simulator.set_connection(**data),
    "delay": _delay,
    "status": lambda simulator, data: simulator.set_status(**data),
    "systems/add": _add_system,
    "systems/remove": lambda simulator, data: simulator.remove_system(**data),
    "enphase/applications/add": _add_application,
    "enphase/applications/plan": lambda simulator, data: simulator.set_enphase_plan(**data),
    "enphase/owners/add": _add_owner,
    "enphase/owners/sign-in": _sign_in,
    "enphase/grants/revoke": lambda simulator, data: {"revoked": simulator.revoke_grant(**data)},
    "revoke": lambda simulator, data: simulator.revoke(**data),
    **solaredge_control.ACTIONS,
}
