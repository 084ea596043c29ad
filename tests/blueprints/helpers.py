"""Importing a blueprint as an owner does, making an automation of it, and seeing what that does."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock, patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.automation.helpers import async_get_blueprints
from homeassistant.components.blueprint.importer import fetch_blueprint_from_url
from homeassistant.core import CoreState, Event, HomeAssistant, State, callback
from homeassistant.helpers import entity_registry as er, restore_state
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util

from custom_components.solar_cloud.const import DOMAIN

from ..home.conftest import pass_time

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "blueprints" / "automation" / "solar_cloud"
FILES = sorted(FOLDER.glob("*.yaml"))
ADDRESS = "https://github.com/solar-cloud/solar_cloud/blob/main/blueprints/automation/solar_cloud/"
RAW = "https://raw.githubusercontent.com/solar-cloud/solar_cloud/main/blueprints/automation/solar_cloud/"
AUTOMATION = "automation.tested"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class _Answer:
    """What GitHub answers for a file of this repository."""

    def __init__(self, file: Path) -> None:
        self._file = file

    async def text(self) -> str:
        return self._file.read_text("utf-8")


class _Session:
    """Stands in for the way to GitHub."""

    async def get(self, url: str, **_: Any) -> _Answer:
        assert url.startswith(RAW), url
        return _Answer(FOLDER / url.removeprefix(RAW))


@contextmanager
def github() -> Iterator[None]:
    """Let Home Assistant read this checkout where it would read GitHub."""
    with patch(
        "homeassistant.components.blueprint.importer.aiohttp_client.async_get_clientsession", lambda _hass: _Session()
    ):
        yield


async def import_blueprint(hass: HomeAssistant, name: str) -> str:
    """Import a blueprint by its address; returns where it is now, read anew from the file that Home Assistant wrote."""
    with github():
        imported = await fetch_blueprint_from_url(hass, f"{ADDRESS}{name}.yaml")
    path = f"{imported.suggested_filename}.yaml"
    blueprints = async_get_blueprints(hass)
    await blueprints.async_add_blueprint(imported.blueprint, path)
    await blueprints.async_reset_cache()
    return path


def says(what: str, *names: str) -> list[dict[str, Any]]:
    """Return actions that fire an event, with the values of these variables."""
    return [{"event": what, "event_data": {name: f"{{{{ {name} }}}}" for name in names}}]


class Heard:
    """What an automation made from a blueprint has done, and what it said."""

    def __init__(self, hass: HomeAssistant) -> None:
        self.events: list[Event] = []
        for what in ("told", "over"):
            hass.bus.async_listen(what, self._hear)

    @callback
    def _hear(self, event: Event) -> None:
        self.events.append(event)

    @property
    def short(self) -> list[str]:
        """Which actions ran, in order."""
        return [event.event_type for event in self.events]

    @property
    def last(self) -> dict[str, Any]:
        """The variables that the newest one was given."""
        return self.events[-1].data


async def automate(
    hass: HomeAssistant,
    name: str,
    inputs: Mapping[str, Any],
    *,
    starting: bool = False,
    last_triggered: str | None = None,
) -> Heard:
    """Import a blueprint and make an automation of it.

    `starting`: Home Assistant starts, and the automation is there from before. `last_triggered`: when it ran last then.
    """
    path = await import_blueprint(hass, name)
    heard = Heard(hass)
    made = {"alias": "Tested", "use_blueprint": {"path": path, "input": dict(inputs)}}
    assert await async_setup_component(hass, "homeassistant", {})
    if starting:
        hass.set_state(CoreState.not_running)
        await remember(hass, State(AUTOMATION, "on", {"last_triggered": last_triggered}))
    assert await async_setup_component(hass, "automation", {"automation": [made]})
    await hass.async_block_till_done()
    state = hass.states.get(AUTOMATION)
    assert state is not None
    assert state.state == "on", state
    if starting:
        await hass.async_start()
    else:
        # So does Home Assistant when an automation was saved.
        hass.bus.async_fire("automation_reloaded")
    await act(hass)
    return heard


async def remember(hass: HomeAssistant, state: State) -> None:
    """Let Home Assistant have stored a state before its start."""
    data = restore_state.async_get(hass)
    stored = {"state": dict(state.as_dict()), "extra_data": None, "last_seen": dt_util.utcnow().isoformat()}
    with patch.object(data.store, "async_load", AsyncMock(return_value=[stored])):
        await data.async_load()


def entity_id(hass: HomeAssistant, unique_id: str, platform: str = "sensor") -> str:
    """Return the id of an entity that has to be there."""
    found = er.async_get(hass).async_get_entity_id(platform, DOMAIN, unique_id)
    assert found is not None, unique_id
    return found


async def act(hass: HomeAssistant) -> None:
    """Let an automation do what it does now, up to where it waits."""
    for _ in range(20):
        await asyncio.sleep(0)
        await hass.async_block_till_done()


async def become(hass: HomeAssistant, entity: str, state: str, **attributes: Any) -> None:
    """Set a state by hand, and let everything happen that follows."""
    hass.states.async_set(entity, state, attributes)
    await act(hass)


async def wait(hass: HomeAssistant, freezer: FrozenDateTimeFactory, time: timedelta, step: timedelta = MINUTE) -> None:
    """Let the time pass, a second beyond it: what is due at its end has happened then."""
    await pass_time(hass, freezer, time + timedelta(seconds=1), step)
    await act(hass)
