"""A system's own hours, and a sensor of somebody else that really counts and is really compiled."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder.db_schema import Statistics, StatisticsShortTerm
from homeassistant.components.recorder.statistics import get_metadata, statistics_during_period
from homeassistant.components.recorder.tasks import StatisticsTask
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance, session_scope
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import async_test_home_assistant
from sqlalchemy import select

from custom_components.solar_cloud.model.elements import Flow, System, Vendor
from custom_components.solar_cloud.model.series import local_day, midnight
from custom_components.solar_cloud.statistics.book import Book
from custom_components.solar_cloud.statistics.copying.copier import Copier, CopyRequest

SYSTEM = System(vendor=Vendor.ENPHASE, id="67", name="Eich Residence")
ZONE = ZoneInfo("Europe/Amsterdam")
METER = "sensor.meter"
HOUR = timedelta(hours=1)
STEP = timedelta(minutes=5)
EVER = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
UNITS = {"Wh": 1.0, "kWh": 1000.0, "MWh": 1e6}
BEFORE = 35_000_000.0
"""What the counter stands at when everything begins, Wh."""

type Rows = list[tuple[Any, ...]]


@pytest.fixture
def recorder_config() -> dict[str, Any]:
    """Let the recorder keep the states of the meter alone."""
    return {"include": {"entities": [METER]}}


def truth(start: datetime, hours: int) -> dict[datetime, float]:
    """Return what the system has in each hour: something in all of them, so that each can be lost."""
    return {start + HOUR * number: 600.0 + 60 * (number % 24) for number in range(hours)}


@dataclass
class House:
    """A Home Assistant with a meter beside the system: what it shows is the truth, wherever it is read."""

    hass: HomeAssistant
    freezer: FrozenDateTimeFactory
    energies: Mapping[datetime, float]
    unit: str = "kWh"
    is_daily: bool = False
    """Whether the meter begins again at each midnight of the system, and says when."""

    @property
    def statistics(self) -> Any:
        """What a copier needs of a system's statistics."""
        return SimpleNamespace(
            hass=self.hass,
            book=Book(self.hass, SYSTEM),
            coordinator=SimpleNamespace(system=SYSTEM),
            name=SYSTEM.name,
            zone=ZONE,
        )

    @property
    def copier(self) -> Copier:
        return Copier(self.statistics)

    async def set_up(self) -> None:
        """Set up what compiles the statistics of sensors, and the meter as a template of what is measured."""
        self.hass.states.async_set("input_number.register", "unavailable")
        meter = {
            "name": "Meter",
            "unique_id": "meter",
            "state": "{{ states('input_number.register') }}",
            "availability": "{{ has_value('input_number.register') }}",
            "unit_of_measurement": self.unit,
            "device_class": "energy",
            "state_class": "total_increasing",
        }
        if self.is_daily:
            reset = "{{ state_attr('input_number.register', 'reset') }}"
            meter |= {"state_class": "total", "last_reset": reset}
        assert await async_setup_component(self.hass, "sensor", {})
        assert await async_setup_component(self.hass, "template", {"template": [{"sensor": meter}]})
        await self.hass.async_block_till_done()

    async def book(self) -> None:
        """Book the truth as the system's own statistic."""
        assert await Book(self.hass, SYSTEM).async_put(Flow.PRODUCTION, dict(self.energies))

    def counted(self, now: datetime) -> float:
        """Return the truth of the counter at an instant, Wh."""
        total = BEFORE
        for hour, energy in self.energies.items():
            if hour >= now:
                break
            total += energy * min(1.0, (now - hour) / HOUR)
        return total

    async def run(self, start: datetime, end: datetime) -> None:
        """Let the meter count and be compiled every five minutes."""
        now = start
        while now < end:
            for second in (1, 290):
                self.freezer.move_to(now + timedelta(seconds=second))
                reading = self.counted(now + timedelta(seconds=second) if second == 1 else now + STEP)
                reset = midnight(local_day(now, ZONE), ZONE)
                if self.is_daily:
                    reading -= self.counted(reset)
                state = f"{reading / UNITS[self.unit]:.9f}"
                self.hass.states.async_set("input_number.register", state, {"reset": reset.isoformat()})
                await self.hass.async_block_till_done()
            now += STEP
            self.freezer.move_to(now + timedelta(seconds=10))
            await self.compile(now - STEP)

    async def compile(self, start: datetime) -> None:
        """Compile five minutes, as the recorder does when they are over."""
        instance = get_instance(self.hass)
        await self.hass.async_add_executor_job(instance.block_till_done)
        instance.queue_task(StatisticsTask(start, False))
        await self.hass.async_add_executor_job(instance.block_till_done)

    async def go_away(self) -> None:
        self.hass.states.async_set("input_number.register", "unavailable")
        await self.hass.async_block_till_done()
        await self.hass.async_add_executor_job(get_instance(self.hass).block_till_done)

    async def changes(self, target: str = METER, period: Any = "hour") -> dict[datetime, float]:
        """Return the change in each period as the recorder's own function reports it, Wh."""
        instance = get_instance(self.hass)
        await self.hass.async_add_executor_job(instance.block_till_done)
        found = await instance.async_add_executor_job(
            lambda: statistics_during_period(self.hass, *EVER, {target}, period, {"energy": "Wh"}, {"change"})
        )
        return {datetime.fromtimestamp(row["start"], UTC): row["change"] or 0.0 for row in found.get(target, [])}

    async def rows(self, target: str = METER) -> dict[str, Rows]:
        """Return all rows of both tables."""

        def read() -> dict[str, Rows]:
            number = get_metadata(self.hass, statistic_ids={target})[target][0]
            with session_scope(hass=self.hass, read_only=True) as session:
                return {
                    table.__tablename__: [
                        tuple(row)
                        for row in session.execute(
                            select(table.start_ts, table.state, table.sum, table.last_reset_ts)
                            .where(table.metadata_id == number)
                            .order_by(table.start_ts)
                        )
                    ]
                    for table in (Statistics, StatisticsShortTerm)
                }

        instance = get_instance(self.hass)
        await self.hass.async_add_executor_job(instance.block_till_done)
        return await instance.async_add_executor_job(read)


def request(target: str = METER, **options: Any) -> CopyRequest:
    return CopyRequest(flow=Flow.PRODUCTION, target=target, **options)


@asynccontextmanager
async def another_life(open_recorder: Any, config: dict[str, Any]) -> AsyncGenerator[HomeAssistant]:
    """Run another Home Assistant over the same database."""
    async with async_test_home_assistant() as hass, open_recorder(hass, config):
        try:
            yield hass
        finally:
            await hass.async_stop()


def same(rows: Mapping[str, Rows], others: Mapping[str, Rows], unit: str) -> bool:
    """Return whether rows are the same; sums to a tenth of a milliwatt-hour."""
    tolerance = 1e-4 / UNITS[unit]
    return all(
        len(rows[table]) == len(others[table])
        and all(
            (one[0], one[1], one[3]) == (two[0], two[1], two[3]) and abs(one[2] - two[2]) <= tolerance
            for one, two in zip(rows[table], others[table], strict=True)
        )
        for table in rows
    )


class Killed(Exception):
    """Ends a copy where a kill would."""


async def dies(one: House, call: Any, number: int) -> bool:
    """Run a call, and kill it at the record or the write with this number; returns whether it came so far."""
    seen = 0
    record, work = Copier._async_record, Copier._async_in_recorder

    def counting(step: Any) -> Any:
        async def counted(self: Any, *args: Any) -> Any:
            nonlocal seen
            if seen == number:
                raise Killed
            seen += 1
            result = await step(self, *args)
            if seen == number:
                raise Killed
            seen += 1
            return result

        return counted

    with (
        patch.object(Copier, "_async_record", counting(record)),
        patch.object(Copier, "_async_in_recorder", counting(work)),
    ):
        try:
            await call()
        except Killed:
            # What comes next knows only what is on disk.
            one.hass.data.pop("solar_cloud.copies")
            return True
    return False
