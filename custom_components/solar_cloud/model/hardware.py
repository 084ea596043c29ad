"""What is known of single meters and batteries: power, energy of the day and of the whole life of each flow."""

from datetime import date
from zoneinfo import ZoneInfo

from .data import SystemData
from .elements import DeviceKind, Flow
from .series import EMPTY, Series, backward, day_energy_wh, newest_end


def device_power_w(data: SystemData, serial: str, flow: Flow) -> float | None:
    """Return the mean power of a flow in the newest interval of a device, in W; `None` where that lacks this flow."""
    flows = data.device_flows.get(serial, {})
    ends = [end for series in flows.values() if (end := newest_end(series)) is not None]
    newest = next(backward(flows.get(flow, EMPTY)), None)
    if newest is None:
        return None
    interval = flows[flow][newest]
    return interval.mean_power_w if interval.end == max(ends) else None


def device_today_wh(data: SystemData, serial: str, flow: Flow, day: date, zone: ZoneInfo) -> float | None:
    """Return the energy of a flow that is known of a day of the system, in Wh."""
    return day_energy_wh(_series(data, serial, flow).values(), day, zone)


def device_lifetime_wh(data: SystemData, serial: str, flow: Flow) -> float | None:
    """Return the energy of a flow over a device's life in Wh."""
    counter = data.device_counters.get(serial, {}).get(flow)
    return None if counter is None else counter.published_wh


def battery_level(data: SystemData) -> float | None:
    """Return the state of charge of all batteries together in per cent; by capacity where it is known of each.

    `None` while one of them does not tell.
    """
    batteries = [data.devices[serial] for serial in data.serials(DeviceKind.BATTERY)]
    levels: list[float] = []
    for battery in batteries:
        reading = data.readings.get(battery.serial)
        if reading is None or reading.level_percent is None:
            return None
        levels.append(reading.level_percent)
    if not levels:
        return None
    weights = [battery.capacity_wh or 0.0 for battery in batteries]
    if not all(weights):
        weights = [1.0] * len(levels)
    return sum(level * weight for level, weight in zip(levels, weights, strict=True)) / sum(weights)


def _series(data: SystemData, serial: str, flow: Flow) -> Series:
    return data.device_flows.get(serial, {}).get(flow, EMPTY)
