"""The parts of scale.py: simulated clouds, the candidates, what is measured of them, and the page."""

# The test plugin needs it on a Home Assistant that is newer than itself, before anything else of either is imported.
from tests import releases  # noqa: F401
