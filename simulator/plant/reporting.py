"""When the devices of a plant report, and so which of their readings its cloud knows at a time."""

from datetime import datetime, timedelta

from .devices import Gateway, RevenueMeter
from .equipment import Equipment
from .slots import SLOT_SECONDS, epoch, slot_of, slot_time


class ReportingEquipment(Equipment):
    """The devices of a plant, and which of their readings the cloud knows."""

    def last_report(self, gateway: Gateway, now: datetime) -> datetime | None:
        """Return when a gateway last reported before `now`; None when it never did."""
        if gateway.never_reported:
            return None
        seconds = epoch(now)
        quiet = [
            (epoch(silence.start), epoch(silence.end) if silence.end else seconds + 1) for silence in gateway.silences
        ]
        while True:
            tick = (seconds - self.cadence.lag) // self.cadence.every * self.cadence.every + self.cadence.lag
            covering = [start for start, end in quiet if start <= tick < end]
            if not covering:
                break
            seconds = min(covering) - 1
        report = slot_time(0) + timedelta(seconds=tick)
        return report if report >= self.operational_at else None

    def reported_at(self, now: datetime) -> datetime | None:
        """Return when any gateway last reported."""
        reports = [report for gateway in self.gateways.values() if (report := self.last_report(gateway, now))]
        return max(reports, default=None)

    def readable_until(self, gateway: Gateway, now: datetime) -> int:
        """Return the slot before which the cloud knows all of a gateway's readings."""
        report = self.last_report(gateway, now)
        if report is None:
            return slot_of(self.operational_at)
        seconds = epoch(report - self.extra_delay) - self.cadence.lag
        return seconds // self.cadence.every * self.cadence.every // SLOT_SECONDS

    def meter_readable_until(self, meter: RevenueMeter, now: datetime) -> int:
        """Return the slot before which the cloud knows all of a revenue-grade meter's readings."""
        limit = self.readable_until(self.gateways[meter.gateway], now)
        quiet = [slot_of(silence.start) for silence in meter.silences if silence.start <= now and silence.end is None]
        return min(limit, *quiet) if quiet else limit

    def readable_by_inverter(self, now: datetime) -> dict[str, int]:
        """Return for each inverter the slot before which the cloud knows its readings."""
        gateways = {serial: self.readable_until(gateway, now) for serial, gateway in self.gateways.items()}
        limits = {}
        for inverter in self.inverters.values():
            since = inverter.mute_since(now)
            limit = gateways[inverter.gateway] - inverter.late
            limits[inverter.serial] = limit if since is None else min(limit, slot_of(since))
        return limits

    def newest_slot(self, now: datetime) -> int:
        """Return the slot before which the cloud knows readings of at least one gateway."""
        return max((self.readable_until(gateway, now) for gateway in self.gateways.values()), default=slot_of(now))
