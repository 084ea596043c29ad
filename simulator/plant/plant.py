"""One plant: its place, its devices, the true energy of both, and how much of it its cloud can know at a time."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from .batteries import Batteries, BatteryFlow
from .devices import (
    Accessory,
    Alert,
    Battery,
    ConsumptionMeter,
    EvCharger,
    Event,
    Gateway,
    GridMeter,
    Inverter,
    Meter,
    RevenueMeter,
)
from .energy import Flow, Load, Series, Storage
from .hiding import Hiding
from .place import CADENCE, Address, CloudName
from .reporting import ReportingEquipment
from .slots import local_date, midnight_slot, slot_of
from .sun import Sky
from .yields import Yields


class Plant(ReportingEquipment):
    """A solar plant. Energies are whole Wh, instants aware, days local; instants are rounded down to five minutes."""

    def __init__(
        self,
        cloud: CloudName,
        system_id: int,
        name: str,
        *,
        timezone: str,
        sky: Sky,
        operational_at: datetime,
        gateways: Sequence[Gateway],
        inverters: Sequence[Inverter],
        address: Address | None = None,
        revenue_meter: RevenueMeter | None = None,
        revenue_meters: Sequence[RevenueMeter] = (),
        consumption_meter: ConsumptionMeter | None = None,
        grid_meter: GridMeter | None = None,
        load: Load | None = None,
        meters: Sequence[Meter] = (),
        battery: Battery | None = None,
        batteries: Sequence[Battery] = (),
        storage: Storage | None = None,
        ev_charger: EvCharger | None = None,
        accessories: Sequence[Accessory] = (),
        alerts: Sequence[Alert] = (),
        public_name: str | None = None,
        reference: str | None = None,
        other_references: Sequence[str] = (),
        installer: str = "Sunny Side Solar",
        connection_type: str = "ethernet",
        note: str = "",
    ) -> None:
        """Describe a plant; nothing is computed yet.

        The energy flows in the house need a `load`; batteries need both the devices and their `storage`, and several of
        them nameplates that sum up to it. Raise ValueError where these contradict each other or no gateway reports.
        """
        super().__init__(
            operational_at=operational_at,
            cadence=CADENCE[cloud],
            gateways=gateways,
            inverters=inverters,
            revenue_meters=[*([revenue_meter] if revenue_meter else []), *revenue_meters],
            consumption_meter=consumption_meter,
            grid_meter=grid_meter,
            meters=meters,
            batteries=[*([battery] if battery else []), *batteries],
            storage=storage,
            load=load,
            ev_charger=ev_charger,
            accessories=accessories,
        )
        self.cloud: CloudName = cloud
        self.id = system_id
        self.name = name
        self.public_name = public_name or name
        self.timezone = timezone
        self.zone = ZoneInfo(timezone)
        self.sky = sky
        self.address = address or Address()
        self.alerts = list(alerts)
        self.events: list[Event] = []
        """Those of Enphase that do not follow from what the hardware does."""
        self.reference = reference
        self.other_references = list(other_references)
        self.installer = installer
        self.connection_type = connection_type
        self.note = note
        self.status: str | None = None
        """The plant's state as its cloud reports it; None: what follows from the gateways."""
        self.hiding = Hiding()
        """Which devices are left out of lists."""
        self._yields: Yields | None = None

    @property
    def key(self) -> str:
        """The name of the plant in a simulator: ``enphase_67``."""
        return f"{self.cloud}_{self.id}"

    # Days.

    def local_day(self, now: datetime) -> date:
        """Return today's date at the plant."""
        return local_date(now, self.zone)

    def day_slots(self, day: date) -> tuple[int, int]:
        """Return the first slot of a local day, and the first one of the next day."""
        return midnight_slot(day, self.zone), midnight_slot(day + timedelta(days=1), self.zone)

    # What is true, in instants.

    def energy_wh(self, start: datetime, end: datetime) -> int:
        """Return the Wh produced between two instants."""
        return self.series.production(slot_of(start), slot_of(end))

    def day_wh(self, day: date) -> int:
        """Return the Wh produced on a local day."""
        return self.series.production(*self.day_slots(day))

    def lifetime_wh(self, at: datetime) -> int:
        """Return the Wh produced from the beginning to an instant."""
        return self.series.production_until(slot_of(at))

    def inverter_energy_wh(self, serial: str, start: datetime, end: datetime) -> int:
        """Return the Wh that one inverter produced between two instants. Raise KeyError for an unknown one."""
        return self.inverter_until(serial, slot_of(end)) - self.inverter_until(serial, slot_of(start))

    def inverter_lifetime_wh(self, serial: str, at: datetime) -> int:
        """Return the Wh that one inverter ever produced before an instant. Raise KeyError for an unknown one."""
        return self.inverter_until(serial, slot_of(at))

    def flow_wh(self, flow: Flow, start: datetime, end: datetime) -> int:
        """Return the Wh of a flow in the house between two instants; 0 for a plant without a `load`."""
        return self.series.flow(flow, slot_of(start), slot_of(end))

    def stored_wh(self, at: datetime) -> float:
        """Return the energy in the battery at an instant, in Wh."""
        return self.series.stored_wh(slot_of(at))

    def battery_flow_wh(self, serial: str, flow: BatteryFlow, start: datetime, end: datetime) -> int:
        """Return the Wh that went into or out of one battery between two instants. Raise KeyError."""
        return self.by_battery().flow(serial, flow, slot_of(start), slot_of(end))

    def battery_stored_wh(self, serial: str, at: datetime) -> float:
        """Return the energy in one battery at an instant, in Wh. Raise KeyError."""
        return self.by_battery().stored_wh(serial, slot_of(at))

    # The same in slots.

    @property
    def yields(self) -> Yields:
        """The energy that follows from the devices as they are now."""
        if self._yields is None or self._yields.revision != self.revision:
            self._yields = Yields(self, self.sky, slot_of(self.operational_at))
        return self._yields

    @property
    def series(self) -> Series:
        """The energy integral."""
        return self.yields.series

    @property
    def whole(self) -> Series:
        """What the energy integral would be if all inverters worked as they should."""
        return self.yields.whole

    def by_battery(self) -> Batteries:
        """Return the energy of each battery in use. Raise KeyError where there is none."""
        return self.yields.by_battery

    def inverter_until(self, serial: str, slot: int) -> int:
        """Return the Wh that one inverter produced before a slot. Raise KeyError for an unknown one."""
        return self.yields.inverter_until(serial, slot)

    def meter_until(self, serial: str, slot: int) -> int:
        """Return the Wh that a revenue-grade meter counted before a slot."""
        return self.yields.meter_until(serial, slot)

    def readable_wh(self, start: int, end: int, now: datetime) -> int:
        """Return the Wh between two slots as far as the inverters' gateways have reported it."""
        limits = self.readable_by_inverter(now)
        least = min(limits.values(), default=start)
        if end <= least or len(set(limits.values())) <= 1:
            return self.series.production(start, max(start, min(end, least)))
        total = 0
        for serial, limit in limits.items():
            stop = max(start, min(end, limit))
            total += self.inverter_until(serial, stop) - self.inverter_until(serial, start)
        return total
