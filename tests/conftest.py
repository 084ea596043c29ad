"""Fixtures for all tests."""

# Must be imported before the first `hass`: the test plugin has a package of the same name, which would win.
from aiohttp.web_urldispatcher import UrlDispatcher
import pytest

import custom_components  # noqa: F401


@pytest.fixture(autouse=True)
def open_router(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pages be added to a server that runs already, as Home Assistant's own does; the test client's does not."""
    monkeypatch.setattr(UrlDispatcher, "freeze", lambda _self: None)
