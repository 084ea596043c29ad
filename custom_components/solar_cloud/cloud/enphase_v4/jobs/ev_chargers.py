"""The job `ev_chargers`: what each EV charger has charged, in quarter hours."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import override

from ....model.data import SystemData
from ....model.elements import DeviceReading, Interval, Update
from ...base import Job, JobTerms
from ...errors import CloudError, NoDataYet
from ..api import EnphaseV4Api
from ..capabilities import READ, is_metered, was_reported
from ..chargers import ChargerMeasure, by_serial, reported_chargers
from ..facts import doubts
from ..reading import read_rows
from ..rows import window
from ..settling import learned, settled
from .pace import DELAY, REPORTS_EVERY
from .refusals import NOT_THERE, REFUSALS, missing, refusal_update

WEIGHT = 0.12
WEIGHT_BESIDE_METERS = 0.24
"""About two requests a day on the plan Watt: where there are meters, their flows share with it."""


class EvChargersJob(Job[EnphaseV4Api]):
    """Reads the quarter hours of each charger: power, and energy of the day; one request for each charger."""

    terms = JobTerms(
        name="ev_chargers",
        cadence=REPORTS_EVERY,
        delay=DELAY,
        weight=WEIGHT,
        night=True,
        optional=True,
        settle=timedelta(hours=1),
    )

    @override
    def applies_to(self, data: SystemData) -> bool:
        """Return whether the list of devices has a charger that the cloud is not known to keep back."""
        return bool(reported_chargers(data, self.zone(data)))

    @override
    def terms_for(self, data: SystemData) -> JobTerms:
        """Return the terms with the cost of the chargers."""
        count = max(1, len(reported_chargers(data, self.zone(data))))
        return replace(self.terms, cost=count, weight=count * (WEIGHT_BESIDE_METERS if is_metered(data) else WEIGHT))

    @override
    async def run(self, data: SystemData, now: datetime) -> Update:
        """Return what is new; what is refused does not cost the other chargers, and counts as missing in the end."""
        found: dict[str, tuple[Interval, ...]] = {}
        notes: dict[str, str] = {}
        failure: CloudError | None = None
        for charger in reported_chargers(data, self.zone(data)):
            try:
                rows, new = await self._read(charger, data, now)
            except CloudError as err:
                if (refused := _refusal(charger, data, now, err)) is None:
                    failure = err
                    break
                new = refused
            else:
                found[charger.serial] = rows
            notes |= new
            data = replace(data, notes=MappingProxyType({**data.notes, **new}))
        if failure is not None and not notes and not found:
            raise failure
        newest = {serial: max(row.end for row in rows) for serial, rows in found.items() if rows}
        return Update(
            readings=MappingProxyType(
                {serial: DeviceReading(measured_at=end, last_report=end) for serial, end in newest.items()}
            ),
            device_flows=by_serial({serial: rows for serial, rows in found.items() if rows}),
            notes=MappingProxyType(notes),
        )

    async def _read(
        self, charger: ChargerMeasure, data: SystemData, now: datetime
    ) -> tuple[tuple[Interval, ...], Mapping[str, str]]:
        """Return the rows of a charger that are full, and the notes that change. Raises `CloudError`."""
        known = charger.series(data)
        start, granularity = window(known, charger.base(data), now, self.zone(data))
        answer, read = await read_rows(charger, self.api, data, start, granularity, now)
        rows = next(iter(answer.rows.values()))
        state = {charger.note: READ} if charger.state(data) != READ else {}
        found = doubts(data, now, {missing(charger.name): False})
        return settled(rows, data, now), {**read, **state, **found, **learned(data, known, rows, now)}


def _refusal(charger: ChargerMeasure, data: SystemData, now: datetime, err: CloudError) -> Mapping[str, str] | None:
    """Return the notes that a charger was refused; `None` where the error says nothing about the charger."""
    reported = was_reported(charger, data)
    final = isinstance(err, (*REFUSALS, NoDataYet) if reported else REFUSALS)
    if not final and (reported or not isinstance(err, NOT_THERE)):
        return None
    return refusal_update(charger.note, charger.name, data, now, final=final).notes
