"""What a system's entities publish: the newest values, as far as they still hold at this moment."""

from abc import abstractmethod
from datetime import date, datetime
from zoneinfo import ZoneInfo

from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util

from ..model.data import SystemData, local_day, midnight
from ..model.elements import DayEnergy, Flow
from .sunlight import Sunlight


class SystemValues(DataUpdateCoordinator[SystemData]):
    """A system's data, read as of now: the sun has set since, or the day has ended."""

    @property
    @abstractmethod
    def sunlight(self) -> Sunlight:
        """The light at the system, and its days."""

    @property
    @abstractmethod
    def zone(self) -> ZoneInfo:
        """The system's own time zone."""

    def power_w(self) -> float | None:
        """Return the production in W: the newest measured one, and 0 in the dark that came after it.

        Where grid and battery flows are published too, it is the one that belongs to them.
        """
        balance, power = self.data.balance, self.data.power
        if balance is not None and (power is None or balance.measured_at >= power.measured_at):
            return balance.power.get(Flow.PRODUCTION)
        return self.sunlight.power_w(power, dt_util.utcnow())

    def day_energy_wh(self, newest: DayEnergy | None) -> float | None:
        """Return the energy since the system's midnight in Wh, of the system or of a device with this newest day."""
        return self.sunlight.day_energy_wh(newest, dt_util.utcnow())

    def measured_at(self) -> datetime | None:
        """Return the end of the interval that the power comes from (aware UTC)."""
        known = [newest.measured_at for newest in (self.data.balance, self.data.power) if newest is not None]
        return max(known, default=None)

    def flow_w(self, flow: Flow) -> float | None:
        """Return the newest power of a flow in W; `None` where it is not known or does not agree with the others."""
        return self.data.balance.power.get(flow) if self.data.balance else None

    def flow_today_wh(self, flow: Flow) -> float | None:
        """Return the energy of a flow since the system's midnight in Wh."""
        balance = self.data.balance
        return balance.today.get(flow) if balance and balance.day == self.today() else None

    def flow_lifetime_wh(self, flow: Flow) -> float | None:
        """Return the energy of a flow over its whole life in Wh."""
        return self.data.balance.lifetime.get(flow) if self.data.balance else None

    def today(self) -> date:
        """Return the date at the system."""
        return local_day(dt_util.utcnow(), self.zone)

    def midnight(self) -> datetime:
        """Return the beginning of the day at the system (aware UTC)."""
        return midnight(self.today(), self.zone)
