"""The request count in Home Assistant's storage, on a real disk: restarts, power cuts, damage, a disk that is full."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
import json
import math
from pathlib import Path
from shutil import copytree, ignore_patterns, rmtree
from threading import Event
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import storage as storage_helper
from homeassistant.util.file import write_utf8_file_atomic
import pytest

from custom_components.solar_cloud.budget.ledger import LEASE, Ledger
from custom_components.solar_cloud.cloud.errors import TemporarilyUnavailable, Throttled
from custom_components.solar_cloud.const import DOMAIN
from simulator.ready import ENPHASE_API_KEY, ENPHASE_SINGLE_USER_ID

from ..home.conftest import Cloud, enphase_input, settle, solaredge_input, state_of
from ..home.life import add_custom_account, life, now

pytestmark = pytest.mark.disk

PLAN = 60
JUNE = datetime(2026, 6, 10, 19, 2, 30, tzinfo=UTC)
JULY = datetime(2026, 7, 1, tzinfo=UTC)
DAY, MONTH = timedelta(days=1), timedelta(days=30)
FILE_HELPERS = {"homeassistant.util.file", "homeassistant.util.json"}
"""Home Assistant's own: they log what they cannot write or parse with a traceback."""


@pytest.fixture(autouse=True)
def no_traceback(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Look into the log of every test here: no traceback but of Home Assistant's own file helpers, no credential."""
    yield
    for record in caplog.get_records("call"):
        assert record.exc_info is None or record.name in FILE_HELPERS, record.getMessage()
        assert ENPHASE_API_KEY not in record.getMessage()


@pytest.fixture
def storage(hass_config_dir: str) -> Path:
    return Path(hass_config_dir, ".storage")


async def add(hass: HomeAssistant, cloud: Cloud, per_month: int = PLAN) -> ConfigEntry:
    return await add_custom_account(
        hass, "enphase_v2", enphase_input(cloud, user_id=ENPHASE_SINGLE_USER_ID), per_month=per_month
    )


def account(hass: HomeAssistant) -> ConfigEntry:
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    assert entry.state is ConfigEntryState.LOADED
    return entry


def ledger_of(entry: ConfigEntry) -> Ledger:
    ledger: Ledger = entry.runtime_data.metered.ledger
    return ledger


def used(hass: HomeAssistant) -> int:
    return ledger_of(account(hass)).used(now())


async def send(entry: ConfigEntry, most: int = 1_000) -> int:
    """Send requests as the owner does until the ledger says no; return how many went."""
    sent = 0
    with suppress(Throttled):
        while sent < most:
            await entry.runtime_data.client.systems()
            sent += 1
    return sent


def ledgers(storage: Path) -> list[Path]:
    return [file for file in storage.glob(f"{DOMAIN}.ledger.*") if ".corrupt." not in file.name]


def file_of(storage: Path) -> Path:
    (file,) = ledgers(storage)
    return file


def stored(storage: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(file_of(storage).read_text())["data"]
    return data


class PowerCut:
    """What was on disk at one moment; `strike` makes it what is on disk, as if nothing had been written since."""

    def __init__(self, storage: Path) -> None:
        self._storage, self._copy = storage, storage.with_name("cut")
        # What is being written at this moment is not there yet, and its name is gone the next.
        copytree(storage, self._copy, ignore=ignore_patterns("tmp*"))

    def strike(self) -> None:
        rmtree(self._storage)
        self._copy.rename(self._storage)


# Restarts


async def test_a_restart_counts_to_the_request(cloud: Cloud, hass_config_dir: str, storage: Path) -> None:
    async with life(hass_config_dir) as hass:
        await send(await add(hass, cloud), 3)
    for more in (0, 4, 1, 5):
        assert stored(storage)["leased"] == 0
        async with life(hass_config_dir) as hass:
            assert used(hass) == len(cloud.sent())
            assert await send(account(hass), more) == more
            assert used(hass) == len(cloud.sent())


async def test_power_cuts_count_a_lease_too_many_at_most(cloud: Cloud, hass_config_dir: str, storage: Path) -> None:
    async with life(hass_config_dir) as hass:
        entry = await add(hass, cloud)
    for cuts, more in enumerate((1, 2, 5, 6, 8), start=1):
        async with life(hass_config_dir) as hass:
            entry = account(hass)
            assert await send(entry, more) == more
            cut = PowerCut(storage)
        cut.strike()
        async with life(hass_config_dir) as hass:
            assert len(cloud.sent()) <= used(hass) <= len(cloud.sent()) + LEASE * cuts


async def test_reloading_removing_and_adding_again_keep_the_count(cloud: Cloud, hass_config_dir: str) -> None:
    async with life(hass_config_dir) as hass:
        entry = await add(hass, cloud)
        assert await hass.config_entries.async_reload(entry.entry_id)
        assert used(hass) == len(cloud.sent())
        await hass.config_entries.async_remove(entry.entry_id)
    async with life(hass_config_dir) as hass:
        before = len(cloud.sent())
        await add(hass, cloud)
        assert len(cloud.sent()) > before
        assert used(hass) == len(cloud.sent())


async def test_the_month_stays_spent_whatever_the_owner_does(cloud: Cloud, hass_config_dir: str) -> None:
    async with life(hass_config_dir) as hass:
        entry = await add(hass, cloud)
        await send(entry)
        assert len(cloud.sent()) == PLAN
        assert await hass.config_entries.async_reload(entry.entry_id)
        await settle(hass)
        await hass.config_entries.async_remove(entry.entry_id)
    async with life(hass_config_dir) as hass:
        flow = hass.config_entries.flow
        result = await flow.async_init(DOMAIN, context={"source": "user"})
        result = await flow.async_configure(result["flow_id"], {"next_step_id": "enphase_v2"})
        result = await flow.async_configure(
            result["flow_id"], enphase_input(cloud, plan="custom", user_id=ENPHASE_SINGLE_USER_ID)
        )
        result = await flow.async_configure(result["flow_id"], {"per_minute": 10, "per_month": PLAN})
        assert result["errors"] == {"base": "rate_limited"}
    assert len(cloud.sent()) == PLAN


async def test_two_vendors_have_two_files_and_two_counts(cloud: Cloud, hass_config_dir: str, storage: Path) -> None:
    async with life(hass_config_dir) as hass:
        await add(hass, cloud)
        await add_custom_account(hass, "solaredge_key", solaredge_input(cloud), per_month=PLAN)
    files = ledgers(storage)
    assert len(files) == 2
    assert ENPHASE_API_KEY not in " ".join(file.name + file.read_text() for file in files)
    async with life(hass_config_dir) as hass:
        counts = [ledger_of(entry).used(now()) for entry in hass.config_entries.async_entries(DOMAIN)]
    assert sum(counts) == len(cloud.sent())
    assert min(counts) > 0


# Damage


def envelope(data: Any, **changes: Any) -> bytes:
    return json.dumps({"version": 1, "minor_version": 1, "key": "x", "data": data} | changes).encode()


DAMAGE: dict[str, Any] = {
    "empty": lambda _: b"",
    "half": lambda text: text[: len(text) // 2],
    "zeros": lambda text: bytes(len(text)),
    "zeros from the middle on": lambda text: text[: len(text) // 2] + bytes(len(text) // 2),
    "not UTF-8": lambda _: b'{"version": "\xff\xfe"}',
    "null": lambda _: b"null",
    "an empty object": lambda _: b"{}",
    "a list": lambda _: b"[1, 2]",
    "without data": lambda _: b'{"version": 1, "minor_version": 1, "key": "x"}',
    "of a later version": lambda text: text.replace(b'"version": 1', b'"version": 9').replace(
        b'"version":1', b'"version":9'
    ),
    "data null": lambda _: envelope(None),
    "data a list": lambda _: envelope([{"days": 3}]),
    "data empty": lambda _: envelope({}),
    "nonsense": lambda _: envelope({"days": {"yesterday": "many"}, "leased": "some", "recent": 7, "limits": {}}),
    "counts negative": lambda _: envelope({"days": {"2026-06-10": -40}, "leased": -3}),
}


ASSUMED = math.ceil(PLAN * ((JUNE - datetime(2026, 6, 1, tzinfo=UTC)) / timedelta(days=30))) + PLAN * 5 // 100
"""An even pace until the day of these tests, and the owner's share."""


@pytest.mark.parametrize("damage", DAMAGE)
async def test_a_damaged_file_counts_as_an_even_pace_and_the_owners_share(
    cloud: Cloud, hass_config_dir: str, storage: Path, damage: str
) -> None:
    async with life(hass_config_dir) as hass:
        await add(hass, cloud)
    file_of(storage).write_bytes(DAMAGE[damage](file_of(storage).read_bytes()))
    async with life(hass_config_dir) as hass:
        assert used(hass) == ASSUMED
        cut = PowerCut(storage)
    cut.strike()
    # What is assumed did not need a request, or a clean stop, to be remembered.
    before = len(cloud.sent())
    async with life(hass_config_dir) as hass:
        assert state_of(hass, "enphase_72_power") not in {None, "unknown", "unavailable"}
        assert used(hass) == ASSUMED
        assert await send(account(hass), 3) == 3
        assert used(hass) == ASSUMED + 3
        assert len(cloud.sent()) == before + 3


async def test_a_file_that_cannot_be_opened_is_damage_too(cloud: Cloud, hass_config_dir: str, storage: Path) -> None:
    async with life(hass_config_dir) as hass:
        await add(hass, cloud)
    file = file_of(storage)
    file.unlink()
    file.mkdir()
    async with life(hass_config_dir) as hass:
        assert used(hass) == ASSUMED


async def test_a_missing_file_is_a_new_account(cloud: Cloud, hass_config_dir: str, storage: Path) -> None:
    async with life(hass_config_dir) as hass:
        await add(hass, cloud)
    file_of(storage).unlink()
    async with life(hass_config_dir) as hass:
        assert used(hass) == 0
        assert await send(account(hass), 2) == 2
        assert used(hass) == 2
    assert file_of(storage).exists()


# A disk that does not take the count


class FullDisk:
    """Makes writing the count fail, and work again: a folder stands where the file is to be put."""

    def __init__(self, storage: Path) -> None:
        self._file = file_of(storage)
        self._kept = self._file.with_name("kept")

    def fill(self) -> None:
        self._file.rename(self._kept)
        (self._file / "x").mkdir(parents=True)

    def free(self) -> None:
        rmtree(self._file)
        self._kept.rename(self._file)


async def test_while_the_count_cannot_be_written_only_what_is_on_disk_already_is_sent(
    cloud: Cloud, hass_config_dir: str, storage: Path
) -> None:
    async with life(hass_config_dir) as hass:
        entry = await add(hass, cloud)
        disk = FullDisk(storage)
        leased = stored(storage)["leased"] + sum(stored(storage)["days"].values())
        disk.fill()
        for _ in range(3):
            with pytest.raises(TemporarilyUnavailable):
                await send(entry)
        assert len(cloud.sent()) <= leased
        disk.free()
        assert len(cloud.sent()) <= Ledger(ledger_of(entry).limits, stored(storage)).used(now())
        sent = len(cloud.sent())
        assert await send(entry, 3) == 3
        assert len(cloud.sent()) == sent + 3 == used(hass)
    async with life(hass_config_dir) as hass:
        assert used(hass) == len(cloud.sent())


async def test_values_stay_while_the_disk_is_full_and_are_read_again_after(
    cloud: Cloud, hass_config_dir: str, storage: Path, freezer: FrozenDateTimeFactory
) -> None:
    async with life(hass_config_dir) as hass:
        entry = await add(hass, cloud, per_month=10_000)
        power = state_of(hass, "enphase_72_power")
        disk = FullDisk(storage)
        disk.fill()
        with pytest.raises(TemporarilyUnavailable):
            await send(entry)
        sent = len(cloud.sent())
        freezer.tick(1800)
        for coordinator in entry.runtime_data.coordinators.values():
            await coordinator.async_refresh()
        assert len(cloud.sent()) == sent
        assert state_of(hass, "enphase_72_power") == power
        disk.free()
        freezer.tick(7200)
        for coordinator in entry.runtime_data.coordinators.values():
            await coordinator.async_refresh()
        assert len(cloud.sent()) > sent
        assert used(hass) == len(cloud.sent())


async def test_a_full_disk_at_the_stop_only_counts_a_lease_too_many(
    cloud: Cloud, hass_config_dir: str, storage: Path
) -> None:
    async with life(hass_config_dir) as hass:
        await add(hass, cloud)
        disk = FullDisk(storage)
        disk.fill()
    disk.free()
    async with life(hass_config_dir) as hass:
        assert len(cloud.sent()) <= used(hass) <= len(cloud.sent()) + LEASE


async def test_a_slow_write_whose_request_was_given_up_does_not_undo_a_later_one(
    cloud: Cloud, hass_config_dir: str, storage: Path
) -> None:
    begun, landed = Event(), Event()

    def slowly(path: str, *args: Any, **options: Any) -> None:
        first = not begun.is_set()
        begun.set()
        if first:
            landed.wait(0.2)
        write_utf8_file_atomic(path, *args, **options)
        if first:
            landed.set()

    async with life(hass_config_dir) as hass:
        entry = await add(hass, cloud)
        while not ledger_of(entry).needs_lease(now()):
            await send(entry, 1)
        with patch.object(storage_helper, "write_utf8_file_atomic", slowly):
            given_up = hass.async_create_task(send(entry, 1))
            await hass.async_add_executor_job(begun.wait)
            given_up.cancel()
            assert await send(entry, 12) == 12
            assert await hass.async_add_executor_job(landed.wait, 5)
        cut = PowerCut(storage)
    cut.strike()
    async with life(hass_config_dir) as hass:
        assert len(cloud.sent()) <= used(hass) <= len(cloud.sent()) + LEASE


async def test_while_home_assistant_stops_nothing_is_sent_that_is_not_on_disk(
    cloud: Cloud, hass_config_dir: str, storage: Path
) -> None:
    async with life(hass_config_dir) as hass:
        entry = await add(hass, cloud)
        hass.set_state(CoreState.stopping)
        with pytest.raises(TemporarilyUnavailable):
            await send(entry)
        on_disk = Ledger(ledger_of(entry).limits, stored(storage)).used(now())
        assert len(cloud.sent()) <= on_disk
    async with life(hass_config_dir) as hass:
        assert used(hass) == len(cloud.sent())


# Clocks


@pytest.mark.parametrize("running", [True, False], ids=["while it ran", "while it was off"])
@pytest.mark.parametrize("leap", [-DAY, -MONTH, -400 * DAY], ids=["a day", "a month", "a year"])
async def test_a_clock_set_back_gives_no_request_that_was_spent(
    cloud: Cloud, hass_config_dir: str, freezer: FrozenDateTimeFactory, leap: timedelta, running: bool
) -> None:
    async with life(hass_config_dir) as hass:
        entry = await add(hass, cloud)
        await send(entry)
        spent = len(cloud.sent())
        if running:
            freezer.tick(leap)
            assert await send(entry) == 0
    if not running:
        freezer.tick(leap)
    async with life(hass_config_dir) as hass:
        assert await send(account(hass)) == 0
        freezer.tick(-leap)
        assert await send(account(hass)) == 0
    assert len(cloud.sent()) == spent
    freezer.move_to(JULY)
    async with life(hass_config_dir) as hass:
        assert await send(account(hass), 1) == 1


async def test_a_clock_set_back_by_hours_does_not_stop_the_readings(
    cloud: Cloud, hass_config_dir: str, freezer: FrozenDateTimeFactory
) -> None:
    async with life(hass_config_dir) as hass:
        await add(hass, cloud, per_month=10_000)
    freezer.tick(timedelta(hours=-5))
    cloud.simulator.clear_requests()
    async with life(hass_config_dir) as hass:
        freezer.tick(7200)
        for coordinator in account(hass).runtime_data.coordinators.values():
            await coordinator.async_refresh()
        assert "/systems/72/summary" in cloud.sent()


@pytest.mark.parametrize("running", [True, False], ids=["while it ran", "while it was off"])
async def test_a_clock_that_was_a_month_ahead_for_a_while_loses_no_request(
    cloud: Cloud, hass_config_dir: str, freezer: FrozenDateTimeFactory, running: bool
) -> None:
    async with life(hass_config_dir) as hass:
        entry = await add(hass, cloud)
        await send(entry, 20)
        spent = len(cloud.sent())
        if running:
            freezer.tick(MONTH)
            assert await send(entry, 10) == 10
    if not running:
        freezer.tick(MONTH)
        async with life(hass_config_dir) as hass:
            assert await send(account(hass), 10) == 10
    freezer.tick(-MONTH)
    async with life(hass_config_dir) as hass:
        assert used(hass) >= spent + 10
        await send(account(hass))
    assert len(cloud.sent()) <= PLAN


async def test_a_month_that_turned_while_home_assistant_was_off_is_a_new_one(
    cloud: Cloud, hass_config_dir: str, freezer: FrozenDateTimeFactory
) -> None:
    async with life(hass_config_dir) as hass:
        await send(await add(hass, cloud))
    freezer.move_to(JULY - timedelta(seconds=1))
    async with life(hass_config_dir) as hass:
        assert await send(account(hass)) == 0
    freezer.move_to(JULY)
    cloud.simulator.clear_requests()
    async with life(hass_config_dir) as hass:
        assert await send(account(hass), 8) == 8
        assert used(hass) == len(cloud.sent())
        assert ledger_of(account(hass)).resets_at(now()) == datetime(2026, 8, 1, tzinfo=UTC)


async def test_a_month_that_turns_in_the_midst_of_a_lease_needs_a_new_one_on_disk(
    cloud: Cloud, hass_config_dir: str, storage: Path, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to(JULY - timedelta(hours=1))
    async with life(hass_config_dir) as hass:
        entry = await add(hass, cloud)
        await send(entry, 1)
        freezer.move_to(JULY)
        cloud.simulator.clear_requests()
        await send(entry, 1)
        cut = PowerCut(storage)
    cut.strike()
    async with life(hass_config_dir) as hass:
        assert len(cloud.sent()) <= used(hass) <= len(cloud.sent()) + LEASE
