"""Home Assistant loads every language that there is, text by text."""

import json
from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations, recursive_flatten
import pytest

from custom_components.solar_cloud.const import DOMAIN

FILES = {
    path.stem: path
    for path in sorted((Path(__file__).parents[2] / "custom_components" / DOMAIN / "translations").glob("*.json"))
}
CATEGORIES = tuple(json.loads(FILES["en"].read_text("utf-8")))


def texts_of(language: str, category: str) -> dict[str, str]:
    """Return the texts of a language's file, as Home Assistant names them."""
    content: dict[str, Any] = json.loads(FILES[language].read_text("utf-8"))
    texts = content.get(category, {})
    prefix = f"component.{DOMAIN}.{category}"
    return {prefix: texts} if isinstance(texts, str) else recursive_flatten(f"{prefix}.", texts)


@pytest.mark.parametrize("language", FILES)
async def test_no_text_is_missing_in_a_language(
    hass: HomeAssistant, language: str, caplog: pytest.LogCaptureFixture
) -> None:
    for category in CATEGORIES:
        # What a language lacks, or has with other placeholders, Home Assistant has in English.
        loaded = await async_get_translations(hass, language, category, {DOMAIN})
        assert loaded == texts_of(language, category)
        assert loaded.keys() == texts_of("en", category).keys()
    assert "placeholders" not in caplog.text


def test_there_are_texts_for_all_that_has_them() -> None:
    assert {"config", "config_subentries", "device", "entity", "exceptions", "issues", "selector", "services"} <= set(
        CATEGORIES
    )
