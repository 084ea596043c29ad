"""The integration's own texts, by their keys: a walk names no text, as any of them may be worded anew."""

from collections.abc import Iterator
from functools import cache
import json
from pathlib import Path
import re
from typing import Any

from demo_lib.names import DOMAIN

ROOT = Path(__file__).resolve().parents[2]
_INTEGRATION = ROOT / "custom_components" / DOMAIN
_TRANSLATIONS = _INTEGRATION / "translations"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")


def shown(key: str, language: str = "en", **placeholders: str) -> str:
    """Return the first paragraph of a text, as a page shows it; raises KeyError where the language has no such key.

    A placeholder that is not given stays as it is.
    """
    text = _LINK.sub(r"\1", _text(key, language).split("\n\n", 1)[0]).replace("**", "").replace("`", "")
    return _PLACEHOLDER.sub(lambda match: placeholders.get(match[1], match[0]), text)


def pattern(key: str) -> re.Pattern[str]:
    """Return what any text of that key matches, in Python and in the browser: anything stands in for a placeholder."""
    # The placeholders' names stand between the texts.
    return re.compile(".+".join(re.escape(text) for text in _PLACEHOLDER.split(shown(key))[::2]))


def dashboard_word(key: str, language: str) -> str:
    """Return a word of the integration's own dashboard; raises KeyError where it has no such word."""
    script = (_INTEGRATION / "frontend/words.js").read_text("utf-8")
    begin = script.index("{", script.index("const WORDS"))
    words, _ = json.JSONDecoder().raw_decode(script, begin)
    word: str = words[language][key]
    return word


def left_english(text: str, language: str) -> list[str]:
    """Return which lines of a page are names of entities or their states that the language calls otherwise."""
    english, own = _texts("en").get("entity", {}), _texts(language).get("entity", {})
    translated = dict(_differing(english, own))
    return sorted({line for line in text.splitlines() if line in translated} - set(_all_texts(own)))


def _differing(english: Any, own: Any) -> Iterator[tuple[str, str]]:
    """Yield each text that is another one in the other language, with that."""
    if isinstance(english, dict):
        for key in english.keys() & own.keys():
            yield from _differing(english[key], own[key])
    elif english != own:
        yield english, own


def _all_texts(texts: Any) -> Iterator[str]:
    if isinstance(texts, dict):
        for value in texts.values():
            yield from _all_texts(value)
    else:
        yield texts


def _text(key: str, language: str) -> str:
    found: Any = _texts(language)
    for part in key.split("."):
        found = found[part]
    if not isinstance(found, str):
        raise KeyError(key)
    return found


@cache
def _texts(language: str) -> dict[str, Any]:
    texts: dict[str, Any] = json.loads((_TRANSLATIONS / f"{language}.json").read_text("utf-8"))
    return texts
