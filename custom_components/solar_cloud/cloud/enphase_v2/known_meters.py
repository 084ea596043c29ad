"""Which meters an Enphase v2 system has, and which of them have reported production. Pure functions."""

from ...model.data import SystemData
from ...model.elements import DeviceKind, Flow
from ...model.series import Series


def listed_meters(data: SystemData) -> list[str]:
    """Return the serial numbers of all meters in the inventory, which does not say what a meter measures."""
    return data.serials(DeviceKind.METER)


def production_series(data: SystemData) -> dict[str, Series]:
    """Return the known production intervals of each meter by serial number, without meters that have none."""
    flows = {serial: data.device_flows.get(serial, {}).get(Flow.PRODUCTION) for serial in listed_meters(data)}
    return {serial: series for serial, series in flows.items() if series}
