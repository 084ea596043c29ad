"""The job `export`: rows of what went to the grid."""

from ..measures import GRID_EXPORT
from .measure import MeasureJob, measure_terms


class GridExportJob(MeasureJob):
    """Reads what went to the grid."""

    measure = GRID_EXPORT
    terms = measure_terms(GRID_EXPORT)
