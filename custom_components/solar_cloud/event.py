"""Events: the alerts of a system that are opened and closed at its cloud."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import SystemCoordinator
from .entity import Candidate, SolarCloudEntity, SourcedDescription, async_follow_systems, unique_id
from .model.elements import Alert
from .runtime import SolarCloudConfigEntry, SystemRuntime

PARALLEL_UPDATES = 0

OPENED: Final = "opened"
CLOSED: Final = "closed"
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class AlertEventDescription(EventEntityDescription, SourcedDescription):
    """An event for each alert that comes or goes."""


EVENTS: tuple[AlertEventDescription, ...] = (
    AlertEventDescription(
        key="alerts",
        translation_key="alerts",
        event_types=[OPENED, CLOSED],
        jobs=frozenset({"alerts"}),
    ),
)


async def async_setup_entry(
    hass: HomeAssistant, entry: SolarCloudConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the events of an account's systems."""
    await async_follow_systems(entry, async_add_entities, _candidates)


def _candidates(system: SystemRuntime) -> Iterable[Candidate]:
    coordinator = system.coordinator
    key = coordinator.system.key
    for description in EVENTS:
        if coordinator.system.vendor in description.vendors and coordinator.data.alerts is not None:
            yield unique_id(key, description), partial(AlertEvent, coordinator, description, key)


class AlertEvent(SolarCloudEntity, EventEntity):
    """Fires once for each alert that is opened, and once when it is closed."""

    entity_description: AlertEventDescription

    def __init__(self, coordinator: SystemCoordinator, description: AlertEventDescription, identifier: str) -> None:
        """Begin with the alerts that were known before the start: of those there is nothing to tell."""
        super().__init__(coordinator, description, identifier)
        self._told: Mapping[str, Alert] = coordinator.alerts_before

    @override
    async def async_added_to_hass(self) -> None:
        """Tell what has come or gone since; only once the entity is wholly there can it fire more than one event."""
        await super().async_added_to_hass()
        self.async_on_remove(self.hass.loop.call_soon(self._tell).cancel)

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        self._tell()
        super()._handle_coordinator_update()

    @callback
    def _tell(self) -> None:
        """Fire for each alert that has come or gone, those that have gone first, then the oldest first."""
        known, alerts = self._told, self.coordinator.data.alerts
        if alerts is None or alerts is known:
            return
        self._told = alerts
        gone = [alert for key, alert in known.items() if key not in alerts]
        come = sorted((alert for key, alert in alerts.items() if key not in known), key=_begin)
        for event_type, found in ((CLOSED, gone), (OPENED, come)):
            for alert in found:
                self._trigger_event(event_type, _attributes(alert))
                self.async_write_ha_state()


def _begin(alert: Alert) -> datetime:
    return alert.since or _LONG_AGO


def _attributes(alert: Alert) -> dict[str, Any]:
    """Return what an alert says, in the vendor's words; what it does not say is `None`."""
    return {
        "alert_id": alert.id,
        "type": alert.type,
        "category": alert.category,
        "impact": alert.impact,
        "component": alert.component,
        "serial": alert.serial,
        "since": alert.since.isoformat() if alert.since is not None else None,
    }
