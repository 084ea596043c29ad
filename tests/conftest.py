"""Fixtures for all tests."""

# Must be imported before the first `hass`: the test plugin has a package of the same name, which would win.
import asyncio
from collections.abc import Generator
from contextlib import suppress
import importlib
import os
from pathlib import Path
from typing import Any

from aiohttp.web_urldispatcher import UrlDispatcher
from hypothesis import settings
import pytest

import custom_components  # noqa: F401

from . import frozen_time
from .databases import fresh_database, is_server

# The same examples in every run: what fails fails again, and what passed does not fail by chance.
settings.register_profile("repeatable", derandomize=True)
settings.load_profile("repeatable")

frozen_time.install()


def pytest_collection(session: pytest.Session) -> None:
    """Let each process begin with other files than the rest: who is first at a file compiles it for all."""
    number, processes = (os.environ.get(f"PYTEST_XDIST_WORKER{end}", "") for end in ("", "_COUNT"))
    if not number or session.config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
        return
    files = sorted(Path(__file__).parent.rglob("test_*.py"))[int(number.removeprefix("gw")) :: int(processes)]
    for file in files:
        # What cannot be imported is said when it is collected.
        with suppress(Exception, pytest.skip.Exception):
            importlib.import_module(".".join(file.relative_to(session.config.rootpath).with_suffix("").parts))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Take no test that is marked slow without the reason, and put the longest first; raise UsageError with its name.

    Were a test of minutes the last to begin, the other processes would wait for it.
    """
    for item in items:
        for mark in item.iter_markers("slow"):
            if len(mark.args) != 1 or not isinstance(mark.args[0], str):
                raise pytest.UsageError(f'{item.nodeid} needs a reason: pytest.mark.slow("a year of hours")')
    items.sort(key=lambda item: not any(mark.kwargs.get("longest") for mark in item.iter_markers("slow")))


@pytest.fixture(autouse=True)
async def enable_event_loop_debug() -> None:
    """Let a loop refuse what comes from another thread, as its debug mode does, without the rest of that mode.

    The rest writes down the stack of each call that is scheduled: much of the time of a test that talks over HTTP.
    """
    loop = asyncio.get_running_loop()
    call_soon = loop.call_soon

    def call_soon_in_thread(*args: Any, **kwargs: Any) -> asyncio.Handle:
        loop._check_thread()  # type: ignore[attr-defined]
        return call_soon(*args, **kwargs)

    loop.call_soon = call_soon_in_thread  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def open_router(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pages be added to a server that runs already, as Home Assistant's own does; the test client's does not."""
    monkeypatch.setattr(UrlDispatcher, "freeze", lambda _self: None)


@pytest.fixture
def recorder_config() -> dict[str, Any]:
    """Let the recorder keep statistics and the states of a price alone: nothing else is read back from it.

    Each state that it keeps is a commit, and that is a fifth to a third of a long test.
    """
    return {"include": {"entity_globs": ["sensor.spot*"]}}


@pytest.fixture
def recorder_db_url(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> Generator[str]:
    """Return the database of the test: an empty one of the server that `--dburl` names, or the test plugin's SQLite."""
    url = pytestconfig.getoption("dburl")
    if not is_server(url):
        yield request.getfixturevalue("recorder_db_url")
        return
    # Before all that is frozen: the recorder's threads open sockets.
    request.getfixturevalue("socket_enabled")
    yield from fresh_database(url)


@pytest.fixture
def hass_storage(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Return what stands in for the stored files; with the mark `disk` it stays empty, as they are really written."""
    if request.node.get_closest_marker("disk"):
        return {}
    stored: dict[str, Any] = request.getfixturevalue("hass_storage")
    return stored


@pytest.fixture
def hass_config_dir(request: pytest.FixtureRequest) -> str:
    """Return Home Assistant's folder: with the mark `disk` one of the test's own, else one that all tests share."""
    marked = request.node.get_closest_marker("disk")
    folder: str = request.getfixturevalue("hass_tmp_config_dir" if marked else "hass_config_dir")
    return folder
