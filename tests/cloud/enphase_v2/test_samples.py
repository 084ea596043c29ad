"""The sample answers of the Enphase v2 documentation, served as they stand there, and the model they become."""

from datetime import UTC, date, datetime, timedelta
import json
import re
from typing import Any

import aiohttp
import pytest

from custom_components.solar_cloud.cloud.account import Account
from custom_components.solar_cloud.cloud.enphase.model import (
    DeviceState,
    EnergyLifetime,
    Envoys,
    Inventory,
    Meta,
    MeterReadings,
    MonthlyProduction,
    Stats,
    Summary,
)
from custom_components.solar_cloud.cloud.enphase_v2.client import EnphaseV2
from custom_components.solar_cloud.cloud.enphase_v2.parse import parse_systems
from custom_components.solar_cloud.cloud.errors import MalformedAnswer
from custom_components.solar_cloud.cloud.parse import as_time
from custom_components.solar_cloud.model.elements import Device, DeviceKind, DeviceReading, Interval, System, Vendor

from ..conftest import FakeCloud
from .helpers import KEY, USER, make_client, sample, text

CREDENTIAL = {("key", KEY), ("user_id", USER)}
META = Meta(
    status="normal",
    last_report=datetime(2015, 10, 23, 17, 0, 15, tzinfo=UTC),
    last_energy=datetime(2015, 10, 23, 16, 50, 33, tzinfo=UTC),
    operational=datetime(2013, 1, 1, 7, 0, tzinfo=UTC),
)


@pytest.fixture
def client(session: aiohttp.ClientSession, account: Account, cloud: FakeCloud) -> EnphaseV2:
    return make_client(session, account, cloud)


def epoch(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def asked(cloud: FakeCloud) -> tuple[str, set[tuple[str, str]]]:
    """Return path and query of the one request that was sent, the credential taken off after a look at it."""
    (request,) = cloud.requests
    query = set(request.query)
    assert query >= CREDENTIAL
    assert len(request.query) == len(query)
    assert request.headers["Accept"] == "application/json"
    return request.path, query - CREDENTIAL


async def test_systems_lists_every_system_and_follows_the_cursor(client: EnphaseV2, cloud: FakeCloud) -> None:
    cloud.answer("/api/v2/systems", text("systems.json"))
    cloud.answer("/api/v2/systems", {"systems": [{"system_id": 1657, "system_name": "Third"}]})
    assert await client.systems() == (
        System(
            vendor=Vendor.ENPHASE,
            id="67",
            name="Eich Residence",
            timezone="America/Los_Angeles",
            status="normal",
            installed_at=META.operational,
            last_report=META.last_report,
        ),
        System(
            vendor=Vendor.ENPHASE,
            id="72",
            name="Sample Residence",
            timezone="America/Los_Angeles",
            status="comm",
            installed_at=epoch(1418912581),
            last_report=epoch(1449959488),
        ),
        System(vendor=Vendor.ENPHASE, id="1657", name="Third"),
    )
    assert cloud.paths == ["/api/v2/systems"] * 2
    assert [request.asked("limit") for request in cloud.requests] == ["1000", "1000"]
    assert [request.asked("next") for request in cloud.requests] == [None, "4e7a453d0a"]


async def test_a_thousand_systems_cost_one_request(client: EnphaseV2, cloud: FakeCloud) -> None:
    cloud.answer("/api/v2/systems", {"systems": [{"system_id": number} for number in range(1, 1001)]})
    assert len(await client.systems()) == 1000
    assert len(cloud.requests) == 1


@pytest.mark.parametrize("page", [sample("systems"), {"systems": [], "next": "4e7a453d0a"}])
async def test_a_cursor_that_leads_back_ends_the_list(client: EnphaseV2, cloud: FakeCloud, page: Any) -> None:
    cloud.answer("/api/v2/systems", page)
    assert len(await client.systems()) == len(page["systems"])
    assert len(cloud.requests) <= 2


def test_the_callback_sample_holds_two_systems_in_its_wrapping() -> None:
    wrapped = re.fullmatch(r"my_method\(\s*(.*)\s*\)", text("systems_callback.txt"), re.DOTALL)
    assert wrapped
    systems, cursor = parse_systems(json.loads(wrapped[1]))
    assert [(system.id, system.name, system.status) for system in systems] == [
        ("67", "Eich Residence", "normal"),
        ("71", "Sample Residence", "normal"),
    ]
    assert cursor is None


async def test_a_wrapped_answer_that_nobody_asked_for_is_malformed(client: EnphaseV2, cloud: FakeCloud) -> None:
    cloud.answer("/api/v2/systems", text("systems_callback.txt"))
    with pytest.raises(MalformedAnswer):
        await client.systems()
    assert cloud.requests[0].asked("callback") is None


async def test_summary(client: EnphaseV2, cloud: FakeCloud) -> None:
    cloud.answer("/api/v2/systems/123/summary", text("summary.json"))
    assert await client.api.summary("123") == Summary(
        day=date(2014, 1, 6),
        status="normal",
        power_w=3322,
        energy_today_wh=25639,
        energy_before_wh=19050353,
        last_interval_end=epoch(1380632400),
        last_report=epoch(1380632791),
        operational=epoch(1201362300),
        modules=31,
        size_w=5250,
        source="microinverters",
    )
    assert asked(cloud) == ("/api/v2/systems/123/summary", set())


async def test_summary_of_a_past_day_brings_energies_and_no_power(client: EnphaseV2, cloud: FakeCloud) -> None:
    body = sample("summary") | {"current_power": 0, "modules": 0, "size_w": 0, "summary_date": "2010-09-17"}
    cloud.answer("/api/v2/systems/123/summary", body)
    summary = await client.api.summary("123", date(2010, 9, 17))
    assert (summary.day, summary.energy_today_wh) == (date(2010, 9, 17), 25639)
    assert (summary.power_w, summary.modules, summary.size_w) == (None, None, None)
    assert asked(cloud) == ("/api/v2/systems/123/summary", {("summary_date", "2010-09-17")})


async def test_stats(client: EnphaseV2, cloud: FakeCloud) -> None:
    cloud.answer("/api/v2/systems/1765/stats", text("stats.json"))
    rows = [(1381496400, 173, 14, 27), (1381496700, 258, 22, 31), (1381497000, 308, 26, 31), (1381497300, 386, 32, 31)]
    rows.append((1381497600, 476, 40, 31))
    assert await client.api.stats("1765", epoch(1381496100), epoch(1381497600)) == Stats(
        total_devices=31,
        intervals=tuple(
            Interval(
                start=epoch(end - 300), end=epoch(end), energy_wh=energy, power_w=power, devices_reporting=reporting
            )
            for end, power, energy, reporting in rows
        ),
        meta=META,
    )
    assert asked(cloud) == ("/api/v2/systems/1765/stats", {("start_at", "1381496100"), ("end_at", "1381497600")})


async def test_stats_without_a_span_asks_for_none(client: EnphaseV2, cloud: FakeCloud) -> None:
    cloud.answer("/api/v2/systems/1765/stats", {"system_id": 1765, "intervals": []})
    assert await client.api.stats("1765") == Stats(meta=Meta())
    assert asked(cloud) == ("/api/v2/systems/1765/stats", set())


async def test_rgm_stats(client: EnphaseV2, cloud: FakeCloud) -> None:
    cloud.answer("/api/v2/systems/1765/rgm_stats", text("rgm_stats.json"))
    rows = [(1384122700, 0), (1384123600, 0), (1384124500, 15), (1384125400, 21), (1384126300, 34)]
    stats = await client.api.rgm_stats("1765", epoch(1384121800))
    assert stats == Stats(
        total_devices=1,
        intervals=tuple(
            Interval(start=epoch(end - 900), end=epoch(end), energy_wh=energy, devices_reporting=1)
            for end, energy in rows
        ),
        meta=META,
    )
    assert stats.intervals[-1].mean_power_w == 136
    assert asked(cloud) == ("/api/v2/systems/1765/rgm_stats", {("start_at", "1384121800")})


@pytest.mark.parametrize("name", ["energy_lifetime", "energy_lifetime_all"])
def test_the_fixture_is_the_documents_text_without_the_ellipsis(name: str) -> None:
    document = text(f"{name}.txt")
    assert document.count(",...]") in {1, 3}
    assert document.replace(",...]", "]") == text(f"{name}.json")


async def test_energy_lifetime(client: EnphaseV2, cloud: FakeCloud) -> None:
    cloud.answer("/api/v2/systems/66/energy_lifetime", text("energy_lifetime.json"))
    lifetime = await client.api.energy_lifetime("66")
    assert lifetime == EnergyLifetime(
        start=date(2013, 1, 1),
        meter_start=date(2013, 2, 15),
        production=(15422, 15421, 17118, 18505, 18511, 18487),
        meta=META,
    )
    assert lifetime.days()[date(2013, 1, 6)] == 18487
    assert asked(cloud) == ("/api/v2/systems/66/energy_lifetime", set())


async def test_energy_lifetime_with_all_series(client: EnphaseV2, cloud: FakeCloud) -> None:
    cloud.answer("/api/v2/systems/66/energy_lifetime", text("energy_lifetime_all.json"))
    lifetime = await client.api.energy_lifetime("66", date(2013, 1, 1), date(2013, 1, 6), all_series=True)
    assert lifetime == EnergyLifetime(
        start=date(2013, 1, 1),
        meter_start=date(2013, 1, 4),
        production=(15422, 15421, 17118, 18505, 18511, 18487),
        micro_production=(15422, 15421, 17118, 18513, 18520, 18494),
        meter_production=(0, 0, 11388, 18505, 18511, 18487),
        meta=META,
    )
    query = {("start_date", "2013-01-01"), ("end_date", "2013-01-06"), ("production", "all")}
    assert asked(cloud) == ("/api/v2/systems/66/energy_lifetime", query)


async def test_energy_lifetime_without_content_is_empty(client: EnphaseV2, cloud: FakeCloud) -> None:
    cloud.answer("/api/v2/systems/66/energy_lifetime", status=204)
    lifetime = await client.api.energy_lifetime("66")
    assert lifetime == EnergyLifetime(meta=Meta())
    assert lifetime.days() == {}


async def test_a_day_that_cannot_be_read_keeps_its_place(client: EnphaseV2, cloud: FakeCloud) -> None:
    body = {"system_id": 66, "start_date": "2013-01-01", "production": [1, None, 3]}
    cloud.answer("/api/v2/systems/66/energy_lifetime", body)
    assert (await client.api.energy_lifetime("66")).days() == {date(2013, 1, 1): 1, date(2013, 1, 3): 3}


async def test_monthly_production(client: EnphaseV2, cloud: FakeCloud) -> None:
    cloud.answer("/api/v2/systems/66/monthly_production", text("monthly_production.json"))
    assert await client.api.monthly_production("66", date(2011, 7, 1)) == MonthlyProduction(
        start=date(2011, 7, 1),
        end=date(2011, 7, 31),
        production_wh=208435,
        meter_readings=(MeterReadings(serial="123123123123", start_wh=196077, end_wh=404512),),
        meta=META,
    )
    assert asked(cloud) == ("/api/v2/systems/66/monthly_production", {("start_date", "2011-07-01")})


async def test_envoys(client: EnphaseV2, cloud: FakeCloud) -> None:
    cloud.answer("/api/v2/systems/67/envoys", text("envoys.json"))
    assert await client.api.envoys("67") == Envoys(
        states=(
            DeviceState(
                device=Device(
                    kind=DeviceKind.GATEWAY,
                    serial="010731000003",
                    name="Envoy 010731000003",
                    manufacturer="Enphase",
                    part_number="800-00002-r00",
                ),
                reading=DeviceReading(status="normal", last_report=epoch(1308008107)),
            ),
            DeviceState(
                device=Device(
                    kind=DeviceKind.GATEWAY,
                    serial="010814000001",
                    name="Envoy 010814000001",
                    manufacturer="Enphase",
                    part_number="910-10000-r01",
                ),
                reading=DeviceReading(status="normal"),
            ),
        ),
        complete=True,
    )
    assert asked(cloud) == ("/api/v2/systems/67/envoys", set())


async def test_inventory(client: EnphaseV2, cloud: FakeCloud) -> None:
    cloud.answer("/api/v2/systems/1765/inventory", text("inventory.json"))
    assert await client.api.inventory("1765") == Inventory(
        devices=(
            Device(kind=DeviceKind.INVERTER, serial="123456789123", manufacturer="Enphase", model="M215"),
            Device(kind=DeviceKind.INVERTER, serial="123455589199", manufacturer="Enphase", model="M215"),
            Device(kind=DeviceKind.METER, serial="999111222333", manufacturer="GE", model="I-210+"),
        ),
        complete=frozenset({DeviceKind.INVERTER, DeviceKind.METER}),
    )
    assert asked(cloud) == ("/api/v2/systems/1765/inventory", set())


INVERTER_STATES = (
    DeviceState(
        device=Device(
            kind=DeviceKind.INVERTER,
            serial="121100000001",
            manufacturer="Enphase",
            model="M215",
            part_number="800-00107-r01",
            parent="010731000003",
        ),
        reading=DeviceReading(
            status="normal",
            last_report=epoch(1600427843),
            power_w=34,
            measured_at=epoch(1600427843),
            energy_lifetime_wh=232000,
        ),
    ),
    DeviceState(
        device=Device(
            kind=DeviceKind.INVERTER,
            serial="121100000002",
            manufacturer="Enphase",
            model="M215",
            part_number="M215-60-2LL-S22-NA",
            parent="010731000003",
        ),
        reading=DeviceReading(status="micro", power_w=0, energy_lifetime_wh=232000),
    ),
    DeviceState(
        device=Device(kind=DeviceKind.INVERTER, serial="121100000004", manufacturer="Enphase", parent="010814000001"),
        reading=DeviceReading(status="normal", last_report=epoch(1600427843)),
    ),
)


async def test_inverters_summary_without_the_retired_ones(client: EnphaseV2, cloud: FakeCloud) -> None:
    cloud.answer("/api/v2/systems/inverters_summary_by_envoy_or_site", text("inverters_summary.json"))
    assert await client.api.inverters_summary("67") == INVERTER_STATES
    assert asked(cloud) == ("/api/v2/systems/inverters_summary_by_envoy_or_site", {("site_id", "67")})


async def test_inverters_summary_as_a_single_object(client: EnphaseV2, cloud: FakeCloud) -> None:
    cloud.answer("/api/v2/systems/inverters_summary_by_envoy_or_site", sample("inverters_summary")[1])
    assert await client.api.inverters_summary("67") == INVERTER_STATES[2:]


@pytest.mark.parametrize(
    ("energy", "expected"),
    [
        ({"value": 1, "units": "kWh"}, 1000),
        ({"value": 3.6, "units": "KJ"}, 1),
        ({"value": 5}, 5),
        (7, 7),
        ({"value": 5, "units": "furlong"}, None),
        ({"value": 5, "units": 3}, None),
        ({"value": -5, "units": "Wh"}, None),
        ({"value": 1e308, "units": "kWh"}, None),
    ],
)
async def test_energy_of_an_inverter_in_any_unit(
    client: EnphaseV2, cloud: FakeCloud, energy: Any, expected: float | None
) -> None:
    body = {"micro_inverters": [{"serial_number": 121100000001, "energy": energy}]}
    cloud.answer("/api/v2/systems/inverters_summary_by_envoy_or_site", body)
    (state,) = await client.api.inverters_summary("67")
    assert state.device.serial == "121100000001"
    assert state.reading.energy_lifetime_wh == expected


def test_both_forms_of_a_time_are_the_same_instant() -> None:
    assert as_time("2015-05-05T00:00:00-07:00") == as_time(1430809200) == datetime(2015, 5, 5, 7, tzinfo=UTC)


async def test_answers_in_iso8601_are_understood_though_not_asked_for(client: EnphaseV2, cloud: FakeCloud) -> None:
    body = sample("summary") | {
        "summary_date": "2014-01-06T00:00:00-08:00",
        "last_report_at": "2013-10-01T06:06:31-07:00",
        "last_interval_end_at": "2013-10-01T06:00:00-07:00",
    }
    cloud.answer("/api/v2/systems/123/summary", body)
    summary = await client.api.summary("123")
    assert summary.day == date(2014, 1, 6)
    assert summary.last_report == epoch(1380632791)
    assert summary.last_interval_end == epoch(1380632400)


async def test_dates_as_epoch_are_days_at_the_system(client: EnphaseV2, cloud: FakeCloud) -> None:
    midnight = datetime(2011, 7, 1, 7, tzinfo=UTC)
    body = {"start_date": midnight.timestamp(), "end_date": (midnight + timedelta(days=30)).timestamp()}
    cloud.answer("/api/v2/systems/66/monthly_production", body)
    month = await client.api.monthly_production("66", date(2011, 7, 1))
    assert (month.start, month.end) == (date(2011, 7, 1), date(2011, 7, 31))


async def test_intervals_come_ascending_and_a_repeated_one_counts_once(client: EnphaseV2, cloud: FakeCloud) -> None:
    rows = [{"end_at": 1381497000, "enwh": 2}, {"end_at": 1381496700, "enwh": 1}, {"end_at": 1381497000, "enwh": 3}]
    cloud.answer("/api/v2/systems/1765/stats", {"intervals": rows})
    stats = await client.api.stats("1765")
    assert [(interval.end, interval.energy_wh) for interval in stats.intervals] == [
        (epoch(1381496700), 1),
        (epoch(1381497000), 3),
    ]


async def test_a_system_id_cannot_lead_to_another_path(client: EnphaseV2, cloud: FakeCloud) -> None:
    cloud.answer("*", {"system_id": "6/7?x=1"})
    await client.api.envoys("6/7?x=1")
    assert cloud.requests[0].raw_path.startswith("/api/v2/systems/6%2F7%3Fx=1/envoys?")
