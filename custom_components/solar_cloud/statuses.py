"""The status codes that the vendors document."""

from .cloud.model import Vendor

UNKNOWN_STATUS = "unknown_status"
ENPHASE_STATUSES = [
    "normal",
    "comm",
    "power",
    "meter",
    "meter_issue",
    "micro",
    "battery",
    "storage_idle",
    "enpower",
    "enpower_issue",
    "encharge",
    "encharge_issue",
    "retired",
    UNKNOWN_STATUS,
]
SOLAREDGE_STATUSES = ["active", "pending", "disabled", UNKNOWN_STATUS]
STATUSES = {Vendor.ENPHASE: ENPHASE_STATUSES, Vendor.SOLAREDGE: SOLAREDGE_STATUSES}
