"""What the sun says about a system: when its day and its light turn, and what cannot have been produced in the dark."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ..budget.daylight import Daylight
from ..model.darkness import LITTLE_SHARE, LITTLE_W, SURE
from ..model.data import local_day, midnight
from ..model.elements import DayEnergy, Power
from ..sky.sun import Place


class Sunlight:
    """The light at one system's place, and its days in its own time zone. All instants are aware UTC."""

    def __init__(self, place: Place, zone: ZoneInfo) -> None:
        """Take where the system is, and its time zone."""
        self._daylight = Daylight(place)
        self._sure = Daylight(replace(place, margin=place.margin + SURE))
        """Where it is dark by this, it is dark wherever in its zone the system is."""
        self._zone = zone

    def is_dark(self, start: datetime, end: datetime) -> bool:
        """Return whether it is dark all the time between two instants."""
        return self._daylight.seconds(start.timestamp(), end.timestamp()) == 0

    def dark_since(self, now: datetime) -> datetime | None:
        """Return when the darkness began that is around an instant; `None` in the light, and in the polar night."""
        since = self._daylight.dark_since(now.timestamp())
        return None if since is None else datetime.fromtimestamp(since, now.tzinfo)

    def as_of(self, power: Power, now: datetime, size_w: float | None) -> Power:
        """Return a measured power as of now: 0 W at the end of a darkness that came after it.

        The last reading before sunset may be hours old when the plan is small: it must not shine all night. A little
        that is reported in the dark is what a cloud has not turned over; more shows that the sun is known badly. What
        was measured stands until it is dark for sure: the system may be far from the place whose sun is reckoned with.
        """
        dark_until = self._surely_dark_until(now)
        if dark_until is None or power.measured_at > dark_until:
            return power
        little = max(LITTLE_W, LITTLE_SHARE * (size_w or 0.0))
        if power.power_w > little and self._sure.dark_since(power.measured_at.timestamp()) is not None:
            return power
        return Power(power_w=0.0, measured_at=max(power.measured_at, dark_until))

    def known_until(self, moment: datetime, now: datetime) -> datetime:
        """Return up to when an energy is known that was read up to a moment: in the dark nothing comes to it."""
        return max(moment, self._surely_dark_until(now) or moment)

    def _surely_dark_until(self, now: datetime) -> datetime | None:
        seconds = self._sure.dark_until(now.timestamp())
        return None if seconds is None else datetime.fromtimestamp(seconds, now.tzinfo)

    def day_energy_wh(self, newest: DayEnergy | None, now: datetime) -> float | None:
        """Return the energy since the system's midnight in Wh of what has this as its newest known day.

        A new day begins at 0. What is older than yesterday says nothing about today once it is light.
        """
        if newest is None:
            return None
        today = local_day(now, self._zone)
        if newest.day == today:
            return newest.energy_wh
        return 0.0 if newest.day == today - timedelta(days=1) or self._no_light_yet(now) else None

    def next_turn(self, now: datetime) -> datetime:
        """Return when the system's day or its light ends next: what was true before must not stand then."""
        turn = midnight(local_day(now, self._zone) + timedelta(days=1), self._zone)
        dark = self._sure.dark_at(now.timestamp())
        return turn if dark is None else min(turn, datetime.fromtimestamp(dark + 1, now.tzinfo))

    def _no_light_yet(self, now: datetime) -> bool:
        """Return whether it has been dark since the system's midnight: nothing can have been produced then."""
        start = midnight(local_day(now, self._zone), self._zone)
        return self._daylight.seconds(start.timestamp(), now.timestamp()) == 0
