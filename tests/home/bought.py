"""What the answer to a request brought that was not known before."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import timedelta

from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import Interval, Update
from custom_components.solar_cloud.model.series import EMPTY, Series, newest_end

HOUR = timedelta(hours=1)
POWERS, ROWS, DEVICES, LIVES = "powers", "hours of rows", "values of devices", "lifetimes"
ALERTS, LISTED, STATES, DIVIDED = "lists of alerts", "lists of devices", "states", "divisions of the day"


def bought(data: SystemData, update: Update) -> Counter[str]:
    """Return how much of each kind an update adds to what was known; rows count in hours, for each flow."""
    found = Counter[str]()
    found[POWERS] = sum(1 for _ in _newer_powers(data, update))
    rows = sum((_beyond(known, new) for known, new in _series(data, update)), timedelta(0))
    found[ROWS] = round(rows / HOUR)
    found[DEVICES] = len(update.readings)
    found[LIVES] = len(update.bases) + len(update.device_bases) + (update.lifetime not in {None, data.lifetime_base})
    found[ALERTS] = update.alerts is not None
    found[LISTED] = bool(update.complete)
    found[STATES] = update.system is not None
    found[DIVIDED] = update.breakdown is not None
    return +found


def words(counted: Counter[str]) -> str:
    """Return what was bought, as the table has it."""
    return " and ".join(f"{count} {name}" for name, count in counted.items())


def _newer_powers(data: SystemData, update: Update) -> Iterator[str]:
    """Yield a name for each flow that has a power of a later time; rows bring the power of their newest one."""
    power, now = update.power, update.momentary
    if power is not None and (data.power is None or power.measured_at > data.power.measured_at):
        yield "production"
    if now is not None and (data.momentary is None or now.measured_at > data.momentary.measured_at):
        yield from now.powers


def _series(data: SystemData, update: Update) -> Iterator[tuple[Series, tuple[Interval, ...]]]:
    """Yield what was known of each flow of the system, and what came."""
    yield data.intervals, update.intervals
    yield from ((data.flows.get(flow, EMPTY), rows) for flow, rows in update.flows.items())
    yield from ((data.detail.get(flow, EMPTY), rows) for flow, rows in update.detail.items())


def _beyond(known: Series, rows: Iterable[Interval]) -> timedelta:
    """Return how much time the rows after the newest known one have."""
    end = newest_end(known)
    return sum((row.end - row.start for row in rows if end is None or row.end > end), timedelta(0))
