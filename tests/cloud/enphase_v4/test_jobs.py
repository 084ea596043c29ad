"""Enphase v4's seldom jobs: inverters by the hundred, lifetimes, alarms, and the list of systems by pages."""

from collections.abc import AsyncGenerator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from custom_components.solar_cloud.cloud.account import Account
from custom_components.solar_cloud.cloud.enphase_v4.client import EnphaseV4
from custom_components.solar_cloud.cloud.errors import TemporarilyUnavailable
from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import Device, DeviceKind, Flow, LifetimeBase, System, Vendor
from custom_components.solar_cloud.model.merging import merge

from ..conftest import NOW, FakeClock, FakeCloud
from .helpers import AMSTERDAM, ELM, KEY, SAMPLED, StaticAuth, sample
from .world import METERED, STORING, World, make_world

INVERTERS = "/api/v4/systems/inverters_summary_by_envoy_or_site"


@pytest.fixture
def client(session: aiohttp.ClientSession, account: Account, cloud: FakeCloud) -> EnphaseV4:
    return EnphaseV4(session, account, api_key=KEY, auth=StaticAuth(), base_url=f"{cloud.url}/api/v4", zone=AMSTERDAM)


@pytest.fixture
async def world(socket_enabled: None, clock: FakeClock) -> AsyncGenerator[World]:
    clock.now = datetime(2026, 7, 8, 11, 7, tzinfo=UTC)
    async with make_world(clock) as opened:
        yield opened


def known(inverters: int = 0, **given: Any) -> SystemData:
    devices = {f"{n:04d}": Device(kind=DeviceKind.INVERTER, serial=f"{n:04d}") for n in range(inverters)}
    system = System(vendor=Vendor.ENPHASE, id=ELM, name="Elm Street", timezone=AMSTERDAM.key)
    return SystemData(system=system, devices=devices, **given)


def micros(first: int, count: int, retired: int = 0) -> list[dict[str, Any]]:
    rows = [{"serial_number": f"{n:04d}", "status": "normal"} for n in range(first, first + count)]
    rows += [{"serial_number": f"9{n:03d}", "status": "retired"} for n in range(retired)]
    return [{"signal_strength": 5, "micro_inverters": rows}]


@pytest.mark.parametrize(
    ("listed", "pages", "found", "asked"),
    [
        (30, [micros(0, 30)], 30, 1),
        (100, [micros(0, 100)], 100, 1),
        (130, [micros(0, 100), micros(100, 30)], 130, 2),
        (120, [micros(0, 97, 3), micros(97, 23)], 120, 2),
        (0, [micros(0, 100), []], 100, 2),
        (0, [micros(0, 100), micros(0, 100)], 100, 2),
        (20, [micros(0, 18, 2)], 18, 1),
        (0, [[]], 0, 1),
    ],
)
async def test_inverters_come_by_the_hundred(
    client: EnphaseV4, cloud: FakeCloud, listed: int, pages: list[Any], found: int, asked: int
) -> None:
    for page in pages:
        cloud.answer(INVERTERS, page)
    update = await client.job("inverters").run(known(listed), NOW)
    assert len(update.devices) == found
    assert [request.asked("page") for request in cloud.requests] == [str(n + 1) for n in range(asked)]
    assert client.job("inverters").terms_for(known(listed)).cost == max(1, -(-listed // 100))


async def test_a_page_that_fails_does_not_cost_the_ones_before(client: EnphaseV4, cloud: FakeCloud) -> None:
    cloud.answer(INVERTERS, micros(0, 100))
    cloud.answer(INVERTERS, None, status=503)
    assert len((await client.job("inverters").run(known(130), NOW)).devices) == 100
    with pytest.raises(TemporarilyUnavailable):
        await client.job("inverters").run(known(130), NOW)


def page_of(first: int, count: int, total: int | None, size: int | None = 100) -> dict[str, Any]:
    rows = [{"system_id": n, "name": f"System {n}"} for n in range(first, first + count)]
    return {"total": total, "current_page": 1, "size": size, "count": count, "items": "systems", "systems": rows}


@pytest.mark.parametrize(
    ("pages", "found"),
    [
        ([page_of(1, 3, 3)], 3),
        ([page_of(1, 100, 130), page_of(101, 30, 130)], 130),
        # A cloud that gives ten at a time all the same.
        ([page_of(1, 10, 15, 10), page_of(11, 5, 15, 10)], 15),
        ([page_of(1, 10, None, 10), page_of(11, 5, None, 10)], 15),
        ([page_of(1, 100, None, None), page_of(101, 0, None, None)], 100),
        ([page_of(1, 100, 999), page_of(1, 100, 999)], 100),
    ],
)
async def test_systems_come_by_pages(client: EnphaseV4, cloud: FakeCloud, pages: list[Any], found: int) -> None:
    for page in pages:
        cloud.answer("/api/v4/systems", page)
    systems = await client.systems()
    assert [system.id for system in systems] == [str(n) for n in range(1, found + 1)]
    assert [request.asked("page") for request in cloud.requests] == [str(n + 1) for n in range(len(pages))]


ALARMS = f"/api/v4/systems/{ELM}/open_alarms"
TYPES = "/api/v4/systems/event_types"


async def test_alarms_have_the_name_of_their_type_which_is_asked_for_once(client: EnphaseV4, cloud: FakeCloud) -> None:
    cloud.answer(ALARMS, sample("open_alarms"))
    cloud.answer(TYPES, sample("event_types"))
    gateway = Device(kind=DeviceKind.GATEWAY, serial="122200000001", name="Gateway")
    data = SystemData(system=known().system, devices={gateway.serial: gateway})
    data = merge(data, await client.job("alerts").run(data, NOW), NOW, AMSTERDAM)
    assert data.alerts is not None
    (alert,) = data.alerts.values()
    assert (alert.id, alert.type, alert.impact) == ("4200001.8.1780290000000", "Gateway not reporting", 4)
    assert (alert.serial, alert.component) == (gateway.serial, "Gateway")
    assert alert.since == datetime.fromtimestamp(1780290000, UTC)
    await client.job("alerts").run(data, NOW)
    assert cloud.paths == [ALARMS, TYPES, ALARMS]
    assert cloud.requests[1].asked("event_type_id") == "28"


async def test_a_type_that_nobody_knows_is_asked_for_once_and_named_by_its_number(
    client: EnphaseV4, cloud: FakeCloud
) -> None:
    cloud.answer(ALARMS, sample("open_alarms"))
    cloud.answer(TYPES, {"message": "Not Found", "details": "Event type not found", "code": 404}, status=404)
    data = known()
    for _ in range(2):
        data = merge(data, await client.job("alerts").run(data, NOW), NOW, AMSTERDAM)
        assert data.alerts is not None
        assert [alert.type for alert in data.alerts.values()] == ["28"]
    assert cloud.paths == [ALARMS, TYPES, ALARMS]


async def test_names_that_cannot_be_had_do_not_cost_the_alarms(client: EnphaseV4, cloud: FakeCloud) -> None:
    alarm = sample("open_alarms")["alarms"][0]
    alarms = [alarm | {"id": str(number), "event_type_id": number} for number in range(1, 5)]
    cloud.answer(ALARMS, {"system_id": 4200001, "alarms": alarms})
    cloud.answer(TYPES, None, status=503)
    update = await client.job("alerts").run(known(), NOW)
    assert update.alerts is not None
    assert len(update.alerts) == 4
    assert cloud.paths == [ALARMS, TYPES]
    cloud.forget()
    cloud.answer(ALARMS, {"system_id": 4200001, "alarms": []})
    assert (await client.job("alerts").run(known(), NOW)).alerts == {}


LIVES = {
    "energy_lifetime": {Flow.PRODUCTION: 70025},
    "energy_import_lifetime": {Flow.GRID_IMPORT: 23575},
    "energy_export_lifetime": {Flow.GRID_EXPORT: 51980},
    "battery_lifetime": {Flow.BATTERY_CHARGE: 8280, Flow.BATTERY_DISCHARGE: 7175},
}
NOTES = {"v4_meters": "production:production consumption:net", "v4_import": "read", "v4_export": "read"}


def lined_up(cloud: FakeCloud, **change: Any) -> None:
    for name in LIVES:
        cloud.answer(f"/api/v4/systems/{ELM}/{name}", sample(name) | change)


async def test_lifetimes_are_the_sums_of_the_days(client: EnphaseV4, cloud: FakeCloud) -> None:
    lined_up(cloud)
    data = known(notes=NOTES | {"v4_battery": "read"})
    data = SystemData(
        system=data.system,
        notes=data.notes,
        devices={"b": Device(kind=DeviceKind.BATTERY, serial="b")},
    )
    update = await client.job("totals").run(data, SAMPLED)
    day = date(2026, 6, 1)
    assert update.lifetime == LifetimeBase(day=day, before_wh=70025)
    assert dict(update.bases) == {
        flow: LifetimeBase(day=day, before_wh=wh)
        for flows in LIVES.values()
        for flow, wh in flows.items()
        if flow is not Flow.PRODUCTION
    }
    data = merge(data, update, SAMPLED, AMSTERDAM)
    cloud.requests.clear()
    await client.job("totals").run(data, SAMPLED + timedelta(days=1))
    assert cloud.paths == []


async def test_a_day_counts_once_it_is_final(client: EnphaseV4, cloud: FakeCloud) -> None:
    soon_after = datetime(2026, 5, 31, 23, 30, tzinfo=UTC)
    lined_up(cloud)
    update = await client.job("totals").run(known(notes=NOTES), soon_after)
    assert update.bases[Flow.GRID_IMPORT] == LifetimeBase(day=date(2026, 5, 31), before_wh=8120 + 6440)
    cloud.forget()
    silent = int(datetime(2026, 5, 31, 20, tzinfo=UTC).timestamp())
    lined_up(cloud, meta={"last_report_at": silent})
    update = await client.job("totals").run(known(notes=NOTES), SAMPLED + timedelta(hours=1))
    assert update.bases[Flow.GRID_IMPORT].day == date(2026, 5, 31)


@pytest.mark.parametrize("days", [[8120, None, 9015], [8120, -1, 9015], [], None])
async def test_days_that_cannot_be_read_make_no_lifetime(client: EnphaseV4, cloud: FakeCloud, days: Any) -> None:
    cloud.answer(f"/api/v4/systems/{ELM}/energy_import_lifetime", sample("energy_import_lifetime") | {"import": days})
    lined_up(cloud)
    update = await client.job("totals").run(known(notes=NOTES), SAMPLED)
    assert update.bases.keys() == {Flow.GRID_EXPORT}


async def test_a_lifetime_that_fails_does_not_cost_the_others(client: EnphaseV4, cloud: FakeCloud) -> None:
    cloud.answer(f"/api/v4/systems/{ELM}/energy_export_lifetime", None, status=503)
    lined_up(cloud)
    update = await client.job("totals").run(known(notes=NOTES), SAMPLED)
    assert update.bases.keys() == {Flow.GRID_IMPORT}
    assert len(cloud.requests) == 3


async def test_a_lifetime_that_is_not_offered_is_not_asked_for_each_day(client: EnphaseV4, cloud: FakeCloud) -> None:
    for name in LIVES:
        cloud.answer(f"/api/v4/systems/{ELM}/{name}", {"message": "Not Found"}, status=404)
    data = known(notes=NOTES)
    data = merge(data, await client.job("totals").run(data, SAMPLED), SAMPLED, AMSTERDAM)
    cloud.requests.clear()
    await client.job("totals").run(data, SAMPLED + timedelta(hours=20))
    assert cloud.paths == []


async def test_what_statistics_have_asked_for_serves_the_lifetimes(world: World) -> None:
    client = await world.client()
    data = await world.run(client, await world.system(client, METERED), "summary", "devices")
    world.later(hours=3)
    data = await world.round(client, data)
    begin = data.system.installed_at
    assert begin is not None
    world.simulator.clear_requests()
    today = world.clock.now.astimezone(world.plant(METERED).zone).date()
    await client.archive.totals(data, begin.date(), today - timedelta(days=1), world.clock.now)
    assert world.paths == ["energy_lifetime", "energy_import_lifetime", "energy_export_lifetime"]
    world.later(minutes=10)
    data = await world.run(client, data, "totals")
    assert world.paths == []
    assert data.bases.keys() == {Flow.GRID_IMPORT, Flow.GRID_EXPORT}
    world.has_truth(data, {Flow.GRID_IMPORT, Flow.GRID_EXPORT, Flow.CONSUMPTION})


async def test_lifetimes_that_no_day_carries_on_are_asked_for_again(world: World) -> None:
    client = await world.client()
    data = await world.run(client, await world.system(client, STORING), "summary", "devices")
    data = await world.run(client, await world.round(client, data), "totals")
    world.later(days=4)
    world.simulator.clear_requests()
    data = await world.run(client, data, "summary")
    data = await world.run(client, await world.round(client, data), "totals")
    assert [path for path in world.paths if path.endswith("lifetime")] == [
        "energy_import_lifetime",
        "energy_export_lifetime",
        "battery_lifetime",
    ]
    world.has_truth(data)
