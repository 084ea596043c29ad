"""The JavaScript of the dashboard is served, and the page loads it as long as there is an account."""

import json
from pathlib import Path
import re
import subprocess
import zipfile

from homeassistant.components.frontend import DATA_EXTRA_MODULE_URL, UrlManager
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.const import EVENT_COMPONENT_LOADED
from homeassistant.core import HomeAssistant
from homeassistant.setup import ATTR_COMPONENT
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.solar_cloud.frontend.dashboard import ENTRY_MODULE, FOLDER
from scripts.release_zip import write_zip

from ..home.conftest import Cloud, add_account, enphase_input, solaredge_input
from .page import NODE, needs_node

LANGUAGES = {"en", "de", "nl", "fr", "es", "it", "pl", "sv", "pt"}
FILES = sorted(FOLDER.glob("*.js"))


class Page:
    """Stands in for Home Assistant's page, which is no part of the tests: what it is to load, and what changed."""

    def __init__(self, hass: HomeAssistant) -> None:
        self.changes: list[tuple[str, str]] = []
        hass.data[DATA_EXTRA_MODULE_URL] = self._urls = UrlManager(lambda *change: self.changes.append(change), [])

    @property
    def modules(self) -> list[str]:
        return sorted(self._urls.urls)


@pytest.fixture
def page(hass: HomeAssistant) -> Page:
    """Return the page of a Home Assistant that has one."""
    hass.config.components.add("frontend")
    return Page(hass)


async def test_several_accounts_have_the_page_load_the_module_once(
    hass: HomeAssistant, cloud: Cloud, page: Page
) -> None:
    await add_account(hass, "enphase_v2", enphase_input(cloud))
    await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    assert [change for change, _ in page.changes] == ["added"]
    assert len(page.modules) == 1


async def test_a_reload_does_not_take_the_module_away(hass: HomeAssistant, cloud: Cloud, page: Page) -> None:
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud))
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert [change for change, _ in page.changes] == ["added"]


async def test_the_module_goes_with_the_last_account(hass: HomeAssistant, cloud: Cloud, page: Page) -> None:
    first = await add_account(hass, "enphase_v2", enphase_input(cloud))
    last = await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    await hass.config_entries.async_remove(first.entry_id)
    assert len(page.modules) == 1
    await hass.config_entries.async_remove(last.entry_id)
    assert page.modules == []


async def test_the_module_goes_while_the_last_account_is_disabled(
    hass: HomeAssistant, cloud: Cloud, page: Page
) -> None:
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud))
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    assert page.modules == []
    await hass.config_entries.async_set_disabled_by(entry.entry_id, None)
    await hass.async_block_till_done()
    assert len(page.modules) == 1


async def test_all_files_are_served_as_javascript_beside_the_module(
    hass: HomeAssistant, cloud: Cloud, page: Page, hass_client_no_auth: ClientSessionGenerator
) -> None:
    await add_account(hass, "enphase_v2", enphase_input(cloud))
    folder, _, name = page.modules[0].rpartition("/")
    assert name == ENTRY_MODULE
    client = await hass_client_no_auth()
    for file in FILES:
        answer = await client.get(f"{folder}/{file.name}")
        assert answer.status == 200
        assert answer.content_type == "text/javascript"
        assert await answer.text() == file.read_text("utf-8")
        assert "max-age" in answer.headers["Cache-Control"]
    assert (await client.get(f"{folder}/dashboard.py")).status == 404


async def test_the_address_has_the_version_and_changes_with_the_content(
    hass: HomeAssistant, cloud: Cloud, page: Page
) -> None:
    await add_account(hass, "enphase_v2", enphase_input(cloud))
    version = json.loads((FOLDER.parent / "manifest.json").read_text("utf-8"))["version"]
    assert re.fullmatch(rf"/solar_cloud/frontend/{re.escape(version)}-[0-9a-f]{{8}}/{ENTRY_MODULE}", page.modules[0])


async def test_without_the_frontend_all_else_works(
    hass: HomeAssistant, cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud))
    await hass.config_entries.async_remove(entry.entry_id)
    assert "dashboard" not in caplog.text


async def test_a_frontend_that_comes_later_loads_the_module(hass: HomeAssistant, cloud: Cloud) -> None:
    await add_account(hass, "enphase_v2", enphase_input(cloud))
    page = Page(hass)
    hass.config.components.add("frontend")
    hass.bus.async_fire(EVENT_COMPONENT_LOADED, {ATTR_COMPONENT: "frontend"})
    await hass.async_block_till_done()
    assert len(page.modules) == 1


@needs_node
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_file_has_no_syntax_error(file: Path) -> None:
    assert NODE is not None
    command = [NODE, "--check", "--input-type=module"]
    checked = subprocess.run(command, input=file.read_bytes(), capture_output=True, check=False, timeout=60)
    assert checked.returncode == 0, checked.stderr.decode()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_file_imports_only_what_is_served_beside_it(file: Path) -> None:
    imported = set(re.findall(r'from "\./([\w.]+)";', file.read_text("utf-8")))
    assert imported <= {one.name for one in FILES}
    assert len(re.findall(r"^import ", file.read_text("utf-8"), re.MULTILINE)) == len(imported)


def test_the_words_are_in_nine_languages_with_the_same_keys_and_none_is_empty() -> None:
    words = table_of_words()
    assert set(words) == LANGUAGES
    for texts in words.values():
        assert set(texts) == set(words["en"])
        assert all(text.strip() for text in texts.values())


def test_every_word_is_used_and_every_word_that_is_used_is_there() -> None:
    sources = "".join(file.read_text("utf-8") for file in FILES if file.name != "words.js")
    quoted = set(re.findall(r'"(\w+)"', sources))
    asked = set(re.findall(r'\bword\([^"()]+, "(\w+)"\)', sources))
    assert set(table_of_words()["en"]) <= quoted
    assert asked <= set(table_of_words()["en"])


def table_of_words() -> dict[str, dict[str, str]]:
    """Return the table in words.js, which is JSON."""
    source = (FOLDER / "words.js").read_text("utf-8")
    table = re.search(r"^const WORDS = (\{.*?^\});", source, re.MULTILINE | re.DOTALL)
    assert table is not None
    words: dict[str, dict[str, str]] = json.loads(table[1])
    return words


def test_a_release_has_the_javascript(tmp_path: Path) -> None:
    write_zip(FOLDER.parent, "1.2.3", tmp_path / "release.zip")
    with zipfile.ZipFile(tmp_path / "release.zip") as release:
        assert {f"frontend/{file.name}" for file in FILES} <= set(release.namelist())
