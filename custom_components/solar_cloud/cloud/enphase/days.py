"""Which days of an Enphase system are known: a series of days ends in zeros where nothing has been reported.

Trailing zeros mean that no energy has been reported for the last days. The block ``meta`` says when the system last
reported, and whether it has communication or production problems (Enphase v2 documentation, ``energy_lifetime``).
"""

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from ...model.data import local_day
from .model import Meta

SILENT = frozenset({"comm", "micro", "power", "meter", "meter_issue"})
"""States in which missing energy can have another cause than darkness (Enphase v2 and v4 documentation)."""


def known_until(meta: Meta, read_at: datetime, zone: ZoneInfo) -> date:
    """Return the first day of which a zero may only mean that nothing has been reported.

    It is the day of the last report, or that of the last energy while the system has a problem that explains its
    silence. `read_at` is when the answer came.
    """
    heard = [read_at, *(moment for moment in (meta.last_report,) if moment is not None)]
    if meta.last_energy is not None and meta.status in SILENT:
        heard.append(meta.last_energy)
    return local_day(min(heard), zone)


def known_days(days: Mapping[date, float], meta: Meta, read_at: datetime, zone: ZoneInfo) -> Mapping[date, float]:
    """Return the energies of days without the zeros at their end of which nobody knows whether they are true."""
    last = max((day for day, energy in days.items() if energy), default=None)
    open_from = known_until(meta, read_at, zone)
    return MappingProxyType(
        {day: energy for day, energy in days.items() if day < open_from or (last is not None and day <= last)}
    )
