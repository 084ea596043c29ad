"""What Solar Cloud uses of Home Assistant's inner life: each piece, and why no public helper does the same.

Nothing promises that these stay as they are. `tests/test_home_assistant_internals.py` looks at each of them in the
installed release, and says which one has changed. `scripts/validate.py` keeps everybody else in the integration from
using them. All were seen in Home Assistant 2026.10.4 and 2026.11.0.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
import logging
from typing import TYPE_CHECKING, Any, Final, Self, cast, get_type_hints, override

from homeassistant.components.recorder.core import Recorder
from homeassistant.components.recorder.db_schema import Statistics, StatisticsShortTerm
from homeassistant.components.recorder.tasks import RecorderTask, SynchronizeTask
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.recorder import session_scope
from homeassistant.helpers.storage import Store
from homeassistant.util import file as file_helper
from homeassistant.util.file import WriteError
from sqlalchemy.orm import Session

if TYPE_CHECKING:
    from homeassistant.components.energy.data import EnergyManager, EnergyPreferencesUpdate

__all__ = [
    "EnergySources",
    "FileErrors",
    "Recorder",
    "ReportingStore",
    "StatisticsTable",
    "StatisticsTables",
    "async_queue_marker",
    "async_rewrite",
    "async_shift_sums",
    "deleted_entity_id",
    "energy_device_fields",
    "energy_source_fields",
]

ENERGY_SOURCE_TYPES: Final = {
    "solar": "SolarSourceType",
    "grid": "GridSourceType",
    "battery": "BatterySourceType",
    # Since Home Assistant 2026.11.
    "home": "HomeSourceType",
}
"""The class that describes each type of source of the Energy dashboard."""


class StatisticsTable:
    """The columns of long-term statistics in the recorder's database, to read the rows of a book.

    Public is `statistics_during_period`. For ten years of hours it takes about twice as long, and builds so many
    dictionaries that the garbage collector stops everything else for 0.4 seconds instead of 0.03. Nothing public finds
    the first row, or the rows around a window, without reading all of them.
    """

    metadata_id = Statistics.metadata_id
    """Which statistic a row belongs to: the number that `get_metadata` returns."""
    start_ts = Statistics.start_ts
    """The start of the hour in seconds since 1970."""
    state = Statistics.state
    sum = Statistics.sum


class StatisticsTables:
    """The tables of hours and of five minutes, to write rows before and between those of a sensor.

    Public is `async_import_statistics`. It writes hours alone: the sensor goes on from the sum of its newest five
    minutes, so a sum that grows there only would fall again with the next hour.
    """

    hours = Statistics
    five_minutes = StatisticsShortTerm


@callback
def async_queue_marker(recorder: Recorder) -> asyncio.Future[None]:
    """Return a future that is done once the recorder has committed all that is in its queue now.

    Public is `Recorder.async_block_till_done`. It looks whether the queue is empty, and overlooks the task that has
    left it and is being done: rows that were handed over could be missing when it returns.
    """
    reached: asyncio.Future[None] = recorder.hass.loop.create_future()
    recorder.queue_task(SynchronizeTask(reached))
    return reached


@callback
def async_shift_sums(recorder: Recorder, statistic_id: str, start: datetime, shift: float, unit: str) -> None:
    """Have the recorder add so much of a unit to the sum of every row that starts at an instant or later.

    Public is `async_add_external_statistics`, which would write every later row anew: ten years of them for an hour
    that is corrected. The recorder's own command for the owner's corrections is one statement of the database.
    """
    recorder.async_adjust_statistics(statistic_id, start, shift, unit)


@callback
def async_rewrite[T](recorder: Recorder, work: Callable[[Session], T]) -> asyncio.Future[T]:
    """Have the recorder's own thread do work in one transaction; the future has what it returns, or its error.

    Public is nothing: rows that are read, shifted and written have to be the same ones, and each hour the sensors add
    theirs. Only the recorder's thread does both.
    """
    loop = recorder.hass.loop
    done: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: Exception | None) -> None:
        if done.done():
            return
        if error is None:
            done.set_result(cast("T", result))
        else:
            done.set_exception(error)

    class RewriteTask(RecorderTask):
        @override
        def run(self, instance: Recorder) -> None:
            result: T | None = None
            error: Exception | None = None
            try:
                with session_scope(session=instance.get_session()) as session:
                    result = work(session)
            except Exception as err:  # noqa: BLE001 - whoever waits gets it
                error = err
            loop.call_soon_threadsafe(settle, result, error)

    recorder.queue_task(RewriteTask())
    return done


class ReportingStore(Store[dict[str, Any]]):
    """A stored file that says whether it was written, and whether something still waits to be.

    Public is `Store`, which only logs a write that failed and forgets the data. Requests may be sent, and tokens used,
    only when they are on disk.
    """

    @override
    async def _async_write_data(self, data: dict[str, Any]) -> None:
        try:
            await super()._async_write_data(data)
        except (WriteError, OSError) as err:
            self.async_on_refused(data["data"], err)
        except Exception:
            self.async_on_failed()
            raise
        else:
            self.async_on_written()

    @property
    def is_waiting(self) -> bool:
        """Whether there are data that are to be written, and are not yet."""
        return self._data is not None

    @callback
    def async_forget_waiting(self) -> None:
        """Drop the data that are still to be written."""
        self._data = None

    @callback
    def async_on_written(self) -> None:
        """Do what is to be done when the file was written."""

    @callback
    def async_on_refused(self, content: dict[str, Any], error: Exception) -> None:
        """Do what is to be done when the disk did not take the content; Home Assistant has forgotten it."""

    @callback
    def async_on_failed(self) -> None:
        """Do what is to be done when the content could not even become JSON; Home Assistant logs it."""


class FileErrors(logging.Filter):
    """Leaves out what Home Assistant logs of files that it cannot write, with a traceback each time, for our own files.

    Public is nothing: the log entry comes before the error reaches us.
    """

    def __init__(self, prefix: str) -> None:
        """Take what the names of the files begin with."""
        super().__init__()
        self._prefix = prefix

    @callback
    def async_install(self) -> None:
        """Filter from now on; once is enough, more often does not matter."""
        logging.getLogger(file_helper.__name__).addFilter(self)

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record is logged."""
        names = record.args if isinstance(record.args, tuple) else ()
        return record.exc_info is None or not any(f"/{self._prefix}" in str(name) for name in names)


@callback
def deleted_entity_id(hass: HomeAssistant, domain: str, platform: str, unique_id: str) -> str | None:
    """Return the id of an entity that was deleted a while ago, for the statistics that are called like it.

    Public is `EntityRegistry.async_get_entity_id`, which knows only entities that are there.
    """
    deleted = er.async_get(hass).deleted_entities.get((domain, platform, unique_id))
    return None if deleted is None else deleted.entity_id


def energy_source_fields() -> dict[str, frozenset[str]]:
    """Return the fields that the installed Energy dashboard knows, by the type of source.

    It must be loaded: before, this would be a blocking import. Public is nothing: a field that the dashboard does not
    know makes it refuse all sources, and each release may know others.
    """
    from homeassistant.components.energy import data

    kinds = {kind: getattr(data, name, None) for kind, name in ENERGY_SOURCE_TYPES.items()}
    return {kind: frozenset(get_type_hints(known)) for kind, known in kinds.items() if known is not None}


def energy_device_fields() -> frozenset[str]:
    """Return the fields that the installed Energy dashboard knows of a device which consumes.

    It must be loaded: before, this would be a blocking import. Public is nothing, as with `energy_source_fields`.
    """
    from homeassistant.components.energy.data import DeviceConsumption

    return frozenset(get_type_hints(DeviceConsumption))


class EnergySources:
    """The sources and the devices of the Energy dashboard, as its own page reads and writes them.

    Public are the commands `energy/get_prefs` and `energy/save_prefs`, for the page alone. From 2026.11 on the manager
    is public; what checks the sources is not.
    """

    def __init__(self, manager: EnergyManager) -> None:
        """Take the dashboard's manager: `async_load` finds it."""
        self._manager = manager

    @classmethod
    async def async_load(cls, hass: HomeAssistant) -> Self:
        """Return those of a Home Assistant; its Energy dashboard must be loaded."""
        from homeassistant.components.energy.data import async_get_manager

        return cls(await async_get_manager(hass))

    @property
    def current(self) -> list[dict[str, Any]]:
        """The sources that the owner has; none before anything was set."""
        preferences = self._manager.data
        return [] if preferences is None else cast("list[dict[str, Any]]", list(preferences["energy_sources"]))

    @property
    def devices(self) -> list[dict[str, Any]]:
        """The devices that the owner has; none before anything was set."""
        preferences = self._manager.data
        return [] if preferences is None else cast("list[dict[str, Any]]", list(preferences["device_consumption"]))

    async def async_replace(self, sources: Sequence[dict[str, Any]], devices: Sequence[dict[str, Any]]) -> None:
        """Write other sources and devices. Raises `probatio.Invalid` for those that the dashboard does not take."""
        from homeassistant.components.energy.data import DEVICE_CONSUMPTION_SCHEMA, ENERGY_SOURCE_SCHEMA

        ENERGY_SOURCE_SCHEMA(list(sources))
        new = {"energy_sources": list(sources)}
        if list(devices) != self.devices:
            for device in devices:
                DEVICE_CONSUMPTION_SCHEMA(device)
            new["device_consumption"] = list(devices)
        await self._manager.async_update(cast("EnergyPreferencesUpdate", new))
