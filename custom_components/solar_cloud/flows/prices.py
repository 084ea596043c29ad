"""The form of a system's prices: what a kilowatt-hour is bought and sold for, fixed or an entity's."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from ..const import (
    CONF_EXPORT_PRICE,
    CONF_EXPORT_PRICE_ENTITY,
    CONF_IMPORT_PRICE,
    CONF_IMPORT_PRICE_ENTITY,
    CONF_PAST_EXPORT_PRICE,
    CONF_PAST_IMPORT_PRICE,
    CONF_TARIFFS,
)
from ..history.tariff import Side, read_tariff

FIELDS: Final[Mapping[Side, tuple[str, str, str]]] = MappingProxyType(
    {
        Side.IMPORT: (CONF_IMPORT_PRICE, CONF_IMPORT_PRICE_ENTITY, CONF_PAST_IMPORT_PRICE),
        Side.EXPORT: (CONF_EXPORT_PRICE, CONF_EXPORT_PRICE_ENTITY, CONF_PAST_EXPORT_PRICE),
    }
)
"""The fields of each side: its fixed price, its entity, and the price of the past."""
PRICES: Final = tuple(name for fields in FIELDS.values() for name in fields)
"""All fields of prices."""


def price_errors(user_input: Mapping[str, Any]) -> dict[str, str]:
    """Return the form's errors: a side has a fixed price or an entity, not both."""
    return {
        fixed: "price_or_entity" for fixed, entity, _ in FIELDS.values() if fixed in user_input and entity in user_input
    }


def with_prices(data: Mapping[str, Any], user_input: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return a system's data with other prices: they hold from the present hour on, and the past has its own."""
    kept = {key: value for key, value in data.items() if key not in PRICES}
    before = data.get(CONF_TARIFFS, {})
    tariffs: dict[str, Any] = {}
    hour = now.replace(minute=0, second=0, microsecond=0)
    for side, (fixed, entity, past) in FIELDS.items():
        tariff = read_tariff(before.get(side))
        if tariff.terms or fixed in user_input or entity in user_input:
            tariff = tariff.changed(user_input.get(fixed), user_input.get(entity), hour)
        tariff = tariff.with_past(user_input.get(past))
        if tariff.terms:
            tariffs[side.value] = tariff.as_list()
    return {**kept, **{key: user_input[key] for key in PRICES if key in user_input}, CONF_TARIFFS: tariffs}
