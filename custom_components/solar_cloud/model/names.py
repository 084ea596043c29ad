"""The words of the model that need nothing else: vendors, kinds of devices, flows."""

from enum import StrEnum


class Vendor(StrEnum):
    """Who runs the cloud."""

    ENPHASE = "enphase"
    SOLAREDGE = "solaredge"


class DeviceKind(StrEnum):
    """What a device under a system is."""

    GATEWAY = "gateway"
    INVERTER = "inverter"
    METER = "meter"
    BATTERY = "battery"
    EV_CHARGER = "ev_charger"
    OTHER = "other"


class Flow(StrEnum):
    """A way that energy takes at a system. What comes from the sources goes to the sinks."""

    PRODUCTION = "production"
    CONSUMPTION = "consumption"
    GRID_IMPORT = "grid_import"
    GRID_EXPORT = "grid_export"
    BATTERY_CHARGE = "battery_charge"
    BATTERY_DISCHARGE = "battery_discharge"


SOURCES = frozenset({Flow.PRODUCTION, Flow.GRID_IMPORT, Flow.BATTERY_DISCHARGE})
"""What energy comes from; it goes to the others."""
