"""The job `consumption`: rows of what the house used, where that does not follow from the other flows."""

from ..measures import CONSUMPTION
from .measure import MeasureJob, measure_terms


class ConsumptionJob(MeasureJob):
    """Reads what the house used."""

    measure = CONSUMPTION
    terms = measure_terms(CONSUMPTION)
