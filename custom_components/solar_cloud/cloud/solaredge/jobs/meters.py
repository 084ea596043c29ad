"""What a site's meters measure, in quarter hours."""

from ...base import JobTerms
from ..families import METERS
from ..windows import QUARTER, REPORT_DELAY
from .flow import FlowJob


class MetersJob(FlowJob):
    """Reads import, export, production and consumption of every meter."""

    terms = JobTerms(name="meters", cadence=QUARTER, delay=REPORT_DELAY, night=True, runs_with="energy", optional=True)
    family = METERS
