"""The devices of a house, one of each kind, and the values that they do not have."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from demo_lib.names import DOMAIN

if TYPE_CHECKING:
    # Tests of this file run without Playwright.
    from playwright.sync_api import Page

_ENTITIES = """(platform) => {
  const hass = document.querySelector("home-assistant").hass;
  return Object.values(hass.entities).filter((one) => one.platform === platform && hass.states[one.entity_id])
    .map((one) => {
      const { state, attributes } = hass.states[one.entity_id];
      const device = hass.devices[one.device_id];
      return {
        entity_id: one.entity_id, key: one.translation_key, state, attributes,
        device_id: device.id, device: device.name_by_user ?? device.name, manufacturer: device.manufacturer,
      };
    });
}"""
_WITHOUT_VALUE = ("unknown", "unavailable")
_MAY_BE_UNKNOWN = ("button.", "event.")
"""Nobody has pressed it, nothing has happened: no value is due."""

_SILENT = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """One entity of the integration, as the page knows it."""

    entity_id: str
    key: str | None
    state: str
    attributes: Mapping[str, Any]
    device_id: str
    device: str
    manufacturer: str | None

    @property
    def has_value(self) -> bool:
        """Whether the state is neither unknown nor unavailable."""
        return self.state not in _WITHOUT_VALUE


def lacking(entities: Collection[Entity], now: datetime) -> list[Entity]:
    """Return the entities whose value is due at a moment (aware UTC), is not there, and nothing says why.

    A device that has not reported for an hour has no power of now: an inverter at night.
    """
    silent = {
        one.device_id
        for one in entities
        if one.key == "last_report" and one.has_value and now - datetime.fromisoformat(one.state) > _SILENT
    }
    return [
        one
        for one in entities
        if not one.has_value
        and "reason" not in one.attributes
        and one.device_id not in silent
        and not one.entity_id.startswith(_MAY_BE_UNKNOWN)
    ]


def read_entities(page: Page) -> list[Entity]:
    """Return every enabled entity of the integration, and its state of this moment."""
    return [Entity(**one) for one in page.evaluate(_ENTITIES, DOMAIN)]


def one_of_each_kind(entities: Iterable[Entity]) -> dict[str, str]:
    """Return the ids of devices, with their names: all that can be seen of any device is to be seen of one of these.

    Devices are of the same kind where one manufacturer's have the same entities. One whose entities another has too,
    and more, is left out.
    """
    kinds: dict[tuple[str | None, frozenset[str | None]], tuple[str, str]] = {}
    of_device: dict[tuple[str, str, str | None], set[str | None]] = {}
    for entity in sorted(entities, key=lambda one: one.device):
        of_device.setdefault((entity.device_id, entity.device, entity.manufacturer), set()).add(entity.key)
    for (device_id, device, manufacturer), keys in of_device.items():
        kinds.setdefault((manufacturer, frozenset(keys)), (device_id, device))
    return dict(
        device
        for (manufacturer, keys), device in kinds.items()
        if not any(other == manufacturer and keys < more for other, more in kinds)
    )
