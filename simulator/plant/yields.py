"""What a plant and each of its devices yield, computed from its equipment as that is now."""

from functools import cached_property

from .batteries import Batteries, batteries_of
from .devices import Inverter
from .energy import Model, Reduced, Series, series_of
from .equipment import Equipment
from .shares import Division
from .slots import slot_after
from .sun import Sky


class Yields:
    """The true energy of a plant in slots, for one revision of its equipment; nothing is computed before it is read."""

    def __init__(self, equipment: Equipment, sky: Sky, start: int) -> None:
        """Take the equipment, its sky and the slot that production begins with."""
        self.revision = equipment.revision
        self._equipment = equipment
        self._sky = sky
        self._start = start

    @cached_property
    def whole(self) -> Series:
        """What the energy integral would be if all inverters worked as they should."""
        eras = self._equipment.inverter_eras()
        return series_of(
            Model(
                sky=self._sky,
                start=self._start,
                sizes=tuple((slot, sum(one.size_w for one in active)) for slot, active in eras),
                load=self._equipment.load,
                storage=self._equipment.storage,
            )
        )

    @cached_property
    def series(self) -> Series:
        """The energy integral."""
        inverters = self._equipment.inverters.values()
        lost = [health for one in inverters for health in one.health if health.percent < 100]
        if not lost:
            return self.whole
        return Reduced(self.whole, min(slot_after(health.since) for health in lost), self._lost_until)

    def inverter_until(self, serial: str, slot: int) -> int:
        """Return the Wh that one inverter produced before a slot. Raise KeyError for an unknown one."""
        inverter = self._equipment.inverters[serial]
        return self._by_inverter.until(serial, slot) - self._lost_by(inverter, slot)

    def meter_until(self, serial: str, slot: int) -> int:
        """Return the Wh that a revenue-grade meter counted before a slot."""
        return self._by_meter.until(serial, slot)

    @cached_property
    def by_battery(self) -> Batteries:
        """The energy of each battery in use. Raises KeyError where there is none."""
        equipment = self._equipment
        if equipment.storage is None:
            raise KeyError("there is no battery")
        sizes = tuple((battery.serial, equipment.nameplate_wh(battery)) for battery in equipment.used_batteries)
        return batteries_of(self.series, equipment.storage, sizes)

    @cached_property
    def _by_inverter(self) -> Division:
        """How the inverters share what they should yield."""
        eras = self._equipment.inverter_eras()
        return Division(
            ((slot, tuple((one.serial, one.weight) for one in active)) for slot, active in eras),
            self.whole.production_until,
        )

    @cached_property
    def _by_meter(self) -> Division:
        """How the revenue-grade meters share what is produced."""
        eras = self._equipment.meter_eras()
        return Division(
            ((slot, tuple((one.serial, one.weight) for one in active)) for slot, active in eras),
            self.series.production_until,
        )

    def _lost_until(self, slot: int) -> int:
        """Return the Wh before a slot that inverters did not yield although they should have."""
        inverters = self._equipment.inverters.values()
        return sum(self._lost_by(inverter, slot) for inverter in inverters if inverter.health)

    def _lost_by(self, inverter: Inverter, slot: int) -> int:
        lost = 0
        for number, health in enumerate(inverter.health, 1):
            start = slot_after(health.since)
            following = inverter.health[number] if number < len(inverter.health) else None
            end = slot if following is None else min(slot, slot_after(following.since))
            if health.percent < 100 and end > start:
                until = self._by_inverter.until
                due = until(inverter.serial, end) - until(inverter.serial, start)
                # Rounded over the whole time, so that neither this nor what is left of the yield ever falls.
                lost += due * (100 - health.percent) // 100
        return lost
