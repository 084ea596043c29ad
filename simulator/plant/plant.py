"""One plant: its place, its devices, the true energy of both, and how much of it its cloud can know at a time."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from .batteries import Batteries, BatteryFlow, batteries_of
from .devices import (
    Accessory,
    Alert,
    Battery,
    ConsumptionMeter,
    EvCharger,
    Event,
    Gateway,
    GridMeter,
    Health,
    Inverter,
    Meter,
    RevenueMeter,
    Silence,
)
from .energy import Flow, Load, Model, Reduced, Series, Storage, series_of
from .hiding import Hiding
from .place import CADENCE, Address, CloudName
from .shares import Division
from .slots import SLOT_SECONDS, epoch, local_date, midnight_slot, slot_after, slot_of, slot_time
from .sun import Sky


class Plant:
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
        them nameplates that sum up to it. Raise ValueError where these do not fit together or no gateway reports.
        """
        owned = [*([battery] if battery else []), *batteries]
        used = [one for one in owned if one.retired is None]
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
        self.cloud: CloudName = cloud
        self.id = system_id
        self.name = name
        self.public_name = public_name or name
        self.timezone = timezone
        self.zone = ZoneInfo(timezone)
        self.sky = sky
        self.operational_at = slot_time(slot_after(operational_at))
        self.gateways = {gateway.serial: gateway for gateway in gateways}
        self.inverters = {inverter.serial: inverter for inverter in inverters}
        self.address = address or Address()
        self.revenue_meters = [*([revenue_meter] if revenue_meter else []), *revenue_meters]
        self.consumption_meter = consumption_meter
        self.grid_meter = grid_meter
        self.load = load
        self.meters = list(meters)
        """SolarEdge's meters but for the `grid_meter`."""
        self.batteries = owned
        self.storage = storage
        self.ev_charger = ev_charger
        self.accessories = list(accessories)
        self.alerts = list(alerts)
        self.events: list[Event] = []
        """Those of Enphase that do not follow from what the hardware does."""
        self.reference = reference
        self.other_references = list(other_references)
        self.installer = installer
        self.connection_type = connection_type
        self.note = note
        self.status: str | None = None
        """What the cloud says of the plant's state; None: what follows from the gateways."""
        self.hiding = Hiding()
        """Which devices are left out of lists."""
        self.extra_delay = timedelta(0)
        """How much later than usual rows become readable."""
        self.cadence = CADENCE[cloud]
        self._division: Division | None = None
        self._meter_division: Division | None = None
        self._batteries: Batteries | None = None
        self._whole: Series | None = None
        self._series: Series | None = None

    @property
    def key(self) -> str:
        """The name of the plant in a simulator: ``enphase_67``."""
        return f"{self.cloud}_{self.id}"

    # What is true.

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

    def size_w(self, at: datetime) -> int:
        """Return the power of all active modules in W."""
        return sum(inverter.size_w for inverter in self.active_inverters(at))

    def active_inverters(self, at: datetime) -> list[Inverter]:
        """Return the inverters in use at an instant, in the order they were added."""
        return [inverter for inverter in self.inverters.values() if inverter.active_at(at)]

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

    def battery_flow_wh(self, serial: str, flow: BatteryFlow, start: datetime, end: datetime) -> int:
        """Return the Wh that went into or out of one battery between two instants. Raise KeyError."""
        return self.by_battery().flow(serial, flow, slot_of(start), slot_of(end))

    def battery_stored_wh(self, serial: str, at: datetime) -> float:
        """Return the energy in one battery at an instant, in Wh. Raise KeyError."""
        return self.by_battery().stored_wh(serial, slot_of(at))

    # The same in slots.

    def by_battery(self) -> Batteries:
        """Return the energy of each battery in use. Raise KeyError where there is none."""
        if self.storage is None:
            raise KeyError("there is no battery")
        if self._batteries is None:
            sizes = tuple((battery.serial, self.nameplate_wh(battery)) for battery in self.used_batteries)
            self._batteries = batteries_of(self.series, self.storage, sizes)
        return self._batteries

    @property
    def series(self) -> Series:
        """The energy integral."""
        if self._series is None:
            self._series = self.whole
            lost = [health for one in self.inverters.values() for health in one.health if health.percent < 100]
            if lost:
                self._series = Reduced(self.whole, min(slot_after(health.since) for health in lost), self._lost_until)
        return self._series

    @property
    def whole(self) -> Series:
        """What the energy integral would be if all inverters worked as they should."""
        if self._whole is None:
            self._whole = series_of(
                Model(
                    sky=self.sky,
                    start=slot_of(self.operational_at),
                    sizes=tuple((slot, sum(one.size_w for one in active)) for slot, active in self._history()),
                    load=self.load,
                    storage=self.storage,
                )
            )
        return self._whole

    def day_slots(self, day: date) -> tuple[int, int]:
        """Return the first slot of a local day, and the first one of the next day."""
        return midnight_slot(day, self.zone), midnight_slot(day + timedelta(days=1), self.zone)

    def inverter_until(self, serial: str, slot: int) -> int:
        """Return the Wh that one inverter produced before a slot."""
        inverter = self.inverters[serial]
        return self._division_of_whole().until(serial, slot) - self._lost_by(inverter, slot)

    def _division_of_whole(self) -> Division:
        """Return how the inverters share what they should yield."""
        if self._division is None:
            self._division = Division(
                (
                    (slot, tuple((inverter.serial, inverter.weight) for inverter in active))
                    for slot, active in self._history()
                ),
                self.whole.production_until,
            )
        return self._division

    def _history(self) -> list[tuple[int, list[Inverter]]]:
        """Return each slot at which the set of inverters changes, with those in use then."""
        slots = {slot_after(change) for inverter in self.inverters.values() for change in inverter.changes()}
        return [(slot, self.active_inverters(slot_time(slot))) for slot in sorted(slots)]

    def meter_until(self, serial: str, slot: int) -> int:
        """Return the Wh that a revenue-grade meter counted before a slot."""
        if self._meter_division is None:
            changes = {meter.installed for meter in self.revenue_meters}
            changes |= {meter.retired for meter in self.revenue_meters if meter.retired}
            self._meter_division = Division(
                (
                    (slot, tuple((one.serial, one.weight) for one in self.revenue_meters if _measures(one, slot)))
                    for slot in sorted({slot_after(change) for change in changes})
                ),
                self.series.production_until,
            )
        return self._meter_division.until(serial, slot)

    def _lost_until(self, slot: int) -> int:
        """Return the Wh before a slot that inverters did not yield although they should have."""
        return sum(self._lost_by(inverter, slot) for inverter in self.inverters.values() if inverter.health)

    def _lost_by(self, inverter: Inverter, slot: int) -> int:
        lost = 0
        for number, health in enumerate(inverter.health, 1):
            start = slot_after(health.since)
            following = inverter.health[number] if number < len(inverter.health) else None
            end = slot if following is None else min(slot, slot_after(following.since))
            if health.percent < 100 and end > start:
                until = self._division_of_whole().until
                due = until(inverter.serial, end) - until(inverter.serial, start)
                # Rounded over the whole time, so that neither this nor what is left of the yield ever falls.
                lost += due * (100 - health.percent) // 100
        return lost

    def serials(self) -> set[str]:
        """Return the serial numbers of all devices that there are or were."""
        fitted = (*self.revenue_meters, self.consumption_meter, self.grid_meter, *self.meters)
        meters = [one.serial for one in fitted if one and one.serial]
        others = [*(one.serial for one in self.batteries), *(one.serial for one in self.accessories)]
        charger = [self.ev_charger.serial] if self.ev_charger else []
        return {*self.gateways, *self.inverters, *meters, *others, *charger}

    # Changes.

    def add_inverter(self, inverter: Inverter) -> None:
        """Put a new inverter to work. Raise ValueError for a taken serial number or a gateway that is not there."""
        if inverter.serial in self.inverters or inverter.gateway not in self.gateways:
            raise ValueError(f"inverter {inverter.serial} does not fit this plant")
        self.inverters[inverter.serial] = inverter
        self._forget()

    def retire_inverter(self, serial: str, at: datetime) -> None:
        """Take an inverter out of use; what it has produced remains. Raise KeyError for one that is not in use."""
        inverter = self.inverters[serial]
        if inverter.retired is not None:
            raise KeyError(serial)
        inverter.retired = at
        self._forget()

    def reinstall_inverter(self, serial: str, gateway: str, at: datetime) -> None:
        """Take an inverter into use again that was here before. Raise KeyError for one that is not retired."""
        inverter = self.inverters[serial]
        if inverter.retired is None:
            raise KeyError(serial)
        inverter.gaps.append((inverter.retired, at))
        inverter.gateway, inverter.retired = gateway, None
        self._forget()

    def set_health(self, serial: str, percent: int, at: datetime, *, mute: bool = False) -> None:
        """Let an inverter yield only so much of what it should from an instant on. Raise KeyError, ValueError."""
        if type(percent) is not int or not 0 <= percent <= 100:
            raise ValueError("a health is a whole number from 0 to 100")
        health = self.inverters[serial].health
        health.append(Health(since=at, percent=percent, mute=mute))
        health.sort(key=lambda entry: entry.since)
        self._forget()

    def _forget(self) -> None:
        self._division = None
        self._meter_division = None
        self._batteries = None
        self._whole = None
        self._series = None

    @property
    def reporters(self) -> dict[str, Gateway | RevenueMeter]:
        """All that reports by itself and may fall silent, by serial number."""
        return {**self.gateways, **{meter.serial: meter for meter in self.revenue_meters}}

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

    # What the cloud can know.

    def last_report(self, gateway: Gateway, now: datetime) -> datetime | None:
        """Return when a gateway last reported before `now`; None when it never did."""
        if gateway.never_reported:
            return None
        seconds = epoch(now)
        quiet = [
            (epoch(silence.start), epoch(silence.end) if silence.end else seconds + 1) for silence in gateway.silences
        ]
        while True:
            tick = (seconds - self.cadence.lag) // self.cadence.every * self.cadence.every + self.cadence.lag
            covering = [start for start, end in quiet if start <= tick < end]
            if not covering:
                break
            seconds = min(covering) - 1
        report = slot_time(0) + timedelta(seconds=tick)
        return report if report >= self.operational_at else None

    def readable_until(self, gateway: Gateway, now: datetime) -> int:
        """Return the slot before which the cloud knows all of a gateway's readings."""
        report = self.last_report(gateway, now)
        if report is None:
            return slot_of(self.operational_at)
        seconds = epoch(report - self.extra_delay) - self.cadence.lag
        return seconds // self.cadence.every * self.cadence.every // SLOT_SECONDS

    def meter_readable_until(self, meter: RevenueMeter, now: datetime) -> int:
        """Return the slot before which the cloud knows all of a revenue-grade meter's readings."""
        limit = self.readable_until(self.gateways[meter.gateway], now)
        quiet = [slot_of(silence.start) for silence in meter.silences if silence.start <= now and silence.end is None]
        return min(limit, *quiet) if quiet else limit

    def reported_at(self, now: datetime) -> datetime | None:
        """Return when any gateway last reported."""
        reports = [report for gateway in self.gateways.values() if (report := self.last_report(gateway, now))]
        return max(reports, default=None)

    def newest_slot(self, now: datetime) -> int:
        """Return the slot before which the cloud knows readings of at least one gateway."""
        return max((self.readable_until(gateway, now) for gateway in self.gateways.values()), default=slot_of(now))

    def readable_wh(self, start: int, end: int, now: datetime) -> int:
        """Return the Wh between two slots as far as the inverters' gateways have told the cloud."""
        limits = self.readable_by_inverter(now)
        least = min(limits.values(), default=start)
        if end <= least or len(set(limits.values())) <= 1:
            return self.series.production(start, max(start, min(end, least)))
        total = 0
        for serial, limit in limits.items():
            stop = max(start, min(end, limit))
            total += self.inverter_until(serial, stop) - self.inverter_until(serial, start)
        return total

    def readable_by_inverter(self, now: datetime) -> dict[str, int]:
        """Return for each inverter the slot before which the cloud knows its readings."""
        gateways = {serial: self.readable_until(gateway, now) for serial, gateway in self.gateways.items()}
        limits = {}
        for inverter in self.inverters.values():
            since = inverter.mute_since(now)
            limit = gateways[inverter.gateway] - inverter.late
            limits[inverter.serial] = limit if since is None else min(limit, slot_of(since))
        return limits

    def local_day(self, now: datetime) -> date:
        """Return today's date at the plant."""
        return local_date(now, self.zone)


def _measures(meter: RevenueMeter, slot: int) -> bool:
    """Tell whether a meter is in use in a slot."""
    return meter.active_at(slot_time(slot))
