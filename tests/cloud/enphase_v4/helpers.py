"""What the tests of the Enphase v4 client share."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp

from custom_components.solar_cloud.cloud.account import Account
from custom_components.solar_cloud.cloud.auth import Auth
from custom_components.solar_cloud.cloud.enphase_v4.api import EnphaseV4Api
from custom_components.solar_cloud.cloud.enphase_v4.ev_chargers import EvChargerApi
from custom_components.solar_cloud.cloud.enphase_v4.model import Granularity
from custom_components.solar_cloud.cloud.errors import CloudError

from ..conftest import FakeCloud

FIXTURES = Path(__file__).parents[2] / "fixtures" / "enphase_v4"
KEY = "0b1c2d3e4f5061728394a5b6c7d8e9f0"
ELM = "4200001"
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
MIDNIGHT = datetime(2026, 5, 31, 22, tzinfo=UTC)
"""The beginning of 1 June 2026 in Amsterdam."""
SAMPLED = datetime(2026, 6, 1, 8, tzinfo=UTC)
"""When the samples were taken: the end of their newest whole rows is minutes before."""
DAY = Granularity.DAY


@dataclass
class StaticAuth(Auth):
    """A grant whose tokens a test deals out."""

    tokens: list[str] = field(default_factory=lambda: ["access-1", "access-2"])
    renewals: int = 0
    dead: CloudError | None = None
    renewable: bool = True
    accepted: list[str] = field(default_factory=list)

    @property
    def secrets(self) -> Collection[str]:
        return self.tokens

    async def token(self) -> str:
        return self.tokens[self.renewals]

    async def renewed(self, token: str) -> bool:
        if self.dead is not None:
            raise self.dead
        if not self.renewable or self.renewals + 1 >= len(self.tokens):
            return False
        self.renewals += 1
        return True

    def worked(self, token: str) -> None:
        self.accepted.append(token)


def sample(name: str) -> Any:
    """Return a fixture's content."""
    return json.loads((FIXTURES / f"{name}.json").read_text())


def make_api(session: aiohttp.ClientSession, account: Account, cloud: FakeCloud, **given: Any) -> EnphaseV4Api:
    options: dict[str, Any] = {
        "api_key": KEY,
        "auth": StaticAuth(),
        "base_url": f"{cloud.url}/api/v4",
        "zone": AMSTERDAM,
        **given,
    }
    return EnphaseV4Api(session, account, **options)


type Ask = Callable[[EnphaseV4Api, EvChargerApi], Awaitable[Any]]

ENDPOINTS: dict[str, tuple[str, Ask]] = {
    "systems": ("systems", lambda api, _: api.systems()),
    "system": (f"systems/{ELM}", lambda api, _: api.system(ELM)),
    "summary": (f"systems/{ELM}/summary", lambda api, _: api.summary(ELM)),
    "devices": (f"systems/{ELM}/devices", lambda api, _: api.devices(ELM)),
    "retrieve_system_id": ("systems/retrieve_system_id", lambda api, _: api.system_id_of("122200000001")),
    "inverters_summary": (
        "systems/inverters_summary_by_envoy_or_site",
        lambda api, _: api.inverters_summary(ELM),
    ),
    "latest_telemetry": (f"systems/{ELM}/latest_telemetry", lambda api, _: api.latest_telemetry(ELM)),
    "production_micro": (
        f"systems/{ELM}/telemetry/production_micro",
        lambda api, _: api.production_micro(ELM, MIDNIGHT, DAY),
    ),
    "production_meter": (
        f"systems/{ELM}/telemetry/production_meter",
        lambda api, _: api.production_meter(ELM, MIDNIGHT, DAY),
    ),
    "consumption_meter": (
        f"systems/{ELM}/telemetry/consumption_meter",
        lambda api, _: api.consumption_meter(ELM, MIDNIGHT, DAY),
    ),
    "battery": (f"systems/{ELM}/telemetry/battery", lambda api, _: api.battery(ELM, MIDNIGHT, DAY)),
    "energy_import_telemetry": (
        f"systems/{ELM}/energy_import_telemetry",
        lambda api, _: api.energy_import(ELM, MIDNIGHT, DAY),
    ),
    "energy_export_telemetry": (
        f"systems/{ELM}/energy_export_telemetry",
        lambda api, _: api.energy_export(ELM, MIDNIGHT, DAY),
    ),
    "rgm_stats": (f"systems/{ELM}/rgm_stats", lambda api, _: api.rgm_stats(ELM, MIDNIGHT, SAMPLED)),
    "energy_lifetime": (f"systems/{ELM}/energy_lifetime", lambda api, _: api.energy_lifetime(ELM, all_series=True)),
    "consumption_lifetime": (f"systems/{ELM}/consumption_lifetime", lambda api, _: api.consumption_lifetime(ELM)),
    "battery_lifetime": (f"systems/{ELM}/battery_lifetime", lambda api, _: api.battery_lifetime(ELM)),
    "energy_import_lifetime": (f"systems/{ELM}/energy_import_lifetime", lambda api, _: api.import_lifetime(ELM)),
    "energy_export_lifetime": (f"systems/{ELM}/energy_export_lifetime", lambda api, _: api.export_lifetime(ELM)),
    "production_meter_readings": (
        f"systems/{ELM}/production_meter_readings",
        lambda api, _: api.production_meter_readings(ELM),
    ),
    "consumption_meter_readings": (
        f"systems/{ELM}/consumption_meter_readings",
        lambda api, _: api.consumption_meter_readings(ELM),
    ),
    "storage_meter_readings": (
        f"systems/{ELM}/storage_meter_readings",
        lambda api, _: api.storage_meter_readings(ELM),
    ),
    "events": (f"systems/{ELM}/events", lambda api, _: api.events(ELM, MIDNIGHT)),
    "open_events": (f"systems/{ELM}/open_events", lambda api, _: api.open_events(ELM)),
    "alarms": (f"systems/{ELM}/alarms", lambda api, _: api.alarms(ELM, MIDNIGHT)),
    "open_alarms": (f"systems/{ELM}/open_alarms", lambda api, _: api.open_alarms(ELM)),
    "event_types": ("systems/event_types", lambda api, _: api.event_types()),
    "ev_devices": (f"systems/{ELM}/ev_charger/devices", lambda _, ev: ev.devices(ELM)),
    "ev_events": (f"systems/{ELM}/ev_charger/events", lambda _, ev: ev.events(ELM)),
    "ev_sessions": (f"systems/{ELM}/ev_charger/202300000001/sessions", lambda _, ev: ev.sessions(ELM, "202300000001")),
    "ev_schedules": (
        f"systems/{ELM}/ev_charger/202300000001/schedules",
        lambda _, ev: ev.schedules(ELM, "202300000001"),
    ),
    "ev_lifetime": (
        f"systems/{ELM}/ev_charger/202300000001/lifetime",
        lambda _, ev: ev.lifetime(ELM, "202300000001", date(2026, 5, 29)),
    ),
    "ev_telemetry": (
        f"systems/{ELM}/ev_charger/202300000001/telemetry",
        lambda _, ev: ev.telemetry(ELM, "202300000001", MIDNIGHT, DAY),
    ),
}
"""By fixture: the path, and what asks for it."""
