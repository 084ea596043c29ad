"""The job `import`: rows of what came from the grid."""

from ..measures import GRID_IMPORT
from .measure import MeasureJob, measure_terms


class GridImportJob(MeasureJob):
    """Reads what came from the grid."""

    measure = GRID_IMPORT
    terms = measure_terms(GRID_IMPORT)
