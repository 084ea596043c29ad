"""SolarEdge's time series: measurements, telemetry, overview (SolarEdge migration notes)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from .energy import FLOWS, Flow
from .plant import Plant
from .slots import slot_of
from .solaredge_format import (
    ENERGY_UNITS,
    POWER_UNITS,
    Bucket,
    Span,
    local_slot,
    problem,
    read_span,
    read_unit,
    read_window,
)
from .switches import Switches
from .web import Call


@dataclass(frozen=True, slots=True)
class Source:
    """An energy, and the slot before which the cloud knows it."""

    add_up: Callable[[int, int], int]
    """Gives the Wh between two slots."""
    until: int


type Reading = Callable[[Bucket], float | None]
"""Gives the value of one bucket, or None."""

METER_FLOWS: dict[str, Flow] = {"import": "import", "export": "export"}
STORAGE_FLOWS: dict[str, Flow] = {"charge": "charge", "discharge": "discharge"}


class Reader:
    """Reads one plant's values for one request, no further than the cloud knows."""

    def __init__(self, plant: Plant, call: Call, switches: Switches) -> None:
        """Find out up to where the cloud knows."""
        self.plant = plant
        self._switches = switches
        self._call = call
        self.until = min(plant.readable_until(gateway, call.now) for gateway in plant.gateways.values())
        self._heard = plant.readable_by_inverter(call.now)
        self._begin = slot_of(plant.operational_at)

    def span(self) -> Span:
        """Return what the request asks for. Raise Refusal (400)."""
        return read_span(self.plant, self._call)

    def energy(self, source: Source, bucket: Bucket, span: Span) -> float | None:
        """Return a bucket's Wh: null before the site was there and where nothing is known yet.

        The running day, month, year and total hold what is known so far; a running quarter or full hour is null unless
        the switch says partial. A day or more counts as far as it lies in the window, unless the switch says whole.
        """
        start, end = bucket.start, bucket.end
        if not span.resolution.fine and not self._switches.solaredge_whole_buckets:
            start, end = max(start, slot_of(span.start)), min(end, slot_of(span.end))
        known = min(end, source.until)
        if end <= self._begin or known <= start:
            return None
        if known < end and span.resolution.fine and not self._switches.solaredge_open_bucket_partial:
            return None
        return float(source.add_up(start, known))

    def power(self, source: Source, bucket: Bucket, span: Span) -> float | None:
        """Return a bucket's mean power in W."""
        energy = self.energy(source, bucket, span)
        if energy is None:
            return None
        known = Bucket(bucket.start, min(bucket.end, source.until))
        return energy / known.hours

    def voltage(self, serial: str, bucket: Bucket) -> float | None:
        """Return an inverter's mean voltage; like the frequency it is noise around the nominal value."""
        if bucket.end > self._heard[serial] or bucket.end <= self._begin:
            return None
        return 236.0 + _noise(serial, "voltage", bucket.start) * 8

    def frequency(self, serial: str, bucket: Bucket) -> float | None:
        """Return an inverter's mean frequency in Hz."""
        if bucket.end > self._heard[serial] or bucket.end <= self._begin:
            return None
        nominal = 60.0 if self.plant.address.country in {"US", "United States"} else 50.0
        return round(nominal - 0.03 + _noise(serial, "frequency", bucket.start) * 0.06, 3)

    def production(self) -> Source:
        """Return what the site produces."""
        return Source(self.plant.series.production, self.until)

    def inverter(self, serial: str) -> Source:
        """Return what an inverter yields."""
        plant = self.plant
        return Source(
            lambda start, end: plant.inverter_until(serial, end) - plant.inverter_until(serial, start),
            min(self.until, self._heard[serial]),
        )

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
        unit, scale = read_unit(self._call, ENERGY_UNITS, scaled=self._switches.solaredge_units_scaled)
        return self.measurements(lambda bucket: self.energy(source, bucket, span), unit, scale, span)

    def power_measurements(self, source: Source) -> dict[str, Any]:
        """Return mean powers in the unit asked for. Raise Refusal (400), also for resolutions of a day and more."""
        span = self.span()
        if not span.resolution.fine:
            raise problem(400, f"Power has no resolution {span.resolution}")
        unit, scale = read_unit(self._call, POWER_UNITS, scaled=self._switches.solaredge_units_scaled)
        return self.measurements(lambda bucket: self.power(source, bucket, span), unit, scale, span)

    def inverter_measurements(self, serial: str, metric: str) -> dict[str, Any]:
        """Return one metric of one inverter. Raise Refusal (400)."""
        if metric == "energy":
            return self.energy_measurements(self.inverter(serial))
        if metric == "power":
            return self.power_measurements(self.inverter(serial))
        span = self.span()
        if not span.resolution.fine:
            raise problem(400, f"There is no {metric} in resolution {span.resolution}")
        reading, unit, label_end = self._electrical(serial, span)[metric]
        return self.measurements(reading, unit, 1, span, label_end=label_end)

    def inverters_telemetry(self, serials: Iterable[str]) -> dict[str, Any]:
        """Return all metrics of inverters that the resolution supports; each series says unit and resolution itself."""
        span = self.span()
        return {"inverters": {serial: self._inverter_series(serial, span) for serial in serials}}

    def meters_telemetry(self, serials: Iterable[str]) -> dict[str, Any]:
        """Return import and export of the grid meter."""
        span = self.span()
        return self._flat("meters", {serial: self._flow_series(METER_FLOWS, span) for serial in serials}, span)

    def storage_telemetry(self, serials: Iterable[str]) -> dict[str, Any]:
        """Return charge, discharge and state of the battery; the state is that of a bucket's end."""
        span = self.span()
        return self._flat("storage", {serial: self._storage_series(span) for serial in serials}, span)

    def overview(self, *, legacy: bool) -> dict[str, Any]:
        """Return the energy balance of a window, by default of today so far; null where no meter or battery tells."""
        plant = self.plant
        start, end = read_window(plant, self._call)
        first, last = slot_of(start), min(slot_of(end), self.until)
        last = max(first, last)
        produced = plant.series.production(first, last)
        unit, scale = read_unit(self._call, ENERGY_UNITS, scaled=self._switches.solaredge_units_scaled)

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
                "total": scaled(flows["load"] if metered else None),
                "unit": unit,
                "fromPv": scaled(direct if metered else None),
                "fromStorage": scaled(flows["discharge"] if stored else None),
                "fromGrid": scaled(flows["import"] if metered else None),
            },
        }
        if legacy:
            size = plant.size_w(self._call.now)
            body["performance"] = {"specificYield": produced / size if size else None, "performanceRatio": None}
        return body

    def _electrical(self, serial: str, span: Span) -> dict[str, tuple[Reading, str, bool]]:
        """Return voltage, current (power by voltage) and frequency: reading, unit, whether labelled by the end."""

        def current(bucket: Bucket) -> float | None:
            power, voltage = self.power(self.inverter(serial), bucket, span), self.voltage(serial, bucket)
            return None if power is None or voltage is None else round(power / voltage, 4)

        return {
            "voltage": (lambda bucket: self.voltage(serial, bucket), "VOLT", True),
            "current": (current, "AMPERE", False),
            "frequency": (lambda bucket: self.frequency(serial, bucket), "HERTZ", True),
        }

    def _inverter_series(self, serial: str, span: Span) -> dict[str, Any]:
        result = self._pair(None, self.inverter(serial), span)
        if span.resolution.fine:
            for metric, (reading, unit, label_end) in self._electrical(serial, span).items():
                result[metric] = {"unit": unit, "values": self.values(span, reading, label_end=label_end)}
        return {
            metric: {"unit": series["unit"], "resolution": span.resolution.value, "values": series["values"]}
            for metric, series in result.items()
        }

    def _flow_series(self, flows: dict[str, Flow], span: Span) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for name, flow in flows.items():
            result |= self._pair(name, self.flow(flow), span)
        return result

    def _storage_series(self, span: Span) -> dict[str, Any]:
        storage = self.plant.storage
        capacity = storage.capacity_wh if storage else 1
        full = 1 if self._switches.state_of_energy_fraction else 100

        def remaining(bucket: Bucket) -> float | None:
            if bucket.end > self.until or bucket.end <= self._begin:
                return None
            return self.plant.series.stored_wh(bucket.end)

        def state(bucket: Bucket) -> float | None:
            left = remaining(bucket)
            return None if left is None else round(left / capacity * full, 5)

        unit, scale = self._default_unit(ENERGY_UNITS)
        return self._flow_series(STORAGE_FLOWS, span) | {
            "remainingEnergy": {"unit": unit, "values": self.values(span, remaining, scale)},
            "stateOfEnergy": {"unit": "PERCENTAGE", "values": self.values(span, state)},
        }

    def _pair(self, name: str | None, source: Source, span: Span) -> dict[str, Any]:
        """Return power (in fine resolutions) and energy of one flow, or of an inverter when it has no name."""
        result: dict[str, Any] = {}
        if span.resolution.fine:
            unit, scale = self._default_unit(POWER_UNITS)
            power = self.values(span, lambda bucket: self.power(source, bucket, span), scale)
            result[f"{name}Power" if name else "power"] = {"unit": unit, "values": power}
        unit, scale = self._default_unit(ENERGY_UNITS)
        energy = self.values(span, lambda bucket: self.energy(source, bucket, span), scale)
        result[f"{name}Energy" if name else "energy"] = {"unit": unit, "values": energy}
        return result

    def _default_unit(self, units: dict[str, int]) -> tuple[str, int]:
        """Return the unit that the server picks: telemetry takes no wish."""
        return list(units.items())[1 if self._switches.solaredge_units_scaled else 0]

    def _flat(self, family: str, devices: dict[str, Any], span: Span) -> dict[str, Any]:
        return {"period": span.period(), "resolution": span.resolution.value, family: devices}


def _noise(serial: str, what: str, slot: int) -> float:
    """Return a number from 0 to 1 that depends on nothing but its arguments."""
    return crc32(f"{serial} {what} {slot}".encode()) / 0xFFFFFFFF
