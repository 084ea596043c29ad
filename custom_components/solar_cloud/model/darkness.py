"""What a power of production means once the sun is known: in the dark nothing is produced. Pure functions.

Some clouds keep the last power of the day all night, with intervals of nothing beside it or without any. The same
silence at noon means that intervals come late. Only the sun parts the two.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType

from .elements import Flow, Power, Silence, Update
from .series import Dark

DIM = timedelta(minutes=90)
"""For so long before and after the dark inverters may sleep."""
DIM_SHARE = 0.05
DIM_W = 50.0
"""Who slept with more power than that, or that share of the nameplate, did not fall asleep."""
SURE = timedelta(minutes=45)
"""So long after the light has gone, and before it comes, it is dark at a system that is elsewhere in its zone, too."""
LOW, LOW_SHARE = timedelta(hours=1), 1 / 3
"""So long after the dark and before it the sun is low, and gives a third of the most that modules can yield."""
LITTLE_W, LITTLE_SHARE = 100.0, 0.02
"""No more than that, or than that share of the nameplate, is reported in the dark by mistake."""
_STEP = timedelta(minutes=5)
_QUARTER = timedelta(minutes=15)
_MOMENT = timedelta(minutes=1)


def is_surely_dark(start: datetime, end: datetime, dark: Dark) -> bool:
    """Return whether it is dark all the time between two instants, wherever in its zone the system is."""
    return dark(start - SURE, end + SURE)


def light_between(start: datetime, end: datetime, dark: Dark) -> timedelta:
    """Return for how long between two instants it may have been light, to a quarter of an hour.

    What is near the dark counts for a part: so low a sun gives modules half of their nameplate at the most.
    """
    if end <= start or is_surely_dark(start, end, dark):
        return timedelta(0)
    lit = timedelta(0)
    while start < end:
        until = min(start + _QUARTER, end)
        if not is_surely_dark(start, until, dark):
            dim = any(dark(at, at + _MOMENT) for at in (start - LOW, start, until + LOW))
            lit += (until - start) * (LOW_SHARE if dim else 1)
        start = until
    return lit


def as_the_sun_has_it(update: Update, size_w: float | None, dark: Dark) -> Update:
    """Return an update whose power of production is 0 where it is dark, and where inverters have fallen asleep.

    `size_w` is the nameplate of the system, `dark` knows the sun there.
    """
    power, momentary = update.power, update.momentary
    if momentary is not None and momentary.powers.keys() == {Flow.PRODUCTION}:
        known = Power(power_w=momentary.powers[Flow.PRODUCTION], measured_at=momentary.measured_at)
        seen = _seen(known, update.silence, size_w, dark) or known
        powers = MappingProxyType({Flow.PRODUCTION: seen.power_w})
        return replace(update, momentary=replace(momentary, powers=powers, measured_at=seen.measured_at))
    return replace(update, power=_seen(power, update.silence, size_w, dark))


def _seen(power: Power | None, silence: Silence | None, size_w: float | None, dark: Dark) -> Power | None:
    """Return a power, or 0 in its place; `None` where there is neither."""
    if silence is not None and _sleeps(power, silence.until, size_w, dark):
        return Power(power_w=0.0, measured_at=silence.until)
    if power is None or not is_surely_dark(power.measured_at - _STEP, power.measured_at, dark):
        return power
    # More than a little that is measured in the dark shows that the sun is known badly.
    return replace(power, power_w=0.0) if power.power_w <= max(LITTLE_W, LITTLE_SHARE * (size_w or 0.0)) else power


def _sleeps(power: Power | None, at: datetime, size_w: float | None, dark: Dark) -> bool:
    """Return whether it is dark at an instant, or so nearly that inverters with hardly any power have fallen asleep."""
    if dark(at - _STEP, at):
        return True
    if power is not None and power.power_w > max(DIM_W, DIM_SHARE * (size_w or 0.0)):
        return False
    return dark(at + DIM - _MOMENT, at + DIM) or dark(at - DIM, at - DIM + _MOMENT)
