"""What is started: accounts of ours without systems, and Home Assistant's own nextdns without profiles."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import AsyncMock, patch


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An integration, and an entry of it with nothing to read."""

    domain: str
    package: str
    own: tuple[str, ...]
    """What the names of its modules begin with, those of its library included."""
    data: Mapping[str, Any]
    """Of its entry."""
    for_system: tuple[str, ...] = ()
    """Modules that an entry with a system loads beyond that."""
    request: str | None = None
    """The function that would send a request at set-up; it is replaced by one that answers at once."""

    @contextmanager
    def no_network(self) -> Iterator[None]:
        """Send no request inside a block."""
        if self.request is None:
            yield
            return
        with patch(self.request, AsyncMock()):
            yield


_NOWHERE = "http://127.0.0.1:9"
_SYSTEM = (
    "coordinator",
    "statistics.bookkeeper",
    "statistics.query",
    "statistics.verification",
    "upkeep.devices",
    "upkeep.notices",
    "entities.system_sensors",
    "binary_sensor",
    "button",
    "event",
)
"""What `runtime.py` and the platforms load for a system of any cloud."""


def _ours(cloud: str, credential: Mapping[str, str]) -> Candidate:
    plan = {"plan": "custom", "per_minute": 10, "per_month": 1000}
    return Candidate(
        domain="solar_cloud",
        package="custom_components.solar_cloud",
        own=("custom_components",),
        data={"cloud": cloud, "base_url": _NOWHERE, **credential, **plan},
        for_system=(*_SYSTEM, f"cloud.{cloud}.client"),
    )


CANDIDATES = {
    "enphase": _ours("enphase_v2", {"api_key": "0" * 32, "user_id": "4d7a45774e6a41320a"}),
    "solaredge": _ours("solaredge", {"api_key": "0" * 32}),
    "nextdns": Candidate(
        domain="nextdns",
        package="homeassistant.components.nextdns",
        own=("homeassistant.components.nextdns", "nextdns", "tenacity"),
        data={"api_key": "0" * 16},
        request="homeassistant.components.nextdns.NextDns.create",
    ),
}
"""By name; tenacity is in no Home Assistant unless an integration asks for it."""
