"""What an EV charger of an Enphase v4 system has charged: its quarter hours, and the days of its whole life.

Energies are Wh, instants aware UTC, days the system's own.
"""

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Final, override
from zoneinfo import ZoneInfo

from ...model.data import SystemData
from ...model.elements import DeviceKind, Flow, LifetimeBase
from ...model.series import EMPTY, Series
from .api import EnphaseV4Api
from .capabilities import MISSING, charger_note
from .ev_chargers import EvChargerApi
from .measures import Measure, MeasuredRows
from .model import DailySeries, Granularity

FIRST_DAY: Final = date(2021, 1, 1)
"""Enphase sold no charger before; a day is demanded, and nobody says when a charger was installed."""


class ChargerMeasure(Measure):
    """What one charger has charged."""

    flows = (Flow.CONSUMPTION,)

    def __init__(self, serial: str, zone: ZoneInfo) -> None:
        """Take the charger's serial number and the zone of the system's days."""
        self.serial = serial
        self.name = f"ev_{serial}"
        self._zone = zone

    @property
    @override
    def note(self) -> str:
        """The name of the note about whether the cloud reports it."""
        return charger_note(self.serial)

    def series(self, data: SystemData) -> Series:
        """Return the quarter hours that are known."""
        return data.device_flows.get(self.serial, {}).get(Flow.CONSUMPTION, EMPTY)

    def base(self, data: SystemData) -> LifetimeBase | None:
        """Return the lifetime up to the beginning of a day; `None` while it is not known."""
        return data.device_bases.get(self.serial, {}).get(Flow.CONSUMPTION)

    @override
    async def rows(
        self, api: EnphaseV4Api, data: SystemData, start: datetime, granularity: Granularity
    ) -> MeasuredRows:
        """Return rows of 15 minutes from an instant on; one request. Raises `CloudError`."""
        chargers = EvChargerApi(api, self._zone)
        return self._measured(await chargers.telemetry(data.system.id, self.serial, start, granularity))

    @override
    async def _read_days(self, api: EnphaseV4Api, system_id: str) -> DailySeries:
        return await EvChargerApi(api, self._zone).lifetime(system_id, self.serial, FIRST_DAY)


def chargers_of(data: SystemData, zone: ZoneInfo) -> tuple[ChargerMeasure, ...]:
    """Return what each charger that is listed has charged."""
    return tuple(ChargerMeasure(serial, zone) for serial in data.serials(DeviceKind.EV_CHARGER))


def reported_chargers(data: SystemData, zone: ZoneInfo) -> tuple[ChargerMeasure, ...]:
    """Return those of the chargers that the cloud is not known to keep back."""
    return tuple(charger for charger in chargers_of(data, zone) if charger.state(data) != MISSING)


def by_serial[T](found: Mapping[str, T]) -> Mapping[str, Mapping[Flow, T]]:
    """Return what was found of each charger, by serial number, as the model has it of any device."""
    return MappingProxyType({serial: MappingProxyType({Flow.CONSUMPTION: one}) for serial, one in found.items()})
