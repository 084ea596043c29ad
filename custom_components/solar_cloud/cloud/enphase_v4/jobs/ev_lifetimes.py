"""The job `ev_lifetimes`: what each EV charger has charged in its whole life."""

from datetime import datetime, timedelta
from types import MappingProxyType
from typing import override

from ....model.data import SystemData
from ....model.elements import Flow, LifetimeBase, Update
from ...base import Job, JobTerms
from ...errors import CloudError
from ..api import EnphaseV4Api
from ..chargers import ChargerMeasure, by_serial, chargers_of
from ..lifetimes import bases_of
from .refusals import REFUSALS
from .totals import is_asked_again, is_carried, totals_note


class EvLifetimesJob(Job[EnphaseV4Api]):
    """Reads lifetimes that are not known, or long not compared: no request on most days, else one for each charger."""

    terms = JobTerms(
        name="ev_lifetimes", cadence=timedelta(days=1), night=True, optional=True, settle=timedelta(hours=2)
    )

    @override
    def applies_to(self, data: SystemData) -> bool:
        """Return whether quarter hours of a charger are known: they carry its lifetime on."""
        return any(charger.series(data) for charger in chargers_of(data, self.zone(data)))

    @override
    async def run(self, data: SystemData, now: datetime) -> Update:
        """Return the lifetimes up to a day; one that is refused is not asked for again on the same day."""
        zone = self.zone(data)
        bases: dict[str, LifetimeBase] = {}
        notes: dict[str, str] = {}
        failure: CloudError | None = None
        for charger in chargers_of(data, zone):
            if not self._is_due(charger, data, now):
                continue
            try:
                days = await charger.days(self.api, data.system.id, now, zone)
            except REFUSALS as err:
                failure = err
            except CloudError as err:
                failure = err
                break
            else:
                if (base := bases_of(days, charger.flows, zone).get(Flow.CONSUMPTION)) is not None:
                    bases[charger.serial] = base
            notes[totals_note(charger)] = now.isoformat()
        if failure is not None and not bases:
            raise failure
        return Update(device_bases=by_serial(bases), notes=MappingProxyType(notes))

    def _is_due(self, charger: ChargerMeasure, data: SystemData, now: datetime) -> bool:
        """Return whether a lifetime is worth a request: never read, not carried on, or long not compared."""
        carried = is_carried([charger.base(data)], now, self.zone(data))
        return bool(charger.series(data)) and is_asked_again(charger, data, now, carried=carried)
