"""What a site's batteries take, give and hold, in quarter hours."""

from ...base import JobTerms
from ..families import STORAGE
from ..windows import QUARTER, REPORT_DELAY
from .flow import FlowJob


class StorageJob(FlowJob):
    """Reads charge, discharge and state of energy of every battery."""

    terms = JobTerms(name="storage", cadence=QUARTER, delay=REPORT_DELAY, night=True, runs_with="energy", optional=True)
    family = STORAGE
