"""The clock, the control API, and the simulator as a program."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
import re
import signal
import sys
import urllib.request

import pytest

from simulator import Clock, Simulator
from simulator.ready import ENPHASE_API_KEY
from simulator.systems.enphase_v2 import sample_residence

from .conftest import NOON_IN_CALIFORNIA, Driver

ROOT = Path(__file__).parents[2]


def test_the_clock_follows_its_source_at_its_speed():
    times = [datetime(2026, 1, 1, tzinfo=UTC)]
    clock = Clock(lambda: times[0])
    assert clock.now() == times[0]
    times[0] += timedelta(minutes=1)
    assert clock.now() == times[0]
    clock.speed = 60
    times[0] += timedelta(minutes=1)
    assert clock.now() == datetime(2026, 1, 1, 1, 1, tzinfo=UTC)
    clock.speed = 0
    times[0] += timedelta(minutes=1)
    assert clock.now() == datetime(2026, 1, 1, 1, 1, tzinfo=UTC)
    clock.advance(timedelta(days=1))
    assert clock.now() == datetime(2026, 1, 2, 1, 1, tzinfo=UTC)


def test_the_clock_takes_no_naive_time_and_does_not_run_backwards():
    clock = Clock()
    with pytest.raises(ValueError, match="aware"):
        clock.set(datetime(2026, 1, 1))
    with pytest.raises(ValueError, match="backwards"):
        clock.speed = -1


def test_a_clock_without_source_follows_real_time():
    clock = Clock()
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
    assert clock.now().tzinfo is UTC


def test_a_plant_cannot_be_added_twice_or_for_nobody():
    simulator = Simulator()
    simulator.add_enphase_user("u")
    with pytest.raises(KeyError):
        simulator.add_plant(sample_residence(), "somebody else")
    assert simulator.plants == {}
    simulator.add_plant(sample_residence(), "u")
    with pytest.raises(ValueError, match="enphase_72"):
        simulator.add_plant(sample_residence(), "u")


async def test_the_clock_is_set_advanced_and_sped_up(drive: Driver):
    assert (await drive.get("/control/clock")).body == {"now": NOON_IN_CALIFORNIA.isoformat(), "speed": 1.0}
    body = (await drive.post("/control/clock", {"now": "2026-03-01T12:00:00+01:00", "advance": 90, "speed": 10})).body
    assert body == {"now": "2026-03-01T11:01:30+00:00", "speed": 10.0}
    assert drive.simulator.clock.now() == datetime(2026, 3, 1, 11, 1, 30, tzinfo=UTC)


async def test_the_log_is_read_and_cleared(drive: Driver):
    await drive.enphase("systems")
    (entry,) = (await drive.get("/control/requests")).body
    assert entry["path"] == "/enphase/api/v2/systems"
    assert (entry["credential"], entry["status"]) == (ENPHASE_API_KEY, 200)
    assert entry["time"] == NOON_IN_CALIFORNIA.isoformat()
    assert ["key", ENPHASE_API_KEY] in entry["query"]
    await drive.post("/control/requests/clear")
    assert (await drive.get("/control/requests")).body == []


async def test_faults_are_set_and_cleared(drive: Driver):
    await drive.post("/control/fail", {"path": "*/summary", "status": 503, "times": None, "body": {"errorCode": 7}})
    assert (await drive.enphase("systems/67/summary")).body == {"errorCode": 7}
    await drive.post("/control/faults/clear")
    assert (await drive.enphase("systems/67/summary")).status == 200


async def test_limits_are_changed(drive: Driver):
    body = (await drive.post("/control/limits", {"cloud": "enphase", "per_minute": 1, "reset_day": 3})).body
    assert body["enphase"] == {"name": "Watt", "per_minute": 1, "per_month": 1_000_000, "reset_day": 3}
    assert [(await drive.enphase("systems")).status for _ in range(2)] == [200, 409]
    assert (await drive.get("/control/limits")).body == body


async def test_switches_are_changed(drive: Driver):
    assert (await drive.get("/control/switches")).body["solaredge_sites_as_list"] is False
    await drive.post("/control/switches", {"solaredge_sites_as_list": True})
    assert isinstance((await drive.solaredge("sites")).body, list)


async def test_systems_are_listed_with_the_truth(drive: Driver):
    systems = {one["key"]: one for one in (await drive.get("/control/systems")).body}
    plant = drive.simulator.plants["enphase_67"]
    assert systems["enphase_67"]["lifetime_wh"] == plant.lifetime_wh(NOON_IN_CALIFORNIA)
    assert systems["enphase_67"]["today_wh"] > 0
    assert len(systems["enphase_67"]["inverters"]) == 31
    assert systems["solaredge_1148616"]["gateways"] == ["7F16E777-F1"]


async def test_hardware_comes_goes_and_falls_silent(drive: Driver):
    new = (await drive.post("/control/inverters/add", {"key": "enphase_72", "serial": "N1"})).body
    assert new == {"serial": "N1"}
    await drive.post("/control/inverters/retire", {"key": "enphase_72", "serial": "121703000001"})
    serials = {one["sn"] for one in (await drive.enphase("systems/72/inventory")).body["inverters"]}
    assert "121703000001" not in serials
    await drive.post("/control/silence", {"serial": "121703014455"})
    assert (await drive.enphase("systems/72/summary")).body["status"] == "comm"
    await drive.post("/control/unsilence", {"serial": "121703014455"})
    await drive.post("/control/status", {"key": "enphase_72", "status": "power"})
    assert (await drive.enphase("systems/72/summary")).body["status"] == "power"
    await drive.post("/control/delay", {"key": "enphase_72", "seconds": 600})
    assert drive.simulator.plants["enphase_72"].extra_delay == timedelta(minutes=10)
    await drive.post("/control/systems/remove", {"key": "enphase_72"})
    assert (await drive.enphase("systems/72/summary")).status == 404
    await drive.post("/control/revoke", {"credential": ENPHASE_API_KEY})
    assert (await drive.enphase("systems")).status == 401


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("clock", {"now": "noon"}),
        ("clock", {"now": "2026-01-01T00:00:00"}),
        ("clock", {"speed": -1}),
        ("clock", {"tempo": 2}),
        ("clock", [1]),
        ("fail", {"status": "500"}),
        ("fail", {"delay": True}),
        ("fail", {"drop": 1}),
        ("fail", {"colour": "red"}),
        ("limits", {"cloud": "sun"}),
        ("limits", {"per_minute": 1}),
        ("limits", {"cloud": "enphase", "per_minute": "many"}),
        ("inverters/add", {"key": "enphase_72", "size_w": "big"}),
        ("switches", {"nonsense": True}),
        ("switches", {"solaredge_sites_as_list": 1}),
        ("silence", {"serial": "nobody"}),
        ("silence", {}),
        ("inverters/add", {"key": "enphase_72", "serial": "121703000001"}),
        ("inverters/retire", {"key": "enphase_72", "serial": "nobody"}),
        ("delay", {"key": "enphase_99", "seconds": 1}),
        ("delay", {"key": "enphase_72", "seconds": "long"}),
    ],
)
async def test_bad_orders_are_400_with_a_reason_and_change_nothing(drive: Driver, path, data):
    result = await drive.post(f"/control/{path}", data)
    assert result.status == 400
    assert result.body["error"]
    assert (await drive.get("/control/clock")).body == {"now": NOON_IN_CALIFORNIA.isoformat(), "speed": 1.0}
    assert (await drive.enphase("systems/72/summary")).body["modules"] == 12


async def test_a_body_that_is_no_json_is_400(drive: Driver):
    async with drive.session.post(f"{drive.base}/control/fail", data="{") as response:
        assert response.status == 400


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_the_program_tells_where_it_listens_and_stops_cleanly(socket_enabled, tmp_path, number):
    ready = tmp_path / "ready"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "simulator", "--port", "0", "--ready-file", str(ready)),
        *("--start", "2026-06-21T12:00:00-07:00", "--speed", "60", "--per-minute", "77", "--per-month", "777"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(20):
            while not ready.exists():  # noqa: ASYNC110 - a file has no event
                await asyncio.sleep(0.02)
        base = ready.read_text().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", base)

        def read(path: str) -> str:
            with urllib.request.urlopen(base + path, timeout=5) as response:
                return response.read().decode()

        assert '"now": "2026-06-21T19:0' in await asyncio.to_thread(read, "/control/clock")
        limits = await asyncio.to_thread(read, "/control/limits")
        assert limits.count('"per_minute": 77, "per_month": 777') == 3
    finally:
        process.send_signal(number)
        output, errors = await asyncio.wait_for(process.communicate(), 10)
    assert (process.returncode, errors) == (0, b"")
    text = output.decode()
    assert f"{base}/enphase/api/v2" in text
    assert ENPHASE_API_KEY in text
    assert text.rstrip().endswith("Stopped.")


async def test_the_program_says_when_a_port_is_taken(socket_enabled):
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "simulator", "--port", str(port)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await asyncio.wait_for(process.communicate(), 20)
    server.close()
    assert process.returncode == 1
    assert f"Port {port}" in errors.decode()
    assert "--port" in errors.decode()
