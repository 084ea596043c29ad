"""The registers of an Enphase v2 system's meters: what each had counted when a day of the system began.

A register is hours old when it is reported, so the meter's own quarter hours carry it to the beginning of a day, and it
is used only where that is exact. Facts are from the Enphase v2 documentation (``monthly_production``) and its late
release notes (``production_meter_readings``). Energies are Wh, instants aware UTC, days dates at the system.
"""

from collections.abc import Awaitable, Iterable, Mapping
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import override
from zoneinfo import ZoneInfo

from ....model.data import SystemData, local_day, midnight
from ....model.elements import Flow, LifetimeBase, Update
from ....model.series import Series, unbroken_wh
from ...base import Job, JobTerms
from ...enphase.model import MonthlyProduction, Register
from ...errors import NotAllowed, NotFound
from ...parse import as_time
from ..api import EnphaseV2Api
from ..known_meters import production_series

MONTHS = "registers_monthly"
"""The note about when ``monthly_production`` was found missing."""
READINGS = "registers_readings"
"""The note about when ``production_meter_readings`` was found missing."""
READ = "registers_read"
"""The note about when registers were last read."""
RETRY_AFTER = timedelta(days=7)
"""How often a missing endpoint is tried again, and a register that is carried forward is compared with the cloud's."""
_DAY = timedelta(days=1)
_QUARTER = timedelta(minutes=15)


class RegistersJob(Job[EnphaseV2Api]):
    """Reads ``monthly_production``, or ``production_meter_readings`` where that is missing."""

    terms = JobTerms(name="registers", cadence=timedelta(hours=24), night=True, optional=True)

    @override
    def applies_to(self, data: SystemData) -> bool:
        """Return whether a meter has reported production."""
        return bool(production_series(data))

    @override
    async def run(self, data: SystemData, now: datetime) -> Update:
        """Return the registers at the beginning of the newest day for which a request is worth it, if there is one.

        Sends nothing on most days, and two requests when it finds the first endpoint missing. ``monthly_production``
        comes first, because every account has it and its last register is that of a midnight. A system younger than a
        month has only ``production_meter_readings``. Raises `CloudError`; `NotFound` where the account has neither.
        """
        zone, series = self.zone(data), production_series(data)
        today = local_day(now, zone)
        day = _newest_reported_day(series, today, zone)
        if day is None or not _is_due(data, series, today, now):
            return Update()
        young, monthly_missing = _is_younger(data, day, zone), _noted_recently(MONTHS, data, now)
        notes: dict[str, str] = {}
        registers: tuple[Register, ...] | None = None
        if not young and not monthly_missing:
            start = month_before(day)
            if start is None:  # a 29th, 30th or 31st: no month ends with the day before, but one does before tomorrow
                return Update()
            month = await _unless_missing(self.api.monthly_production(data.system.id, start), MONTHS, data, now, notes)
            registers = None if month is None else _at_end_of(month, zone)
        if registers is None and not _noted_recently(READINGS, data, now):
            request = self.api.production_meter_readings(data.system.id, midnight(day, zone))
            registers = await _unless_missing(request, READINGS, data, now, notes)
        if registers is None:
            if young and not monthly_missing:
                return Update(notes=MappingProxyType(notes))  # the first whole month will bring a register
            raise NotFound("the account reports no meter's register")
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
    """Return a register at the beginning of a day; `None` unless the intervals in between make that exact."""
    start = midnight(day, zone)
    before, after = min(start, register.read_at), max(start, register.read_at)
    between = unbroken_wh(series, before, after)
    if between is None:
        return None
    value = register.value_wh + between if register.read_at < start else register.value_wh - between
    return LifetimeBase(day=day, before_wh=value) if value >= 0 else None


async def _unless_missing[AnswerT](
    request: Awaitable[AnswerT], note: str, data: SystemData, now: datetime, notes: dict[str, str]
) -> AnswerT | None:
    """Return an endpoint's answer, or `None` where the account lacks it, and note which. Raises `CloudError`."""
    try:
        answer = await request
    except NotFound, NotAllowed:
        notes[note] = now.isoformat()
        return None
    if data.notes.get(note):
        notes[note] = ""
    return answer


def _bases(
    registers: Iterable[Register], series: Mapping[str, Series], day: date, zone: ZoneInfo
) -> dict[str, Mapping[Flow, LifetimeBase]]:
    """Return the registers of the meters in use: the cloud lists retired ones too."""
    return {
        register.serial: MappingProxyType({Flow.PRODUCTION: base})
        for register in registers
        if register.serial in series
        and _has_reported_until(series[register.serial], midnight(day, zone))
        and (base := base_of(register, series[register.serial], day, zone)) is not None
    }


def _at_end_of(month: MonthlyProduction, zone: ZoneInfo) -> tuple[Register, ...]:
    """Return what each meter had counted when a month ended."""
    if month.end is None:
        return ()
    end = midnight(month.end + _DAY, zone)
    return tuple(
        Register(serial=meter.serial, value_wh=meter.end_wh, read_at=end)
        for meter in month.meter_readings
        if meter.end_wh is not None
    )


def _newest_reported_day(series: Mapping[str, Series], today: date, zone: ZoneInfo) -> date | None:
    """Return the newest day up to whose beginning some meter has reported: its register of that instant is final."""
    for day in (today, today - _DAY):
        if any(_has_reported_until(one, midnight(day, zone)) for one in series.values()):
            return day
    return None


def _has_reported_until(series: Series, moment: datetime) -> bool:
    """Return whether a meter has reported up to an instant: else what the cloud calls its register is older."""
    interval = series.get(moment - _QUARTER)
    return interval is not None and interval.end == moment


def _is_due(data: SystemData, series: Mapping[str, Series], today: date, now: datetime) -> bool:
    """Return whether a register is unknown, not carried forward, or was compared with the cloud's long ago."""
    if not _noted_recently(READ, data, now):
        return True
    bases = [data.device_bases.get(serial, {}).get(Flow.PRODUCTION) for serial in series]
    return any(base is None or base.missing_since is not None or base.day < today - 2 * _DAY for base in bases)


def _is_younger(data: SystemData, day: date, zone: ZoneInfo) -> bool:
    """Return whether a system was installed less than a month before a day."""
    installed, start = data.system.installed_at, month_before(day) or day - timedelta(days=31)
    return installed is not None and local_day(installed, zone) > start


def _noted_recently(note: str, data: SystemData, now: datetime) -> bool:
    noted = as_time(data.notes.get(note))
    return noted is not None and timedelta(0) <= now - noted < RETRY_AFTER
