"""How fast ten years of hours become statistics, and how long all else waits.

`python benchmarks/bookkeeping.py` prints it. With `--write`, docs/development/statistics-speed.md becomes what it
prints.

87,600 hours of one measure go into a fresh database on disk, through `Book` and through the recorder's own bulk import
of the same rows. Beside it a clock ticks in the event loop every millisecond. Its longest delay is what a light switch
would feel: the event loop's own longest step, and what the recorder's thread, the interpreter's lock, the garbage
collector and other programs on the machine take.
"""

from pathlib import Path
import sys

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "development" / "statistics-speed.md"
# The folder of this file hides modules of the standard library behind files of the same name.
sys.path[0] = str(ROOT)

import argparse  # noqa: E402
import asyncio  # noqa: E402
from collections.abc import AsyncGenerator, Awaitable, Callable  # noqa: E402
from contextlib import asynccontextmanager  # noqa: E402
from dataclasses import dataclass  # noqa: E402
from datetime import UTC, datetime, timedelta  # noqa: E402
import gc  # noqa: E402
import logging  # noqa: E402
import os  # noqa: E402
import platform  # noqa: E402
import random  # noqa: E402
from tempfile import TemporaryDirectory  # noqa: E402
from time import perf_counter, thread_time  # noqa: E402

from homeassistant import loader  # noqa: E402
from homeassistant.components.recorder.models import StatisticData  # noqa: E402
from homeassistant.components.recorder.statistics import async_add_external_statistics  # noqa: E402
from homeassistant.config_entries import ConfigEntries  # noqa: E402
from homeassistant.const import __version__ as version  # noqa: E402
from homeassistant.core import CoreState, HomeAssistant  # noqa: E402
from homeassistant.helpers.recorder import async_initialize_recorder, get_instance  # noqa: E402
from homeassistant.setup import async_setup_component  # noqa: E402

from custom_components.solar_cloud.history.tariff import Side  # noqa: E402
from custom_components.solar_cloud.home_assistant_internals import async_queue_marker  # noqa: E402
from custom_components.solar_cloud.model.elements import Flow, System, Vendor  # noqa: E402
from custom_components.solar_cloud.statistics.book import Book  # noqa: E402
from custom_components.solar_cloud.statistics.names import energy_metadata  # noqa: E402

type Hours = dict[datetime, float]
SYSTEM = System(vendor=Vendor.ENPHASE, id="67", name="Eich Residence")
HOUR = timedelta(hours=1)
TICK = 0.001


def hours_of(years: float) -> Hours:
    """Return production by hours, whole Wh, nothing at night."""
    dice = random.Random(5)
    start = datetime(2016, 11, 1, tzinfo=UTC)
    hours = (start + HOUR * number for number in range(round(years * 8760)))
    return {hour: float(dice.randrange(200, 6000)) if 6 <= hour.hour < 18 else 0.0 for hour in hours}


def months_of(hours: Hours) -> list[Hours]:
    """Return the hours month by month, newest first."""
    months: dict[tuple[int, int], Hours] = {}
    for hour, energy in hours.items():
        months.setdefault((hour.year, hour.month), {})[hour] = energy
    return [months[month] for month in sorted(months, reverse=True)]


async def recorders_own(hass: HomeAssistant, hours: Hours) -> None:
    """Hand all rows to the recorder at once, as it is made for, and wait until they are written."""

    def build() -> list[StatisticData]:
        total = 0.0
        kilo = ((hour, energy / 1000) for hour, energy in hours.items())
        return [StatisticData(start=hour, state=energy, sum=(total := total + energy)) for hour, energy in kilo]

    rows = await hass.async_add_executor_job(build)
    async_add_external_statistics(hass, energy_metadata(SYSTEM, Flow.PRODUCTION, "production"), rows)
    await async_queue_marker(get_instance(hass))


async def all_at_once(hass: HomeAssistant, hours: Hours) -> None:
    """Put all hours into the book in one go."""
    assert await Book(hass, SYSTEM).async_put(Flow.PRODUCTION, hours) == len(hours)


async def month_by_month(hass: HomeAssistant, hours: Hours) -> None:
    """Put the months into the book, the newest first, anchored to the lifetime at its beginning."""
    book = Book(hass, SYSTEM)
    months = await hass.async_add_executor_job(months_of, hours)
    anchor = sum(hours.values()) - sum(months[0].values())
    for month in months:
        assert await book.async_put(Flow.PRODUCTION, month, anchor=anchor) == len(month)


async def again(hass: HomeAssistant, hours: Hours) -> None:
    """Put what is booked already."""
    assert await Book(hass, SYSTEM).async_put(Flow.PRODUCTION, hours) == 0


async def correction(hass: HomeAssistant, hours: Hours) -> None:
    """Correct the oldest hour, which shifts every later sum."""
    assert await Book(hass, SYSTEM).async_put(Flow.PRODUCTION, {next(iter(hours)): 1.0}) == 1


async def costs(hass: HomeAssistant, hours: Hours) -> None:
    """Put the costs of the last year into the book, hour by hour."""
    priced = {hour: energy * 0.29 / 1000 for hour, energy in list(hours.items())[-8760:]}
    assert await Book(hass, SYSTEM).async_put_costs(Side.IMPORT, priced) == len(priced)


@asynccontextmanager
async def home_assistant(folder: str) -> AsyncGenerator[HomeAssistant]:
    """Run as much of Home Assistant as the recorder needs, with a database in this folder."""
    hass = HomeAssistant(folder)
    hass.config.skip_pip = True
    loader.async_setup(hass)
    hass.config_entries = ConfigEntries(hass, {})
    async_initialize_recorder(hass)
    if not await async_setup_component(hass, "recorder", {"recorder": {"db_url": f"sqlite:///{folder}/home.db"}}):
        raise SystemExit("The recorder did not start")
    hass.set_state(CoreState.running)
    hass.bus.async_fire("homeassistant_started")
    await hass.async_block_till_done()
    try:
        yield hass
    finally:
        await hass.async_stop(force=True)


@dataclass
class Measured:
    """How long something took, and what all else in the event loop noticed of it."""

    seconds: float = 0.0
    delay: float = 0.0
    """The longest time in s that a clock in the event loop stood still."""
    step: float = 0.0
    """The longest time in s that the event loop's thread worked without giving the clock a turn."""

    @property
    def noticed(self) -> str:
        """Both times in ms, for the table."""
        return f"{self.delay * 1000:.0f} ms | {self.step * 1000:.0f} ms"


async def measure(
    hass: HomeAssistant, act: Callable[[HomeAssistant, Hours], Awaitable[None]], hours: Hours
) -> Measured:
    """Do it, and tell what that meant."""
    measured = Measured()

    async def tick() -> None:
        wall, worked = perf_counter(), thread_time()
        while True:
            await asyncio.sleep(TICK)
            wall_now, worked_now = perf_counter(), thread_time()
            measured.delay = max(measured.delay, wall_now - wall - TICK)
            measured.step = max(measured.step, worked_now - worked)
            wall, worked = wall_now, worked_now

    gc.collect()
    clock = asyncio.create_task(tick())
    await asyncio.sleep(0.05)
    measured.delay = measured.step = 0.0
    start = perf_counter()
    await act(hass, hours)
    measured.seconds = perf_counter() - start
    await asyncio.sleep(0.01)
    clock.cancel()
    return measured


def row(name: str, count: int, done: Measured, own: Measured) -> str:
    """Return what writing all hours took, beside the recorder's own way."""
    rate, ratio = count / done.seconds, own.seconds / done.seconds
    return f"| {name} | {done.seconds:.1f} s | {rate:,.0f} | {ratio:.2f} | {done.noticed} |"


async def run(years: float) -> AsyncGenerator[str]:
    """Give the table line by line."""
    hours = hours_of(years)
    yield "| way | total | rows/s | × as fast as the recorder's own | longest delay | longest step of the event loop |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    own: Measured | None = None
    for name, act, afterwards in (
        ("the recorder's own bulk import", recorders_own, ()),
        (
            "Book, all at once",
            all_at_once,
            (
                ("Book, the same again", again),
                ("Book, the oldest hour corrected", correction),
                ("Book, the costs of a year", costs),
            ),
        ),
        ("Book, month by month, newest first", month_by_month, ()),
    ):
        with TemporaryDirectory() as folder:
            async with home_assistant(folder) as hass:
                done = await measure(hass, act, hours)
                own = own or done
                yield row(name, len(hours), done, own)
                for title, more in afterwards:
                    done = await measure(hass, more, hours)
                    yield f"| {title} | {done.seconds:.2f} s | | | {done.noticed} |"


HEAD = """# How fast does the past get in?

<!-- benchmarks/bookkeeping.py --write writes this page. -->

{years:g} years of hours ({rows:,} rows) of one measure are written into a fresh SQLite database on disk. Once they go
through what Solar Cloud books with (`statistics/book.py`), and once through the recorder's own bulk import. Measured
on {today}, {cores} cores, Python {python}, Home Assistant {version}.
"""
FOOT = """
- **The longest delay** is how late a clock in the event loop ticked at worst. That is what a light switch would feel.
  It comes from the event loop's own work, what the recorder's thread takes of the interpreter, the garbage collector,
  and whatever else runs on the machine.
- **The longest step** is the longest time that the event loop's own thread worked without giving others a turn.
- *All at once* hands everything over in one call.
- An import goes *month by month, newest first*. Older hours get their sums backwards from the hours that are there.
  No later row is touched.
- *The same again* reads and compares everything, and writes nothing.
- *The oldest hour corrected* shifts every later sum.
- *The costs of a year* are a statistic of their own, with a price for each of the last 8,760 hours.
"""


async def table(years: float) -> list[str]:
    """Measure, and print each line as soon as it is there."""
    lines = []
    async for line in run(years):
        print(line, flush=True)
        lines.append(line)
    return lines


def main() -> int:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=float, default=10, help="how many years of hours")
    parser.add_argument("--write", action="store_true", help="write docs/development/statistics-speed.md")
    options = parser.parse_args()
    logging.getLogger("homeassistant.loader").setLevel(logging.ERROR)
    head = HEAD.format(
        years=options.years,
        rows=round(options.years * 8760),
        today=datetime.now(UTC).date(),
        cores=os.process_cpu_count(),
        python=platform.python_version(),
        version=version,
    )
    print(head)
    lines = asyncio.run(table(options.years))
    print(FOOT)
    if options.write:
        PAGE.write_text("\n".join([head, *lines]) + "\n" + FOOT, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
