"""The devices of a plant, those included that were there once, and how they come and go."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from .devices import (
    Accessory,
    Battery,
    ConsumptionMeter,
    EvCharger,
    Gateway,
    GridMeter,
    Health,
    Inverter,
    Meter,
    RevenueMeter,
    Silence,
)
from .energy import Load, Storage
from .place import Cadence
from .slots import slot_after, slot_time


class Equipment:
    """The devices of one plant."""

    def __init__(
        self,
        *,
        operational_at: datetime,
        cadence: Cadence,
        gateways: Sequence[Gateway],
        inverters: Sequence[Inverter],
        revenue_meters: Sequence[RevenueMeter] = (),
        consumption_meter: ConsumptionMeter | None = None,
        grid_meter: GridMeter | None = None,
        meters: Sequence[Meter] = (),
        batteries: Sequence[Battery] = (),
        storage: Storage | None = None,
        load: Load | None = None,
        ev_charger: EvCharger | None = None,
        accessories: Sequence[Accessory] = (),
    ) -> None:
        """Put the devices together. Raise ValueError where they contradict each other or no gateway reports.

        Batteries need both the devices and their `storage`, and several of them nameplates that sum up to it.
        """
        used = [one for one in batteries if one.retired is None]
        if bool(used) != (storage is not None) or (used and load is None) or (grid_meter and load is None):
            raise ValueError("a battery needs storage, and a battery or a grid meter needs a load")
        if storage and len(used) > 1 and sum(one.capacity_wh for one in used) != storage.capacity_wh:
            raise ValueError("the storage needs batteries whose nameplates sum up to it")
        if load is None and (consumption_meter or any(meter.kind != "production" for meter in meters)):
            raise ValueError("a meter needs a load unless it is one of production")
        if (ev_charger is None) != (load is None or load.ev is None):
            raise ValueError("a charger needs a car in the load")
        if not gateways:
            raise ValueError("a plant needs a gateway")
        self.operational_at = slot_time(slot_after(operational_at))
        self.cadence = cadence
        """How often its gateways report."""
        self.extra_delay = timedelta(0)
        """How much later than usual readings arrive."""
        self.gateways = {gateway.serial: gateway for gateway in gateways}
        self.inverters = {inverter.serial: inverter for inverter in inverters}
        self.revenue_meters = list(revenue_meters)
        self.consumption_meter = consumption_meter
        self.grid_meter = grid_meter
        self.meters = list(meters)
        """SolarEdge's meters but for the `grid_meter`."""
        self.batteries = list(batteries)
        self.storage = storage
        self.load = load
        self.ev_charger = ev_charger
        self.accessories = list(accessories)
        self.revision = 0
        """How many changes there were that energy depends on."""

    def active_inverters(self, at: datetime) -> list[Inverter]:
        """Return the inverters in use at an instant, in the order they were added."""
        return [inverter for inverter in self.inverters.values() if inverter.active_at(at)]

    def inverter_eras(self) -> list[tuple[int, list[Inverter]]]:
        """Return each slot from which on other inverters are in use, ascending, with those."""
        slots = {slot_after(change) for inverter in self.inverters.values() for change in inverter.changes()}
        return [(slot, self.active_inverters(slot_time(slot))) for slot in sorted(slots)]

    def meter_eras(self) -> list[tuple[int, list[RevenueMeter]]]:
        """Return each slot from which on other revenue-grade meters are in use, ascending, with those."""
        changes = {meter.installed for meter in self.revenue_meters}
        changes |= {meter.retired for meter in self.revenue_meters if meter.retired}
        return [
            (slot, [meter for meter in self.revenue_meters if meter.active_at(slot_time(slot))])
            for slot in sorted({slot_after(change) for change in changes})
        ]

    def size_w(self, at: datetime) -> int:
        """Return the power of all active modules in W."""
        return sum(inverter.size_w for inverter in self.active_inverters(at))

    @property
    def used_batteries(self) -> list[Battery]:
        """The batteries in use."""
        return [battery for battery in self.batteries if battery.retired is None]

    @property
    def battery(self) -> Battery | None:
        """The first battery in use, if there is one."""
        return next(iter(self.used_batteries), None)

    def nameplate_wh(self, battery: Battery) -> int:
        """Return what a battery can hold in Wh."""
        return battery.capacity_wh or (self.storage.capacity_wh if self.storage else 0)

    def serials(self) -> set[str]:
        """Return the serial numbers of all devices that there are or were."""
        meters = (*self.revenue_meters, self.consumption_meter, self.grid_meter, *self.meters)
        others = (*self.batteries, *self.accessories, self.ev_charger)
        return {*self.gateways, *self.inverters, *(one.serial for one in (*meters, *others) if one and one.serial)}

    @property
    def reporters(self) -> dict[str, Gateway | RevenueMeter]:
        """All that reports by itself and may fall silent, by serial number."""
        return {**self.gateways, **{meter.serial: meter for meter in self.revenue_meters}}

    # Changes.

    def add_inverter(self, inverter: Inverter) -> None:
        """Put a new inverter to work. Raise ValueError for a taken serial number or a gateway that is not there."""
        if inverter.serial in self.inverters or inverter.gateway not in self.gateways:
            raise ValueError(f"inverter {inverter.serial} cannot be added to this plant")
        self.inverters[inverter.serial] = inverter
        self.revision += 1

    def retire_inverter(self, serial: str, at: datetime) -> None:
        """Take an inverter out of use; what it has produced remains. Raise KeyError for one that is not in use."""
        inverter = self.inverters[serial]
        if inverter.retired is not None:
            raise KeyError(serial)
        inverter.retired = at
        self.revision += 1

    def reinstall_inverter(self, serial: str, gateway: str, at: datetime) -> None:
        """Take an inverter into use again that was here before. Raise KeyError for one that is not retired."""
        inverter = self.inverters[serial]
        if inverter.retired is None:
            raise KeyError(serial)
        inverter.gaps.append((inverter.retired, at))
        inverter.gateway, inverter.retired = gateway, None
        self.revision += 1

    def set_health(self, serial: str, percent: int, at: datetime, *, mute: bool = False) -> None:
        """Let an inverter yield only so much of what it should from an instant on. Raise KeyError, ValueError."""
        if type(percent) is not int or not 0 <= percent <= 100:
            raise ValueError("a health is a whole number from 0 to 100")
        health = self.inverters[serial].health
        health.append(Health(since=at, percent=percent, mute=mute))
        health.sort(key=lambda entry: entry.since)
        self.revision += 1

    def silence(self, serial: str, at: datetime) -> None:
        """Let a gateway or revenue-grade meter stop reporting. Raise KeyError for one that is not there."""
        found = self.reporters[serial]
        if not found.silent:
            found.silences.append(Silence(at))

    def unsilence(self, serial: str, at: datetime) -> None:
        """Let it report again, with everything it kept. Raise KeyError for one that is not there."""
        for silence in self.reporters[serial].silences:
            if silence.end is None:
                silence.end = max(at, silence.start)
