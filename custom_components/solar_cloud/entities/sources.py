"""Where values come from: the names of the clouds' jobs, the vendors, and the kinds of hardware.

A set of jobs names every job that reads the value at one cloud or another.
"""

from typing import Final

from ..model.elements import DeviceKind, Vendor

SUMMARY_JOBS: Final = frozenset({"summary"})
SUMMARY_OR_DETAILS_JOBS: Final = frozenset({"summary", "details"})
ENERGY_JOBS: Final = frozenset({"summary", "energy", "telemetry"})
POWER_JOBS: Final = ENERGY_JOBS | {"latest"}

FLOW_JOBS: Final = frozenset({"meters", "storage", "telemetry", "import", "export", "consumption"})
FLOW_POWER_JOBS: Final = FLOW_JOBS | {"latest"}
STORAGE_JOBS: Final = frozenset({"storage", "battery"})
BATTERY_POWER_JOBS: Final = STORAGE_JOBS | {"latest"}

DEVICES_JOBS: Final = frozenset({"devices"})
LISTED_JOBS: Final = frozenset({"devices", "inventory"})
GATEWAY_JOBS: Final = frozenset({"envoys", "devices"})
INVERTER_JOBS: Final = frozenset({"inverters"})
INVERTER_STATUS_JOBS: Final = frozenset({"inverters", "devices"})
METER_JOBS: Final = frozenset({"meters"})
METER_REPORT_JOBS: Final = METER_JOBS | {"devices"}
BATTERY_REPORT_JOBS: Final = frozenset({"storage", "devices", "latest"})
CHARGER_JOBS: Final = frozenset({"ev_chargers"})
CHARGER_LIFETIME_JOBS: Final = CHARGER_JOBS | {"ev_lifetimes"}
CHARGER_REPORT_JOBS: Final = CHARGER_JOBS | {"devices"}
INVENTORY_JOBS: Final = frozenset({"inventory"})
CAPACITY_JOBS: Final = INVENTORY_JOBS | {"summary"}

LIFETIME_JOBS: Final = frozenset({"totals"})
"""What the lifetimes of flows begin with; what they are carried on by is in `FLOW_JOBS` and `STORAGE_JOBS`."""

ALERT_JOBS: Final = frozenset({"alerts"})
OVERVIEW_JOBS: Final = frozenset({"overview"})

ENPHASE: Final = frozenset({Vendor.ENPHASE})
SOLAREDGE: Final = frozenset({Vendor.SOLAREDGE})

GATEWAY: Final = frozenset({DeviceKind.GATEWAY})
INVERTER: Final = frozenset({DeviceKind.INVERTER})
METER: Final = frozenset({DeviceKind.METER})
BATTERY: Final = frozenset({DeviceKind.BATTERY})
EV_CHARGER: Final = frozenset({DeviceKind.EV_CHARGER})
OTHER: Final = frozenset({DeviceKind.OTHER})
"""Relays, system controllers."""
