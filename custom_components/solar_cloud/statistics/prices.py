"""What an entity said that a kilowatt-hour costs, hour by hour: its long-term statistics, else its states."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any, Final

from homeassistant.components.recorder.history import state_changes_during_period
from homeassistant.components.recorder.statistics import get_metadata, statistics_during_period
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers.recorder import get_instance

HOUR, MOMENT = timedelta(hours=1), timedelta(seconds=1)
PER: Final = {"wh": 1000.0, "kwh": 1.0, "mwh": 0.001}
"""What a price per so much energy is multiplied with."""
CENTS: Final = frozenset({"ct", "c", "cent", "cents", "¢", "p", "öre", "øre", "gr", "rp", "st"})
"""Hundredths of a currency's unit, as price integrations call them."""


def factor_of(unit: str | None) -> float:
    """Return what a price in a unit, such as ``ct/kWh``, is multiplied with to be one in the currency per kWh."""
    money, _, energy = (unit or "").strip().casefold().partition("/")
    hundredth = 0.01 if money.strip() in CENTS else 1.0
    return hundredth * PER.get(energy.strip(), 1.0)


async def async_hourly_prices(
    hass: HomeAssistant, entity_id: str, start: datetime, end: datetime
) -> Mapping[datetime, float]:
    """Return the price of each UTC hour between two instants that is known, in the currency per kWh."""
    return await get_instance(hass).async_add_executor_job(_hourly_prices, hass, entity_id, start, end)


def _hourly_prices(hass: HomeAssistant, entity_id: str, start: datetime, end: datetime) -> dict[datetime, float]:
    metadata = get_metadata(hass, statistic_ids={entity_id}).get(entity_id)
    found: dict[datetime, float] = {}
    if metadata is not None:
        rows = statistics_during_period(hass, start, end, {entity_id}, "hour", {}, {"mean"})
        factor = factor_of(metadata[1]["unit_of_measurement"])
        for row in rows.get(entity_id, []):
            if (mean := row.get("mean")) is not None and isfinite(mean):
                found[datetime.fromtimestamp(row["start"], UTC)] = mean * factor
    missing = [hour for hour in _hours(start, end) if hour not in found]
    if missing:
        # A change at the very start does not count as one that comes after it.
        changes = state_changes_during_period(
            hass, missing[0] - MOMENT, missing[-1] + HOUR, entity_id, include_start_time_state=True
        )
        found |= held_prices(changes.get(entity_id, []), missing)
    return found


def held_prices(states: Iterable[State], hours: Iterable[datetime]) -> dict[datetime, float]:
    """Return the mean price of each hour in which states, oldest first, held for the whole or a part of it."""
    steps = [(state.last_updated.astimezone(UTC), _price(state)) for state in states]
    found: dict[datetime, float] = {}
    for hour in hours:
        end, total, length = hour + HOUR, 0.0, 0.0
        for (since, price), until in zip(steps, [*(at for at, _ in steps[1:]), end], strict=False):
            seconds = (min(until, end) - max(since, hour)).total_seconds()
            if price is not None and seconds > 0:
                total, length = total + price * seconds, length + seconds
        if length:
            found[hour] = total / length
    return found


def _price(state: State) -> float | None:
    try:
        price = float(state.state)
    except ValueError:
        return None
    unit: Any = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    return price * factor_of(unit if isinstance(unit, str) else None) if isfinite(price) else None


def _hours(start: datetime, end: datetime) -> Iterable[datetime]:
    hour = start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    while hour < end:
        yield hour
        hour += HOUR
