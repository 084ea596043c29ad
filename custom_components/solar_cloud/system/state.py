"""What is known of one system at this moment: its data, and how its jobs have fared."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from ..cloud.base import Cloud
from ..model.data import SystemData
from .schedule import Schedule


@dataclass(slots=True, kw_only=True)
class SystemState:
    """The newest knowledge of a system; each part is frozen, and replaced when something is learned."""

    data: SystemData
    """All that was ever read; it is published once there is enough to show."""
    schedule: Schedule = field(default_factory=Schedule)
    pacing: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """What pacing knew before the restart, as plain JSON data."""

    def retry_refused(self, client: Cloud) -> None:
        """Lift all pauses and rests: the account has another credential, plan or address."""
        self.schedule = self.schedule.without_pauses({job.name for job in client.jobs})
        notes = MappingProxyType({**self.data.notes, **client.retried(self.data)})
        self.data = replace(self.data, notes=notes)
