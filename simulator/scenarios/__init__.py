"""Disturbances that really happened, each a small function with its public source, for the clouds it applies to."""

from . import (
    both,
    counters,
    enphase,
    enphase_hardware,
    odd_rows,
    solaredge,
    solaredge_hardware,
    solaredge_replaced,
    undocumented,
)
from .stage import LIBRARY, CloudKind, Part, Scenario, Stage
from .truth import FLOW_NAMES, FlowName, Truth

__all__ = [
    "FLOW_NAMES",
    "LIBRARY",
    "CloudKind",
    "FlowName",
    "Part",
    "Scenario",
    "Stage",
    "Truth",
    "both",
    "counters",
    "enphase",
    "enphase_hardware",
    "odd_rows",
    "solaredge",
    "solaredge_hardware",
    "solaredge_replaced",
    "undocumented",
]
