"""The glossary says what Home Assistant says: its own files are the proof."""

from functools import cache
import importlib.util
import json
from pathlib import Path
import re
import tomllib
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
GLOSSARY = tomllib.loads((ROOT / "scripts/validator/terms.toml").read_text("utf-8"))
LANGUAGES = ("en", "de", "nl", "fr", "es", "it", "pl", "sv", "pt")
TERMS = [term for kind in ("menu", "word") for term in GLOSSARY[kind]]
OF_THE_PAGE = [term for term in TERMS if not term["from"].startswith("component.")]
OF_THE_CORE = [term for term in TERMS if term["from"].startswith("component.")]


def page_folder() -> Path | None:
    """Return where the page's own texts are: in this environment or in the demo's; `None` where neither has them."""
    spec = importlib.util.find_spec("hass_frontend")
    found = [Path(spec.origin).parent] if spec and spec.origin else []
    found += ROOT.glob(".venv-demo/lib/python3*/site-packages/hass_frontend")
    return next((path / "static/translations" for path in found if (path / "static/translations").is_dir()), None)


PAGE = page_folder()


@cache
def texts_of_page(language: str) -> dict[str, str]:
    """Return the texts of Home Assistant's page: one file for what all pages need, and one for each page."""
    assert PAGE is not None
    found: dict[str, str] = {}
    for path in PAGE.rglob(f"{language}-*.json"):
        if re.fullmatch(rf"{language}-[0-9a-f]{{32}}\.json", path.name):
            found |= json.loads(path.read_text("utf-8"))
    return found


@cache
def texts_of_component(component: str, language: str) -> dict[str, Any]:
    """Return the texts of one of Home Assistant's own integrations."""
    spec = importlib.util.find_spec("homeassistant")
    assert spec is not None
    assert spec.origin is not None
    path = Path(spec.origin).parent / "components" / component / "translations" / f"{language}.json"
    content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return content


def text_of_component(key: str, language: str) -> str | None:
    """Return the text with this key, or `None` where the language has none."""
    _, component, *path = key.split(".")
    node: Any = texts_of_component(component, language)
    for part in path:
        node = node.get(part) if isinstance(node, dict) else None
    return node if isinstance(node, str) else None


@pytest.mark.skipif(PAGE is None, reason="home-assistant-frontend is installed in neither environment")
@pytest.mark.parametrize("language", LANGUAGES)
def test_menus_and_words_are_called_as_on_home_assistants_page(language: str):
    texts = texts_of_page(language)
    wrong = {term["from"]: texts.get(term["from"]) for term in OF_THE_PAGE if term.get(language) is not None}
    wrong = {key: text for key, text in wrong.items() if text != said(key, language)}
    assert not wrong


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_are_those_of_home_assistants_integrations(language: str):
    keys = [term["from"] for term in OF_THE_CORE if term.get(language) is not None]
    wrong = {key: text for key in keys if (text := text_of_component(key, language)) != said(key, language)}
    assert not wrong


def said(key: str, language: str) -> str:
    """Return what the glossary says."""
    return str(next(term[language] for term in TERMS if term["from"] == key))


def test_every_menu_has_a_name_in_every_language():
    assert not [term["en"] for term in GLOSSARY["menu"] if not all(term.get(language) for language in LANGUAGES)]
