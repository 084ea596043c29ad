"""Files of ours that cannot be used: whatever is in them, the account loads, and one line in the log says it."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
from random import Random
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder.core import Recorder
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest

from custom_components.solar_cloud.account.storage import STORAGE_VERSION
from simulator.ready import SOLAREDGE_OWNER

from ..home.conftest import Cloud, add_account, pass_time, settle, solaredge_input, state_of
from ..home.consents import add_site

pytestmark = pytest.mark.disk

FILES = ("system", "history", "ledger", "grant")
ODD: tuple[Any, ...] = (None, True, -1, 10**30, "", "x", "9999-12-31T23:59:59+00:00", [], [None], {}, {"a": None})


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(recorder_mock: Recorder, enable_custom_integrations: None) -> None:
    """Let Home Assistant have a recorder, before anything else."""


def truncated(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def emptied(file: Path) -> None:
    file.write_bytes(b"")


def garbled(file: Path) -> None:
    file.write_bytes(bytes(range(256)) * 4)


def of_a_newer_version(file: Path) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), "version": STORAGE_VERSION + 1}))


def of_an_older_version(file: Path) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), "version": STORAGE_VERSION - 1}))


def without_its_envelope(file: Path) -> None:
    file.write_text(json.dumps(json.loads(file.read_text())["data"]))


def a_list(file: Path) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), "data": [1, 2, 3]}))


def a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()
    (file / "lost+found").mkdir()


DAMAGES = (truncated, emptied, garbled, of_a_newer_version, of_an_older_version, without_its_envelope, a_list, a_folder)


def files_of(hass: HomeAssistant, kind: str) -> list[Path]:
    """Return the files of a kind, without those that were set aside."""
    found = Path(hass.config.path(".storage")).glob(f"solar_cloud.{kind}.*")
    return [file for file in found if ".corrupt." not in file.name]


async def add(hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, kind: str) -> ConfigEntry:
    """Add the account that has such a file, and unload it, so that all of its files are written."""
    if kind == "grant":
        entry = await add_site(hass, cloud, SOLAREDGE_OWNER)
        # The first pair is in the entry, the next one in a file as well.
        await pass_time(hass, freezer, timedelta(hours=3), step=timedelta(hours=1))
    else:
        entry = await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    assert await hass.config_entries.async_unload(entry.entry_id)
    await settle(hass)
    return entry


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("kind", FILES)
async def test_a_file_that_cannot_be_read_is_set_aside_and_the_account_loads(
    hass: HomeAssistant,
    cloud: Cloud,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    kind: str,
    damage: Callable[[Path], None],
) -> None:
    entry = await add(hass, cloud, freezer, kind)
    hass.data.pop("solar_cloud.metered")
    hass.data.pop("solar_cloud.grants", None)
    (file,) = files_of(hass, kind)
    damage(file)
    caplog.clear()
    sent = len(cloud.sent())
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    await pass_time(hass, freezer, timedelta(minutes=30), step=timedelta(minutes=15))
    assert entry.state is ConfigEntryState.LOADED
    ours = [record for record in caplog.records if record.name.startswith("custom_components.solar_cloud")]
    assert not [record for record in ours if record.exc_info], ours
    said = [record.getMessage() for record in ours if "cannot be used" in record.getMessage()]
    assert len(said) == 1, said
    assert f"solar_cloud.{kind}" in said[0]
    aside = [path for path in file.parent.iterdir() if path.name.startswith(f"{file.name}.corrupt.")]
    assert len(aside) == 1
    key = entry.subentries[next(iter(entry.subentries))].unique_id
    assert state_of(hass, f"{key}_power") not in {None, "unknown", "unavailable"}
    if kind == "ledger":
        # Never fewer than were sent.
        assert entry.runtime_data.metered.ledger.used(datetime.now(UTC)) >= len(cloud.sent())
    else:
        assert len(cloud.sent()) - sent < 40


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield where in JSON data something stands, a few members of each list and mapping."""
    if path:
        yield path
    members = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value if isinstance(value, list) else ()))
    )
    for key, member in members[:40]:
        yield from places(member, (*path, key))


def replaced(data: Any, path: tuple[str | int, ...], odd: Any) -> Any:
    data = deepcopy(data)
    member = data
    for key in path[:-1]:
        member = member[key]
    member[path[-1]] = odd
    return data


async def assert_odd_fields_do_no_harm(
    hass: HomeAssistant,
    cloud: Cloud,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    kind: str,
    number: int,
) -> None:
    entry = await add(hass, cloud, freezer, kind)
    (file,) = files_of(hass, kind)
    good = json.loads(file.read_text())
    chance = Random(7)
    cases = [(path, odd) for path in places(good["data"]) for odd in ODD]
    for path, odd in chance.sample(cases, min(number, len(cases))):
        hass.data.pop("solar_cloud.metered", None)
        hass.data.pop("solar_cloud.grants", None)
        file.write_text(json.dumps({**good, "data": replaced(good["data"], path, odd)}))
        caplog.clear()
        assert await hass.config_entries.async_setup(entry.entry_id), (path, odd)
        await settle(hass)
        assert entry.state is ConfigEntryState.LOADED, (path, odd)
        assert not [record for record in caplog.records if record.exc_info], (path, odd)
        if kind == "ledger" and path[0] in {"days", "leased", "lease_day"}:
            used = entry.runtime_data.metered.ledger.used(datetime.now(UTC))
            assert used >= sum(good["data"]["days"].values()), (path, odd)
        assert await hass.config_entries.async_unload(entry.entry_id), (path, odd)


@pytest.mark.parametrize("kind", FILES)
async def test_another_type_in_any_field_keeps_no_account_away(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    await assert_odd_fields_do_no_harm(hass, cloud, freezer, caplog, kind, 12)


@pytest.mark.slow("hundreds of damaged files, each loaded by a whole Home Assistant")
@pytest.mark.parametrize("kind", FILES)
async def test_another_type_in_many_fields_keeps_no_account_away(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    await assert_odd_fields_do_no_harm(hass, cloud, freezer, caplog, kind, 60)
