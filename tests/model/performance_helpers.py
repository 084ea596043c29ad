"""Simulated plants as the clients read them: updates merged into a system's data, and judged."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import (
    DayEnergy,
    Device,
    DeviceKind,
    DeviceReading,
    Interval,
    System,
    Update,
    Vendor,
)
from custom_components.solar_cloud.model.merging import merge
from custom_components.solar_cloud.model.performance import PerformanceState, compared
from simulator.plant.devices import Inverter
from simulator.plant.plant import Plant
from simulator.plant.slots import SLOTS_PER_QUARTER, slot_of, slot_time

NIGHT_TOO = (time(9), time(13), time(18), time(22, 30))
"""When a system is read that has requests enough for one after sunset."""


@dataclass
class Health:
    """What is left of an inverter's energy from one instant to another."""

    share: float
    start: datetime
    end: datetime = datetime(2100, 1, 1, tzinfo=UTC)


@dataclass
class House:
    """A plant, the faults of its inverters, and what Home Assistant would know of it."""

    plant: Plant
    know_size: bool = True
    health: dict[str, Health] = field(default_factory=dict)
    data: SystemData = field(init=False)
    state: PerformanceState = field(default_factory=PerformanceState)
    alarms: dict[str, date] = field(default_factory=dict)
    """The day on which each inverter's first alarm was raised."""
    judged_days: set[date] = field(default_factory=set)
    ratios: dict[str, list[float]] = field(default_factory=dict)
    read_at: datetime | None = None

    def __post_init__(self) -> None:
        self.data = SystemData(
            system=System(
                vendor=Vendor(self.plant.cloud),
                id=str(self.plant.id),
                name=self.plant.name,
                timezone=self.plant.timezone,
            )
        )

    def fault(self, serial: str, share: float, start: date, end: date | None = None) -> None:
        """Let an inverter yield less from the beginning of one local day to that of another."""
        until = {} if end is None else {"end": self.at(end, time())}
        self.health[serial] = Health(share, self.at(start, time()), **until)

    def at(self, day: date, clock: time) -> datetime:
        """Return a local time of the plant as aware UTC."""
        return datetime.combine(day, clock, self.plant.zone).astimezone(UTC)

    def run(self, start: date, days: int, clocks: Sequence[time] = NIGHT_TOO) -> None:
        """Read the plant at the same local times of some days."""
        for day in (start + timedelta(days=number) for number in range(days)):
            for clock in clocks:
                self.read(self.at(day, clock))

    def read(self, now: datetime) -> None:
        """Read the plant once, as its vendor's client does, and judge."""
        self.take(self.by_counters(now) if self.plant.cloud == "enphase" else self.by_intervals(now), now)
        self.read_at = now

    def take(self, update: Update, now: datetime) -> None:
        """Merge an update and judge."""
        before = self.data.device_intervals
        self.data = merge(self.data, update, now, self.plant.zone)
        self.state = compared(
            self.state,
            update,
            devices=self.data.devices,
            before=before,
            device_intervals=self.data.device_intervals,
            today=self.data.today,
            size_w=self.plant.size_w(now) if self.know_size else None,
            now=now,
            zone=self.plant.zone,
        )
        for serial in self.state.underperforming:
            self.alarms.setdefault(serial, self.plant.local_day(now))
        for serial, found in self.state.by_inverter.items():
            if found.day not in self.judged_days or self.ratios.get(serial, [None])[-1] != found.ratio:
                self.ratios.setdefault(serial, []).append(found.ratio)
        self.judged_days |= {found.day for found in self.state.by_inverter.values()}

    def energy_wh(self, serial: str, start: int, end: int) -> float:
        """Return the Wh of an inverter between two slots, its fault included."""
        whole = self.plant.inverter_until(serial, end) - self.plant.inverter_until(serial, start)
        if (fault := self.health.get(serial)) is None:
            return whole
        first, last = max(start, slot_of(fault.start)), min(end, slot_of(fault.end))
        if first >= last:
            return whole
        faulty = self.plant.inverter_until(serial, last) - self.plant.inverter_until(serial, first)
        return whole - faulty * (1 - fault.share)

    def by_counters(self, now: datetime) -> Update:
        """Return every microinverter's counter as far as its Envoy has told of it."""
        devices, readings = [], {}
        for inverter in self.plant.active_inverters(now):
            gateway = self.plant.gateways[inverter.gateway]
            until = self.plant.readable_until(gateway, now)
            awake = self.plant.series.last_lit(until)
            fault = self.health.get(inverter.serial)
            if fault is not None and fault.share == 0 and awake is not None and slot_time(awake) >= fault.start:
                awake = self.plant.series.last_lit(slot_of(fault.start))
            devices.append(device_of(inverter, inverter.gateway))
            readings[inverter.serial] = DeviceReading(
                last_report=None if awake is None else slot_time(awake + 1),
                energy_lifetime_wh=self.energy_wh(inverter.serial, 0, until),
            )
        return Update(
            today=self.today(now), devices=tuple(devices), complete=frozenset({DeviceKind.INVERTER}), readings=readings
        )

    def today(self, now: datetime) -> DayEnergy:
        day = self.plant.local_day(now)
        start = self.plant.day_slots(day)[0]
        end = max(start, self.plant.newest_slot(now))
        return DayEnergy(day=day, energy_wh=self.plant.readable_wh(start, end, now))

    def by_intervals(self, now: datetime) -> Update:
        """Return every inverter's quarters of an hour by daylight since the last reading."""
        leader = next(iter(self.plant.gateways))
        until = self.plant.newest_slot(now)
        since = slot_of(self.read_at or now - timedelta(hours=12)) - SLOTS_PER_QUARTER * 4
        devices, series = [], {}
        for inverter in self.plant.active_inverters(now):
            devices.append(device_of(inverter, None if inverter.serial == leader else leader))
            if intervals := tuple(self.quarters(inverter, since, until)):
                series[inverter.serial] = intervals
        return Update(
            devices=tuple(devices),
            complete=frozenset({DeviceKind.INVERTER}),
            device_intervals=series,
            today=self.today(now),
        )

    def quarters(self, inverter: Inverter, since: int, until: int) -> Iterator[Interval]:
        """Return the quarters of an hour in which an inverter that is in use was awake."""
        first = -(-max(since, slot_of(inverter.installed)) // SLOTS_PER_QUARTER) * SLOTS_PER_QUARTER
        for start, end in pairwise(range(first, until + 1, SLOTS_PER_QUARTER)):
            if self.plant.series.is_lit(start) or self.plant.series.is_lit(end - 1):
                yield Interval(
                    start=slot_time(start), end=slot_time(end), energy_wh=self.energy_wh(inverter.serial, start, end)
                )


def device_of(inverter: Inverter, parent: str | None) -> Device:
    return Device(
        kind=DeviceKind.INVERTER,
        serial=inverter.serial,
        model=inverter.model,
        part_number=inverter.part_number,
        parent=parent,
    )
