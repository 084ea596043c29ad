"""The registers of Enphase v2's revenue-grade meters: what each had counted when a day of the system began.

A register is hours old when it is told, so it is carried on by the meter's own quarter hours, and taken only where that
is exact. Facts are from the Enphase v2 documentation (``monthly_production``) and its late release notes
(``production_meter_readings``). Energies are Wh, instants aware UTC, days dates at the system.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from ...model.data import SystemData, local_day, midnight
from ...model.elements import Flow, LifetimeBase, Update
from ...model.series import Series, unbroken_wh
from ..enphase.model import MonthlyProduction, Register
from ..errors import NotAllowed, NotFound
from ..parse import as_time
from .meters import metered

MONTHS = "registers_monthly"
"""The note about when ``monthly_production`` was found missing."""
READINGS = "registers_readings"
"""The note about when ``production_meter_readings`` was found missing."""
READ = "registers_read"
"""The note about when registers were last read."""
ASK_AGAIN = timedelta(days=7)
"""What is missing is asked for again, and what is carried on is compared with the registers, this often."""
_DAY = timedelta(days=1)
_QUARTER = timedelta(minutes=15)


class Registers:
    """Reads the registers with one request, and mostly without one: whole days carry them on."""

    def __init__(
        self,
        monthly: Callable[[str, date], Awaitable[MonthlyProduction]],
        readings: Callable[[str, datetime], Awaitable[tuple[Register, ...]]],
    ) -> None:
        """Take the two endpoints: the production of a month by its first day, and the registers at an instant."""
        self._monthly = monthly
        self._readings = readings

    async def update(self, data: SystemData, now: datetime, zone: ZoneInfo) -> Update:
        """Return the registers at the beginning of the newest day for which they are worth asking, if there is one.

        ``monthly_production`` comes first: every account has it, so that nobody pays for finding out; its last register
        is that of a midnight, which is what is wanted. ``production_meter_readings`` stands in where the other is
        missing, and for a system that is not a month old yet. Raises `NotFound` where the account has neither.
        """
        series, today = metered(data), local_day(now, zone)
        day = _day_told(series, today, zone)
        if day is None or not _is_due(data, series, today, now):
            return Update()
        notes: dict[str, str] = {}
        registers: tuple[Register, ...] | None = None
        start = month_before(day)
        if not _noted_within(MONTHS, data, now) and not _is_younger(data, day, zone):
            if start is None:  # a 29th, 30th or 31st: no month ends with the day before; tomorrow will do
                return Update()
            try:
                registers = _of_month(await self._monthly(data.system.id, start), zone)
            except NotFound, NotAllowed:
                notes[MONTHS] = now.isoformat()
            else:
                notes |= {MONTHS: ""} if data.notes.get(MONTHS) else {}
        if registers is None and not _noted_within(READINGS, data, now):
            try:
                registers = await self._readings(data.system.id, midnight(day, zone))
            except NotFound, NotAllowed:
                notes[READINGS] = now.isoformat()
            else:
                notes |= {READINGS: ""} if data.notes.get(READINGS) else {}
        if registers is None:
            if _is_younger(data, day, zone) and not _noted_within(MONTHS, data, now):
                return Update(notes=MappingProxyType(notes))  # the first whole month will tell
            raise NotFound("the account tells no meter's register")
        return Update(
            device_bases=MappingProxyType(_bases(registers, series, day, zone)),
            notes=MappingProxyType(notes | {READ: now.isoformat()}),
        )


def month_before(day: date) -> date | None:
    """Return the day whose month ends with the day before; `None` where there is none, as for March 31st."""
    try:
        return day.replace(year=day.year - (day.month == 1), month=(day.month - 2) % 12 + 1)
    except ValueError:
        return None


def base_of(register: Register, series: Series, day: date, zone: ZoneInfo) -> LifetimeBase | None:
    """Return a register as of the beginning of a day; `None` unless the intervals in between tell that exactly."""
    start = midnight(day, zone)
    before, after = min(start, register.read_at), max(start, register.read_at)
    between = unbroken_wh(series, before, after)
    if between is None:
        return None
    value = register.value_wh + between if register.read_at < start else register.value_wh - between
    return LifetimeBase(day=day, before_wh=value) if value >= 0 else None


def _bases(
    registers: tuple[Register, ...], series: Mapping[str, Series], day: date, zone: ZoneInfo
) -> dict[str, Mapping[Flow, LifetimeBase]]:
    """Return the registers of the meters in use: retired ones stay listed."""
    return {
        register.serial: MappingProxyType({Flow.PRODUCTION: base})
        for register in registers
        if register.serial in series
        and _is_told_until(series[register.serial], midnight(day, zone))
        and (base := base_of(register, series[register.serial], day, zone)) is not None
    }


def _of_month(month: MonthlyProduction, zone: ZoneInfo) -> tuple[Register, ...]:
    if month.end is None:
        return ()
    end = midnight(month.end + _DAY, zone)
    return tuple(
        Register(serial=meter.serial, value_wh=meter.end_wh, read_at=end)
        for meter in month.meter_readings
        if meter.end_wh is not None
    )


def _day_told(series: Mapping[str, Series], today: date, zone: ZoneInfo) -> date | None:
    """Return the newest day up to whose beginning some meter has told everything: its register then is final."""
    for day in (today, today - _DAY):
        if any(_is_told_until(one, midnight(day, zone)) for one in series.values()):
            return day
    return None


def _is_told_until(series: Series, moment: datetime) -> bool:
    """Tell whether a meter has told of the time up to an instant: else what the cloud calls its register is older."""
    interval = series.get(moment - _QUARTER)
    return interval is not None and interval.end == moment


def _is_due(data: SystemData, series: Mapping[str, Series], today: date, now: datetime) -> bool:
    """Tell whether a register is not known, not carried on, or long not compared."""
    if not _noted_within(READ, data, now):
        return True
    bases = [data.device_bases.get(serial, {}).get(Flow.PRODUCTION) for serial in series]
    return any(base is None or base.day < today - 2 * _DAY for base in bases)


def _is_younger(data: SystemData, day: date, zone: ZoneInfo) -> bool:
    """Tell whether a system has not been there for the whole month before a day."""
    installed, start = data.system.installed_at, month_before(day) or day - timedelta(days=31)
    return installed is not None and local_day(installed, zone) > start


def _noted_within(note: str, data: SystemData, now: datetime) -> bool:
    noted = as_time(data.notes.get(note))
    return noted is not None and timedelta(0) <= now - noted < ASK_AGAIN
