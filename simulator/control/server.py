"""The control API of what is common to all services: the clock, the log, faults, plans, switches."""

from dataclasses import asdict, fields
from datetime import datetime, timedelta

from ..clouds import Clouds
from ..switches import CHOICES, Switches
from .data import Action, Data, Reader, check_names, check_types

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


def _clock(clouds: Clouds) -> Data:
    return {"now": clouds.clock.now().isoformat(), "speed": clouds.clock.speed}


def _set_clock(clouds: Clouds, data: Data) -> Data:
    """Set the time (``now``), go on by seconds (``advance``), run faster (``speed``); any of them."""
    check_names(data, "now", "advance", "speed")
    if "now" in data:
        clouds.clock.set(datetime.fromisoformat(data["now"]))
    if "advance" in data:
        clouds.clock.advance(timedelta(seconds=data["advance"]))
    if "speed" in data:
        clouds.clock.speed = float(data["speed"])
    return _clock(clouds)


def _requests(clouds: Clouds) -> list[Data]:
    return [asdict(request) | {"time": request.time.isoformat()} for request in clouds.requests]


def _limits(clouds: Clouds) -> Data:
    return {cloud: asdict(quota.plan) for cloud, quota in clouds.quotas.items()}


def _set_limits(clouds: Clouds, data: Data) -> Data:
    check_names(data, "cloud", "per_minute", "per_month", "reset_day")
    clouds.set_limits(**data)
    return _limits(clouds)


def _fail(clouds: Clouds, data: Data) -> None:
    """Queue a fault; what has a type of its own must have that one."""
    check_types(data, _FAULT_TYPES)
    clouds.fail(**data)


def _switches(clouds: Clouds) -> Data:
    return asdict(clouds.switches)


def _set_switches(clouds: Clouds, data: Data) -> Data:
    kinds = {field.name: type(getattr(clouds.switches, field.name)) for field in fields(Switches)}
    for name, value in data.items():
        if type(value) is not kinds[name]:
            raise TypeError(f"{name} must be {kinds[name].__name__}")
        if name in CHOICES and value not in CHOICES[name]:
            raise ValueError(f"{name} must be one of {', '.join(CHOICES[name])}")
    for name, value in data.items():
        setattr(clouds.switches, name, value)
    return _switches(clouds)


READERS: dict[str, Reader] = {"clock": _clock, "requests": _requests, "switches": _switches, "limits": _limits}
ACTIONS: dict[str, Action] = {
    "clock": _set_clock,
    "requests/clear": lambda clouds, data: clouds.clear_requests(**data),
    "fail": _fail,
    "faults/clear": lambda clouds, data: clouds.clear_faults(**data),
    "limits": _set_limits,
    "switches": _set_switches,
    "revoke": lambda clouds, data: clouds.revoke(**data),
}
