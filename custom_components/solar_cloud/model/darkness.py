"""What a silence means once the sun is known: inverters that sleep, or intervals that come late. Pure functions.

Some clouds keep the last power of the day all night, because no interval with energy comes any more that could change
it. The same silence at noon means that intervals come late. Only the sun tells the two apart.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType

from .elements import Flow, Power, Update
from .series import Dark

DIM = timedelta(minutes=90)
"""For so long before and after the dark inverters may sleep."""
DIM_SHARE = 0.05
DIM_W = 50.0
"""Who slept with more power than that, or that share of the nameplate, did not fall asleep."""
_STEP = timedelta(minutes=5)
_MOMENT = timedelta(minutes=1)


def as_the_sun_has_it(update: Update, size_w: float | None, dark: Dark) -> Update:
    """Return an update whose power of production is 0 where a silent system sleeps.

    `size_w` is the nameplate of the system, `dark` knows the sun there.
    """
    silence, power, momentary = update.silence, update.power, update.momentary
    if silence is None:
        return update
    if momentary is not None and momentary.powers.keys() == {Flow.PRODUCTION}:
        power = Power(power_w=momentary.powers[Flow.PRODUCTION], measured_at=momentary.measured_at)
    if not _sleeps(power, silence.until, size_w, dark):
        return update
    if momentary is None:
        return replace(update, power=Power(power_w=0.0, measured_at=silence.until))
    powers = MappingProxyType({**momentary.powers, Flow.PRODUCTION: 0.0})
    return replace(update, momentary=replace(momentary, powers=powers, measured_at=silence.until))


def _sleeps(power: Power | None, at: datetime, size_w: float | None, dark: Dark) -> bool:
    """Return whether it is dark at an instant, or so nearly that inverters with hardly any power have fallen asleep."""
    faint = power is None or power.power_w <= max(DIM_W, DIM_SHARE * (size_w or 0.0))
    if dark(at - _STEP, at):
        # Who produces in the dark is at a place whose sun is known badly.
        return faint or power is None or not dark(power.measured_at - _STEP, power.measured_at)
    return faint and (dark(at + DIM - _MOMENT, at + DIM) or dark(at - DIM, at - DIM + _MOMENT))
