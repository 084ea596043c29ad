"""An owner who updates keeps everything: what version 0.1.0 has stored is taken up, and stored again as it was.

Only stored files, Home Assistant's registries, states and statistics, and the simulator's log are looked at, so that
the code may be arranged in any other way. A later version may add to all of them; it may not lose anything.
"""

from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
import json
import logging
from pathlib import Path
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.typing import RecorderInstanceContextManager

from tests.home.conftest import pass_time, settle

from .conftest import Gate
from .house import DOMAIN, Statistics, account_of, home, issues_of, put_storage, states_of, statistics_of, storage_of
from .worlds import WORLDS

DUE = {"solaredge_signed_in": 3}
"""A job that is worth more often now may be due at once: the token, and what the site and its meters report."""
DIM_WH = 20.0
"""The most that a day's first and last light gives."""
FOLDER = Path(__file__).parents[1] / "fixtures" / "stored_0_1_0"
MOST_BYTES = 1_500_000
SIGNED_IN = ("enphase_v4", "solaredge_signed_in")
ROW = ("entity_id", "platform", "translation_key", "disabled_by", "device_id", "config_entry_id", "config_subentry_id")


@dataclass(frozen=True)
class Stored:
    """What one account had left on the disk, and what was seen of it then."""

    seen: dict[str, Any]
    statistics: Statistics
    files: dict[str, Any]

    @property
    def captured_at(self) -> datetime:
        return datetime.fromisoformat(self.seen["captured_at"])

    @property
    def entry(self) -> dict[str, Any]:
        """Return the account as Home Assistant stores it."""
        (entry,) = self.files["core.config_entries"]["data"]["entries"]
        return entry  # type: ignore[no-any-return]

    def data(self, kind: str) -> list[dict[str, Any]]:
        """Return what is in the integration's files of one kind."""
        return [one["data"] for name, one in self.files.items() if name.startswith(f"{DOMAIN}.{kind}.")]

    @property
    def ledger(self) -> dict[str, Any]:
        (ledger,) = self.data("ledger")
        return ledger

    @property
    def own(self) -> dict[str, Any]:
        """Return the files of the integration itself, without the times that only matter for a minute."""
        own = {name: one for name, one in self.files.items() if name.startswith(f"{DOMAIN}.")}
        short = {"recent": None, "lease_day": None}
        return {name: one | {"data": one["data"] | short} if "ledger" in name else one for name, one in own.items()}


@pytest.fixture
def stored(account: str) -> Stored:
    """Read the fixtures of an account."""
    folder = FOLDER / account
    return Stored(
        seen=json.loads((folder / "seen.json").read_text()),
        statistics=json.loads((folder / "statistics.json").read_text()),
        files={file.stem: json.loads(file.read_text()) for file in (folder / "storage").iterdir()},
    )


@pytest.fixture
def config_dir(hass_tmp_config_dir: str, cloud: Gate, stored: Stored, freezer: FrozenDateTimeFactory) -> Path:
    """Return a folder with the stored files, a minute after they were written."""
    freezer.move_to(stored.captured_at + timedelta(minutes=1))
    put_storage(Path(hass_tmp_config_dir), stored.files, cloud.url)
    return Path(hass_tmp_config_dir)


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was logged about the integration or with a traceback: a store that is thrown away is a warning."""
    records = [record for record in caplog.records if record.levelno >= logging.WARNING]
    return [record.getMessage() for record in records if DOMAIN in record.name or record.exc_info]


def lost(before: Any, after: Any, path: str = "") -> list[str]:
    """Return what is not any more as it was; what has been added is none of it."""
    if isinstance(before, list) and isinstance(after, list) and len(before) <= len(after):
        before, after = dict(enumerate(before)), dict(enumerate(after))
    if isinstance(before, dict) and isinstance(after, dict):
        return [one for key, value in before.items() for one in lost(value, after.get(key), f"{path}/{key}")]
    return [] if before == after or _is_meant(before, after, path) else [f"{path}: {before!r:.200} is {after!r:.200}"]


def _is_meant(before: Any, after: Any, path: str) -> bool:
    """Return whether a difference is what a newer version does better: it is in the changelog."""
    if "/hours/" in path:
        # Hours in dim light that were not booked are, and the sums after them hold them.
        return before is None or (isinstance(before, float) and before <= after <= before + DIM_WH)
    if path.endswith("_communication/state"):
        # It has translated states.
        return bool(after == before.lower())
    if path.endswith("/state"):
        # What was unknown may be known; inverters give nothing in the dark.
        return before == "unknown" or (path.endswith("_power/state") and after == "0.0")
    # A job that became cheaper or dearer gets another plan for its day; what was asked for is noted by windows.
    # The values of all flows are worked out anew.
    return path.endswith("/data/balance") or ("/pacing/" in path and "/plan" in path)


def rows_of(registry: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what matters of each entity of a stored registry, by unique id."""
    return {
        row["unique_id"]: {name: row[name] for name in ROW}
        for row in registry["data"]["entities"]
        if row["platform"] == DOMAIN
    }


def rows_in(hass: HomeAssistant) -> dict[str, dict[str, Any]]:
    """Return the same of the registry of a Home Assistant."""
    rows = er.async_entries_for_config_entry(er.async_get(hass), account_of(hass).entry_id)
    return {row.unique_id: {name: getattr(row, name) for name in ROW} for row in rows}


def identifiers_of(registry: dict[str, Any]) -> set[tuple[str, ...]]:
    """Return by what the devices of a stored registry are known."""
    return {tuple(pair) for device in registry["data"]["devices"] for pair in device["identifiers"]}


def identifiers_in(hass: HomeAssistant) -> set[tuple[str, ...]]:
    """Return the same of the registry of a Home Assistant."""
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), account_of(hass).entry_id)
    return {pair for device in devices for pair in device.identifiers}


def test_the_fixtures_hold_what_an_update_could_lose(account: str, stored: Stored) -> None:
    jobs = [job for system in stored.data("system") for job in system["schedule"]["jobs"].values()]
    assert any(job.get("resting") for job in jobs)
    assert stored.ledger["learned"]["minute"] < stored.ledger["limits"][0]
    assert bool(stored.ledger["blocked"]) == (account == "solaredge_key")
    assert any(state.get("wanted") and state["first"] < state["closed"] for state in stored.data("history"))
    alerts = sum(len(system["data"].get("alerts", {})) for system in stored.data("system"))
    assert alerts == {"enphase_v2": 0, "enphase_v4": 1}.get(account, 2)
    assert [grant["number"] > 1 for grant in stored.data("grant")] == [True] * (account in SIGNED_IN)
    rows = rows_of(stored.files["core.entity_registry"]).values()
    assert {"user", None} <= {row["disabled_by"] for row in rows}
    assert any(row["entity_id"] == "sensor.what_the_roof_gave_today" for row in rows)


def test_the_fixtures_are_small() -> None:
    assert sum(file.stat().st_size for file in FOLDER.rglob("*.json")) < MOST_BYTES


async def test_an_update_keeps_all_that_was_stored_and_sends_no_request(
    account: str,
    cloud: Gate,
    stored: Stored,
    config_dir: Path,
    async_test_recorder: RecorderInstanceContextManager,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with home(config_dir, async_test_recorder, stored.statistics) as hass:
        await settle(hass)
        entry = account_of(hass)
        assert entry.state is ConfigEntryState.LOADED
        assert len(cloud.sent()) <= DUE.get(account, 0)
        assert lost(stored.seen["states"], states_of(hass)) == []
        assert lost(stored.seen["issues"], issues_of(hass)) == []
        assert lost(rows_of(stored.files["core.entity_registry"]), rows_in(hass)) == []
        assert identifiers_of(stored.files["core.device_registry"]) <= identifiers_in(hass)
        assert lost(stored.statistics, await statistics_of(hass)) == []
        # What is not read anew is written anew when the account is unloaded.
        assert await hass.config_entries.async_unload(entry.entry_id)
    after = Stored(stored.seen, stored.statistics, storage_of(config_dir, cloud.url))
    gone = lost(stored.own, after.own)
    # What is due at once is counted, and this cloud has no answer to it.
    assert [one for one in gone if account not in DUE or not ("ledger" in one or "/data/failures" in one)] == []
    for name in ("entry_id", "unique_id", "title", "data", "options", "subentries"):
        assert lost(stored.entry[name], after.entry[name], name) == []
    assert len(cloud.sent()) <= DUE.get(account, 0)
    assert complaints(caplog) == []


@pytest.mark.parametrize("account", SIGNED_IN)
async def test_after_an_update_the_newest_tokens_are_shown_and_the_application_is_known(
    cloud: Gate,
    stored: Stored,
    config_dir: Path,
    freezer: FrozenDateTimeFactory,
    async_test_recorder: RecorderInstanceContextManager,
) -> None:
    # A power cut has left the pair before in the account: the file of its own is written first.
    (newest,) = stored.data("grant")
    older = {"access_token": "older", "refresh_token": "older", "number": newest["number"] - 1}
    stored.entry["data"]["token"] |= older
    put_storage(config_dir, stored.files, cloud.url)
    async with home(config_dir, async_test_recorder, stored.statistics) as hass:
        for _ in range(18):
            await pass_time(hass, freezer, timedelta(minutes=10), timedelta(minutes=10))
            if cloud.shown:
                break
    # The new simulator knows no token that another one gave out, so the pair is renewed at once, and refused.
    (access, _), (credentials, form), *_ = cloud.shown
    assert access == f"Bearer {newest['access_token']}"
    assert newest["refresh_token"] in form
    (application,) = stored.files["application_credentials"]["data"]["items"]
    names = application["client_id"], application["client_secret"]
    assert all(name in form for name in names) or credentials == f"Basic {b64encode(':'.join(names).encode()).decode()}"


@pytest.mark.parametrize("account", ["enphase_v2", "solaredge_key"])
async def test_readings_go_on_after_an_update_with_what_was_learned_before(
    account: str,
    cloud: Gate,
    stored: Stored,
    config_dir: Path,
    freezer: FrozenDateTimeFactory,
    async_test_recorder: RecorderInstanceContextManager,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with home(config_dir, async_test_recorder, stored.statistics) as hass:
        await pass_time(hass, freezer, timedelta(hours=3), timedelta(minutes=10))
        # It is written every quarter of an hour at most.
        await hass.config_entries.async_entries("solar_cloud")[0].runtime_data.account.async_refresh()
        states, statistics = states_of(hass), await statistics_of(hass)
    assert complaints(caplog) == []
    times = [request.time for request in cloud.simulator.requests]
    assert {request.status for request in cloud.simulator.requests} == {200}
    # A pause that the cloud asked for, a limit that it named, and what it does not offer.
    assert min(times) >= max(
        (datetime.fromisoformat(one) for one in stored.ledger["blocked"].values()), default=times[0]
    )
    in_a_minute = [sum(start <= time < start + timedelta(minutes=1) for time in times) for start in times]
    assert max(in_a_minute) <= stored.ledger["learned"]["minute"] * 80 // 100
    assert [path for path in cloud.sent() if fnmatchcase(path, WORLDS[account].lacking)] == []
    used = int(stored.seen["states"][f"{stored.entry['entry_id']}_requests_used"]["state"])
    assert states[f"{stored.entry['entry_id']}_requests_used"]["state"] == str(used + len(times))
    for subentry in stored.entry["subentries"]:
        key = subentry["unique_id"]
        before, after = (float(one[f"{key}_energy_lifetime"]["state"]) for one in (stored.seen["states"], states))
        assert before < after <= cloud.simulator.plants[key].lifetime_wh(datetime.now(UTC)) / 1000
    for name, one in stored.statistics.items():
        finished = len(one["hours"]) - 24
        assert statistics[name]["first"] == one["first"]
        assert statistics[name]["hours"][:finished] == one["hours"][:finished]
        assert len(statistics[name]["hours"]) >= len(one["hours"])
