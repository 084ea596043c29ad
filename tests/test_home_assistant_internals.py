"""What Solar Cloud uses of Home Assistant's inner life is still what it was; if not, one clear word says what changed.

The module is loaded here by its path, as everything else of the integration fails to be imported without it.
"""

import ast
import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
import errno
import importlib.util
import json
import logging
from pathlib import Path
import re
import threading
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import patch

from homeassistant.components.energy import data as energy_data
from homeassistant.components.recorder import core as recorder_core, db_schema, tasks
from homeassistant.components.recorder.models import StatisticData, StatisticMeanType, StatisticMetaData
from homeassistant.components.recorder.statistics import async_add_external_statistics, get_metadata
from homeassistant.components.recorder.table_managers.statistics_meta import StatisticsMetaManager
from homeassistant.const import __version__ as version
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.recorder import get_instance, session_scope
from homeassistant.helpers.storage import Store
from homeassistant.util import file as file_helper
from homeassistant.util.file import WriteError
import probatio
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

pytestmark = pytest.mark.disk

FILE = Path("custom_components/solar_cloud/home_assistant_internals.py")
SOURCE = (Path(__file__).parents[1] / FILE).read_text("utf-8")
HOUR = timedelta(hours=1)
START = datetime(2026, 6, 1, 12, tzinfo=UTC)
ID = "solar_cloud:test_production"
METADATA = StatisticMetaData(
    has_sum=True,
    mean_type=StatisticMeanType.NONE,
    name="Test",
    source="solar_cloud",
    statistic_id=ID,
    unit_class="energy",
    unit_of_measurement="Wh",
)
PATIENCE = 20.0
"""How many seconds the recorder may take."""

type Check = Callable[[ModuleType, HomeAssistant], Awaitable[None]]
CHECKS: dict[str, Check] = {}
"""What each piece of the module is to do, by its name."""


@pytest.fixture(autouse=True)
def recorder(recorder_mock: recorder_core.Recorder) -> None:
    """Let Home Assistant have a recorder, before anything else."""


def docstrings() -> dict[str, str]:
    """Return the first sentence that the module says of each of its pieces."""
    return {
        node.name: re.split(r"[.;:]\s", ast.get_docstring(node) or "", maxsplit=1)[0].replace("\n", " ").rstrip(".")
        for node in ast.parse(SOURCE).body
        if isinstance(node, ast.ClassDef | ast.FunctionDef)
    }


def users_of(name: str | None) -> list[str]:
    """Return the pieces that use something of Home Assistant's; all when it is used by none, or not known."""
    found = [
        node.name
        for node in ast.parse(SOURCE).body
        if isinstance(node, ast.ClassDef | ast.FunctionDef)
        and name
        and name in (ast.get_source_segment(SOURCE, node) or "")
    ]
    return found or list(CHECKS)


def word(pieces: list[str], what: str) -> str:
    """Return what somebody has to know whose Home Assistant has changed."""
    about = "\n".join(f"- {piece}: {docstrings()[piece]}" for piece in pieces)
    return f"Home Assistant {version} has changed inside. Mend in {FILE}:\n{about}\nWhat was found: {what}"


def load() -> ModuleType:
    """Load the module; fails with a word when something that it imports is not there any more."""
    spec = importlib.util.spec_from_file_location("internals_under_test", Path(__file__).parents[1] / FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (ImportError, AttributeError) as err:
        gone = err.name_from if isinstance(err, ImportError) else err.name
        pytest.fail(word(users_of(gone), f"{type(err).__name__}: {err}"), pytrace=False)
    return module


async def look_at(piece: str, hass: HomeAssistant) -> None:
    """Check one piece in the installed Home Assistant; fails with a word when it is not what it was."""
    module = load()
    try:
        await CHECKS[piece](module, hass)
    except Exception as err:  # noqa: BLE001 - whatever it is, the piece has changed
        pytest.fail(word([piece], f"{type(err).__name__}: {err}"))


def piece(check: Check) -> Check:
    """Register a check; it is called like the piece."""
    CHECKS[check.__name__] = check
    return check


def hand_over(hass: HomeAssistant, *energies: float) -> None:
    """Hand hours over to the recorder, each with its energy and the sum of all up to it."""
    rows = [
        StatisticData(start=START + number * HOUR, state=energy, sum=sum(energies[: number + 1]))
        for number, energy in enumerate(energies)
    ]
    async_add_external_statistics(hass, METADATA, rows)


async def rows_of(module: ModuleType, hass: HomeAssistant) -> list[tuple[float, float, float]]:
    """Return the rows with the columns of the module: seconds after the first hour, state and sum."""
    table = module.StatisticsTable

    def read() -> list[tuple[float, float, float]]:
        known = get_metadata(hass, statistic_ids={ID})[ID][0]
        with session_scope(hass=hass, read_only=True) as session:
            columns = select(table.start_ts, table.state, table.sum).where(table.metadata_id == known)
            found = session.execute(columns.order_by(table.start_ts))
            return [(start - START.timestamp(), state, total) for start, state, total in found]

    return await get_instance(hass).async_add_executor_job(read)


async def committed(hass: HomeAssistant) -> None:
    """Wait for the recorder, without the module."""
    await hass.async_add_executor_job(get_instance(hass).block_till_done)


@piece
async def StatisticsTable(module: ModuleType, hass: HomeAssistant) -> None:  # noqa: N802 - like the piece
    hand_over(hass, 5.0, 7.0)
    await committed(hass)
    assert await rows_of(module, hass) == [(0, 5.0, 5.0), (3600, 7.0, 12.0)]


@piece
async def StatisticsTables(module: ModuleType, hass: HomeAssistant) -> None:  # noqa: N802
    hand_over(hass, 5.0, 7.0)
    await committed(hass)
    tables = module.StatisticsTables

    def read() -> list[tuple[float, float]]:
        with session_scope(hass=hass, read_only=True) as session:
            found = session.execute(select(tables.hours.start_ts, tables.hours.sum).order_by(tables.hours.start_ts))
            assert session.execute(select(tables.five_minutes.sum, tables.five_minutes.metadata_id)).all() == []
            return [(start - START.timestamp(), total) for start, total in found]

    assert await get_instance(hass).async_add_executor_job(read) == [(0, 5.0), (3600, 12.0)]
    assert tables.five_minutes.duration < tables.hours.duration


class SlowTask(tasks.RecorderTask):
    """Keeps the recorder busy with an empty queue."""

    def run(self, instance: recorder_core.Recorder) -> None:
        threading.Event().wait(0.2)


@piece
async def async_queue_marker(module: ModuleType, hass: HomeAssistant) -> None:
    instance = get_instance(hass)
    instance.queue_task(SlowTask())
    hand_over(hass, 5.0)
    await asyncio.wait_for(module.async_queue_marker(instance), PATIENCE)
    assert await rows_of(module, hass) == [(0, 5.0, 5.0)], "the rows that were handed over before are not there"


@piece
async def async_shift_sums(module: ModuleType, hass: HomeAssistant) -> None:
    hand_over(hass, 5.0, 7.0, 1.0)
    module.async_shift_sums(get_instance(hass), ID, START + HOUR, 0.5, "Wh")
    await committed(hass)
    assert await rows_of(module, hass) == [(0, 5.0, 5.0), (3600, 7.0, 12.5), (7200, 1.0, 13.5)]


@piece
async def describe_statistic(module: ModuleType, hass: HomeAssistant) -> None:
    hand_over(hass, 5.0)
    instance = get_instance(hass)

    def name(called: str) -> Callable[[Session], int]:
        metadata = METADATA | {"name": called}
        return lambda session: module.describe_statistic(instance, session, metadata)

    numbers = [await asyncio.wait_for(module.async_rewrite(instance, name(one)), PATIENCE) for one in ("A", "B")]
    known = await hass.async_add_executor_job(lambda: get_metadata(hass, statistic_ids={ID})[ID])
    assert {known[0]} == set(numbers)
    assert known[1]["name"] == "B"
    assert await rows_of(module, hass) == [(0, 5.0, 5.0)]


@piece
async def async_rewrite(module: ModuleType, hass: HomeAssistant) -> None:
    instance = get_instance(hass)
    hand_over(hass, 5.0, 7.0)
    table = db_schema.Statistics

    def halve(session: Session) -> tuple[int | None, int]:
        session.execute(update(table).values(sum=table.sum / 2))
        return threading.get_ident(), len(session.execute(select(table.sum)).all())

    thread, count = await asyncio.wait_for(module.async_rewrite(instance, halve), PATIENCE)
    assert thread == instance.ident, "another thread than the recorder's own did the work"
    assert count == 2, "rows that were handed over before are not there"
    halved = [(0, 5.0, 2.5), (3600, 7.0, 6.0)]
    assert await rows_of(module, hass) == halved

    def halve_and_fail(session: Session) -> None:
        halve(session)
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        await asyncio.wait_for(module.async_rewrite(instance, halve_and_fail), PATIENCE)
    assert await rows_of(module, hass) == halved, "work that failed was done by half"


def store_of(module: ModuleType, hass: HomeAssistant) -> tuple[Any, list[Any]]:
    """Return a store, and what it says."""
    said: list[Any] = []
    store = module.ReportingStore(hass, 1, "solar_cloud.test", private=True, atomic_writes=True)
    store.async_on_written = lambda: said.append("written")
    store.async_on_refused = lambda content, error: said.append((content, type(error)))
    store.async_on_failed = lambda: said.append("failed")
    return store, said


def full_disk() -> Any:
    """Let every write fail as on a full disk."""
    return patch.object(file_helper, "AtomicWriter", side_effect=OSError(errno.ENOSPC, "No space left on device"))


@piece
async def ReportingStore(module: ModuleType, hass: HomeAssistant) -> None:  # noqa: N802
    store, said = store_of(module, hass)
    await store.async_save({"number": 1})
    assert said == ["written"]
    assert json.loads(await hass.async_add_executor_job(Path(store.path).read_text))["data"] == {"number": 1}
    with full_disk():
        await store.async_save({"number": 2})
    assert said.pop() == ({"number": 2}, WriteError)
    await store.async_save({"no JSON": object()})
    assert said.pop() == "failed"
    assert not store.is_waiting
    store.async_delay_save(lambda: {"number": 3}, 60)
    assert store.is_waiting
    store.async_forget_waiting()
    assert not store.is_waiting
    await store.async_remove()


class Kept(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@piece
async def FileErrors(module: ModuleType, hass: HomeAssistant) -> None:  # noqa: N802
    kept, errors = Kept(), module.FileErrors("solar_cloud.")
    logging.getLogger().addHandler(kept)
    logger = logging.getLogger(file_helper.__name__)
    try:
        errors.async_install()
        errors.async_install()
        assert logger.filters.count(errors) == 1
        with full_disk():
            for key in ("other.test", "solar_cloud.test"):
                path = hass.config.path(".storage", key)
                with pytest.raises(WriteError):
                    await hass.async_add_executor_job(file_helper.write_utf8_file_atomic, path, "{}", True)
    finally:
        logging.getLogger().removeHandler(kept)
        logger.removeFilter(errors)
    traced = [record.getMessage() for record in kept.records if record.exc_info]
    assert len(traced) == 1, f"of two files that could not be written, one of them ours, the log has {traced}"
    assert "other.test" in traced[0]


@piece
async def deleted_entity_id(module: ModuleType, hass: HomeAssistant) -> None:
    registry = er.async_get(hass)
    entity = registry.async_get_or_create("sensor", "solaredge", "1_energy", suggested_object_id="old_energy")
    assert module.deleted_entity_id(hass, "sensor", "solaredge", "1_energy") is None
    registry.async_remove(entity.entity_id)
    assert module.deleted_entity_id(hass, "sensor", "solaredge", "1_energy") == "sensor.old_energy"


@piece
async def energy_source_fields(module: ModuleType, hass: HomeAssistant) -> None:
    fields = module.energy_source_fields()
    assert {"solar", "grid", "battery"} <= fields.keys() <= {"solar", "grid", "battery", "home"}
    assert fields["solar"] >= {"type", "stat_energy_from", "config_entry_solar_forecast"}
    assert fields["grid"] >= {"stat_energy_from", "stat_energy_to", "stat_cost", "stat_compensation", "stat_rate"}
    assert fields["battery"] >= {"stat_energy_from", "stat_energy_to", "stat_rate", "power_config"}


@piece
async def energy_device_fields(module: ModuleType, hass: HomeAssistant) -> None:
    assert module.energy_device_fields() >= {"stat_consumption", "stat_rate"}


@piece
async def EnergySources(module: ModuleType, hass: HomeAssistant) -> None:  # noqa: N802
    sources = await module.EnergySources.async_load(hass)
    assert sources.current == []
    solar = {"type": "solar", "stat_energy_from": ID, "config_entry_solar_forecast": None}
    car = {"stat_consumption": ID, "stat_rate": "sensor.car"}
    assert sources.devices == []
    await sources.async_replace([solar], [car])
    assert (sources.current, sources.devices) == ([solar], [car])
    for refused in (([{**solar, "no such field": 1}], []), ([], [{**car, "no such field": 1}])):
        with pytest.raises(probatio.Invalid):
            await sources.async_replace(*refused)
    assert (sources.current, sources.devices) == ([solar], [car])
    assert (await module.EnergySources.async_load(hass)).current == [solar]


@pytest.mark.parametrize("name", CHECKS)
async def test_home_assistant_is_inside_as_it_was(hass: HomeAssistant, name: str) -> None:
    await look_at(name, hass)


async def written_otherwise(self: Store[Any], *_args: Any) -> None:
    """Write without the method of today."""
    self._data = None


def other_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    get = er.async_get
    hidden = SimpleNamespace
    monkeypatch.setattr(
        er,
        "async_get",
        lambda hass: hidden(async_get_or_create=get(hass).async_get_or_create, async_remove=get(hass).async_remove),
    )


def taken_to_nowhere(_self: energy_data.EnergyManager, _update: Any) -> Awaitable[None]:
    """Take sources without keeping them."""
    return asyncio.sleep(0)


CHANGES: dict[str, tuple[str, Callable[[pytest.MonkeyPatch], object]]] = {
    "a column is gone": (
        "StatisticsTable",
        lambda patched: patched.setattr(db_schema, "Statistics", SimpleNamespace(metadata_id=1, state=1, sum=1)),
    ),
    "a column means something else": (
        "StatisticsTable",
        lambda patched: patched.setattr(
            db_schema,
            "Statistics",
            SimpleNamespace(
                metadata_id=db_schema.Statistics.metadata_id,
                start_ts=db_schema.Statistics.start_ts,
                state=db_schema.Statistics.mean,
                sum=db_schema.Statistics.sum,
            ),
        ),
    ),
    "the task is gone": ("async_queue_marker", lambda patched: patched.delattr(tasks, "SynchronizeTask")),
    "the task takes something else": (
        "async_queue_marker",
        lambda patched: patched.setattr(tasks, "SynchronizeTask", lambda: None),
    ),
    "the recorder moved": ("async_queue_marker", lambda patched: patched.delattr(recorder_core, "Recorder")),
    "sums are shifted otherwise": (
        "async_shift_sums",
        lambda patched: patched.delattr(recorder_core.Recorder, "async_adjust_statistics"),
    ),
    "the table of five minutes is gone": (
        "StatisticsTables",
        lambda patched: patched.delattr(db_schema, "StatisticsShortTerm"),
    ),
    "there are no tasks of others any more": (
        "async_rewrite",
        lambda patched: patched.delattr(tasks, "RecorderTask"),
    ),
    "statistics are described otherwise": (
        "describe_statistic",
        lambda patched: patched.delattr(StatisticsMetaManager, "update_or_add"),
    ),
    "files are written otherwise": (
        "ReportingStore",
        lambda patched: patched.setattr(Store, "_async_handle_write_data", written_otherwise),
    ),
    "another logger is used": (
        "FileErrors",
        lambda patched: patched.setattr(file_helper, "_LOGGER", logging.getLogger("homeassistant.util.disk")),
    ),
    "deleted entities are kept elsewhere": ("deleted_entity_id", other_registry),
    "a type of source is called otherwise": (
        "energy_source_fields",
        lambda patched: patched.delattr(energy_data, "GridSourceType"),
    ),
    "the description of devices is called otherwise": (
        "energy_device_fields",
        lambda patched: patched.delattr(energy_data, "DeviceConsumption"),
    ),
    "the check of devices is gone": (
        "EnergySources",
        lambda patched: patched.delattr(energy_data, "DEVICE_CONSUMPTION_SCHEMA"),
    ),
    "sources are written otherwise": (
        "EnergySources",
        lambda patched: patched.setattr(energy_data.EnergyManager, "async_update", taken_to_nowhere),
    ),
    "the check of sources is gone": (
        "EnergySources",
        lambda patched: patched.delattr(energy_data, "ENERGY_SOURCE_SCHEMA"),
    ),
}
"""What a release of Home Assistant may change, and the piece that has to say so."""


@pytest.mark.parametrize("change", CHANGES)
async def test_a_change_is_told_by_a_word_that_names_piece_purpose_and_place(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    name, apply = CHANGES[change]
    apply(monkeypatch)
    with pytest.raises(pytest.fail.Exception) as failure:
        await look_at(name, hass)
    said = str(failure.value)
    assert f"Home Assistant {version} has changed inside" in said
    assert f"- {name}: {docstrings()[name]}" in said
    assert str(FILE) in said


def test_every_piece_has_a_check_a_change_and_a_reason() -> None:
    # The recorder's own type is there for annotations.
    pieces = set(load().__all__) - {"Recorder"}
    assert set(CHECKS) == pieces
    assert {name for name, _ in CHANGES.values()} == pieces
    for node in ast.parse(SOURCE).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            assert node.name in pieces, "everything in the module is for others"
            assert re.search(r"\bPublic (is|are) ", ast.get_docstring(node) or ""), f"{node.name} gives no reason"
