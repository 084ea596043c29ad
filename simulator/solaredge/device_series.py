"""What SolarEdge's inverters, meters and batteries measure (SolarEdge migration notes)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from ..plant.batteries import BatteryFlow
from ..plant.devices import Battery, MeterKind
from ..plant.energy import Flow
from ..plant.plant import Plant
from .format import ENERGY_UNITS, POWER_UNITS, Bucket, Resolution, Span, problem, read_unit
from .request import SiteRequest
from .series import Reader, Reading, Source, noise

type MeterFlow = Flow | Literal["production"]

_METER_KINDS: dict[MeterKind, tuple[str, str, MeterFlow]] = {
    "production": ("Production Meter", "PRODUCTION", "production"),
    "consumption": ("Consumption Meter", "Consumption", "load"),
    "feed_in": ("Export Meter", "FeedIn", "export"),
    "purchased": ("Import Meter", "Purchased", "import"),
}
"""Name, `meterType` and what it measures."""
_METRICS: dict[MeterFlow, str] = {
    "import": "import",
    "export": "export",
    "production": "production",
    "load": "consumption",
}
"""What the API calls a meter's flow, in the order of its answers."""
_BATTERY_FLOWS: tuple[BatteryFlow, ...] = ("charge", "discharge")
_UP_TO_DAY = {Resolution.QUARTER_HOUR, Resolution.HOUR, Resolution.DAY}


@dataclass(frozen=True, slots=True)
class MeterRow:
    """One meter as it is listed."""

    serial: str | None
    name: str
    kind: str
    connected_to: str
    flow: MeterFlow | None = None
    """What it measures, where that is reported."""
    active: bool = True


def meter_rows(plant: Plant, now: datetime) -> list[MeterRow]:
    """Return the list's meters. The grid meter is there once for each direction.

    What is computed from it, its own consumption, has no serial number at all.
    """
    rows = []
    if grid := plant.grid_meter:
        rows += [
            MeterRow(grid.serial, "Export Meter", "FeedIn", grid.connected_to, flow="export"),
            MeterRow(grid.serial, "Import Meter", "Purchased", grid.connected_to, flow="import"),
            MeterRow(None, "Self Consumption", "SelfConsumption", grid.connected_to),
        ]
    for meter in plant.meters:
        name, kind, flow = _METER_KINDS[meter.kind]
        rows.append(MeterRow(meter.serial, name, kind, meter.connected_to, flow=flow, active=meter.active_at(now)))
    return rows


class DeviceReader(Reader):
    """Reads the values of a plant's devices for one request."""

    def __init__(self, request: SiteRequest) -> None:
        """Find out up to where the cloud knows each inverter, and which meters and batteries are in use."""
        super().__init__(request)
        plant, call = request.plant, request.call
        self._heard = plant.readable_by_inverter(call.now)
        self._batteries = {battery.serial: battery for battery in plant.used_batteries}
        self._meters: dict[str, set[MeterFlow]] = {}
        for row in meter_rows(plant, call.now):
            if row.serial is not None and row.flow is not None and row.active:
                self._meters.setdefault(row.serial, set()).add(row.flow)

    def serials(self, family: str) -> list[str]:
        """Return the serial numbers of a family that telemetry has."""
        match family:
            case "inverters":
                return [inverter.serial for inverter in self.plant.active_inverters(self.call.now)]
            case "meters":
                return [] if self.switches.solaredge_meters_empty else list(self._meters)
            case _:
                return [] if self.switches.solaredge_storage_empty else list(self._batteries)

    # Telemetry: all metrics of several devices.

    def inverters_telemetry(self, serials: Iterable[str]) -> dict[str, Any]:
        """Return all metrics of inverters that the resolution supports; each series says unit and resolution itself."""
        span = self._telemetry_span()
        return {"inverters": {serial: self._inverter_series(serial, span) for serial in serials}}

    def meters_telemetry(self, serials: Iterable[str]) -> dict[str, Any]:
        """Return what meters measure."""
        span = self._telemetry_span()
        return self._flat("meters", {serial: self._meter_series(serial, span) for serial in serials}, span)

    def storage_telemetry(self, serials: Iterable[str]) -> dict[str, Any]:
        """Return charge, discharge and state of batteries; the state is that of a bucket's end."""
        span = self._telemetry_span()
        return self._flat(
            "storage", {serial: self._battery_series(self._batteries[serial], span) for serial in serials}, span
        )

    def _telemetry_span(self) -> Span:
        span = self.span()
        if self.switches.solaredge_telemetry_up_to_day and span.resolution not in _UP_TO_DAY:
            raise problem(400, f"Telemetry has no resolution {span.resolution}")
        return span

    def _flat(self, family: str, devices: dict[str, Any], span: Span) -> dict[str, Any]:
        return {"period": span.period(), "resolution": span.resolution.value, family: devices}

    # Measurements: one metric of one device.

    def inverter_measurements(self, serial: str, metric: str) -> dict[str, Any]:
        """Return one metric of one inverter. Raise Refusal (400, 404)."""
        if serial not in self.plant.inverters:
            raise problem(404, "Unknown device")
        if metric in {"energy", "power"}:
            return self._source_measurements(self.inverter(serial), metric)
        span = self.span()
        if not span.resolution.fine:
            raise problem(400, f"There is no {metric} in resolution {span.resolution}")
        reading, unit, label_end = self._electrical(serial, span)[metric]
        return self.measurements(reading, unit, 1, span, label_end=label_end)

    def meter_measurements(self, serial: str, name: str, quantity: str) -> dict[str, Any]:
        """Return power or energy of one flow that a meter measures. Raise Refusal (400, 404)."""
        for flow in self._meters.get(serial, ()):
            if _METRICS[flow] == name:
                return self._source_measurements(self.metered(flow), quantity)
        raise problem(404, "No such device measures this")

    def battery_measurements(self, serial: str, metric: str) -> dict[str, Any]:
        """Return power or energy of one direction, or the state of a battery. Raise Refusal (400, 404)."""
        battery = self._batteries.get(serial)
        if battery is None:
            raise problem(404, "Unknown device")
        match metric.rsplit("-", 1):
            case ["charge" | "discharge" as flow, quantity]:
                return self._source_measurements(self.battery(battery, flow), quantity)
            case ["remaining", _]:
                unit, scale = read_unit(self.call, ENERGY_UNITS, scaled=self.switches.solaredge_units_scaled)
                return self.measurements(self._remaining(battery), unit, scale, self.span())
            case _:
                own = self._state_unit()
                asked = self.call.query.get("unit", own[0])
                if asked not in {"PERCENTAGE", "PERCENTAGE_100"}:
                    raise problem(400, f"Unknown unit {asked}")
                unit, full = own if asked == own[0] else (asked, 100)
                return self.measurements(self._state(battery, full), unit, 1, self.span())

    def _source_measurements(self, source: Source, quantity: str) -> dict[str, Any]:
        return self.energy_measurements(source) if quantity == "energy" else self.power_measurements(source)

    # Where the values come from.

    def inverter(self, serial: str) -> Source:
        """Return what an inverter yields, or puts out together with the batteries behind it."""
        plant, until = self.plant, min(self.until, self._heard[serial])
        behind = [one.serial for one in self._batteries.values() if one.connected_to == serial]

        def yielded(start: int, end: int) -> int:
            return plant.inverter_until(serial, end) - plant.inverter_until(serial, start)

        if not behind or not self.switches.solaredge_dc_coupled:
            return Source(yielded, until, sunny=True)
        flow = plant.by_battery().flow

        def put_out(start: int, end: int) -> int:
            given = sum(flow(one, "discharge", start, end) - flow(one, "charge", start, end) for one in behind)
            return yielded(start, end) + given

        return Source(put_out, until)

    def metered(self, flow: MeterFlow) -> Source:
        """Return what a meter measures; unlike an inverter it is awake at night."""
        if flow == "production":
            return Source(self.plant.series.production, self.until)
        return self.flow(flow)

    def battery(self, battery: Battery, flow: BatteryFlow) -> Source:
        """Return what goes into or out of a battery."""
        batteries, serial = self.plant.by_battery(), battery.serial
        return Source(
            lambda start, end: batteries.flow(serial, flow, start, end), self.until, jitter=f"{serial} {flow}"
        )

    def voltage(self, serial: str, bucket: Bucket) -> float | None:
        """Return an inverter's mean voltage; like the frequency it is noise around the nominal value."""
        if bucket.end > self._heard[serial] or bucket.end <= self.begin:
            return None
        return 236.0 + noise(serial, "voltage", bucket.start) * 8

    def frequency(self, serial: str, bucket: Bucket) -> float | None:
        """Return an inverter's mean frequency in Hz."""
        if bucket.end > self._heard[serial] or bucket.end <= self.begin:
            return None
        nominal = 60.0 if self.plant.address.country in {"US", "United States"} else 50.0
        return round(nominal - 0.03 + noise(serial, "frequency", bucket.start) * 0.06, 3)

    def _electrical(self, serial: str, span: Span) -> dict[str, tuple[Reading, str, bool]]:
        """Return voltage, current (power by voltage) and frequency: reading, unit, whether labelled by the end."""

        def voltage(bucket: Bucket) -> float | None:
            return None if self.dark(bucket, span) else self.voltage(serial, bucket)

        def current(bucket: Bucket) -> float | None:
            power, volts = self.power(self.inverter(serial), bucket, span), voltage(bucket)
            return None if power is None or volts is None else round(power / volts, 4)

        def frequency(bucket: Bucket) -> float | None:
            return None if self.dark(bucket, span) else self.frequency(serial, bucket)

        return {
            "voltage": (voltage, "VOLT", True),
            "current": (current, "AMPERE", False),
            "frequency": (frequency, "HERTZ", True),
        }

    def _remaining(self, battery: Battery) -> Reading:
        """Return what reads the energy in a battery at a bucket's end, in Wh."""
        batteries = self.plant.by_battery()

        def remaining(bucket: Bucket) -> float | None:
            if bucket.end > self.until or bucket.end <= self.begin:
                return None
            return batteries.stored_wh(battery.serial, bucket.end)

        return remaining

    def _state(self, battery: Battery, full: int) -> Reading:
        """Return what reads how full a battery is at a bucket's end; `full` is what a full one is called."""
        remaining, capacity = self._remaining(battery), self.plant.nameplate_wh(battery)

        def state(bucket: Bucket) -> float | None:
            left = remaining(bucket)
            return None if left is None else round(left / capacity * full, 5)

        return state

    def _state_unit(self) -> tuple[str, int]:
        """Return the unit of the state of energy and what a full battery is called in it."""
        if self.switches.state_of_energy_percentage_100:
            return "PERCENTAGE_100", 100
        return "PERCENTAGE", 1 if self.switches.state_of_energy_fraction else 100

    # Series.

    def _inverter_series(self, serial: str, span: Span) -> dict[str, Any]:
        result = self._pair(None, self.inverter(serial), span)
        if span.resolution.fine:
            for metric, (reading, unit, label_end) in self._electrical(serial, span).items():
                result[metric] = {"unit": unit, "values": self.values(span, reading, label_end=label_end)}
        return {
            metric: {"unit": series["unit"], "resolution": span.resolution.value, "values": series["values"]}
            for metric, series in result.items()
        }

    def _meter_series(self, serial: str, span: Span) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for flow, name in _METRICS.items():
            if flow in self._meters[serial]:
                result |= self._pair(name, self.metered(flow), span)
        return result

    def _battery_series(self, battery: Battery, span: Span) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for flow in _BATTERY_FLOWS:
            result |= self._pair(flow, self.battery(battery, flow), span)
        unit, scale = self.default_unit(ENERGY_UNITS)
        state_unit, full = self._state_unit()
        return result | {
            "remainingEnergy": {"unit": unit, "values": self.values(span, self._remaining(battery), scale)},
            "stateOfEnergy": {"unit": state_unit, "values": self.values(span, self._state(battery, full))},
        }

    def _pair(self, name: str | None, source: Source, span: Span) -> dict[str, Any]:
        """Return power (in fine resolutions) and energy of one flow, or of an inverter when it has no name."""
        result: dict[str, Any] = {}
        if span.resolution.fine:
            unit, scale = self.default_unit(POWER_UNITS)
            power = self.values(span, lambda bucket: self.power(source, bucket, span), scale)
            result[f"{name}Power" if name else "power"] = {"unit": unit, "values": power}
        unit, scale = self.default_unit(ENERGY_UNITS)
        energy = self.values(span, lambda bucket: self.energy(source, bucket, span), scale)
        result[f"{name}Energy" if name else "energy"] = {"unit": unit, "values": energy}
        return result
