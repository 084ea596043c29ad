"""What a power of production means once the sun is known: in the dark nothing is produced. Pure functions.

Some clouds keep the last power of the day all night, with intervals of nothing beside it or without any. The same
silence at noon means that intervals come late. Only the sun tells the two apart.
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
LITTLE_W, LITTLE_SHARE = 100.0, 0.02
"""No more than that, or than that share of the nameplate, is reported in the dark by mistake."""
_STEP = timedelta(minutes=5)
_MOMENT = timedelta(minutes=1)


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
    if power is None or not dark(power.measured_at - _STEP - SURE, power.measured_at + SURE):
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
