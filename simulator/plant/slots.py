"""Time in slots: all energy of the simulator lies in slots of five minutes, counted from the Unix epoch."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from ..dates import add_months

SLOT_SECONDS = 300
SLOTS_PER_HOUR = 3600 // SLOT_SECONDS
SLOTS_PER_QUARTER = SLOTS_PER_HOUR // 4
SLOTS_PER_DAY = 24 * SLOTS_PER_HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


def epoch(moment: datetime) -> int:
    """Return the whole seconds since the Unix epoch of an aware instant."""
    return (moment - _EPOCH) // _SECOND


def slot_of(moment: datetime) -> int:
    """Return the slot that an aware instant lies in."""
    return epoch(moment) // SLOT_SECONDS


def slot_after(moment: datetime) -> int:
    """Return the first slot that begins at an aware instant or later."""
    return -((_EPOCH - moment) // timedelta(seconds=SLOT_SECONDS))


def slot_time(slot: int) -> datetime:
    """Return the start of a slot as aware UTC."""
    return _EPOCH + timedelta(seconds=slot * SLOT_SECONDS)


@lru_cache(maxsize=32768)
def midnight_slot(day: date, zone: ZoneInfo) -> int:
    """Return the slot that a local day begins with."""
    return slot_of(datetime.combine(day, time(), zone))


def local_date(moment: datetime, zone: ZoneInfo) -> date:
    """Return the local date of an aware instant."""
    return moment.astimezone(zone).date()


def slot_date(slot: int, zone: ZoneInfo) -> date:
    """Return the local date that a slot begins on."""
    return local_date(slot_time(slot), zone)


def a_month_later(slot: int, zone: ZoneInfo) -> int:
    """Return the slot of the same local time one month after a slot."""
    day = slot_date(slot, zone)
    return midnight_slot(add_months(day, 1), zone) + slot - midnight_slot(day, zone)
