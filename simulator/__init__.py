"""Enphase's and SolarEdge's clouds on the loopback interface, for tests and for a look around.

Every number comes from one energy integral for each plant: five-minute rows, quarter hours, days, months, years and
lifetime agree to the Wh. Nothing here is part of the integration.
"""

from .app import Simulator
from .clock import Clock
from .log import Request
from .paths import (
    ENPHASE_OAUTH_PATH,
    ENPHASE_PATH,
    ENPHASE_V4_PATH,
    SOLAREDGE_AUTHORIZE_PATH,
    SOLAREDGE_LEGACY_PATH,
    SOLAREDGE_OAUTH_PATH,
    SOLAREDGE_PATH,
)
from .plant.plant import Plant
from .switches import Switches

__all__ = [
    "ENPHASE_OAUTH_PATH",
    "ENPHASE_PATH",
    "ENPHASE_V4_PATH",
    "SOLAREDGE_AUTHORIZE_PATH",
    "SOLAREDGE_LEGACY_PATH",
    "SOLAREDGE_OAUTH_PATH",
    "SOLAREDGE_PATH",
    "Clock",
    "Plant",
    "Request",
    "Simulator",
    "Switches",
]
