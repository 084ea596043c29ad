"""What the keys of entities mean, in flows of the plant."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from simulator.scenarios import FLOW_NAMES, FlowName, Part, Stage, Truth

from .tracks import Energy, Track

type Terms = tuple[tuple[Energy, int], ...]


@dataclass(frozen=True, slots=True)
class Meaning:
    """A part of a flow, or of several."""

    part: Part
    flows: tuple[tuple[FlowName, int], ...]
    """With their signs."""
    of_plant: bool = False
    """Whether the cloud computes it itself, whatever meters measure."""

    @property
    def flow(self) -> FlowName:
        return self.flows[0][0]

    @property
    def names(self) -> frozenset[FlowName]:
        return frozenset(name for name, _ in self.flows)

    @property
    def signed(self) -> bool:
        return self.part == "power" and len(self.flows) > 1

    def track(self, truth: Truth, first: int) -> Track:
        def energy(name: FlowName) -> Energy:
            if self.of_plant:
                return lambda start, end: truth.of_plant(name, start, end)
            return lambda start, end: truth.between(name, start, end)

        return Track(tuple((energy(name), sign) for name, sign in self.flows), first)


def _one(part: Part, name: FlowName, *, of_plant: bool = False) -> Meaning:
    return Meaning(part, ((name, 1),), of_plant)


_DIRECT = Meaning("today", (("production", 1), ("battery_charge", -1), ("grid_export", -1)), of_plant=True)

SYSTEM: dict[str, Meaning] = {
    "power": _one("power", "production"),
    "energy_today": _one("today", "production"),
    "energy_lifetime": _one("lifetime", "production"),
    "consumption_power": _one("power", "consumption"),
    "grid_power": Meaning("power", (("grid_import", 1), ("grid_export", -1))),
    "battery_power": Meaning("power", (("battery_discharge", 1), ("battery_charge", -1))),
    **{f"{name}_today": _one("today", name) for name in FLOW_NAMES[1:]},
    **{f"{name}_lifetime": _one("lifetime", name) for name in FLOW_NAMES[1:]},
}
"""What a system shows of the flows."""

BREAKDOWN: dict[str, Meaning] = {
    "self_consumption_today": _DIRECT,
    "consumption_from_production_today": _DIRECT,
    "production_to_battery_today": _one("today", "battery_charge", of_plant=True),
    "consumption_from_battery_today": _one("today", "battery_discharge", of_plant=True),
    "production_to_grid_today": _one("today", "grid_export", of_plant=True),
    "consumption_from_grid_today": _one("today", "grid_import", of_plant=True),
}
"""What SolarEdge's cloud computes itself; the site may do without."""


def devices(stage: Stage) -> Iterator[tuple[str, Part, Energy]]:
    """Give what single inverters, batteries and EV chargers show: key, part, truth."""
    plant = stage.plant
    vendor = plant.cloud

    def inverter(serial: str) -> Energy:
        until = plant.inverter_until
        return lambda start, end: until(serial, end) - until(serial, start)

    def battery(serial: str, flow: str) -> Energy:
        by_battery = plant.by_battery()
        return lambda start, end: by_battery.flow(serial, flow, start, end)  # type: ignore[arg-type]

    def charger(start: int, end: int) -> float:
        return plant.series.charged(start, end)

    for serial in plant.inverters:
        yield f"{vendor}_{serial}_energy_today", "today", inverter(serial)
        yield f"{vendor}_{serial}_energy_lifetime", "lifetime", inverter(serial)
    if plant.storage is not None:
        for one in plant.used_batteries:
            for flow in ("charge", "discharge"):
                for part in PARTS:
                    yield f"{vendor}_{one.serial}_{flow}_{part}", part, battery(one.serial, flow)
    if plant.ev_charger is not None:
        for part in PARTS:
            yield f"{vendor}_{plant.ev_charger.serial}_charge_{part}", part, charger


PARTS: tuple[Part, ...] = ("today", "lifetime")

type Change = Callable[[float], float]
