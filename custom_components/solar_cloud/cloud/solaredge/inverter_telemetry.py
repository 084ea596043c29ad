"""The telemetry of SolarEdge's inverters: all at once, or one after another where that is not offered."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from ...model.data import SystemData
from ...model.elements import DeviceKind
from ..errors import NotFound
from ..parse import as_time
from .api import SolarEdgeApi
from .model import Quantity, Series, Telemetry
from .windows import Window

BULK = "inverters_bulk"
"""The note about when the telemetry of all inverters was found missing."""
VOLTAGE = "inverters_voltage"
ASK_AGAIN = timedelta(days=7)
MOST_AT_ONCE = 4
"""Inverters in one run, when each costs requests of its own: those that were not read for longest."""
_NEVER = datetime.min.replace(tzinfo=UTC)


class InverterTelemetry:
    """Reads inverters the cheapest way that the cloud offers; remembers whose turn it was."""

    def __init__(self, api: SolarEdgeApi) -> None:
        """Read through these endpoints."""
        self._api = api
        self._turns: dict[str, tuple[datetime, list[str]]] = {}
        """By system, the time of its newest run and the inverters whose turn that was."""
        self._asked_at: dict[tuple[str, str], datetime] = {}
        """By system and serial number."""

    def cost(self, data: SystemData) -> int:
        """Return the requests of one run."""
        if not data.notes.get(BULK):
            return 1
        each = 1 if data.notes.get(VOLTAGE) else 2
        return max(1, each * min(MOST_AT_ONCE, len(data.serials(DeviceKind.INVERTER))))

    async def read(
        self, data: SystemData, window: Window, now: datetime, zone: ZoneInfo, notes: dict[str, str]
    ) -> Telemetry:
        """Return what the inverters report of a window; `notes` takes what is found missing. Raises `CloudError`.

        The telemetry of all inverters costs one request; the endpoints of the getting-started document cost one for
        each inverter and quantity, and stand in where the cloud does not know the other.
        """
        if not _is_missing(BULK, data, notes, now):
            try:
                telemetry = await self._api.inverters_telemetry(data.system.id, window, zone=zone)
            except NotFound:
                notes[BULK] = now.isoformat()
            else:
                notes |= {BULK: ""} if data.notes.get(BULK) else {}
                return telemetry
        devices: dict[str, Mapping[str, Series]] = {}
        unknown: NotFound | None = None
        for serial in self._turn(data, now):
            try:
                energy = await self._api.inverter_series(
                    data.system.id, serial, Quantity.ENERGY, window.start, window.end, zone=zone
                )
            except NotFound as err:
                # One that was taken away since the inventory was read must not cost the others' values.
                unknown = err
                continue
            metrics = {"energy": energy}
            if not _is_missing(VOLTAGE, data, notes, now):
                try:
                    metrics["voltage"] = await self._api.inverter_series(
                        data.system.id, serial, Quantity.VOLTAGE, window.start, window.end, zone=zone
                    )
                except NotFound:
                    notes[VOLTAGE] = now.isoformat()
                else:
                    notes |= {VOLTAGE: ""} if data.notes.get(VOLTAGE) else {}
            devices[serial] = MappingProxyType(metrics)
        if unknown is not None and not devices:
            raise unknown
        return Telemetry(devices=MappingProxyType(devices))

    def _turn(self, data: SystemData, now: datetime) -> list[str]:
        """Return the inverters whose turn it is: those not asked for longest, then those not heard of for longest.

        All windows of one run ask for the same; one that never answers does not keep the others from their turn.
        """
        key = data.system.key
        if key in self._turns and self._turns[key][0] == now:
            return self._turns[key][1]

        def read_at(serial: str) -> tuple[datetime, datetime]:
            reading = data.readings.get(serial)
            return self._asked_at.get((key, serial), _NEVER), (reading and reading.measured_at) or _NEVER

        turn = sorted(data.serials(DeviceKind.INVERTER), key=read_at)[:MOST_AT_ONCE]
        self._turns[key] = now, turn
        self._asked_at.update({(key, serial): now for serial in turn})
        return turn


def _is_missing(name: str, data: SystemData, notes: Mapping[str, str], now: datetime) -> bool:
    """Return whether the cloud was found not to offer something, and need not be asked again yet."""
    if name in notes:
        return bool(notes[name])
    noted = as_time(data.notes.get(name))
    return noted is not None and timedelta(0) <= now - noted < ASK_AGAIN
