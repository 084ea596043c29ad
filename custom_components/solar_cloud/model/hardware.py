"""What is known of single meters, batteries and EV chargers: of each flow power, energy of the day and of the life."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from .data import SystemData
from .elements import DeviceKind, Flow
from .series import EMPTY, Series, backward, day_energy_wh, newest_end


def device_power_w(data: SystemData, serial: str, flow: Flow) -> tuple[float | None, datetime | None]:
    """Return the mean power of a flow in the newest interval of a device, in W, and the end of that interval.

    `None` where that interval lacks the flow.
    """
    flows = data.device_flows.get(serial, {})
    ends = [end for series in flows.values() if (end := newest_end(series)) is not None]
    newest = next(backward(flows.get(flow, EMPTY)), None)
    if newest is None:
        return None, None
    interval = flows[flow][newest]
    return (interval.mean_power_w if interval.end == max(ends) else None), interval.end


def device_today_wh(data: SystemData, serial: str, flow: Flow, day: date, zone: ZoneInfo) -> float | None:
    """Return the energy of a flow that is known of a day of the system, in Wh."""
    return day_energy_wh(_series(data, serial, flow).values(), day, zone)


def device_lifetime_wh(data: SystemData, serial: str, flow: Flow) -> float | None:
    """Return the energy of a flow over a device's life in Wh."""
    counter = data.device_counters.get(serial, {}).get(flow)
    return None if counter is None else counter.published_wh


def charged_until(data: SystemData, serial: str) -> datetime | None:
    """Return up to when it is known what an EV charger has charged."""
    return newest_end(_series(data, serial, Flow.CONSUMPTION))


def battery_level(data: SystemData) -> tuple[float | None, datetime | None]:
    """Return the state of charge of all batteries together in per cent, and the instant that it is of.

    It is weighted by capacity where that is known of each. `None` while one of them does not report.
    """
    batteries = [data.devices[serial] for serial in data.serials(DeviceKind.BATTERY)]
    readings = [data.readings.get(battery.serial) for battery in batteries]
    levels = [
        reading.level_percent for reading in readings if reading is not None and reading.level_percent is not None
    ]
    if not levels or len(levels) < len(batteries):
        return None, None
    weights = [battery.capacity_wh or 0.0 for battery in batteries]
    if not all(weights):
        weights = [1.0] * len(levels)
    ends = [end for reading in readings if reading and (end := reading.filled_at) is not None]
    level = sum(level * weight for level, weight in zip(levels, weights, strict=True)) / sum(weights)
    return level, min(ends, default=None)


def _series(data: SystemData, serial: str, flow: Flow) -> Series:
    return data.device_flows.get(serial, {}).get(flow, EMPTY)
