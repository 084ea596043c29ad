"""Events of systems: the alerts that are opened and closed at the cloud."""

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
    """An event for each alert that is opened or closed."""


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
    """Yield the events of a system whose cloud reports alerts."""
    coordinator = system.coordinator
    key = coordinator.system.key
    for description in EVENTS:
        if coordinator.system.vendor in description.vendors and coordinator.data.alerts is not None:
            yield unique_id(key, description), partial(AlertEvent, coordinator, description, key)


class AlertEvent(SolarCloudEntity, EventEntity):
    """Fires once for each alert that is opened, and once when it is closed."""

    entity_description: AlertEventDescription

    def __init__(self, coordinator: SystemCoordinator, description: AlertEventDescription, identifier: str) -> None:
        """Begin with the alerts that were known before the start: those fire no event again."""
        super().__init__(coordinator, description, identifier)
        self._reported: Mapping[str, Alert] = coordinator.alerts_before

    @override
    async def async_added_to_hass(self) -> None:
        """Fire for the changes since then, after the entity is added: before, only its last event would be seen."""
        await super().async_added_to_hass()
        self.async_on_remove(self.hass.loop.call_soon(self._fire_changes).cancel)

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        self._fire_changes()
        super()._handle_coordinator_update()

    @callback
    def _fire_changes(self) -> None:
        """Fire for each alert that was closed, then for each that was opened, the oldest of them first."""
        reported, alerts = self._reported, self.coordinator.data.alerts
        if alerts is None or alerts is reported:
            return
        self._reported = alerts
        closed = [alert for key, alert in reported.items() if key not in alerts]
        opened = sorted((alert for key, alert in alerts.items() if key not in reported), key=_opened_at)
        for event_type, changed in ((CLOSED, closed), (OPENED, opened)):
            for alert in changed:
                self._trigger_event(event_type, _attributes(alert))
                self.async_write_ha_state()


def _opened_at(alert: Alert) -> datetime:
    return alert.since or _LONG_AGO


def _attributes(alert: Alert) -> dict[str, Any]:
    """Return the attributes of an alert in the vendor's words; `None` for what the vendor does not report."""
    return {
        "alert_id": alert.id,
        "type": alert.type,
        "category": alert.category,
        "impact": alert.impact,
        "component": alert.component,
        "serial": alert.serial,
        "since": alert.since.isoformat() if alert.since is not None else None,
    }
