"""What tests do to the hardware of plants: it falls silent, wears out, comes, moves and goes."""

from dataclasses import replace
from datetime import timedelta

from .clock import Clock
from .devices import Inverter
from .plant import Plant


class Hardware:
    """The plants of a simulator and what happens to them, always at the present time of its clock."""

    def __init__(self, clock: Clock) -> None:
        """Begin without plants."""
        self.clock = clock
        self.plants: dict[str, Plant] = {}
        """By key: ``enphase_67``, ``solaredge_1148616``."""

    def silence(self, serial: str) -> None:
        """Let a gateway stop reporting now. Raise KeyError for one that no plant has."""
        self._plant_of_gateway(serial).silence(serial, self.clock.now())

    def unsilence(self, serial: str) -> None:
        """Let a gateway report again, with what it kept. Raise KeyError for one that no plant has."""
        self._plant_of_gateway(serial).unsilence(serial, self.clock.now())

    def set_health(self, serial: str, percent: int, *, mute: bool = False) -> None:
        """Let an inverter yield from now on only so many per cent (0 … 100) of what it should.

        Its plant produces so much less; what the other inverters yield does not change, nor do the nameplates. Without
        `mute` a dead one reports 0 W. With it, nothing is heard of the inverter, whatever it yields, until its health
        is set again; then what it yielded meanwhile is there. Raise KeyError for one that is in no plant, ValueError.
        """
        if type(mute) is not bool:
            raise ValueError("mute is true or false")
        self._plant_of_inverter(serial).set_health(serial, percent, self.clock.now(), mute=mute)

    def add_inverter(
        self,
        key: str,
        serial: str | None = None,
        *,
        gateway: str | None = None,
        model: str | None = None,
        size_w: int | None = None,
    ) -> Inverter:
        """Put a new inverter to work from now on; what is not said is as with the plant's newest one.

        Raise KeyError, ValueError.
        """
        plant = self.plants[key]
        return self._add_like(
            list(plant.inverters.values())[-1], plant, serial, gateway=gateway, model=model, size_w=size_w
        )

    def retire_inverter(self, key: str, serial: str) -> None:
        """Take an inverter out of use from now on. Raise KeyError."""
        self.plants[key].retire_inverter(serial, self.clock.now())

    def delay_data(self, key: str, delay: timedelta) -> None:
        """Let a plant's rows become readable that much later than usual. Raise KeyError."""
        self.plants[key].extra_delay = delay

    def set_status(self, key: str, status: str | None) -> None:
        """Let a cloud give a plant's status as this text, known or not; None: as it truly is. Raise KeyError."""
        self.plants[key].status = status

    def _plant_of_gateway(self, serial: str) -> Plant:
        for plant in self.plants.values():
            if serial in plant.gateways:
                return plant
        raise KeyError(serial)

    def _plant_of_inverter(self, serial: str) -> Plant:
        """Return the plant that an inverter works on now. Raise KeyError."""
        now = self.clock.now()
        for plant in self.plants.values():
            if (inverter := plant.inverters.get(serial)) and inverter.active_at(now):
                return plant
        raise KeyError(serial)

    def _add_like(
        self,
        pattern: Inverter,
        plant: Plant,
        serial: str | None,
        *,
        gateway: str | None = None,
        model: str | None = None,
        size_w: int | None = None,
    ) -> Inverter:
        """Put a new inverter to work that is like another one where nothing else is said. Raise ValueError."""
        if size_w is not None and (type(size_w) is not int or size_w <= 0):
            raise ValueError("a size is a whole number of W")
        inverter = replace(
            pattern,
            serial=serial or _next_serial(plant),
            gateway=gateway or pattern.gateway,
            model=model or pattern.model,
            size_w=size_w or pattern.size_w,
            installed=self.clock.now(),
            retired=None,
            gaps=[],
            health=[],
        )
        plant.add_inverter(inverter)
        return inverter


def _next_serial(plant: Plant) -> str:
    """Return a serial number that follows the plant's newest one."""
    newest = list(plant.inverters)[-1]
    digits = len(newest) - len(newest.rstrip("0123456789"))
    head, tail = newest[: len(newest) - digits], newest[len(newest) - digits :] or "0"
    number = int(tail)
    while True:
        number += 1
        serial = f"{head}{number:0{len(tail)}d}"
        if serial not in plant.inverters:
            return serial
