"""The sensors of accounts: an account without systems has no others, and loads no more."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from homeassistant.components.sensor import SensorEntityDescription, SensorStateClass
from homeassistant.const import EntityCategory

from ..account.coordinator import Requests
from .quantities import TIMESTAMP


@dataclass(frozen=True, kw_only=True)
class AccountSensorDescription(SensorEntityDescription):
    """A sensor of an account's request ledger."""

    value_fn: Callable[[Requests], int | datetime]


ACCOUNT_SENSORS: tuple[AccountSensorDescription, ...] = (
    AccountSensorDescription(
        key="requests_used",
        translation_key="requests_used",
        state_class=SensorStateClass.TOTAL_INCREASING,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda requests: requests.used,
    ),
    AccountSensorDescription(
        key="requests_left",
        translation_key="requests_left",
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda requests: requests.left,
    ),
    AccountSensorDescription(
        **TIMESTAMP,
        key="resets_at",
        translation_key="resets_at",
        value_fn=lambda requests: requests.resets_at,
    ),
)
