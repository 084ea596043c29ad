"""What the tests of the Enphase v2 client share."""

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp

from custom_components.solar_cloud.cloud.account import Account
from custom_components.solar_cloud.cloud.enphase_v2.client import EnphaseV2
from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import System, Vendor

from ..conftest import FakeCloud

FIXTURES = Path(__file__).parents[2] / "fixtures" / "enphase_v2"
KEY = "3f1b2c4d5e6f70819203a4b5c6d7e8f9"
USER = "4d6a51330a"
ZONE = ZoneInfo("America/Los_Angeles")


def text(name: str) -> str:
    """Return a fixture as the documentation writes it."""
    return (FIXTURES / name).read_bytes().decode()


def sample(name: str) -> Any:
    """Return a fixture's content."""
    return json.loads(text(f"{name}.json"))


def make_client(session: aiohttp.ClientSession, account: Account, cloud: FakeCloud, **given: Any) -> EnphaseV2:
    options: dict[str, Any] = {
        "api_key": KEY,
        "user_id": USER,
        "base_url": f"{cloud.url}/api/v2",
        "zone": ZONE,
        **given,
    }
    return EnphaseV2(session, account, **options)


def known(system_id: str, **given: Any) -> SystemData:
    """Return what is known of a system before its first job."""
    name = given.pop("name", "Eich Residence")
    return SystemData(system=System(vendor=Vendor.ENPHASE, id=system_id, name=name, **given))
