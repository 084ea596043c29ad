"""The kinds of households: what is read of each, and what a reading of its power takes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from custom_components.solar_cloud.cloud.base import JobTerms
from custom_components.solar_cloud.cloud.enphase_v4.jobs.alerts import AlertsJob
from custom_components.solar_cloud.cloud.enphase_v4.jobs.battery import BatteryJob
from custom_components.solar_cloud.cloud.enphase_v4.jobs.devices import DevicesJob
from custom_components.solar_cloud.cloud.enphase_v4.jobs.grid_export import GridExportJob
from custom_components.solar_cloud.cloud.enphase_v4.jobs.grid_import import GridImportJob
from custom_components.solar_cloud.cloud.enphase_v4.jobs.inverters import InvertersJob
from custom_components.solar_cloud.cloud.enphase_v4.jobs.latest import LatestJob
from custom_components.solar_cloud.cloud.enphase_v4.jobs.summary import STATE_CADENCE
from custom_components.solar_cloud.cloud.enphase_v4.jobs.telemetry import TelemetryJob
from custom_components.solar_cloud.system.jobs import paced

from .world import CLOUDS, Cell

SOLAREDGE, ENPHASE = "SolarEdge free", "Enphase v4 watt"
LISTS = 7
"""Requests a day of SolarEdge's jobs that run once a day."""
WEIGHT = 2.0
"""Of SolarEdge's energy job, for each of its requests."""
DAY = timedelta(days=1)
FINISHED = 1500.0
"""Seconds after sunset: what was read then has the day to its end."""


@dataclass(frozen=True)
class Kind:
    """One kind of household."""

    cloud: str
    jobs: Sequence[JobTerms]
    reading: int
    """Requests that read all flows once, energies included."""
    cheapest: int
    """Requests that read the power."""
    brings_power: Collection[str] = ("energy",)
    """The jobs that do."""
    systems: Collection[int] = (1,)
    at_night: bool = True
    """Whether anything happens in the dark."""
    token_life: timedelta | None = None
    """How long a token of a sign-in is used."""
    sleeps: str = ""
    """The job that needs one request less in the dark, once the day has been read to its end."""

    def price(self, job: JobTerms, cell: Cell, moment: float, last: float) -> int:
        """Return what a run sends at a moment; `last` is the one of the run before."""
        if job.name != self.sleeps or any(span.rise <= moment <= span.set for span in cell.spans):
            return job.cost
        dusk = max((span.set for span in cell.spans if span.set < moment), default=moment)
        return job.cost - (last >= dusk + FINISHED)


def _solaredge(cost: int) -> tuple[JobTerms, ...]:
    """Return what a SolarEdge site needs, the job that brings the power first."""
    cloud = next(one for one in CLOUDS if one.name == SOLAREDGE)
    fast = JobTerms(name="inverters", cadence=cloud.cadence, delay=cloud.delay, weight=1)
    return (
        replace(fast, name="energy", cost=cost, weight=WEIGHT * cost, night=True, first=True),
        fast,
        replace(fast, name="overview", cadence=timedelta(hours=1), weight=0.5),
        JobTerms(name="lists", cost=LISTS, cadence=DAY),
    )


def _signed_in() -> tuple[JobTerms, ...]:
    """Return what a site without meters needs, whose day is not divided into parts."""
    energy, inverters, _, lists = _solaredge(1)
    return (replace(energy, night=False), inverters, lists)


def _enphase(*, battery: bool) -> tuple[JobTerms, ...]:
    """Return what a system of Enphase v4 with meters needs, in the terms that its jobs have."""
    beside = (GridImportJob.terms, GridExportJob.terms, *((BatteryJob.terms,) if battery else ()))
    return (
        *paced((LatestJob.terms, TelemetryJob.terms, *beside, InvertersJob.terms)),
        JobTerms(name="summary", cadence=STATE_CADENCE, night=True),
        DevicesJob.terms,
        AlertsJob.terms,
        JobTerms(name="lifetimes", cost=1 + len(beside), cadence=7 * DAY, night=True),
    )


def _metered(*, battery: bool) -> Kind:
    return Kind(
        ENPHASE,
        _enphase(battery=battery),
        reading=5 if battery else 4,
        cheapest=1,
        brings_power=("latest", "telemetry"),
        token_life=timedelta(hours=23),
        sleeps="telemetry",
    )


KINDS: Mapping[str, Kind] = {
    "PV + meter": Kind(SOLAREDGE, _solaredge(2), 2, 2, systems=(1, 3)),
    "PV + meter + battery": Kind(SOLAREDGE, _solaredge(3), 3, 3, systems=(1, 3)),
    "PV, signed in": Kind(SOLAREDGE, _signed_in(), 1, 1, at_night=False, token_life=timedelta(minutes=110)),
    "Enphase: PV + meters": _metered(battery=False),
    "Enphase: PV + meters + battery": _metered(battery=True),
}
