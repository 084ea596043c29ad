"""What a system's entities publish: the newest values, as far as they still hold at this moment."""

from abc import abstractmethod
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util

from ..model.data import SystemData, local_day, midnight
from ..model.day_start import read_at
from ..model.elements import DayEnergy, DeviceKind, DeviceReading, Flow, Power
from ..model.hardware import battery_level, charged_until, device_power_w, device_today_wh
from ..model.sources import LEVEL, energy_of
from ..model.value import NOTHING_YET, Origin, Reason, Value
from .freshness import LEAST, LEAST_LIFETIME, Freshness, freshness_of
from .schedule import Schedule
from .sunlight import Sunlight


class SystemValues(DataUpdateCoordinator[SystemData]):
    """A system's data, read as of now: the sun has set since, the day has ended, or the cloud has fallen silent."""

    @property
    @abstractmethod
    def sunlight(self) -> Sunlight:
        """The light at the system, and its days."""

    @property
    @abstractmethod
    def zone(self) -> ZoneInfo:
        """The system's own time zone."""

    @property
    @abstractmethod
    def schedule(self) -> Schedule:
        """How the system's jobs have fared."""

    @property
    def settling(self) -> timedelta:
        """How long after its end an interval may still fill, as far as that is known."""
        return timedelta(0)

    def values(self) -> Iterator[tuple[str, Value]]:
        """Yield every value of the system's flows, by the key of its entity."""
        yield "power", self.production_power()
        yield "energy_today", self.production_today()
        yield "energy_lifetime", self.production_lifetime()
        yield "grid_power", self.grid_power()
        yield "battery_power", self.battery_power()
        yield "battery_level", self.battery_level()
        yield "self_sufficiency_today", self.self_sufficiency_today()
        yield "self_consumption_rate_today", self.self_consumption_rate_today()
        for flow in Flow:
            if flow is not Flow.PRODUCTION:
                yield f"{flow}_power", self.flow_power(flow)
                yield f"{flow}_today", self.flow_today(flow)
                yield f"{flow}_lifetime", self.flow_lifetime(flow)

    def withheld(self) -> frozenset[str]:
        """Return the keys of the values that are not there, and the serial numbers of silent devices."""
        freshness, devices = self.freshness, self.data.devices
        answered = freshness.answered_at
        # Of hundreds of inverters all have the same limit.
        limits = {kind: freshness.limit(kind) for kind in {device.kind for device in devices.values()}}
        silent = {
            serial
            for serial, reading in self.data.readings.items()
            if answered is not None
            and (device := devices.get(serial)) is not None
            and (at := read_at(reading)) is not None
            and answered - at > limits[device.kind]
        }
        return frozenset(silent | {key for key, value in self.values() if value.reason is not None})

    def production_power(self) -> Value:
        """Return the production in W: the newest one, and 0 in the dark that came after it."""
        if (power := self._power_now()) is None:
            return NOTHING_YET
        origin = Origin.MEASURED if power is self.data.power else Origin.CARRIED
        value = Value(amount=power.power_w, end=power.measured_at, origin=origin)
        return self._held(value, Flow.PRODUCTION)

    def production_today(self) -> Value:
        """Return the production since the system's midnight in Wh."""
        newest = self.data.today
        energy = self.day_energy_wh(newest)
        if energy is None:
            return Value(reason=Reason.NOT_YET if newest is None else Reason.NOT_REPORTED)
        value = Value(amount=energy, start=self.midnight(), end=self._day_end(newest), origin=Origin.REPORTED)
        return self._held_energy(value, Flow.PRODUCTION)

    def production_lifetime(self) -> Value:
        """Return the production of the whole life in Wh; a counter that waits keeps its value."""
        counter = self.data.lifetime
        if counter.published_wh is None:
            return NOTHING_YET
        origin = Origin.CARRIED if counter.waits else Origin.REPORTED
        # Nothing is produced in the dark, so it still is what it was.
        end = max((end for end in (counter.reported_until, self._production_end()) if end is not None), default=None)
        value = Value(amount=counter.published_wh, end=end, origin=origin)
        return self._held_energy(value, Flow.PRODUCTION, LEAST_LIFETIME)

    def flow_power(self, flow: Flow) -> Value:
        """Return the newest power of a flow in W."""
        return self._held(self.data.published.power.get(flow, NOTHING_YET), flow)

    def grid_power(self) -> Value:
        """Return import less export in W."""
        return self._held(self.data.published.grid, Flow.GRID_IMPORT)

    def battery_power(self) -> Value:
        """Return discharge less charge in W."""
        return self._held(self.data.published.battery, Flow.BATTERY_DISCHARGE)

    def flow_today(self, flow: Flow) -> Value:
        """Return the energy of a flow since the system's midnight in Wh; a new day begins at 0."""
        published = self.data.published
        value = published.today.get(flow, NOTHING_YET)
        start = self.midnight()
        if published.day_start is not None and published.day_start < start and value.end is not None:
            # The day has turned since the last reading.
            value = replace(value, amount=0.0, start=start, origin=Origin.CARRIED, reason=None)
        return self._held_energy(value, flow)

    def self_sufficiency_today(self) -> Value:
        """Return the part of the consumption since the system's midnight that was not bought, in per cent."""
        return self._share_of_today(self.data.published.self_sufficiency)

    def self_consumption_rate_today(self) -> Value:
        """Return the part of the production since the system's midnight that was not sold, in per cent."""
        return self._share_of_today(self.data.published.self_consumption_rate)

    def flow_lifetime(self, flow: Flow) -> Value:
        """Return the energy of a flow over its whole life in Wh; a counter that waits keeps its value."""
        return self._held_energy(self.data.published.lifetime.get(flow, NOTHING_YET), flow, LEAST_LIFETIME)

    def battery_level(self) -> Value:
        """Return the state of charge of all batteries together in per cent."""
        level, end = battery_level(self.data)
        if level is None:
            return NOTHING_YET
        value = Value(amount=level, end=end)
        return value if self.freshness.holds(end, LEVEL) else value.without(Reason.NOT_REPORTED)

    def device_flow_power_w(self, serial: str, flow: Flow) -> float | None:
        """Return the newest power of a flow of a meter, battery or EV charger in W."""
        power_w, end = device_power_w(self.data, serial, flow)
        device = self.data.devices.get(serial)
        return power_w if self.freshness.holds(end, flow if device is None else device.kind) else None

    def charger_today_wh(self, serial: str) -> float | None:
        """Return what an EV charger has charged since the system's midnight in Wh; a new day begins at 0."""
        end = charged_until(self.data, serial)
        if end is None or not self.freshness.holds(end, DeviceKind.EV_CHARGER):
            return None
        return device_today_wh(self.data, serial, Flow.CONSUMPTION, self.today(), self.zone) or 0.0

    def device_power_w(self, reading: DeviceReading, kind: DeviceKind) -> float | None:
        """Return the newest power of a device in W: inverters give nothing in the dark."""
        if reading.power_w is None or (at := reading.measured_at or reading.last_report) is None:
            return reading.power_w
        power = Power(power_w=reading.power_w, measured_at=at)
        if kind is DeviceKind.INVERTER:
            power = self.sunlight.as_of(power, dt_util.utcnow(), None)
        return power.power_w if self.freshness.holds(power.measured_at, kind) else None

    def device_holds(self, end: datetime | None, kind: DeviceKind) -> bool:
        """Return whether a value of a device still stands, whose newest interval ends then."""
        return self.freshness.holds(end, kind)

    def day_energy_wh(self, newest: DayEnergy | None) -> float | None:
        """Return the energy since the system's midnight in Wh, of the system or of a device with this newest day."""
        return self.sunlight.day_energy_wh(newest, dt_util.utcnow())

    def measured_at(self) -> datetime | None:
        """Return the end of the interval that the newest power comes from (aware UTC)."""
        ends = [value.end for value in self.data.published.power.values() if value.amount is not None and value.end]
        if self.data.power is not None:
            ends.append(self.data.power.measured_at)
        return max(ends, default=None)

    def today(self) -> date:
        """Return the date at the system."""
        return local_day(dt_util.utcnow(), self.zone)

    def midnight(self) -> datetime:
        """Return the beginning of the day at the system (aware UTC)."""
        return midnight(self.today(), self.zone)

    @property
    def freshness(self) -> Freshness:
        """What the newest answers say about the age that values may have."""
        return freshness_of(self.schedule, self.data.sources, dt_util.utcnow(), self.settling)

    def job_holds(self, name: str) -> bool:
        """Return whether what a job brought last still stands, though it has no time of its own."""
        return self.freshness.job_holds(name)

    def _share_of_today(self, value: Value) -> Value:
        """Return a share of the day's energy as long as it stands; of a day that has just begun none is known."""
        if value.start is None or value.start < self.midnight():
            return value.without(Reason.NOT_YET)
        return self._held_by(value, {energy_of(flow) for flow in value.inputs}, LEAST)

    def _power_now(self) -> Power | None:
        """Return the newest power of production, as far as the sun has not set since."""
        if self.data.power is None:
            return None
        return self.sunlight.as_of(self.data.power, dt_util.utcnow(), self.data.system.size_w)

    def _production_end(self) -> datetime | None:
        """Return up to when the production is known: nothing is produced in the dark."""
        power = self._power_now()
        return None if power is None else power.measured_at

    def _day_end(self, newest: DayEnergy | None) -> datetime | None:
        """Return up to when the production of the day is known: what produces nothing adds nothing to it."""
        power = self._power_now()
        if newest is None or newest.as_of is None:
            return None if power is None else power.measured_at
        nothing_until = [power.measured_at] if power is not None and power.power_w == 0 else []
        return max([self.sunlight.known_until(newest.as_of, dt_util.utcnow()), *nothing_until])

    def _held_energy(self, value: Value, flow: Flow, least: timedelta = LEAST) -> Value:
        """Return an energy as long as it stands: powers that are read more often say nothing of its age."""
        return self._held_by(value, {energy_of(one) for one in value.inputs or {flow}}, least)

    def _held(self, value: Value, flow: Flow) -> Value:
        """Return a power as long as it stands."""
        return self._held_by(value, value.inputs or {flow}, LEAST)

    def _held_by(self, value: Value, names: Collection[str], least: timedelta) -> Value:
        """Return a value as long as it stands, and without its figure once its cloud has stopped reporting it."""
        freshness = self.freshness
        # What is computed stands as long as the flow that is reported most seldom.
        bound = max((freshness.bound(name) for name in names), default=LEAST)
        answered = freshness.answered_at
        if value.end is None or answered is None or answered - value.end <= max(least, bound):
            return value
        if value.amount is None:
            return value
        return value.without(Reason.INPUT_MISSING if value.is_computed else Reason.NOT_REPORTED)
