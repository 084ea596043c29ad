"""The page that the browser ends up at speaks the language of who looks at it."""

from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any
from unittest.mock import patch

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.solar_cloud.account import callback_page
from custom_components.solar_cloud.account.callback_page import (
    DONE,
    LANGUAGES,
    Page,
    async_page,
    language_for,
    refusal,
    with_code,
)
from custom_components.solar_cloud.account.urls import CALLBACK_PATH
from custom_components.solar_cloud.const import DOMAIN

OURS = frozenset({"en", "de", "nl", "fr", "es", "it", "pl", "sv", "pt"})
TRANSLATIONS = Path(callback_page.__file__).parents[1] / "translations"


@pytest.fixture
def german() -> Iterator[None]:
    """Have a German title, whichever files there are."""
    real = callback_page.async_get_translations

    async def german_title(hass: HomeAssistant, language: str, *args: Any) -> dict[str, str]:
        texts = await real(hass, language, *args)
        german = {f"component.{DOMAIN}.common.callback_nothing_title": "Von SolarEdge kam nichts zurück"}
        return texts | german if language == "de" else texts

    with (
        patch.object(callback_page, "async_get_translations", german_title),
        patch.object(callback_page.language_for, "__defaults__", (OURS,)),
    ):
        yield


@pytest.mark.parametrize(
    ("accepted", "of_home", "language"),
    [
        ("de", "en", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "en", "de"),
        ("pt-BR", "en", "pt"),
        ("PT-br;q=0.7", "en", "pt"),
        ("en-GB,en;q=0.9,de;q=0.8", "de", "en"),
        ("fr;q=0.3, sv ; q=0.9", "en", "sv"),
        ("de-AT;q=0.3, sv;q=0.5, de;q=0.9", "en", "de"),
        ("tlh,it;q=0.1", "en", "it"),
        ("tlh", "en", "en"),
        ("tlh", "nl", "nl"),
        ("tlh", "es-419", "es"),
        ("tlh", "zh-Hans", "en"),
        ("*", "pl", "pl"),
        ("de;q=0", "fr", "fr"),
        ("", "fr", "fr"),
        ("", "tlh", "en"),
        ("../../de", "en", "en"),
        ("de;q=much,,;;", "en", "en"),
    ],
)
def test_the_browsers_language_comes_first_then_home_assistants_then_english(
    accepted: str, of_home: str, language: str
):
    assert language_for(accepted, of_home, OURS) == language


def test_it_speaks_the_languages_that_there_are_texts_in():
    assert {path.stem for path in TRANSLATIONS.glob("*.json")} == LANGUAGES
    assert "en" in LANGUAGES


@pytest.mark.usefixtures("german", "enable_custom_integrations", "socket_enabled")
@pytest.mark.parametrize(
    ("accepted", "of_home", "language", "title"),
    [
        ("de-AT", "en", "de", "Von SolarEdge kam nichts zurück"),
        ("tlh", "de", "de", "Von SolarEdge kam nichts zurück"),
        ("tlh", "tlh", "en", "Nothing has come back from SolarEdge"),
    ],
)
async def test_the_page_is_in_the_language_of_the_browser(
    hass: HomeAssistant,
    hass_client_no_auth: ClientSessionGenerator,
    accepted: str,
    of_home: str,
    language: str,
    title: str,
):
    hass.config.language = of_home
    assert await async_setup_component(hass, DOMAIN, {})
    client = await hass_client_no_auth()
    response = await client.get(CALLBACK_PATH, headers={"Accept-Language": accepted})
    page = await response.text()
    assert response.status == HTTPStatus.BAD_REQUEST
    assert f'<html lang="{language}">' in page
    assert f"<h1>{title}</h1>" in page


@pytest.mark.usefixtures("enable_custom_integrations")
@pytest.mark.parametrize("language", sorted(LANGUAGES))
@pytest.mark.parametrize(
    "page",
    [
        DONE,
        *map(refusal, ("access_denied", "some_day", "no code at all")),
        with_code(refusal("<i>"), "<b>{title}", ""),
        with_code(callback_page.VOID, "a&b", "*7*"),
    ],
)
async def test_in_every_language_what_came_with_the_address_is_only_text(
    hass: HomeAssistant, page: Page, language: str
):
    response = await async_page(hass, page, HTTPStatus.OK, language)
    assert isinstance(response.text, str)
    body = response.text.partition("<body")[2]
    assert "<b>" not in body
    assert "<i>" not in body
    assert "callback_" not in body
    assert ("window.close()" in body) is (page is DONE)
    if code := page.values.get("code"):
        shown = {"<b>{title}": "&lt;b&gt;{title}", "a&b": "a&amp;b"}[code]
        assert f"<code>{shown}</code>" in body
        assert body.count("<em>") == 1
        assert page.values["site_id"] in body
