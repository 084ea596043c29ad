"""What each job of the Enphase v2 client brings, and what it sends for it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from custom_components.solar_cloud.cloud.account import Account
from custom_components.solar_cloud.cloud.enphase_v2.client import EnphaseV2
from custom_components.solar_cloud.model.elements import (
    DayEnergy,
    Device,
    DeviceKind,
    DeviceReading,
    LifetimeBase,
    Power,
    Silence,
    System,
    Update,
    Vendor,
)
from custom_components.solar_cloud.model.merging import merge

from ..conftest import NOW, FakeCloud
from .helpers import ZONE, known, make_client, sample, text

INTERVAL_END = 1380632400
REPORT = 1380632791


@pytest.fixture
def client(session: aiohttp.ClientSession, account: Account, cloud: FakeCloud) -> EnphaseV2:
    return make_client(session, account, cloud)


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


async def run(client: EnphaseV2, name: str, system_id: str) -> Update:
    return await client.job(name).run(known(system_id), NOW)


def test_the_jobs_are_what_the_plan_is_split_between() -> None:
    assert [(job.name, job.cost, job.cadence, job.weight, job.optional) for job in EnphaseV2.job_terms()] == [
        ("summary", 1, timedelta(minutes=5), 3, False),
        ("envoys", 1, timedelta(hours=6), 0, True),
        ("inventory", 1, timedelta(hours=24), 0, False),
        ("inverters", 1, timedelta(minutes=15), 1, True),
        ("meters", 1, timedelta(minutes=15), 0.5, True),
        ("detail", 1, timedelta(hours=1), 0.5, True),
        ("registers", 1, timedelta(hours=24), 0, True),
    ]


async def test_summary_brings_power_energies_and_the_systems_state(client: EnphaseV2, cloud: FakeCloud) -> None:
    cloud.answer("/api/v2/systems/123/summary", text("summary.json"))
    update = await run(client, "summary", "123")
    assert update == Update(
        system=System(
            vendor=Vendor.ENPHASE,
            id="123",
            name="Eich Residence",
            status="normal",
            size_w=5250,
            installed_at=at(1201362300),
            last_report=at(REPORT),
            modules=31,
            source="microinverters",
        ),
        power=Power(power_w=3322, measured_at=at(INTERVAL_END)),
        today=DayEnergy(day=date(2014, 1, 6), energy_wh=25639, as_of=at(INTERVAL_END)),
        lifetime=LifetimeBase(day=date(2014, 1, 6), before_wh=19050353),
    )
    assert len(cloud.requests) == 1
    assert cloud.requests[0].asked("summary_date") is None


async def test_the_running_lifetime_is_what_was_before_today_plus_today(client: EnphaseV2, cloud: FakeCloud) -> None:
    body = sample("summary") | {"summary_date": "2026-11-21", "last_report_at": int(NOW.timestamp())}
    cloud.answer("/api/v2/systems/123/summary", body)
    data = known("123", timezone="America/Los_Angeles")
    merged = merge(data, await client.job("summary").run(data, NOW), NOW, ZONE)
    assert merged.lifetime.published_wh == 19050353 + 25639


async def test_summary_keeps_what_only_the_list_of_systems_knows(client: EnphaseV2, cloud: FakeCloud) -> None:
    cloud.answer("/api/v2/systems/123/summary", text("summary.json"))
    data = known("123", timezone="US/Pacific", name="Roof")
    merged = merge(data, await client.job("summary").run(data, NOW), NOW, ZONE)
    assert (merged.system.name, merged.system.timezone, merged.system.modules) == ("Roof", "US/Pacific", 31)


MINUTE = 60
DARK = INTERVAL_END + 21 * MINUTE


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        # The last interval is recent for the Envoy that reports.
        ({"last_report_at": INTERVAL_END + 20 * MINUTE}, (3322, INTERVAL_END)),
        # The Envoy talks and says nothing of energy: it is dark, or an interval is late. Who knows the sun decides.
        ({"last_report_at": DARK}, (3322, INTERVAL_END)),
        ({"last_report_at": DARK, "current_power": None}, None),
        # The silence of inverters has another cause: nobody knows.
        ({"last_report_at": DARK, "status": "comm"}, None),
        ({"last_report_at": DARK, "status": "Micro"}, None),
        ({"last_report_at": DARK, "status": "power"}, None),
        # With such a status and recent intervals the rest of the system is measured all the same.
        ({"status": "micro"}, (3322, INTERVAL_END)),
        # Nobody reports any more: the last power with its true age.
        ({"last_report_at": None}, (3322, INTERVAL_END)),
        ({"last_report_at": INTERVAL_END - 60}, (3322, INTERVAL_END)),
        # Never produced, or nobody says when.
        ({"last_interval_end_at": None}, None),
        ({"current_power": None}, None),
        ({"current_power": "n/a"}, None),
        # A time that nobody can read: that of the last report.
        ({"last_interval_end_at": 0}, (3322, REPORT - REPORT % 300)),
        ({"last_interval_end_at": 9e18}, (3322, REPORT - REPORT % 300)),
        ({"last_interval_end_at": -62_135_596_800, "last_report_at": 0}, (3322, int(NOW.timestamp()))),
        ({"last_interval_end_at": 0, "current_power": None}, None),
        # The inverters' own draw at night is no production.
        ({"current_power": -12}, (0, INTERVAL_END)),
        ({"current_power": 0}, (0, INTERVAL_END)),
    ],
)
async def test_power_and_when_it_was_measured(
    client: EnphaseV2, cloud: FakeCloud, change: dict[str, Any], expected: tuple[float, int] | None
) -> None:
    cloud.answer("/api/v2/systems/123/summary", sample("summary") | change)
    update = await run(client, "summary", "123")
    assert update.power == (expected and Power(power_w=expected[0], measured_at=at(expected[1])))


@pytest.mark.parametrize(
    ("change", "is_silent"),
    [
        ({}, False),
        ({"last_report_at": INTERVAL_END + 20 * MINUTE}, False),
        # Until the last whole 5 minutes.
        ({"last_report_at": DARK}, True),
        ({"last_report_at": DARK, "current_power": None}, True),
        ({"last_report_at": DARK, "status": "meter_issue"}, True),
        ({"last_report_at": DARK, "status": "never heard of"}, True),
        ({"last_report_at": DARK, "status": "comm"}, False),
        ({"last_report_at": DARK, "status": "Micro"}, False),
        ({"last_report_at": DARK, "status": "power"}, False),
        ({"last_report_at": None}, False),
        ({"last_interval_end_at": None, "last_report_at": DARK}, False),
    ],
)
async def test_an_envoy_that_reports_without_energy_is_silent(
    client: EnphaseV2, cloud: FakeCloud, change: dict[str, Any], is_silent: bool
) -> None:
    cloud.answer("/api/v2/systems/123/summary", sample("summary") | change)
    update = await run(client, "summary", "123")
    silence = Silence(since=at(INTERVAL_END), until=at(INTERVAL_END + 20 * MINUTE))
    assert update.silence == (silence if is_silent else None)
    assert not is_silent or update.newest == silence.until


@pytest.mark.parametrize("missing", ["summary_date", "energy_today", "energy_lifetime"])
async def test_an_energy_without_its_day_is_not_reported(client: EnphaseV2, cloud: FakeCloud, missing: str) -> None:
    cloud.answer("/api/v2/systems/123/summary", sample("summary") | {"last_report_at": None, missing: None})
    update = await run(client, "summary", "123")
    assert (update.today is None) == (missing in {"summary_date", "energy_today"})
    assert (update.lifetime is None) == (missing in {"summary_date", "energy_lifetime"})
    assert update.power is not None


@pytest.mark.parametrize("day", [None, -62_135_596_800, "0001-01-01", "soon", 9e18, {}])
async def test_a_summary_of_no_readable_day_is_of_the_day_of_the_last_report(
    client: EnphaseV2, cloud: FakeCloud, day: Any
) -> None:
    cloud.answer("/api/v2/systems/123/summary", sample("summary") | {"summary_date": day})
    update = await run(client, "summary", "123")
    assert update.today == DayEnergy(day=date(2013, 10, 1), energy_wh=25639, as_of=at(INTERVAL_END))
    assert update.lifetime == LifetimeBase(day=date(2013, 10, 1), before_wh=19050353)


@pytest.mark.parametrize("field", ["energy_today", "energy_lifetime", "size_w", "modules"])
async def test_a_negative_amount_is_not_reported(client: EnphaseV2, cloud: FakeCloud, field: str) -> None:
    cloud.answer("/api/v2/systems/123/summary", sample("summary") | {field: -1})
    update = await run(client, "summary", "123")
    assert update.system
    values = {
        "energy_today": update.today,
        "energy_lifetime": update.lifetime,
        "size_w": update.system.size_w,
        "modules": update.system.modules,
    }
    assert [name for name, value in values.items() if value is None] == [field]


async def test_envoys_brings_the_whole_list_with_readings(client: EnphaseV2, cloud: FakeCloud) -> None:
    cloud.answer("/api/v2/systems/67/envoys", text("envoys.json"))
    update = await run(client, "envoys", "67")
    assert [(device.serial, device.kind) for device in update.devices] == [
        ("010731000003", DeviceKind.GATEWAY),
        ("010814000001", DeviceKind.GATEWAY),
    ]
    assert update.complete == {DeviceKind.GATEWAY}
    assert update.readings == {
        "010731000003": DeviceReading(status="normal", last_report=at(1308008107)),
        "010814000001": DeviceReading(status="normal"),
    }
    assert len(cloud.requests) == 1


@pytest.mark.parametrize("rows", [None, "none", [{"name": "no serial"}], [7]])
async def test_a_list_of_envoys_that_cannot_be_read_wholly_retires_nobody(
    client: EnphaseV2, cloud: FakeCloud, rows: Any
) -> None:
    cloud.answer("/api/v2/systems/67/envoys", {"system_id": 67, "envoys": rows})
    update = await run(client, "envoys", "67")
    assert (update.devices, update.complete) == ((), frozenset())


async def test_an_empty_list_of_envoys_is_a_whole_list(client: EnphaseV2, cloud: FakeCloud) -> None:
    cloud.answer("/api/v2/systems/67/envoys", {"system_id": 67, "envoys": []})
    assert (await run(client, "envoys", "67")).complete == {DeviceKind.GATEWAY}


@pytest.mark.parametrize(
    ("body", "complete"),
    [
        ({"inverters": [], "meters": []}, {DeviceKind.INVERTER, DeviceKind.METER}),
        # A kind that the system has none of is left out.
        ({}, {DeviceKind.INVERTER, DeviceKind.METER}),
        ({"envoys": [{"sn": "1"}]}, {DeviceKind.GATEWAY, DeviceKind.INVERTER, DeviceKind.METER}),
        # There, but not readable.
        ({"inverters": None, "meters": "none"}, set()),
        ({"inverters": [{"sn": "1"}, {"model": "M215"}]}, {DeviceKind.METER}),
    ],
)
async def test_an_inventory_is_complete_for_the_kinds_it_speaks_of(
    client: EnphaseV2, cloud: FakeCloud, body: dict[str, Any], complete: set[DeviceKind]
) -> None:
    cloud.answer("/api/v2/systems/1765/inventory", {"system_id": 1765} | body)
    assert (await run(client, "inventory", "1765")).complete == complete


async def test_inventory_brings_late_fields_too(client: EnphaseV2, cloud: FakeCloud) -> None:
    body = {
        "system_id": 1765,
        "envoys": [{"sn": 122000000001, "sku": "ENV-IQ-AM1-240"}],
        "inverters": [{"sn": "121", "model": "IQ7", "sku": "IQ7-60-2-US"}],
        "meters": [{"sn": "122000000001EIM1", "state": "enabled"}],
        "fridges": [{"sn": "5"}],
    }
    cloud.answer("/api/v2/systems/1765/inventory", body)
    assert (await run(client, "inventory", "1765")).devices == (
        Device(kind=DeviceKind.GATEWAY, serial="122000000001", manufacturer="Enphase", part_number="ENV-IQ-AM1-240"),
        Device(kind=DeviceKind.INVERTER, serial="121", manufacturer="Enphase", model="IQ7", part_number="IQ7-60-2-US"),
        Device(kind=DeviceKind.METER, serial="122000000001EIM1"),
    )


async def test_inventory_brings_the_status_of_the_meters_that_are_in_use_and_no_others(
    client: EnphaseV2, cloud: FakeCloud
) -> None:
    meters = [
        {"sn": "1", "manufacturer": "GE", "model": "I-210+", "sku": "X", "status": "Normal", "state": "enabled"},
        {"sn": "2", "status": "comm"},
        {"sn": "3", "state": "enabled"},
        {"sn": "4", "status": "normal", "state": "Disabled"},
        {"sn": "5", "status": "retired"},
        {"sn": "6", "state": "retired"},
    ]
    cloud.answer("/api/v2/systems/67/inventory", {"meters": meters, "inverters": [{"sn": "7", "status": "normal"}]})
    update = await client.job("inventory").run(known("67"), NOW)
    assert update.devices == (
        Device(kind=DeviceKind.INVERTER, serial="7", manufacturer="Enphase"),
        Device(kind=DeviceKind.METER, serial="1", manufacturer="GE", model="I-210+", part_number="X"),
        Device(kind=DeviceKind.METER, serial="2"),
        Device(kind=DeviceKind.METER, serial="3"),
    )
    assert update.complete == {DeviceKind.INVERTER, DeviceKind.METER}
    assert update.readings == {"1": DeviceReading(status="normal"), "2": DeviceReading(status="comm")}


async def test_a_meter_that_is_disabled_goes(client: EnphaseV2, cloud: FakeCloud) -> None:
    meters = [{"sn": "1", "status": "normal", "state": "enabled"}, {"sn": "2", "status": "normal", "state": "enabled"}]
    cloud.answer("/api/v2/systems/67/inventory", {"meters": meters})
    cloud.answer("/api/v2/systems/67/inventory", {"meters": [meters[0], meters[1] | {"state": "disabled"}]})
    data = known("67")
    for expected in ({"1", "2"}, {"1"}):
        data = merge(data, await client.job("inventory").run(data, NOW), NOW, ZONE)
        assert set(data.devices) == set(data.readings) == expected


async def test_inverters_bring_readings_and_retire_nobody(client: EnphaseV2, cloud: FakeCloud) -> None:
    cloud.answer("/api/v2/systems/inverters_summary_by_envoy_or_site", text("inverters_summary.json"))
    update = await run(client, "inverters", "67")
    assert [(device.serial, device.parent) for device in update.devices] == [
        ("121100000001", "010731000003"),
        ("121100000002", "010731000003"),
        ("121100000004", "010814000001"),
    ]
    assert update.complete == frozenset()
    assert update.readings["121100000001"].power_w == 34
    assert set(update.readings) == {"121100000001", "121100000002", "121100000004"}
    assert len(cloud.requests) == 1


async def test_an_inventory_keeps_what_the_inverters_job_knows_of_a_device(client: EnphaseV2, cloud: FakeCloud) -> None:
    cloud.answer("/api/v2/systems/inverters_summary_by_envoy_or_site", text("inverters_summary.json"))
    cloud.answer("/api/v2/systems/67/inventory", {"inverters": [{"sn": "121100000001", "model": "M215"}]})
    data = known("67")
    for name in ("inverters", "inventory"):
        data = merge(data, await client.job(name).run(data, NOW), NOW, ZONE)
    assert list(data.devices) == ["121100000001"]
    assert data.devices["121100000001"].parent == "010731000003"
    assert data.readings["121100000001"].energy_lifetime_wh == 232000
