"""What sensors of the same quantity have in common, as keyword arguments of their descriptions."""

from typing import Final, TypedDict

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import PERCENTAGE, EntityCategory, UnitOfEnergy, UnitOfPower


class Quantity(TypedDict, total=False):
    """The fields of a description that follow from what the sensor measures."""

    device_class: SensorDeviceClass
    state_class: SensorStateClass
    native_unit_of_measurement: str
    suggested_unit_of_measurement: str
    suggested_display_precision: int
    entity_category: EntityCategory


_WATT: Final[Quantity] = {
    "device_class": SensorDeviceClass.POWER,
    "native_unit_of_measurement": UnitOfPower.WATT,
    "suggested_display_precision": 0,
}
_WATT_HOUR: Final[Quantity] = {
    "native_unit_of_measurement": UnitOfEnergy.WATT_HOUR,
    "suggested_unit_of_measurement": UnitOfEnergy.KILO_WATT_HOUR,
}

POWER: Final[Quantity] = {**_WATT, "state_class": SensorStateClass.MEASUREMENT}

RATED_POWER: Final[Quantity] = {
    **_WATT,
    "suggested_unit_of_measurement": UnitOfPower.KILO_WATT,
    "suggested_display_precision": 2,
    "entity_category": EntityCategory.DIAGNOSTIC,
}
"""What the nameplates say; Home Assistant has no kWp, so the name says it."""

DAY_ENERGY: Final[Quantity] = {
    **_WATT_HOUR,
    "device_class": SensorDeviceClass.ENERGY,
    # Not total_increasing: late values may lower a day's energy a little, and that is no new meter.
    "state_class": SensorStateClass.TOTAL,
    "suggested_display_precision": 2,
}

DAY_PRODUCTION: Final[Quantity] = {**DAY_ENERGY, "state_class": SensorStateClass.TOTAL_INCREASING}
"""The production of the day, which only grows until midnight."""

LIFETIME_ENERGY: Final[Quantity] = {
    **_WATT_HOUR,
    "device_class": SensorDeviceClass.ENERGY,
    # Not total_increasing: Home Assistant would take any glitch downwards for a new meter.
    "state_class": SensorStateClass.TOTAL,
    "suggested_display_precision": 1,
}

STORED_ENERGY: Final[Quantity] = {
    **_WATT_HOUR,
    "device_class": SensorDeviceClass.ENERGY_STORAGE,
    "state_class": SensorStateClass.MEASUREMENT,
    "suggested_display_precision": 2,
}

CAPACITY: Final[Quantity] = {
    **_WATT_HOUR,
    "device_class": SensorDeviceClass.ENERGY_STORAGE,
    "suggested_display_precision": 1,
    "entity_category": EntityCategory.DIAGNOSTIC,
}
"""What a battery can store."""

CHARGE_LEVEL: Final[Quantity] = {
    "device_class": SensorDeviceClass.BATTERY,
    "state_class": SensorStateClass.MEASUREMENT,
    "native_unit_of_measurement": PERCENTAGE,
    "suggested_display_precision": 0,
}

SHARE: Final[Quantity] = {
    "state_class": SensorStateClass.MEASUREMENT,
    "native_unit_of_measurement": PERCENTAGE,
    "suggested_display_precision": 0,
}
"""A part of something, in per cent."""

TIMESTAMP: Final[Quantity] = {
    "device_class": SensorDeviceClass.TIMESTAMP,
    "entity_category": EntityCategory.DIAGNOSTIC,
}

COUNT: Final[Quantity] = {
    "suggested_display_precision": 0,
    "entity_category": EntityCategory.DIAGNOSTIC,
}
"""How many parts of a kind a system or device has."""
