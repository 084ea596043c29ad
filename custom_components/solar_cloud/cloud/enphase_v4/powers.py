"""What Enphase v4's meters and batteries say about powers now (W), as flows. Pure functions.

With a net meter the cloud computes consumption as production + grid, so a battery's part is in it. A total meter
measures what the house uses (Enphase v4 documentation, ``latest_telemetry``). Both can be there: the one measures the
grid, the other the house; they are never added up.
"""

from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from ...model.elements import Flow, Momentary, Power

NOISE_W = 50.0
"""A house that seems to give a little is one that uses nothing: meters are read some seconds apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The sums of all meters of each kind; `None`: there is none, or one of them is silent."""

    production: Power | None = None
    net: Power | None = None
    """Production and grid together."""
    total: Power | None = None
    """What the house uses."""
    battery: Power | None = None
    """What batteries give, negative while they take."""


def momentary_of(reading: Reading, now: datetime, *, storing: bool) -> Momentary | None:
    """Return the powers of all flows that are known; `None` where that is production alone.

    `storing`: there are batteries, so what is computed is unknown while they are silent.
    """
    production, net, total, battery = reading.production, reading.net, reading.total, reading.battery
    used = [one for one in (production, net, total, battery) if one is not None]
    if production is None or len(used) == 1:
        return None
    measured_at = min(now, *(one.measured_at for one in used))
    given = None if battery is None else battery.power_w
    if net is not None and total is not None:
        return _both(production.power_w, net.power_w, total.power_w, given, measured_at)
    if net is None and total is None:
        return _of(_produced(production.power_w) | _stored(given), frozenset(), measured_at)
    reading_w = net.power_w if net is not None else total.power_w if total is not None else 0.0
    return balanced(
        production.power_w,
        reading_w,
        given,
        total=total is not None,
        measured_at=measured_at,
        silent=storing and battery is None,
    )


def balanced(
    production: float,
    consumption: float,
    battery: float | None,
    *,
    total: bool,
    measured_at: datetime,
    silent: bool = False,
) -> Momentary:
    """Return what one consumption meter and production say, and what follows from them.

    `battery` is what batteries give, negative while they take; `silent`: there are some of which that is not known, and
    nothing follows. A house does not give energy either: then something else feeds in behind the meter. What inverters
    draw at night is consumption.
    """
    given = battery or 0.0
    powers = _produced(production) | _stored(battery)
    computed = frozenset({Flow.GRID_IMPORT, Flow.GRID_EXPORT} if total else {Flow.CONSUMPTION})
    load = consumption if total else consumption + given
    grid = consumption - (given if total else 0.0) - production
    if not total:
        # What goes through the grid's connection is measured: it stays as it is, whatever the house seems to do.
        powers |= _grid(grid)
        if load >= -NOISE_W and not silent:
            powers[Flow.CONSUMPTION] = max(0.0, load) + max(0.0, -production)
    elif load >= -NOISE_W:
        if load < 0:
            load, grid = 0.0, -production - given
        powers[Flow.CONSUMPTION] = load + max(0.0, -production)
        if not silent:
            powers |= _grid(grid)
    return _of(powers, computed, measured_at)


def _both(production: float, net: float, total: float, battery: float | None, measured_at: datetime) -> Momentary:
    """Return what a net and a total meter measure: grid and house; nothing is computed."""
    powers = _produced(production) | _stored(battery) | _grid(net - production)
    if total >= -NOISE_W:
        powers[Flow.CONSUMPTION] = max(0.0, total)
    return _of(powers, frozenset(), measured_at)


def _of(powers: dict[Flow, float], computed: frozenset[Flow], measured_at: datetime) -> Momentary:
    return Momentary(measured_at=measured_at, powers=MappingProxyType(powers), computed=computed)


def _produced(power: float) -> dict[Flow, float]:
    return {Flow.PRODUCTION: max(0.0, power)}


def _grid(power: float) -> dict[Flow, float]:
    return {Flow.GRID_IMPORT: max(0.0, power), Flow.GRID_EXPORT: max(0.0, -power)}


def _stored(given: float | None) -> dict[Flow, float]:
    if given is None:
        return {}
    return {Flow.BATTERY_DISCHARGE: max(0.0, given), Flow.BATTERY_CHARGE: max(0.0, -given)}
