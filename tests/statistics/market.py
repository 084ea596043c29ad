"""A dynamic tariff in frozen time: a sensor has the price of the hour, statistics have those of the hours before."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder.models import StatisticData, StatisticMeanType, StatisticMetaData
from homeassistant.components.recorder.statistics import async_import_statistics
from homeassistant.core import HomeAssistant

HOUR = timedelta(hours=1)
PRICE = "sensor.spot_price"
KEPT = 8
"""For how many of the last hours the states are kept: each is a commit of the database."""
COMPILED = timedelta(minutes=12)
"""How long after its end an hour is in the statistics: until then its price is in the states alone."""


def spot(hour: datetime) -> float:
    """Return the price of a UTC hour in the currency per kWh: below zero every tenth time, and seldom very high."""
    dice = Random(int(hour.timestamp()))
    cents = 400.0 if dice.random() < 0.005 else dice.uniform(-5.0, 45.0)
    return round(cents, 2) / 100


@dataclass
class Market:
    """Moves the time on, and lets each hour that begins have its price; stands in for what freezes the time."""

    hass: HomeAssistant
    freezer: FrozenDateTimeFactory

    def open(self) -> None:
        """Have a price for the present hour."""
        self._tell(_hour(datetime.now(UTC)))

    def tick(self, time: timedelta) -> None:
        self.move_to(datetime.now(UTC) + time)

    def move_to(self, until: datetime) -> None:
        """Pass each hour's beginning on the way."""
        now = datetime.now(UTC)
        begin = _hour(now)
        hours = [begin + number * HOUR for number in range(1, int((until - begin) / HOUR) + 1)]
        # What is older is in the statistics anyway.
        for hour in hours[-KEPT:]:
            self.freezer.move_to(hour)
            self._tell(hour)
        self.freezer.move_to(until)
        first, last = (_hour(moment - COMPILED) for moment in (now, until))
        self._compile(first + number * HOUR for number in range(int((last - first) / HOUR)))

    def _tell(self, hour: datetime) -> None:
        self.hass.states.async_set(PRICE, f"{spot(hour) * 100:.2f}", {"unit_of_measurement": "ct/kWh"})

    def _compile(self, hours: Iterable[datetime]) -> None:
        metadata = StatisticMetaData(
            has_sum=False,
            mean_type=StatisticMeanType.ARITHMETIC,
            name=None,
            source="recorder",
            statistic_id=PRICE,
            unit_class=None,
            unit_of_measurement="ct/kWh",
        )
        rows = [StatisticData(start=hour, mean=spot(hour) * 100) for hour in hours]
        if rows:
            async_import_statistics(self.hass, metadata, rows)


def _hour(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
