"""Disturbances that really happened, each a small function with its public source, for the clouds it applies to."""

from . import both, enphase, enphase_hardware, solaredge, solaredge_hardware
from .stage import LIBRARY, CloudKind, Scenario, Stage
from .truth import FLOW_NAMES, FlowName, Truth

__all__ = [
    "FLOW_NAMES",
    "LIBRARY",
    "CloudKind",
    "FlowName",
    "Scenario",
    "Stage",
    "Truth",
    "both",
    "enphase",
    "enphase_hardware",
    "solaredge",
    "solaredge_hardware",
]
