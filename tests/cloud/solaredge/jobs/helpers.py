"""What the tests of several jobs share: energies that none can be taken for another, and answers of devices."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import Device, DeviceKind

from ..helpers import Bench, system_data

QUARTER = timedelta(minutes=15)
SITE = "/sites/1234567"
ENERGY = f"{SITE}/energy"
METERS, STORAGE = f"{SITE}/meters/telemetry", f"{SITE}/storage/telemetry"
AT = datetime(2026, 11, 21, 8, 45, tzinfo=UTC)
"""The newest complete quarter hour at `NOW`."""

type Metrics = Mapping[str, tuple[str, list[float | None]]]
"""The unit, and the values of quarter hours up to the newest complete one."""


def truth(start: datetime) -> float:
    """A different energy for every quarter hour, so that none can be taken for another."""
    return float(int(start.timestamp()) // 900 % 997)


def total(start: datetime, end: datetime, energy: Callable[[datetime], float] = truth) -> float:
    result = 0.0
    while start < end:
        result += energy(start)
        start += QUARTER
    return result


def spans(it: Bench, path: str = ENERGY) -> list[tuple[str | None, str | None]]:
    return [(asked.one("from"), asked.one("to")) for asked in it.cloud.asked if asked.path == path]


def with_system(**changes: Any) -> SystemData:
    data = system_data()
    return replace(data, system=replace(data.system, **changes))


def site(*serials: str, kind: DeviceKind = DeviceKind.METER) -> SystemData:
    return system_data(devices={serial: Device(kind=kind, serial=serial) for serial in serials})
