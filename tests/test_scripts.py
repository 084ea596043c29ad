"""The scripts' own logic: what a healthy log is, what a demo waits for, what a release contains."""

import json
from pathlib import Path
import stat
import sys
import zipfile

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from demo_lib.folder import DemoFolder, free_port
from demo_lib.log import complaints
from demo_lib.report import Problem
from demo_lib.systems import Row, System, lacking, table
from release_zip import version_of, write_zip

UNTESTED = (
    "2026-11-21 09:05:16.462+00:00 WARNING (SyncWorker_0) [homeassistant.loader] "
    "We found a custom integration solar_cloud which has not been tested by Home Assistant. Be careful."
)
OTHER_LANGUAGE = (
    "2026-11-28 22:50:30.164+00:00 WARNING (MainThread) [homeassistant.helpers.translation] "
    "Failed to load integration for translation: Invalid domain solar_cloud.sensor"
)
WARNING = "2026-11-21 09:05:17.000+00:00 WARNING (MainThread) [custom_components.solar_cloud.coordinator] Slow"
OTHER_WARNING = "2026-11-21 09:05:17.000+00:00 WARNING (MainThread) [homeassistant.components.recorder] Slow"
ERROR = "2026-11-21 09:05:18.000+00:00 ERROR (MainThread) [homeassistant.setup] Setup failed"
INFO = "2026-11-21 09:05:19.000+00:00 INFO (MainThread) [homeassistant.core] Starting"
TRACEBACK = "Traceback (most recent call last):\n  File x\nValueError"


def test_a_log_without_errors_has_no_complaints() -> None:
    assert complaints(f"{UNTESTED}\n{OTHER_LANGUAGE}\n{OTHER_WARNING}\n{INFO}") == []


@pytest.mark.parametrize("entry", [ERROR, WARNING, f"{INFO}\n{TRACEBACK}", TRACEBACK])
def test_errors_tracebacks_and_the_integrations_warnings_are_complaints(entry: str) -> None:
    assert complaints(f"{entry}\n{UNTESTED}\n{INFO}") == [entry.splitlines()[0]]


def row(key: str, state: str) -> Row:
    return Row("House", f"sensor.house_{key}", f"enphase_67_{key}", state, "W")


HOUSE = System("enphase_67", "House", None)
READY = [row("power", "0"), row("energy_lifetime", "21.4"), row("status", "normal")]


def test_a_system_with_power_energy_and_status_lacks_nothing_at_night() -> None:
    assert lacking(READY, [HOUSE]) == []


def test_a_value_that_is_unknown_or_not_there_is_lacking() -> None:
    rows = [row("power", "unavailable"), row("status", "normal")]

    assert lacking(rows, [HOUSE]) == [
        "House: sensor.house_power is unavailable",
        "House: no entity enphase_67_energy_lifetime",
    ]


def test_an_account_that_is_not_loaded_is_lacking() -> None:
    assert lacking(READY, [System("enphase_67", "House", "Enphase: setup_retry – busy")]) == [
        "Enphase: setup_retry – busy"
    ]


def test_the_table_has_a_line_for_each_entity_in_columns() -> None:
    lines = table(READY).splitlines()

    assert lines[0].split() == ["Device", "Entity", "State", "Unit"]
    assert [line.split() for line in lines[1:]] == [[row.device, row.entity_id, row.state, row.unit] for row in READY]
    assert len({line.index("sensor.") for line in lines[1:]}) == 1


def test_a_folder_that_is_not_a_demos_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "configuration.yaml").write_text("mine")

    with pytest.raises(Problem, match="not a demo's folder"):
        DemoFolder(tmp_path).lock()

    assert [path.name for path in tmp_path.iterdir()] == ["configuration.yaml"]


def test_two_demos_cannot_have_one_folder(tmp_path: Path) -> None:
    first = DemoFolder(tmp_path / "demo")
    first.lock()

    with pytest.raises(Problem, match="running"):
        DemoFolder(tmp_path / "demo").lock()


def test_a_prepared_folder_listens_on_the_loopback_only_and_remembers(tmp_path: Path) -> None:
    folder = DemoFolder(tmp_path / "demo")
    folder.lock()
    folder.prepare(tmp_path, 8765, debug=False)
    folder.remember(simulator_port=1234)
    folder.prepare(tmp_path, 8766, debug=False)

    http = json.loads((folder.path / ".storage" / "http").read_text("utf-8"))["data"]
    assert (http["stable"]["server_host"], http["stable"]["server_port"], http["pending"]) == (
        ["127.0.0.1"],
        8766,
        None,
    )
    assert folder.state == {"simulator_port": 1234}

    folder.clear()
    assert [path.name for path in folder.path.iterdir()] == ["demo.lock"]


@pytest.mark.usefixtures("socket_enabled")
def test_a_port_that_is_taken_is_refused() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="use"):
            free_port(taken.getsockname()[1])


@pytest.mark.parametrize(
    ("tag", "version"), [("v1.2.3", "1.2.3"), ("0.1.0", "0.1.0"), ("v1.0.0-beta.2", "1.0.0-beta.2")]
)
def test_a_tag_gives_the_version(tag: str, version: str) -> None:
    assert version_of(tag) == version


@pytest.mark.parametrize("tag", ["main", "v1", "v1.2.3;rm", "release-1.2.3"])
def test_a_tag_that_is_no_version_is_refused(tag: str) -> None:
    with pytest.raises(ValueError, match="no tag"):
        version_of(tag)


def test_a_release_has_the_integrations_files_at_its_root_and_the_tags_version(tmp_path: Path) -> None:
    integration = tmp_path / "solar_cloud"
    for name, content in {
        "manifest.json": '{"domain": "solar_cloud", "version": "0.0.0"}',
        "cloud/model.py": "A = 1\n",
        "__pycache__/model.pyc": "",
    }.items():
        (integration / name).parent.mkdir(parents=True, exist_ok=True)
        (integration / name).write_text(content)

    write_zip(integration, "1.2.3", tmp_path / "dist" / "solar_cloud.zip")

    with zipfile.ZipFile(tmp_path / "dist" / "solar_cloud.zip") as archive:
        assert archive.namelist() == ["cloud/model.py", "manifest.json"]
        assert json.loads(archive.read("manifest.json")) == {"domain": "solar_cloud", "version": "1.2.3"}
        assert archive.read("cloud/model.py") == b"A = 1\n"


def test_everybody_can_read_the_files_of_a_release(tmp_path: Path) -> None:
    integration = tmp_path / "solar_cloud"
    integration.mkdir()
    (integration / "manifest.json").write_text('{"domain": "solar_cloud", "version": "0.0.0"}')
    (integration / "manifest.json").chmod(0o600)

    write_zip(integration, "1.2.3", tmp_path / "solar_cloud.zip")

    with zipfile.ZipFile(tmp_path / "solar_cloud.zip") as archive:
        (member,) = archive.infolist()
    assert (member.create_system, member.external_attr >> 16) == (3, stat.S_IFREG | 0o644)
