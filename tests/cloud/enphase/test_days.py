"""A day of which nothing has been reported is not a day without energy."""

from collections.abc import AsyncGenerator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import pytest

from custom_components.solar_cloud.cloud.account import Account
from custom_components.solar_cloud.cloud.enphase.days import known_days
from custom_components.solar_cloud.cloud.enphase.model import Meta
from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import Flow, System, Vendor

from ..conftest import NOW, FakeClock, FakeCloud
from ..enphase_v2.helpers import make_client
from ..enphase_v4.world import METERED, World, make_world

UTC_ZONE, AUCKLAND = ZoneInfo("UTC"), ZoneInfo("Pacific/Auckland")
FIRST = date(2026, 11, 16)
READ = datetime(2026, 11, 21, 12, tzinfo=UTC)


def days(*energies: float) -> dict[date, float]:
    return {FIRST + timedelta(days=number): energy for number, energy in enumerate(energies)}


def ago(**by: float) -> datetime:
    return READ - timedelta(**by)


@pytest.mark.parametrize(
    ("energies", "meta", "known"),
    [
        # Silent since the 18th: its zeros are nobody's word. What it told of that day before stays.
        ((9, 8, 7, 0, 0), Meta(last_report=ago(days=3)), 3),
        ((9, 8, 0, 0, 0), Meta(last_report=ago(days=3)), 2),
        ((9, 0, 0, 0, 0), Meta(last_report=ago(days=3)), 2),
        ((0, 0, 0, 0, 0), Meta(last_report=ago(days=9)), 0),
        # It reports: snow lies on the roof, or nothing was sold.
        ((9, 8, 0, 0, 0), Meta(last_report=ago(minutes=5)), 5),
        ((0, 0, 0, 0, 0), Meta(last_report=ago(minutes=5), status="normal"), 5),
        ((9, 8, 0, 0, 0), Meta(), 5),
        # It reports that it does not hear what produces.
        ((9, 8, 0, 0, 0), Meta(last_report=ago(minutes=5), last_energy=ago(days=4), status="comm"), 2),
        ((9, 8, 0, 0, 0), Meta(last_report=ago(minutes=5), last_energy=ago(days=4), status="micro"), 2),
        ((9, 8, 0, 0, 0), Meta(last_report=ago(minutes=5), last_energy=ago(days=4), status="normal"), 5),
        # A zero between other days is one.
        ((9, 0, 7, 6, 5), Meta(last_report=ago(days=9)), 5),
        # A clock that is ahead.
        ((9, 8, 0, 0, 0), Meta(last_report=READ + timedelta(hours=20)), 5),
    ],
)
def test_zeros_at_the_end_count_as_far_as_the_system_has_reported(
    energies: tuple[float, ...], meta: Meta, known: int
) -> None:
    assert list(known_days(days(*energies), meta, READ, UTC_ZONE).values()) == list(energies[:known])


def test_a_day_is_one_of_the_systems_own_zone() -> None:
    meta = Meta(last_report=datetime(2026, 11, 18, 12, tzinfo=UTC))  # the 19th in Auckland
    assert len(known_days(days(9, 8, 0, 0, 0), meta, READ, AUCKLAND)) == 3
    assert len(known_days(days(9, 8, 0, 0, 0), meta, READ, UTC_ZONE)) == 2


@pytest.mark.parametrize(("report", "known"), [(ago(days=3), 3), (ago(minutes=5), 5)])
async def test_version_2_leaves_days_open_that_nothing_was_reported_of(
    session: aiohttp.ClientSession, account: Account, cloud: FakeCloud, report: datetime, known: int
) -> None:
    body = {
        "system_id": 66,
        "start_date": FIRST.isoformat(),
        "production": [909, 4970, 5000, 0, 0],
        "meta": {"status": "comm", "last_report_at": int(report.timestamp()), "last_energy_at": None},
    }
    cloud.answer("/api/v2/systems/66/energy_lifetime", body)
    data = SystemData(system=System(vendor=Vendor.ENPHASE, id="66", name="x", timezone="UTC"))
    archive = make_client(session, account, cloud).archive
    assert archive is not None
    totals = await archive.totals(data, FIRST, NOW.date(), NOW)
    assert list(totals[Flow.PRODUCTION].values()) == [909, 4970, 5000, 0, 0][:known]


@pytest.fixture
async def world(socket_enabled: None, clock: FakeClock) -> AsyncGenerator[World]:
    clock.now = datetime(2026, 7, 8, 11, 7, tzinfo=UTC)
    async with make_world(clock) as opened:
        yield opened


async def test_version_4_leaves_days_open_while_the_gateway_is_silent(world: World) -> None:
    client = await world.client()
    data = await world.run(client, await world.system(client, METERED), "summary", "devices")
    world.later(hours=3)
    data = await world.run(client, await world.round(client, data), "totals")
    plant = world.plant(METERED)
    silent_on = world.clock.now.astimezone(plant.zone).date()
    for serial in plant.gateways:
        plant.silence(serial, world.clock.now)
    world.later(days=4)

    def with_zeros(body: dict[str, Any]) -> dict[str, Any]:
        """Reach up to yesterday, as the documentation has it."""
        whole = (world.clock.now.astimezone(plant.zone).date() - date.fromisoformat(body["start_date"])).days
        for name in ("production", "import", "export"):
            if name in body:
                body[name] = body[name][: (silent_on - date.fromisoformat(body["start_date"])).days]
                body[name] += [0] * (whole - len(body[name]))
        return body

    world.simulator.mutate("*_lifetime", with_zeros)
    first, last = silent_on - timedelta(days=2), silent_on + timedelta(days=3)
    totals = await client.archive.totals(data, first, last, world.clock.now)
    assert set(totals) == {Flow.PRODUCTION, Flow.GRID_IMPORT, Flow.GRID_EXPORT}
    for flow, known in totals.items():
        assert max(known) < silent_on, flow
        assert min(known) == first
    data = await world.run(client, data, "totals")
    assert all(base.day <= silent_on for base in data.bases.values())
    for serial in plant.gateways:
        plant.unsilence(serial, world.clock.now)
    world.simulator.clear_faults()
    world.later(hours=1)
    totals = await client.archive.totals(data, first, last, world.clock.now)
    assert {max(known) for known in totals.values()} == {last}
