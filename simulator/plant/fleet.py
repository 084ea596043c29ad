"""The plants of a simulator, and what tests do to their hardware: it falls silent, wears out, comes, moves and goes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from ..clock import Clock
from .devices import Alert, Event, Inverter
from .place import CADENCE, CELLULAR
from .plant import Plant

FIRST_ALERT = 770_000
FIRST_EVENT = 880_000


class Fleet:
    """All plants and what happens to them, always at the present time of a clock."""

    def __init__(self, clock: Clock) -> None:
        """Begin without plants."""
        self.clock = clock
        self.plants: dict[str, Plant] = {}
        """By key: ``enphase_67``, ``solaredge_1148616``."""

    def silence(self, serial: str) -> None:
        """Let a gateway or a revenue-grade meter stop reporting now. Raise KeyError for one that no plant has."""
        self._plant_of_reporter(serial).silence(serial, self.clock.now())

    def unsilence(self, serial: str) -> None:
        """Let it report again, with what it kept. Raise KeyError for one that no plant has."""
        self._plant_of_reporter(serial).unsilence(serial, self.clock.now())

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
        """Put a new inverter to work from now on; what is not given is as with the plant's newest one.

        Raise KeyError, ValueError.
        """
        plant = self.plants[key]
        return self._add_like(
            list(plant.inverters.values())[-1], plant, serial, gateway=gateway, model=model, size_w=size_w
        )

    def retire_inverter(self, key: str, serial: str) -> None:
        """Take an inverter out of use from now on. Raise KeyError."""
        self.plants[key].retire_inverter(serial, self.clock.now())

    def replace_inverter(
        self,
        key: str,
        serial: str,
        new_serial: str | None = None,
        *,
        model: str | None = None,
        size_w: int | None = None,
    ) -> Inverter:
        """Put a new inverter in an old one's place now; what is not given is as with the old one.

        Raise KeyError for one that is not in use, ValueError.
        """
        plant = self.plants[key]
        old = plant.inverters[serial]
        if old.retired is not None:
            raise KeyError(serial)
        new = self._add_like(old, plant, new_serial, model=model, size_w=size_w)
        plant.retire_inverter(serial, self.clock.now())
        return new

    def move_inverter(self, serial: str, gateway: str) -> None:
        """Let an inverter report through another gateway of its plant from now on. Raise KeyError."""
        plant = self._plant_of_inverter(serial)
        plant.inverters[serial].gateway = plant.gateways[gateway].serial

    def move_device(self, serial: str, key: str) -> None:
        """Let an inverter work on another plant of the same cloud from now on, under that one's first gateway.

        What it has produced stays with the plant where it was; it may come back. Raise KeyError, ValueError.
        """
        source, target = self._plant_of_inverter(serial), self.plants[key]
        if source is target or source.cloud != target.cloud:
            raise ValueError(f"{serial} cannot move from {source.key} to {key}")
        gateway, now = next(iter(target.gateways)), self.clock.now()
        if serial in target.inverters:
            target.reinstall_inverter(serial, gateway, now)
        else:
            self._add_like(source.inverters[serial], target, serial, gateway=gateway)
        source.retire_inverter(serial, now)

    def hide_device(self, serial: str, times: int = 1) -> None:
        """Leave a device out of the next answers that list it, although it is there and goes on measuring.

        These are Enphase's `inventory`, `envoys` and v4's `devices`, each as often, and SolarEdge's `devices`. Raise
        KeyError for a device that no plant has, ValueError.
        """
        if type(times) is not int or times < 0:
            raise ValueError("times is a whole number")
        plants = [plant for plant in self.plants.values() if serial in plant.serials()]
        if not plants:
            raise KeyError(serial)
        for plant in plants:
            plant.hiding.hide(serial, times)

    def open_alert(
        self,
        key: str,
        *,
        type: str = "INVERTER_COMMUNICATION_FAULT",  # noqa: A002 - as the vendor calls it
        category: str = "EQUIPMENT",
        impact: int = 5,
        component_serial: str | None = None,
        component_name: str | None = None,
        error_codes: Sequence[str] = (),
    ) -> int:
        """Raise an alert of a SolarEdge site now and return its number. Raise KeyError, ValueError."""
        plant = self.plants[key]
        if plant.cloud != "solaredge":
            raise ValueError("Enphase v2 has no alerts")
        now = self.clock.now()
        alert = Alert(
            id=max((one.id for other in self.plants.values() for one in other.alerts), default=FIRST_ALERT) + 1,
            category=category,
            type=type,
            impact=impact,
            status="OPEN",
            first_trigger=now,
            last_trigger=now,
            component_name=component_name or component_serial or plant.name,
            component_serial=component_serial,
            error_codes=tuple(error_codes),
        )
        plant.alerts.append(alert)
        return alert.id

    def close_alert(self, key: str, alert_id: int) -> None:
        """Close an open alert now. Raise KeyError for one that is not open."""
        for alert in self.plants[key].alerts:
            if alert.id == alert_id and alert.status == "OPEN":
                alert.status, alert.last_trigger = "CLOSED", self.clock.now()
                return
        raise KeyError(alert_id)

    def delay_data(self, key: str, delay: timedelta) -> None:
        """Let a plant's rows become readable that much later than usual. Raise KeyError."""
        self.plants[key].extra_delay = delay

    def set_connection(self, key: str, connection_type: str) -> None:
        """Let a plant be connected in another way; ``cellular`` sends quarters of an hour, four times a day.

        Raise KeyError.
        """
        plant = self.plants[key]
        plant.connection_type = connection_type
        plant.cadence = CELLULAR if connection_type == "cellular" else CADENCE[plant.cloud]

    def set_meter(self, key: str, config: str) -> None:
        """Let a plant's consumption meter sit at the grid connection (Net) or before the loads (Total), as v4 has it.

        Raise KeyError for a plant without one, ValueError.
        """
        meter = self.plants[key].consumption_meter
        if meter is None:
            raise KeyError(f"{key} has no consumption meter")
        match config:
            case "Net" | "Total":
                meter.config = config
            case _:
                raise ValueError("a meter is Net or Total")

    def open_event(
        self, key: str, type_id: int, serial: str | None = None, *, alarm: bool = False, severity: int = 3
    ) -> int:
        """Let a device (the first gateway) have an event of Enphase v4 from now on, and return its number.

        Raise KeyError for a plant or a device that is not there.
        """
        plant = self.plants[key]
        serial = serial or next(iter(plant.gateways))
        if serial not in plant.serials():
            raise KeyError(serial)
        number = FIRST_EVENT + len(plant.events)
        plant.events.append(
            Event(id=number, type_id=type_id, serial=serial, start=self.clock.now(), alarm=alarm, severity=severity)
        )
        return number

    def close_event(self, key: str, number: int) -> None:
        """Let an event end now. Raise KeyError for one that is not open."""
        for event in self.plants[key].events:
            if event.id == number and event.end is None:
                event.end = self.clock.now()
                return
        raise KeyError(number)

    def set_status(self, key: str, status: str | None) -> None:
        """Let a cloud give a plant's status as this text, known or not; None: as it truly is. Raise KeyError."""
        self.plants[key].status = status

    def _plant_of_reporter(self, serial: str) -> Plant:
        for plant in self.plants.values():
            if serial in plant.reporters:
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
        """Put a new inverter to work that is like another one where nothing else is given. Raise ValueError."""
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
