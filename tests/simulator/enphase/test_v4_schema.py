"""Every endpoint of v4 of every ready system answers as documented, at all hours."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import voluptuous as vol

from simulator import Plant
from simulator.ready import ENPHASE_V4_CLIENT_ID, ENPHASE_V4_OWNER, ENPHASE_V4_OWNER_OF_BOTH

from ..conftest import Driver
from .v4_schema import ERROR, SCHEMAS, validate

OWNERS = {
    4200001: ENPHASE_V4_OWNER,
    4200002: ENPHASE_V4_OWNER,
    4200003: ENPHASE_V4_OWNER,
    67: ENPHASE_V4_OWNER_OF_BOTH,
    72: ENPHASE_V4_OWNER_OF_BOTH,
}
LOCAL_TIMES = {
    "noon": (2026, 6, 1, 12, 7),
    "night": (2026, 6, 1, 2, 33),
    "just after midnight": (2026, 6, 2, 0, 1),
    "the evening of a day of 23 hours in Europe": (2026, 3, 29, 21, 14),
    "the evening of a day of 25 hours in Europe": (2026, 10, 25, 21, 14),
    "the morning of a day of 25 hours in Sydney": (2026, 4, 5, 9, 44),
    "the morning of a day of 23 hours in Sydney": (2026, 10, 4, 9, 44),
}
METERED = ("energy_import", "energy_export", "battery", "telemetry/battery")


def asked(plant: Plant, now: datetime) -> Iterator[tuple[str, dict[str, object]]]:
    """Give every path of a system, with parameters."""
    site, today = f"systems/{plant.id}", plant.local_day(now)
    midnight = int(datetime.combine(today, datetime.min.time(), plant.zone).timestamp())
    week = today - timedelta(days=7)
    yield from (("systems", {}), (site, {}), ("systems/event_types", {}))
    yield "systems/retrieve_system_id", {"serial_num": next(iter(plant.gateways))}
    yield "systems/inverters_summary_by_envoy_or_site", {"site_id": plant.id, "size": 100}
    for path in ("summary", "devices", "latest_telemetry", "open_events", "open_alarms"):
        yield f"{site}/{path}", {}
    for path in ("events", "alarms"):
        yield f"{site}/{path}", {"start_time": midnight - 86_400}
    for path in ("production", "consumption", "storage"):
        yield f"{site}/{path}_meter_readings", {}
    yield f"{site}/energy_lifetime", {"start_date": week, "production": "all"}
    for path in ("consumption", "battery", "energy_import", "energy_export"):
        yield f"{site}/{path}_lifetime", {"start_date": week}
    yield f"{site}/rgm_stats", {"start_at": midnight}
    sources = [f"telemetry/{name}" for name in ("production_micro", "production_meter", "consumption_meter", "battery")]
    for path in (*sources, "energy_import_telemetry", "energy_export_telemetry"):
        yield f"{site}/{path}", {"start_at": midnight, "granularity": "day"}
        yield f"{site}/{path}", {"start_date": today}
    serial = next(iter(plant.inverters))
    yield f"{site}/devices/micros/{serial}/telemetry", {"start_at": midnight}
    yield f"{site}/devices/micros/telemetry", {"start_date": today}
    for battery in plant.used_batteries:
        yield f"{site}/devices/encharges/{battery.serial}/telemetry", {"start_at": midnight}
    yield f"{site}/ev_charger/devices", {}
    yield f"{site}/ev_charger/events", {}
    if charger := plant.ev_charger:
        below = f"{site}/ev_charger/{charger.serial}"
        yield f"{below}/sessions", {"limit": 5}
        yield f"{below}/schedules", {}
        yield f"{below}/lifetime", {"start_date": f"{week:%Y%m%d}"}
        yield f"{below}/telemetry", {"start_date": f"{today:%Y%m%d}"}
        yield f"{below}/telemetry", {"start_at": midnight, "granularity": "week"}
        yield f"{site}/{charger.serial}/evse_telemetry", {"start_at": midnight}
        yield f"{site}/{charger.serial}/evse_lifetime", {"start_date": week}


@pytest.mark.parametrize(
    ("system", "when"),
    [(system, when) for system in OWNERS for when in LOCAL_TIMES if system > 100 or when in {"noon", "night"}],
)
async def test_every_answer_is_as_documented(drive: Driver, system, when):
    simulator = drive.simulator
    plant = simulator.plants[f"enphase_{system}"]
    simulator.set_enphase_plan(ENPHASE_V4_CLIENT_ID, "Kilowatt")
    simulator.set_limits("enphase_v4", per_minute=10_000)
    drive.at(datetime(*LOCAL_TIMES[when], tzinfo=plant.zone) - timedelta(days=1))
    simulator.silence(next(iter(plant.gateways)))
    drive.at(simulator.clock.now() + timedelta(hours=2))
    simulator.unsilence(next(iter(plant.gateways)))
    drive.at(datetime(*LOCAL_TIMES[when], tzinfo=plant.zone))
    await drive.sign_in(OWNERS[system])
    for path, query in asked(plant, simulator.clock.now()):
        result = await drive.v4(path, **query)
        bare = not plant.used_batteries if "battery" in path else plant.consumption_meter is None
        if bare and path.removeprefix(f"systems/{system}/").startswith(METERED):
            assert (result.status, bool(ERROR(result.body))) == (500, True), path
            continue
        assert result.status == 200, (path, result.text)
        try:
            validate(path, result.body)
        except vol.Invalid as error:
            raise AssertionError(f"{path}: {error}") from error
        kind = "application/octet-stream" if "/ev_charger/" in path else "application/json; charset=utf-8"
        assert result.headers["Content-Type"] == kind


async def test_no_path_of_the_documentation_is_left_out(simulator):
    plant = simulator.plants["enphase_4200003"]
    paths = {path for path, _ in asked(plant, datetime(2026, 6, 1, tzinfo=UTC))}
    for pattern in SCHEMAS:
        assert any(vol.Match(f"^(?:{pattern})$").pattern.match(path) for path in paths), pattern


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("systems/1/summary", {"system_id": 1}),
        ("systems/1/energy_import_lifetime", {"system_id": 1, "start_date": None, "import": [True]}),
        ("systems/retrieve_system_id", {"system_id": 1, "more": 1}),
        ("systems/retrieve_system_id", {"system_id": "1"}),
    ],
)
def test_the_schema_refuses_what_is_not_documented(path, body):
    with pytest.raises(vol.Invalid):
        validate(path, body)
    with pytest.raises(KeyError):
        validate("nothing", body)
