"""The job `totals`: the lifetimes of what meters and batteries measure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import override
from zoneinfo import ZoneInfo

from ....model.data import SystemData, midnight
from ....model.elements import Flow, LifetimeBase, Update
from ...base import Job, JobTerms
from ...errors import CloudError
from ...parse import as_time
from ..api import EnphaseV4Api
from ..capabilities import is_metered, reported_measures
from ..lifetimes import bases_of
from ..measures import PRODUCTION, Measure
from .refusals import REFUSALS

CONFIRMED_EVERY = timedelta(days=28)
"""Lifetimes are carried on without a request; this often they are compared with what the cloud counts."""
RETRIED_EVERY = timedelta(hours=23)
"""One that is not carried on is asked for on each day."""
CARRIED = timedelta(hours=60)
"""A lifetime that whole days do not carry on is asked for again when it is so old: the rows of three days are kept."""


class TotalsJob(Job[EnphaseV4Api]):
    """Reads lifetimes that are not known, or long not compared: no request on most days, else one for each measure."""

    terms = JobTerms(name="totals", cadence=timedelta(days=1), night=True, optional=True, settle=timedelta(hours=2))

    @override
    def applies_to(self, data: SystemData) -> bool:
        """Return whether more than production is measured: the lifetime of that alone is in the summary."""
        return is_metered(data)

    @override
    async def run(self, data: SystemData, now: datetime) -> Update:
        """Return the lifetimes up to a day; one that is refused is not asked for again on the same day."""
        zone = self.zone(data)
        bases: dict[Flow, LifetimeBase] = {}
        notes: dict[str, str] = {}
        failure: CloudError | None = None
        for measure in reported_measures(data):
            if not _is_due(measure, data, now, zone):
                recent = self.api.lifetimes.recent(data.system.id, measure.name, now)
                if recent is not None:
                    # The statistics have read it: it costs nothing to compare.
                    bases |= bases_of(recent, measure.flows, zone)
                continue
            try:
                days = await measure.days(self.api, data.system.id, now, zone)
            except REFUSALS as err:
                failure = err
                notes[totals_note(measure)] = now.isoformat()
            except CloudError as err:
                failure = err
                break
            else:
                notes[totals_note(measure)] = now.isoformat()
                bases |= bases_of(days, measure.flows, zone)
        if failure is not None and not bases and not notes:
            raise failure
        production = bases.pop(Flow.PRODUCTION, None)
        return Update(lifetime=production, bases=MappingProxyType(bases), notes=MappingProxyType(notes))


def totals_note(measure: Measure) -> str:
    """Return the name of the note about when a lifetime was asked for."""
    return f"{measure.note}_totals"


def _is_due(measure: Measure, data: SystemData, now: datetime, zone: ZoneInfo) -> bool:
    """Return whether a lifetime is worth a request: never read, not carried on, or long not compared."""
    bases = [data.lifetime_base if measure is PRODUCTION else data.bases.get(flow) for flow in measure.flows]
    carried = is_carried(bases, now, zone)
    if measure is PRODUCTION and carried:
        # The summary has it.
        return False
    return is_asked_again(measure, data, now, carried=carried)


def is_carried(bases: Sequence[LifetimeBase | None], now: datetime, zone: ZoneInfo) -> bool:
    """Return whether whole days carry all of these lifetimes on."""
    days = [base.day for base in bases if base is not None and base.missing_since is None]
    return len(days) == len(bases) and midnight(min(days), zone) >= now - CARRIED


def is_asked_again(measure: Measure, data: SystemData, now: datetime, *, carried: bool) -> bool:
    """Return whether the lifetime of a measure was not asked for lately; one that is `carried` on can wait longer."""
    asked = as_time(data.notes.get(totals_note(measure)))
    if asked is None:
        return True
    since = now - asked
    return not timedelta(0) <= since < (CONFIRMED_EVERY if carried else RETRIED_EVERY)
