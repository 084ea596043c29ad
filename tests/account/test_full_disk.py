"""A disk that is full or read-only costs no account, no count, no tokens: what could not be written is written later.

Where this process may mount, the folder is a real, small file system; everywhere, the write itself is made to fail.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
import errno
import json
import os
from pathlib import Path
import shutil
import subprocess
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import storage as storage_helper
from homeassistant.util import file as file_helper
import pytest

from custom_components.solar_cloud.account.grants import async_grant
from custom_components.solar_cloud.account.storage import LedgerStore, own_store
from custom_components.solar_cloud.budget.ledger import LEASE
from custom_components.solar_cloud.cloud.errors import TemporarilyUnavailable
from custom_components.solar_cloud.const import DOMAIN
from simulator.ready import ENPHASE_SINGLE_USER_ID

from ..home.conftest import Cloud, enphase_input, pass_time, state_of
from ..home.life import add_custom_account, life, now
from ..home.sign_in import signed_in

pytestmark = pytest.mark.disk

PLAN = 10_000
HOURS, MINUTES = timedelta(hours=2), timedelta(minutes=3)
KEY = "enphase_72"


@pytest.fixture
def storage(hass_config_dir: str) -> Path:
    path = Path(hass_config_dir, ".storage")
    path.mkdir(exist_ok=True)
    return path


class FailingWrite:
    """A disk whose writes fail, as a program sees it: the temporary file cannot be synced, or not even be made."""

    def __init__(self, number: int) -> None:
        self._number = number

    @contextmanager
    def broken(self, _storage: Path) -> Iterator[None]:
        """Let every write of our files fail."""
        write = file_helper.write_utf8_file_atomic

        def refused(filename: str, *args: Any, **options: Any) -> None:
            if f"{DOMAIN}." not in filename:
                write(filename, *args, **options)
                return
            with patch.object(
                file_helper, "AtomicWriter", side_effect=OSError(self._number, os.strerror(self._number))
            ):
                write(filename, *args, **options)

        with patch.object(storage_helper, "write_utf8_file_atomic", refused):
            yield


class Mounted:
    """A file system of its own at the folder of the files: it is filled, or mounted read-only."""

    def __init__(self, how: str) -> None:
        self._how = how

    @contextmanager
    def broken(self, storage: Path) -> Iterator[None]:
        """Let every write to the folder fail."""
        if self._how == "read-only":
            self._mount(storage, "remount,ro")
        else:
            filling = storage / "filling"
            with filling.open("wb", buffering=0) as file, suppress(OSError):
                while True:
                    file.write(bytes(4096))
        yield
        if self._how == "read-only":
            self._mount(storage, "remount,rw")
        else:
            filling.unlink()

    @staticmethod
    def _mount(storage: Path, options: str) -> None:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size=4m,{options}", "tmpfs", str(storage)], check=True)


DISKS: dict[str, FailingWrite | Mounted] = {
    "write refused: full": FailingWrite(errno.ENOSPC),
    "write refused: read-only": FailingWrite(errno.EROFS),
    "file system: full": Mounted("full"),
    "file system: read-only": Mounted("read-only"),
}


@pytest.fixture(params=DISKS)
def disk(request: pytest.FixtureRequest, storage: Path) -> Iterator[FailingWrite | Mounted]:
    disk = DISKS[request.param]
    if isinstance(disk, FailingWrite):
        yield disk
        return
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(storage)]
    if mount is None or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("this process may not mount a file system")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", str(storage)], check=True)


async def add(hass: HomeAssistant, cloud: Cloud) -> ConfigEntry:
    account = enphase_input(cloud, user_id=ENPHASE_SINGLE_USER_ID)
    return await add_custom_account(hass, "enphase_v2", account, per_month=PLAN)


def kept(storage: Path, kind: str) -> list[Path]:
    return [one for one in storage.glob(f"{DOMAIN}.{kind}.*") if ".corrupt." not in one.name]


def stored(storage: Path, kind: str) -> Any:
    (file,) = kept(storage, kind)
    return json.loads(file.read_text())["data"]


def ours(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what the log says of us above the level of information; assert that no traceback of our files is in it."""
    for record in caplog.records:
        assert not (record.exc_info and DOMAIN in record.getMessage()), record.getMessage()
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelname in {"WARNING", "ERROR"}
        and (record.name.startswith("custom_components") or DOMAIN in record.getMessage())
    ]


async def test_an_account_goes_on_while_nothing_can_be_written_and_catches_up_after(
    cloud: Cloud,
    hass_config_dir: str,
    storage: Path,
    disk: FailingWrite | Mounted,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with life(hass_config_dir) as hass:
        entry = await add(hass, cloud)
        power, sent = state_of(hass, f"{KEY}_power"), len(cloud.sent())
        before = stored(storage, "system")
        caplog.clear()
        with disk.broken(storage):
            await pass_time(hass, freezer, HOURS)
            # What was leased before is on disk, and may be sent.
            assert len(cloud.sent()) - sent < LEASE
            assert entry.state is ConfigEntryState.LOADED
            assert state_of(hass, f"{KEY}_power") not in {None, "unavailable"}
            assert [line for line in ours(caplog) if "cannot be written (" in line] == ours(caplog)[:1]
            assert len(ours(caplog)) == 1, ours(caplog)
        assert power is not None
        caplog.clear()
        await pass_time(hass, freezer, HOURS)
        assert len(cloud.sent()) - sent > LEASE
        assert entry.runtime_data.metered.ledger.used(now()) == len(cloud.sent())
        assert stored(storage, "system") != before
        assert not ours(caplog)
    async with life(hass_config_dir) as hass:
        (entry,) = hass.config_entries.async_entries(DOMAIN)
        assert entry.runtime_data.metered.ledger.used(now()) >= len(cloud.sent())


@pytest.mark.parametrize("kind", ["system", "history"])
async def test_what_could_not_be_written_is_written_within_minutes_or_at_the_stop(
    hass_config_dir: str, storage: Path, disk: FailingWrite | Mounted, freezer: FrozenDateTimeFactory, kind: str
) -> None:
    async with life(hass_config_dir) as hass:
        store = own_store(hass, f"{kind}.x")
        with disk.broken(storage):
            await store.async_save({"number": 1})
            assert await store.async_read() == {"number": 1}
            await pass_time(hass, freezer, MINUTES)
            await store.async_save({"number": 2})
            # Whoever comes after a reload gets the newest, although the disk does not have it.
            assert await own_store(hass, f"{kind}.x").async_read() == {"number": 2}
            await pass_time(hass, freezer, MINUTES)
        await pass_time(hass, freezer, MINUTES)
        assert stored(storage, kind) == {"number": 2}
        with disk.broken(storage):
            await store.async_save({"number": 3})
    assert stored(storage, kind) == {"number": 3}


async def test_a_file_that_is_removed_is_not_written_later(
    hass_config_dir: str, storage: Path, freezer: FrozenDateTimeFactory
) -> None:
    disk = DISKS["write refused: full"]
    async with life(hass_config_dir) as hass:
        store = own_store(hass, "system.x")
        with disk.broken(storage):
            await store.async_save({"number": 1})
            await store.async_remove()
        await pass_time(hass, freezer, MINUTES)
    assert not kept(storage, "system")


async def test_a_newer_write_that_waits_is_not_overtaken_by_one_that_failed(
    hass_config_dir: str, storage: Path, freezer: FrozenDateTimeFactory
) -> None:
    disk = DISKS["write refused: full"]
    async with life(hass_config_dir) as hass:
        store = own_store(hass, "system.x")
        with disk.broken(storage):
            first = hass.async_create_task(store.async_save({"number": 1}))
            second = hass.async_create_task(store.async_save({"number": 2}))
            await first
            await second
        await pass_time(hass, freezer, MINUTES)
    assert stored(storage, "system") == {"number": 2}


async def test_new_tokens_wait_in_memory_until_the_disk_takes_them(
    cloud: Cloud,
    hass_config_dir: str,
    storage: Path,
    disk: FailingWrite | Mounted,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with life(hass_config_dir) as hass:
        entry = await signed_in(hass, cloud)
        grant = await async_grant(hass, entry)
        assert grant is not None
        old = grant.tokens
        freezer.tick(90_000)
        caplog.clear()
        with disk.broken(storage):
            for _ in range(3):
                with pytest.raises(TemporarilyUnavailable):
                    await grant.token()
            assert grant.tokens == old
            assert len(ours(caplog)) == 1, ours(caplog)
        token = await grant.token()
        assert token != old.access
        assert stored(storage, "grant")["access_token"] == token


async def test_what_is_no_json_does_not_count_as_written(hass_config_dir: str, storage: Path) -> None:
    async with life(hass_config_dir) as hass:
        with pytest.raises(HomeAssistantError, match="cannot be written"):
            await LedgerStore(hass, "x").async_save({"days": object()})
    assert not kept(storage, "ledger")


async def test_one_line_tells_that_the_disk_is_full_and_one_that_it_is_not_any_more(
    hass_config_dir: str, storage: Path, caplog: pytest.LogCaptureFixture
) -> None:
    disk = DISKS["write refused: full"]
    async with life(hass_config_dir) as hass:
        stores = [own_store(hass, f"system.{number}") for number in range(3)]
        for _ in range(2):
            caplog.clear()
            with disk.broken(storage):
                for store in (*stores, *stores):
                    await store.async_save({"number": 1})
            (said,) = ours(caplog)
            assert said.startswith("solar_cloud.system.0 cannot be written (No space left on device). ")
            for store in stores:
                assert "is written now" not in caplog.text
                await store.async_save({"number": 2})
            assert caplog.text.count("is written now") == 1


async def test_an_account_loads_while_nothing_can_be_written_and_shows_what_it_knew(
    cloud: Cloud,
    hass_config_dir: str,
    storage: Path,
    disk: FailingWrite | Mounted,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with life(hass_config_dir) as hass:
        await add(hass, cloud)
        power, sent = state_of(hass, f"{KEY}_power"), len(cloud.sent())
    caplog.clear()
    with disk.broken(storage):
        async with life(hass_config_dir) as hass:
            (entry,) = hass.config_entries.async_entries(DOMAIN)
            assert entry.state is ConfigEntryState.LOADED
            assert state_of(hass, f"{KEY}_power") == power
            freezer.tick(600)
            await pass_time(hass, freezer, MINUTES)
            assert len(cloud.sent()) == sent
            assert len([line for line in ours(caplog) if "cannot be written (" in line]) <= 1
    async with life(hass_config_dir) as hass:
        (entry,) = hass.config_entries.async_entries(DOMAIN)
        assert entry.runtime_data.metered.ledger.used(now()) >= len(cloud.sent())
