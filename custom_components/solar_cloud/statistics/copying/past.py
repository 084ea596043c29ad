"""What a system's own statistics lack of the past that is to be copied, and what it costs to read it."""

import asyncio
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from ..allowance import spare_requests
from ..import_terms import import_price

if TYPE_CHECKING:
    from ..bookkeeper import Bookkeeper
    from ..system_statistics import SystemStatistics

DAY = timedelta(days=1)
LONGEST_WAIT = 60
"""How many seconds a copy waits for an import. A longer one goes on by itself, and the next copy takes the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingPast:
    """Days that the cloud has and the statistics have not."""

    price: int = 0
    """The requests that it takes to read all of them."""
    since: date | None = None
    """The first day that the allowed requests reach back to; `None`: no further than what is there."""
    affordable: int = 0
    """The requests that it takes to read from this day on."""


def missing_past(statistics: SystemStatistics, start: date | None, most: int | None) -> MissingPast:
    """Return what is missing from a day on, by default the first of the system's life.

    At most so many requests are allowed, by default what the month can spare. A past that is free is imported anyway.
    """
    archive, first, begin = statistics.archive, statistics.state.first, statistics.begin()
    if archive is None or archive.is_free or first is None or (wanted := start or begin) is None:
        return MissingPast()
    wanted = max(wanted, begin or wanted)
    if wanted >= first:
        return MissingPast()
    spare = spare_requests(statistics.metered)
    allowed = spare if most is None else min(most, spare)
    since, affordable = None, 0
    for day, _ in archive.chunks(statistics.data, wanted, first - DAY):
        if (price := import_price(statistics, day)) > allowed:
            break
        since, affordable = day, price
    return MissingPast(price=import_price(statistics, wanted), since=since, affordable=affordable)


async def async_import_missing(bookkeeper: Bookkeeper, past: MissingPast) -> None:
    """Import what may be paid of the past, and wait for it as long as an owner does."""
    if past.since is None:
        return
    await bookkeeper.async_import(past.since)
    try:
        async with asyncio.timeout(LONGEST_WAIT):
            await bookkeeper.async_idle()
    except TimeoutError:
        return
