"""What the sun says about a system: when its day and its light turn, and what cannot have been produced in the dark."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ..budget.daylight import Daylight
from ..model.data import local_day, midnight
from ..model.elements import DayEnergy, Power
from ..sky.sun import Place


class Sunlight:
    """The light at one system's place, and its days in its own time zone. All instants are aware UTC."""

    def __init__(self, place: Place, zone: ZoneInfo) -> None:
        """Take where the system is, and its time zone."""
        self._daylight = Daylight(place)
        self._zone = zone

    def is_dark(self, start: datetime, end: datetime) -> bool:
        """Return whether it is dark all the time between two instants."""
        return self._daylight.seconds(start.timestamp(), end.timestamp()) == 0

    def dark_since(self, now: datetime) -> datetime | None:
        """Return when the darkness began that is around an instant; `None` in the light, and in the polar night."""
        since = self._daylight.dark_since(now.timestamp())
        return None if since is None else datetime.fromtimestamp(since, now.tzinfo)

    def power_w(self, power: Power | None, now: datetime) -> float | None:
        """Return a measured power in W, and 0 in the dark that came after it; `None` if there is none.

        The last reading before sunset may be hours old when the plan is small: it must not shine all night.
        """
        if power is None:
            return None
        dark_since = self._daylight.dark_since(now.timestamp())
        return 0.0 if dark_since is not None and power.measured_at.timestamp() <= dark_since else power.power_w

    def day_energy_wh(self, newest: DayEnergy | None, now: datetime) -> float | None:
        """Return the energy since the system's midnight in Wh of what has this as its newest known day.

        `None` from the day's first light to its first reading.
        """
        if newest is None:
            return None
        if newest.day == local_day(now, self._zone):
            return newest.energy_wh
        return 0.0 if self._no_light_yet(now) else None

    def next_turn(self, now: datetime) -> datetime:
        """Return when the system's day or its light ends next: what was true before must not stand then."""
        turn = midnight(local_day(now, self._zone) + timedelta(days=1), self._zone)
        dark = self._daylight.dark_at(now.timestamp())
        return turn if dark is None else min(turn, datetime.fromtimestamp(dark + 1, now.tzinfo))

    def _no_light_yet(self, now: datetime) -> bool:
        """Return whether it has been dark since the system's midnight: nothing can have been produced then."""
        start = midnight(local_day(now, self._zone), self._zone)
        return self._daylight.seconds(start.timestamp(), now.timestamp()) == 0
