"""What the browser shows after SolarEdge has sent it back, in the language of who looks at it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from html import escape
from http import HTTPStatus
from pathlib import Path
import re
from types import MappingProxyType

from aiohttp import web
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from ..const import DOMAIN

ENGLISH = "en"
LANGUAGES = frozenset(path.stem for path in (Path(__file__).parent.parent / "translations").glob("*.json"))
"""The languages that there are texts in."""
SEVERAL_SITES = "several_sites"
"""Stands for the error of a login that belongs to several sites: Connect has no code for it, only words."""

_PAGE = """<!DOCTYPE html>
<html lang="{language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Solar Cloud</title></head>
<body style="font-family: sans-serif; margin: 3em auto; max-width: 30em">
<h1>{title}</h1>
{paragraphs}
{script}</body>
</html>
"""
_CLOSE = "<script>window.close()</script>\n"
_REFUSALS: Mapping[str, str] = MappingProxyType(
    {
        SEVERAL_SITES: "callback_refused_several_sites",
        "access_denied": "callback_refused_access_denied",
        "unauthorized_client": "callback_refused_unauthorized_client",
        "invalid_scope": "callback_refused_invalid_scope",
        "invalid_request": "callback_refused_invalid_request",
        "server_error": "callback_refused_server_error",
        "temporarily_unavailable": "callback_refused_server_error",
    }
)
"""The texts about the errors of RFC 6749, 4.1.2.1."""
# Patterns that are compiled with the first page: most owners never see one.
_CODE = r"[A-Za-z0-9_.-]{1,60}"
_EMPHASIS = r"\*([^*]+)\*"
_LANGUAGE = r"\s*([a-z]{2,3})(?:-[a-z0-9-]*)?\s*(?:;\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*)?"
"""One language of a browser in small letters, as `de-at;q=0.8`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a page says: keys of its texts in `common`, and what these leave open."""

    title: str
    texts: tuple[str, ...]
    """One paragraph each."""
    values: Mapping[str, str] = field(default_factory=dict)
    """What came with the address; it is shown as it stands, never as HTML."""
    closes: bool = False
    """Whether the window closes by itself."""


DONE = Page(title="callback_done_title", texts=("callback_done_text",), closes=True)
VOID = Page(title="callback_void_title", texts=("callback_void_text",))
LATE = Page(title="callback_void_title", texts=("callback_late_text",))
NO_DIALOG = Page(title="callback_no_dialog_title", texts=("callback_no_dialog_text",))
NOTHING = Page(title="callback_nothing_title", texts=("callback_nothing_text",))


def refusal(error: str) -> Page:
    """Return the page about a refusal; a word of SolarEdge's that is no code is not repeated."""
    reason = _REFUSALS.get(error)
    if reason is None:
        reason = "callback_refused_code" if re.fullmatch(_CODE, error) else "callback_refused_silent"
    values = MappingProxyType({"error": error})
    return Page(title="callback_refused_title", texts=(reason, "callback_refused_next"), values=values)


def with_code(page: Page, code: str, site_id: str) -> Page:
    """Return the page with what can be pasted into another dialog: what a code is for, only the owner knows."""
    text = "callback_paste_with_site" if site_id else "callback_paste"
    values = {**page.values, "code": code, "site_id": site_id}
    return replace(page, texts=(*page.texts, text), values=MappingProxyType(values))


def language_for(accepted: str, of_home: str, languages: Collection[str] = LANGUAGES) -> str:
    """Return the language to speak.

    It is the one of ours that the browser likes best, by its `Accept-Language`; else that of Home Assistant, else
    English. A language of a region, such as `pt-BR`, counts as the language.
    """
    liked: dict[str, float] = {}
    for part in accepted.lower().split(","):
        if found := re.fullmatch(_LANGUAGE, part):
            name, weight = found[1], float(found[2] or 1)
            liked[name] = max(weight, liked.get(name, 0))
    wanted = sorted((name for name, weight in liked.items() if weight), key=liked.__getitem__, reverse=True)
    own = of_home.lower().partition("-")[0]
    return next((name for name in (*wanted, own) if name in languages), ENGLISH)


async def async_page(hass: HomeAssistant, page: Page, status: HTTPStatus, accepted: str) -> web.Response:
    """Return the page in the language of the browser, which `accepted` tells, or of Home Assistant."""
    language = language_for(accepted, hass.config.language)
    texts = await async_get_translations(hass, language, "common", {DOMAIN})
    values = {name: f"<code>{escape(value)}</code>" for name, value in page.values.items()}

    def said(key: str) -> str:
        text = escape(texts[f"component.{DOMAIN}.common.{key}"], quote=False)
        return re.sub(_EMPHASIS, r"<em>\1</em>", text).format(**values)

    return web.Response(
        text=_PAGE.format(
            language=language,
            title=said(page.title),
            paragraphs="\n".join(f"<p>{said(key)}</p>" for key in page.texts),
            script=_CLOSE if page.closes else "",
        ),
        content_type="text/html",
        status=status,
        headers={"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"},
    )
