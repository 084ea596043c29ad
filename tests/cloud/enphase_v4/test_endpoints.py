"""What each endpoint of Enphase v4 is asked, and how its sample answer is read: over HTTP."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from custom_components.solar_cloud.cloud.account import Account
from custom_components.solar_cloud.cloud.enphase_v4.api import EnphaseV4Api
from custom_components.solar_cloud.cloud.enphase_v4.ev_chargers import EvChargerApi
from custom_components.solar_cloud.cloud.enphase_v4.model import Granularity, MeterChannel
from custom_components.solar_cloud.model.elements import DeviceKind, Flow

from ..conftest import FakeClock, FakeCloud
from .helpers import AMSTERDAM, ELM, ENDPOINTS, KEY, MIDNIGHT, SAMPLED, make_api, sample

START = {"start_at": "1780264800", "end_at": "1780300800", "granularity": "day"}
ASKED: dict[str, dict[str, str]] = {
    "systems": {"page": "1", "size": "100"},
    "retrieve_system_id": {"serial_num": "122200000001"},
    "inverters_summary": {"site_id": ELM, "page": "1", "size": "100"},
    **dict.fromkeys(
        (
            "production_micro",
            "production_meter",
            "consumption_meter",
            "battery",
            "energy_import_telemetry",
            "energy_export_telemetry",
        ),
        START,
    ),
    "rgm_stats": {"start_at": "1780264800", "end_at": "1780300800"},
    "energy_lifetime": {"production": "all"},
    "events": {"start_time": "1780264800"},
    "alarms": {"start_time": "1780264800", "cleared": "false"},
    "ev_events": {"offset": "0", "limit": "100"},
    "ev_sessions": {"offset": "0", "limit": "100"},
    "ev_lifetime": {"start_date": "20260529"},
    "ev_telemetry": {"granularity": "day", "start_at": "1780264800"},
}
"""Queries; of endpoints that are not listed: none."""


@pytest.fixture
def api(session: aiohttp.ClientSession, account: Account, cloud: FakeCloud, clock: FakeClock) -> EnphaseV4Api:
    clock.now = SAMPLED + timedelta(minutes=7)
    return make_api(session, account, cloud)


async def read(api: EnphaseV4Api, cloud: FakeCloud, name: str, answer: Any = None) -> Any:
    path, ask = ENDPOINTS[name]
    cloud.forget()
    cloud.answer(f"/api/v4/{path}", sample(name) if answer is None else answer)
    return await ask(api, EvChargerApi(api, AMSTERDAM))


@pytest.mark.parametrize("name", ENDPOINTS)
async def test_an_endpoint_is_asked_once_with_key_and_token_in_the_headers(
    api: EnphaseV4Api, cloud: FakeCloud, name: str
) -> None:
    assert await read(api, cloud, name)
    (request,) = cloud.requests
    assert dict(request.query) == ASKED.get(name, {})
    assert request.headers["key"] == KEY
    assert request.headers["Authorization"] == "Bearer access-1"
    assert KEY not in request.raw_path


async def test_a_system(api: EnphaseV4Api, cloud: FakeCloud) -> None:
    page = await read(api, cloud, "systems")
    (system,) = page.systems
    assert (system.id, system.name, system.key, system.timezone) == (
        ELM,
        "Elm Street",
        "enphase_4200001",
        AMSTERDAM.key,
    )
    assert system.status == "normal"
    assert system.size_w is None  # -1 since 2023
    assert system.installed_at == datetime.fromtimestamp(1597000000, UTC)
    assert system.last_report == SAMPLED
    assert (page.rows, page.total, page.size) == (1, 1, 100)
    assert await read(api, cloud, "system") == system


async def test_a_summary(api: EnphaseV4Api, cloud: FakeCloud) -> None:
    found = await read(api, cloud, "summary")
    summary = found.summary
    assert (summary.power_w, summary.energy_today_wh, summary.energy_before_wh) == (3150, 4040, 21480550)
    assert (summary.day, summary.modules, summary.size_w) == (date(2026, 6, 1), 12, 4380)
    assert (summary.source, summary.status) == ("microinverters", "normal")
    assert (found.battery_capacity_wh, found.battery_charge_w, found.battery_discharge_w) == (3360, 1280, 1280)


@pytest.mark.parametrize("name", ["current_power", "energy_lifetime", "energy_today", "size_w", "battery_capacity_wh"])
async def test_minus_one_in_a_summary_is_unknown(api: EnphaseV4Api, cloud: FakeCloud, name: str) -> None:
    found = await read(api, cloud, "summary", sample("summary") | {name: -1})
    fields = {
        "current_power": found.summary.power_w,
        "energy_lifetime": found.summary.energy_before_wh,
        "energy_today": found.summary.energy_today_wh,
        "size_w": found.summary.size_w,
        "battery_capacity_wh": found.battery_capacity_wh,
    }
    assert fields.pop(name) is None
    assert None not in fields.values()


async def test_a_summary_of_another_day(api: EnphaseV4Api, cloud: FakeCloud) -> None:
    cloud.answer("*", sample("summary") | {"current_power": 0, "modules": 0, "size_w": 0, "summary_date": "2026-05-30"})
    summary = (await api.summary(ELM, date(2026, 5, 30), zone=AMSTERDAM)).summary
    assert cloud.requests[0].asked("summary_date") == "2026-05-30"
    assert (summary.power_w, summary.modules, summary.size_w) == (None, None, None)
    assert summary.day == date(2026, 5, 30)


async def test_devices(api: EnphaseV4Api, cloud: FakeCloud) -> None:
    found = await read(api, cloud, "devices")
    assert {device.serial: device.kind for device in found.devices} == {
        "482200000011": DeviceKind.INVERTER,
        "122200000001EIM1": DeviceKind.METER,
        "122200000001EIM2": DeviceKind.METER,
        "122200000001": DeviceKind.GATEWAY,
        "492200000001": DeviceKind.BATTERY,
        "172200000001": DeviceKind.OTHER,
        "202300000001": DeviceKind.EV_CHARGER,
    }
    by_serial = {device.serial: device for device in found.devices}
    assert by_serial["122200000001"].firmware == "D8.2.4345 (abc123)"
    assert by_serial["492200000001"].model == "IQ Battery 3T"
    assert by_serial["202300000001"].firmware == "v0.04.22"
    assert found.complete == set(DeviceKind)
    assert [(meter.serial[-4:], meter.role, meter.config) for meter in found.meters] == [
        ("EIM1", "production", "production"),
        ("EIM2", "consumption", "net"),
    ]
    assert found.readings["482200000011"].status == "normal"
    assert found.readings["172200000001"].last_report is None


async def test_what_is_not_active_or_disabled_counts_for_nothing(api: EnphaseV4Api, cloud: FakeCloud) -> None:
    answer = sample("devices")
    answer["devices"]["micros"][0]["active"] = "false"
    answer["devices"]["meters"][1]["state"] = "disabled"
    found = await read(api, cloud, "devices", answer)
    assert not [device for device in found.devices if device.kind is DeviceKind.INVERTER]
    assert [meter.role for meter in found.meters] == ["production"]
    assert "122200000001EIM2" in {device.serial for device in found.devices}


@pytest.mark.parametrize(("key", "kind"), [("micros", DeviceKind.INVERTER), ("meters", DeviceKind.METER)])
async def test_a_list_that_cannot_be_read_wholly_retires_nothing(
    api: EnphaseV4Api, cloud: FakeCloud, key: str, kind: DeviceKind
) -> None:
    for broken in (None, {}, [{"serial_number": None}]):
        answer = sample("devices")
        answer["devices"][key] = broken
        assert (await read(api, cloud, "devices", answer)).complete == set(DeviceKind) - {kind}
    assert not (await read(api, cloud, "devices", {"system_id": 4200001})).complete


@pytest.mark.parametrize("config", ["Net", "Total"])
async def test_a_meter_without_a_name_is_known_by_how_it_is_wired(
    api: EnphaseV4Api, cloud: FakeCloud, config: str
) -> None:
    answer = sample("devices")
    answer["devices"]["meters"][1] |= {"name": None, "config_type": config}
    found = await read(api, cloud, "devices", answer)
    assert (found.meters[1].role, found.meters[1].config) == ("consumption", config.lower())


async def test_inverters_with_both_forms_of_power(api: EnphaseV4Api, cloud: FakeCloud) -> None:
    page = await read(api, cloud, "inverters_summary")
    first, second = page.states
    assert page.rows == 2
    assert (first.device.serial, first.device.parent) == ("482200000011", "122200000001")
    assert (first.reading.power_w, first.reading.energy_lifetime_wh) == (262, 1790045)
    assert (second.reading.power_w, second.reading.energy_lifetime_wh) == (259, 1785301)
    assert first.reading.last_report == datetime.fromtimestamp(1780300500, UTC)


async def test_rows_of_microinverters_end_when_they_say(api: EnphaseV4Api, cloud: FakeCloud) -> None:
    telemetry = await read(api, cloud, "production_micro")
    first, second = telemetry.intervals
    assert (first.end, first.start) == (
        datetime.fromtimestamp(1780300200, UTC),
        datetime.fromtimestamp(1780299900, UTC),
    )
    assert (first.energy_wh, first.power_w, first.devices_reporting) == (258, 3096, 12)
    assert (second.energy_wh, second.devices_reporting, telemetry.total_devices) == (240, 11, 12)


@pytest.mark.parametrize(
    ("rows", "minutes"),
    [
        ([(900, 258, 1032), (1800, 240, 960)], 15),
        ([(900, 1, 4)], 15),
        ([(900, 1, 12)], 5),
        ([(900, 258, 3096), (1200, 240, 2880)], 5),
        ([(900, 0, 0)], 5),
    ],
)
async def test_rows_over_a_cellular_modem_are_quarter_hours(
    api: EnphaseV4Api, cloud: FakeCloud, rows: list[tuple[int, int, int]], minutes: int
) -> None:
    rows_of_day = [{"end_at": 1780264800 + end, "devices_reporting": 12, "enwh": wh, "powr": w} for end, wh, w in rows]
    telemetry = await read(api, cloud, "production_micro", sample("production_micro") | {"intervals": rows_of_day})
    assert {row.end - row.start for row in telemetry.intervals} == {timedelta(minutes=minutes)}


@pytest.mark.parametrize(
    ("name", "energies"),
    [
        ("production_meter", (741, 770)),
        ("consumption_meter", (160, 171)),
        ("energy_import_telemetry", (82, 79)),
        ("energy_export_telemetry", (0, 12)),
    ],
)
async def test_rows_are_read_flat_and_nested(
    api: EnphaseV4Api, cloud: FakeCloud, name: str, energies: tuple[int, int]
) -> None:
    answer = sample(name)
    rows = answer["intervals"]
    flat = rows[0] if isinstance(rows[0], list) else rows
    for form in (flat, [flat], [[row] for row in flat]):
        telemetry = await read(api, cloud, name, answer | {"intervals": form})
        assert tuple(row.energy_wh for row in telemetry.intervals) == energies
        assert {row.end - row.start for row in telemetry.intervals} == {timedelta(minutes=15)}


async def test_imports_may_have_the_name_of_exports(api: EnphaseV4Api, cloud: FakeCloud) -> None:
    rows = [[{"end_at": 1780265700, "wh_exported": 82}]]
    telemetry = await read(
        api, cloud, "energy_import_telemetry", sample("energy_import_telemetry") | {"intervals": rows}
    )
    assert [row.energy_wh for row in telemetry.intervals] == [82]


async def test_a_negative_power_at_night_is_no_production(api: EnphaseV4Api, cloud: FakeCloud) -> None:
    rows = [{"end_at": 1780265700, "devices_reporting": 1, "powr": -3, "enwh": 0}]
    telemetry = await read(api, cloud, "production_micro", sample("production_micro") | {"intervals": rows})
    assert [(row.power_w, row.energy_wh) for row in telemetry.intervals] == [(0, 0)]


async def test_batteries(api: EnphaseV4Api, cloud: FakeCloud) -> None:
    found = await read(api, cloud, "battery")
    assert [row.energy_wh for row in found.charge] == [0, 210]
    assert [row.energy_wh for row in found.discharge] == [55, 0]
    assert (found.level_percent, found.level_at) == (58, datetime.fromtimestamp(1780299900, UTC))


@pytest.mark.parametrize(
    ("aggregate", "level"), [("97%", 97), ("97", 97), (97, 97), ("100%", 100), ("", 57), (None, 57), ("120%", 57)]
)
async def test_the_level_of_batteries(api: EnphaseV4Api, cloud: FakeCloud, aggregate: Any, level: float) -> None:
    answer = sample("battery") | {"last_reported_aggregate_soc": aggregate}
    assert (await read(api, cloud, "battery", answer)).level_percent == level


async def test_an_answer_beyond_the_last_report_is_empty(api: EnphaseV4Api, cloud: FakeCloud) -> None:
    assert (
        await read(api, cloud, "consumption_meter", sample("consumption_meter") | {"intervals": []})
    ).intervals == ()


async def test_revenue_grade_meters(api: EnphaseV4Api, cloud: FakeCloud) -> None:
    stats = await read(api, cloud, "rgm_stats")
    assert [row.energy_wh for row in stats.intervals] == [770]
    assert [row.energy_wh for row in stats.by_meter["122200000001EIM1"]] == [741]


DAYS = [date(2026, 5, 29), date(2026, 5, 30), date(2026, 5, 31)]


@pytest.mark.parametrize(
    ("name", "flows"),
    [
        ("consumption_lifetime", {Flow.CONSUMPTION: [11820, 12240, 10995]}),
        ("energy_import_lifetime", {Flow.GRID_IMPORT: [8120, 6440, 9015]}),
        ("energy_export_lifetime", {Flow.GRID_EXPORT: [17950, 13610, 20420]}),
        (
            "battery_lifetime",
            {Flow.BATTERY_CHARGE: [2790, 3010, 2480], Flow.BATTERY_DISCHARGE: [2410, 2660, 2105]},
        ),
        ("ev_lifetime", {Flow.CONSUMPTION: [6200, 0, 7100]}),
    ],
)
async def test_days_of_a_life(api: EnphaseV4Api, cloud: FakeCloud, name: str, flows: Mapping[Flow, list[int]]) -> None:
    series = await read(api, cloud, name)
    assert {flow: series.days(flow) for flow in flows} == {
        flow: dict(zip(DAYS, energies, strict=True)) for flow, energies in flows.items()
    }
    assert not (await read(api, cloud, name, sample(name) | {"start_date": None})).days(next(iter(flows)))


async def test_days_of_production(api: EnphaseV4Api, cloud: FakeCloud) -> None:
    for start in ("2020-08-12", 1597183200):
        series = await read(api, cloud, "energy_lifetime", sample("energy_lifetime") | {"meter_start_date": start})
        assert dict(series.days()) == dict(zip(DAYS, [24110, 19875, 26040], strict=True))
        assert (series.micro_production, series.meter_start) == ((24155, 19902, 26088), date(2020, 8, 12))


async def test_a_day_that_is_minus_one_is_unknown(api: EnphaseV4Api, cloud: FakeCloud) -> None:
    series = await read(
        api, cloud, "energy_import_lifetime", sample("energy_import_lifetime") | {"import": [8120, -1, 9]}
    )
    assert series.days(Flow.GRID_IMPORT) == {DAYS[0]: 8120, DAYS[2]: 9}


async def test_days_may_be_asked_for_from_and_to(api: EnphaseV4Api, cloud: FakeCloud) -> None:
    cloud.answer("*", sample("energy_export_lifetime"))
    await api.export_lifetime(ELM, DAYS[0], DAYS[2])
    assert dict(cloud.requests[0].query) == {"start_date": "2026-05-29", "end_date": "2026-05-31"}


async def test_latest_values(api: EnphaseV4Api, cloud: FakeCloud) -> None:
    latest = await read(api, cloud, "latest_telemetry")
    reported = datetime.fromtimestamp(1780300500, UTC)
    assert latest.meters == (
        MeterChannel(id="21", name="production", channel=1, power_w=3150, reported=reported),
        MeterChannel(id="21", name="production", channel=2),
        MeterChannel(id="22", name="consumption", channel=1, power_w=640, reported=reported),
    )
    (battery,) = latest.batteries
    assert (battery.power_w, battery.mode, battery.name) == (-900, "charging", "Encharge 492200000001")
    assert [one.mode for one in (*latest.heat_pumps, *latest.chargers)] == ["mode_2", "idle"]


@pytest.mark.parametrize(
    ("power", "mode", "gives"),
    [
        (900, "Charging", -900),
        (-900, "Charging", -900),
        (900, "Discharging", 900),
        (-900, "Discharging", 900),
        (-15, "Idle", -15),
        (15, None, 15),
        (None, "Charging", None),
    ],
)
async def test_the_mode_says_which_way_a_batterys_energy_goes(
    api: EnphaseV4Api, cloud: FakeCloud, power: Any, mode: str | None, gives: float | None
) -> None:
    answer = sample("latest_telemetry")
    answer["devices"]["encharges"][0] |= {"power": power, "operational_mode": mode}
    assert (await read(api, cloud, "latest_telemetry", answer)).batteries[0].power_w == gives


async def test_registers(api: EnphaseV4Api, cloud: FakeCloud) -> None:
    (production,) = await read(api, cloud, "production_meter_readings")
    (consumption,) = await read(api, cloud, "consumption_meter_readings")
    (storage,) = await read(api, cloud, "storage_meter_readings")
    assert (production.serial, production.value_wh) == ("122200000001EIM1", 21484590)
    assert (consumption.serial, consumption.value_wh) == ("122200000001EIM2", 18211040)
    assert (storage.serial, storage.charged_wh, storage.discharged_wh) == ("122200000001EIM4", 903120, 811450)


async def test_events_and_alarms(api: EnphaseV4Api, cloud: FakeCloud) -> None:
    (closed,) = await read(api, cloud, "events")
    (opened,) = await read(api, cloud, "open_events")
    assert (closed.status, opened.status, opened.until) == ("closed", "open", None)
    assert closed.until == datetime.fromtimestamp(1780213600, UTC)
    (alarm,) = await read(api, cloud, "alarms")
    (standing,) = await read(api, cloud, "open_alarms")
    assert (alarm.id, alarm.cleared, alarm.severity, alarm.type_id) == ("1082700001", False, 2, 28)
    assert (standing.id, standing.serials) == ("4200001.8.1780290000000", ("122200000001",))
    (kind,) = await read(api, cloud, "event_types")
    assert (kind.id, kind.key, kind.name, kind.stateful) == (28, "envoy_no_report", "Gateway not reporting", True)
    cloud.answer("*", sample("event_types"))
    await api.event_types(28)
    assert cloud.requests[-1].asked("event_type_id") == "28"


async def test_events_span_a_week_at_most(api: EnphaseV4Api, cloud: FakeCloud) -> None:
    cloud.answer("*", sample("events"))
    await api.events(ELM, MIDNIGHT - timedelta(days=20), MIDNIGHT)
    assert cloud.requests[0].asked("end_time") == str(1780264800 - 13 * 86400)


async def test_ev_chargers_answer_json_as_a_stream_of_bytes(api: EnphaseV4Api, cloud: FakeCloud) -> None:
    ev = EvChargerApi(api, AMSTERDAM)
    for name in ("ev_devices", "ev_events", "ev_sessions", "ev_schedules", "ev_telemetry"):
        path, ask = ENDPOINTS[name]
        cloud.forget()
        cloud.answer(f"/api/v4/{path}", sample(name), content_type="application/octet-stream")
        assert await ask(api, ev)


async def test_ev_chargers(api: EnphaseV4Api, cloud: FakeCloud) -> None:
    (charger,) = await read(api, cloud, "ev_devices")
    assert (charger.serial, charger.firmware) == ("202300000001", "v0.04.22")
    (event,) = await read(api, cloud, "ev_events")
    assert (event.status, event.details) == ("info", "Charging began")
    (session,) = await read(api, cloud, "ev_sessions")
    assert (session.energy_wh, session.charging, session.cost) == (11400, timedelta(seconds=7000), 2.1)
    (schedule,) = await read(api, cloud, "ev_schedules")
    assert (schedule.type, schedule.active, schedule.times[0].days) == ("Custom", False, (1, 2))
    telemetry = await read(api, cloud, "ev_telemetry")
    assert [row.energy_wh for row in telemetry.intervals] == [0, 310]


@pytest.mark.parametrize(
    ("granularity", "start", "end"),
    [
        (Granularity.DAY, MIDNIGHT - timedelta(days=3), MIDNIGHT - timedelta(days=2)),
        (Granularity.WEEK, MIDNIGHT - timedelta(days=3), SAMPLED),
        (Granularity.WEEK, MIDNIGHT - timedelta(days=9), MIDNIGHT - timedelta(days=2)),
        (Granularity.DAY, MIDNIGHT, SAMPLED),
    ],
)
async def test_rows_are_asked_for_up_to_the_last_quarter_hour(
    api: EnphaseV4Api, cloud: FakeCloud, granularity: Granularity, start: datetime, end: datetime
) -> None:
    cloud.answer("*", sample("battery"))
    await api.battery(ELM, start, granularity)
    assert dict(cloud.requests[0].query) == {
        "start_at": str(int(start.timestamp())),
        "end_at": str(int(end.timestamp())),
        "granularity": str(granularity),
    }
