"""The integration's own texts, by their keys: a walk names no text, as any of them may be worded anew."""

from functools import cache
import json
from pathlib import Path
import re
from typing import Any

from demo_lib.names import DOMAIN

ROOT = Path(__file__).resolve().parents[2]
_TRANSLATIONS = ROOT / "custom_components" / DOMAIN / "translations"
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
