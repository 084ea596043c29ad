"""The past of a SolarEdge site: days by the month, hours by the day, each family of devices with its own requests."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
import logging
from types import MappingProxyType
from typing import override
from zoneinfo import ZoneInfo

from ...model.data import SystemData, day_energy_wh, local_day, midnight
from ...model.elements import Flow, Interval
from ..archive import Archive, Detail, Totals
from ..errors import InvalidRequest, NotAllowed, NotFound
from ..vendor_text import say
from .api import SolarEdgeApi
from .buckets import values_of
from .families import FAMILIES, Family
from .model import Series, Telemetry
from .site_flows import twins_of
from .windows import Resolution, Window, windows

_LOGGER = logging.getLogger(__name__)

_DAY = timedelta(days=1)


class SolarEdgeArchive(Archive):
    """Reads the past of sites; `zone` stands in for a site whose own is unknown."""

    def __init__(self, api: SolarEdgeApi, zone: ZoneInfo) -> None:
        """Read through these endpoints."""
        self._api = api
        self._zone = zone

    @override
    def flows(self, data: SystemData) -> frozenset[Flow]:
        """Return production and what the site's meters and batteries have ever reported."""
        flows = {Flow.PRODUCTION, *(flow for family in _families(data) for flow in _flows(data, family))}
        return frozenset(flows if self.only is None else flows & self.only)

    @override
    def chunks(self, data: SystemData, first: date, last: date) -> tuple[tuple[date, date], ...]:
        """Divide days into calendar months, newest first: the most that one request may span at days."""
        found: list[tuple[date, date]] = []
        while last >= first:
            begin = max(first, last.replace(day=1))
            found.append((begin, last))
            last = begin - _DAY
        return tuple(found)

    @override
    def price(self, data: SystemData, first: date, last: date) -> int:
        """Return one request for each month and each of site, meters and batteries."""
        return len(self.chunks(data, first, last)) * self._sources(data)

    @override
    def at_most(self, data: SystemData, price: int) -> int:
        """Return the price with a request more for each family of devices that may still be found."""
        return price * (1 + len(FAMILIES)) // self._sources(data)

    @override
    async def totals(self, data: SystemData, first: date, last: date, now: datetime) -> Totals:
        """Return the energy of each finished day of a month at most."""
        zone = data.system.zone(self._zone)
        last = min(last, local_day(now, zone) - _DAY)
        if last < first:
            return {}
        window = Window(midnight(first, zone), midnight(last + _DAY, zone))
        found: dict[Flow, Mapping[date, float]] = {}
        if self._reads_site():
            energy = await self._api.energy(data.system.id, window.start, window.end, Resolution.DAY, zone=zone)
            found[Flow.PRODUCTION] = _days([energy], window, zone)
        for family in self._families(data):
            telemetry = await self._telemetry(family, data, window, Resolution.DAY, zone)
            for flow, series in _by_flow(telemetry, family).items():
                days = _days(_of_all(series, data.devices), window, zone)
                known = data.flows.get(flow, {}).values()
                # A day of 0 in which energy is known to have flown was counted by nobody.
                found[flow] = {day: wh for day, wh in days.items() if wh or not day_energy_wh(known, day, zone)}
        return MappingProxyType(found)

    @override
    def detail_price(self, data: SystemData, day: date | None = None, now: datetime | None = None) -> int:
        """Return one request for each window of a day and each of site, meters and batteries."""
        zone = data.system.zone(self._zone)
        if day is None:
            day = local_day(now or datetime.now(UTC), zone)
        start, end = midnight(day, zone), midnight(day + _DAY, zone)
        return len(list(windows(start, end, _finest(start, end), zone))) * self._sources(data)

    @override
    async def detail(self, data: SystemData, day: date, now: datetime) -> Detail:
        """Return the whole hours of a day, or quarter hours where the day does not begin with one of the clock's hours.

        On the day with 25 hours it takes more requests.
        """
        zone = data.system.zone(self._zone)
        start, end = midnight(day, zone), min(midnight(day + _DAY, zone), now.astimezone(UTC))
        if end <= start:
            return {}
        window, resolution = Window(start, end), _finest(start, midnight(day + _DAY, zone))
        found: dict[Flow, tuple[Interval, ...]] = {}
        if self._reads_site():
            energy = await self._api.energy(data.system.id, start, end, resolution, zone=zone)
            found[Flow.PRODUCTION] = _intervals({"": [energy]}, (), window)
        for family in self._families(data):
            of_family: dict[Flow, dict[str, list[Series]]] = {}
            for part in windows(start, end, resolution, zone):
                telemetry = await self._telemetry(family, data, part, resolution, zone)
                for flow, by_device in _by_flow(telemetry, family).items():
                    for serial, series in by_device.items():
                        of_family.setdefault(flow, {}).setdefault(serial, []).append(series)
            for flow, devices in of_family.items():
                found[flow] = _intervals(devices, data.devices, window)
        return MappingProxyType(found)

    async def _telemetry(
        self, family: Family, data: SystemData, window: Window, resolution: Resolution, zone: ZoneInfo
    ) -> Telemetry:
        """Return what a family reports of a window; nothing where the cloud does not let that be read.

        What the site has produced, which is paid for already, does not depend on it. Raises `CloudError`.
        """
        try:
            return await family.telemetry(self._api, data, window, resolution, zone, {})
        except (NotAllowed, NotFound, InvalidRequest) as err:
            say(_LOGGER, logging.DEBUG, "The past of %s cannot be read: %s", family.name, err)
            return Telemetry(devices=MappingProxyType({}))

    def _reads_site(self) -> bool:
        return self.reads((Flow.PRODUCTION,))

    def _families(self, data: SystemData) -> list[Family]:
        """Return the families that report something, as far as they are to be read."""
        return [family for family in _families(data) if self.reads(family.system_flows)]

    def _sources(self, data: SystemData) -> int:
        """Return how many requests the same stretch of time takes: one for the site, one for each family."""
        return self._reads_site() + len(self._families(data))


def _families(data: SystemData) -> list[Family]:
    """Return the families that report something, or once did."""
    return [family for family in FAMILIES if _flows(data, family)]


def _flows(data: SystemData, family: Family) -> list[Flow]:
    """Return the flows that devices of a family ever reported: after weeks without a reading no interval is known."""
    return [flow for flow in family.system_flows if flow in family.reported(data)]


def _by_flow(telemetry: Telemetry, family: Family) -> dict[Flow, dict[str, Series]]:
    """Return the energies of the devices of a family by flow and serial; production of meters is not the site's."""
    found: dict[Flow, dict[str, Series]] = {}
    for serial, metrics in telemetry.devices.items():
        for name, flow in family.metrics.items():
            if flow is not Flow.PRODUCTION and (series := metrics.get(f"{name}Energy")) is not None:
                found.setdefault(flow, {})[serial] = series
    return found


def _of_all(devices: Mapping[str, Series], listed: Collection[str]) -> list[Series]:
    """Return the series of days of all devices, without a history that the cloud has under another serial as well."""
    values = {serial: values_of(series.buckets) for serial, series in devices.items()}
    twins = twins_of(values, listed, days=True)
    return [series for serial, series in devices.items() if serial not in twins]


def _days(series: Iterable[Series], window: Window, zone: ZoneInfo) -> Mapping[date, float]:
    """Add devices up by day; a day below zero is noise of a battery that did nothing."""
    totals: dict[date, float] = {}
    for one in series:
        for bucket in one.buckets:
            if bucket.value is not None and window.start <= bucket.start < window.end:
                day = bucket.start.astimezone(zone).date()
                totals[day] = totals.get(day, 0.0) + bucket.value
    return MappingProxyType({day: max(0.0, total) for day, total in sorted(totals.items())})


def _intervals(
    devices: Mapping[str, Iterable[Series]], listed: Collection[str], window: Window
) -> tuple[Interval, ...]:
    """Add devices up by bucket, those that lie wholly in the window.

    A bucket that one of the devices in use lacks is not known of all of them: the sum of the others would be too low.
    """
    parts = {
        serial: {(one.start, one.end): one.value for series in parts for one in series.buckets if one.value is not None}
        for serial, parts in devices.items()
    }
    values = {serial: {start: value for (start, _), value in part.items()} for serial, part in parts.items()}
    twins = twins_of(values, listed)
    parts = {serial: part for serial, part in parts.items() if serial not in twins}
    used = [part for serial, part in parts.items() if part and serial in listed]
    spans = sorted({span for part in parts.values() for span in part})
    return tuple(
        Interval(
            start=start,
            end=end,
            energy_wh=sum(max(0.0, part[start, end]) for part in parts.values() if (start, end) in part),
        )
        for start, end in spans
        if window.start <= start and end <= window.end and all((start, end) in part for part in used)
    )


def _finest(start: datetime, end: datetime) -> Resolution:
    """Return the resolution at which the hours of a day are known: those of the clock, whatever the site's zone is."""
    whole = start.minute == 0 and end.minute == 0
    return Resolution.HOUR if whole else Resolution.QUARTER_HOUR
