"""SolarEdge's time series: measurements and overview (SolarEdge migration notes)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from ..plant.energy import FLOWS, Flow
from ..plant.slots import slot_of
from ..plant.sun import PERFORMANCE
from .format import (
    ENERGY_UNITS,
    POWER_UNITS,
    Bucket,
    Span,
    local_slot,
    over_a_month,
    problem,
    read_span,
    read_unit,
    read_window,
)
from .request import SiteRequest


@dataclass(frozen=True, slots=True)
class Source:
    """An energy, and the slot before which the cloud knows it."""

    add_up: Callable[[int, int], int]
    """Gives the Wh between two slots."""
    until: int
    sunny: bool = False
    """Whether there is none of it in the dark."""
    jitter: str = ""
    """Name of something whose zeros may turn out negative."""


type Reading = Callable[[Bucket], float | None]
"""Gives the value of one bucket, or None."""


class Reader:
    """Reads one plant's values for one request, no further than the cloud knows."""

    def __init__(self, request: SiteRequest) -> None:
        """Find out up to where the cloud knows."""
        plant, call = request.plant, request.call
        self.plant = plant
        self.switches = request.switches
        self.call = call
        self.legacy = request.legacy
        self.until = min(plant.readable_until(gateway, call.now) for gateway in plant.gateways.values())
        self.begin = slot_of(plant.operational_at)

    def span(self) -> Span:
        """Return what the request asks for. Raise Refusal (400)."""
        return read_span(self.plant, self.call)

    def energy(self, source: Source, bucket: Bucket, span: Span) -> float | None:
        """Return a bucket's Wh: null before the site was there and where nothing is known yet.

        The running day, month, year and total hold what is known so far; a running quarter or full hour is null unless
        the switch says partial. A day or more counts as far as it lies in the window, unless the switch says whole.
        """
        start, end = bucket.start, bucket.end
        if not span.resolution.fine and not self.switches.solaredge_whole_buckets:
            start, end = max(start, slot_of(span.start)), min(end, slot_of(span.end))
        known = min(end, source.until)
        if end <= self.begin or known <= start:
            return None
        if known < end and span.resolution.fine and not self.switches.solaredge_open_bucket_partial:
            return None
        if source.sunny and self.dark(bucket, span):
            return None
        energy = source.add_up(start, known)
        if energy == 0 and source.jitter and span.resolution.fine and self.switches.solaredge_negative_storage:
            chance = noise(source.jitter, "jitter", bucket.start)
            energy = -1 - int(chance * 40) if chance < 0.08 else 0
        return float(energy)

    def dark(self, bucket: Bucket, span: Span) -> bool:
        """Return whether a short bucket lies in the dark and the switches make that null."""
        if not self.switches.solaredge_nights_null or not span.resolution.fine:
            return False
        return not any(self.plant.series.is_lit(slot) for slot in range(bucket.start, bucket.end))

    def power(self, source: Source, bucket: Bucket, span: Span) -> float | None:
        """Return a bucket's mean power in W."""
        energy = self.energy(source, bucket, span)
        if energy is None:
            return None
        known = Bucket(bucket.start, min(bucket.end, source.until))
        return energy / known.hours

    def production(self) -> Source:
        """Return what the site produces."""
        return Source(self.plant.series.production, self.until, sunny=True)

    def flow(self, flow: Flow) -> Source:
        """Return a flow in the house."""
        series = self.plant.series
        return Source(lambda start, end: series.flow(flow, start, end), self.until)

    def values(self, span: Span, reading: Reading, scale: int = 1, *, label_end: bool = False) -> list[dict[str, Any]]:
        """Return the list of a series; buckets are labelled with their start, or with their end."""
        result = []
        for bucket in span.buckets():
            value = reading(bucket)
            stamp = local_slot(bucket.end if label_end else bucket.start, span.zone)
            result.append({"timestamp": stamp, "value": None if value is None else value / scale})
        return result

    def measurements(
        self, reading: Reading, unit: str, scale: int, span: Span, *, label_end: bool = False
    ) -> dict[str, Any]:
        """Return a Measurements object."""
        return {
            "period": span.period(),
            "unit": unit,
            "resolution": span.resolution.value,
            "values": self.values(span, reading, scale, label_end=label_end),
        }

    def energy_measurements(self, source: Source) -> dict[str, Any]:
        """Return energies in the unit asked for. Raise Refusal (400)."""
        span = self.span()
        unit, scale = read_unit(self.call, ENERGY_UNITS, scaled=self.switches.solaredge_units_scaled)
        return self.measurements(lambda bucket: self.energy(source, bucket, span), unit, scale, span)

    def power_measurements(self, source: Source) -> dict[str, Any]:
        """Return mean powers in the unit asked for. Raise Refusal (400), also for resolutions of a day and more."""
        span = self.span()
        if not span.resolution.fine:
            raise problem(400, f"Power has no resolution {span.resolution}")
        unit, scale = read_unit(self.call, POWER_UNITS, scaled=self.switches.solaredge_units_scaled)
        return self.measurements(lambda bucket: self.power(source, bucket, span), unit, scale, span)

    def overview(self) -> dict[str, Any]:
        """Return the energy balance of a window, by default of today so far; null where nothing measures it."""
        plant = self.plant
        start, end = read_window(plant, self.call)
        if self.switches.solaredge_overview_month and over_a_month(start, end, plant.zone):
            raise problem(400, "The time range is too long")
        first, last = slot_of(start), min(slot_of(end), self.until)
        last = max(first, last)
        produced = plant.series.production(first, last)
        unit, scale = read_unit(self.call, ENERGY_UNITS, scaled=self.switches.solaredge_units_scaled)

        def scaled(energy_wh: int | None) -> float | None:
            return None if energy_wh is None else energy_wh / scale

        flows: dict[Flow, int] = {flow: plant.series.flow(flow, first, last) for flow in FLOWS}
        metered, stored = plant.grid_meter is not None, plant.battery is not None
        direct = produced - flows["charge"] - flows["export"]
        body: dict[str, Any] = {
            "siteId": plant.id,
            "production": {
                "total": scaled(produced),
                "unit": unit,
                "toSelfConsumption": scaled(direct if metered else None),
                "toStorage": scaled(flows["charge"] if stored else None),
                "toGrid": scaled(flows["export"] if metered else None),
            },
            "consumption": {
                "total": scaled(flows["load"] if metered or self._consumption_metered() else None),
                "unit": unit,
                "fromPv": scaled(direct if metered else None),
                "fromStorage": scaled(flows["discharge"] if stored else None),
                "fromGrid": scaled(flows["import"] if metered else None),
            },
        }
        if self.legacy or self.switches.solaredge_performance:
            size, due = plant.size_w(self.call.now), plant.whole.production(first, last)
            known = self.switches.solaredge_performance and due > 0
            body["performance"] = {
                "specificYield": produced / size if size else None,
                "performanceRatio": round(PERFORMANCE * produced / due, 4) if known else None,
            }
        return body

    def _consumption_metered(self) -> bool:
        """Return whether a meter of its own measures the consumption."""
        return any(meter.kind == "consumption" and meter.active_at(self.call.now) for meter in self.plant.meters)

    def default_unit(self, units: dict[str, int]) -> tuple[str, int]:
        """Return the unit of telemetry, which cannot be asked for, and how much it is."""
        return list(units.items())[1 if self.switches.solaredge_units_scaled else 0]


def noise(serial: str, what: str, slot: int) -> float:
    """Return a number from 0 to 1 that depends on nothing but its arguments."""
    return crc32(f"{serial} {what} {slot}".encode()) / 0xFFFFFFFF
