"""Where SolarEdge sends the browser back to after an owner has signed in there.

Home Assistant's own page cannot be used: it demands a ``state``, which SolarEdge Connect does not send back
(SolarEdge developer platform, authentication). What it does send back is the ``external_id`` of the request. So each
sign-in has one that nobody can guess, that works once, for ten minutes, and for the dialog that it was made for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
import re
from secrets import token_urlsafe
from typing import Any

from aiohttp import web
from aiohttp.hdrs import ACCEPT_LANGUAGE
from homeassistant.core import HomeAssistant, callback
from homeassistant.data_entry_flow import InvalidData, UnknownFlow
from homeassistant.helpers.http import KEY_HASS, HomeAssistantView
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey
from multidict import MultiMapping

from ..const import CONF_SITE_ID, DOMAIN
from .callback_page import DONE, LATE, NO_DIALOG, NOTHING, SEVERAL_SITES, VOID, Page, async_page, refusal, with_code
from .urls import CALLBACK_PATH

LIFE = timedelta(minutes=10)
ERROR = "error"
MOST_LINKS = 5
"""Ids that one dialog keeps: each display of it gives out another, and a page of an older one may be open."""
LONGEST = 4096
"""Characters that a value may have; a code has some dozens."""
WAITING: HassKey[dict[str, _Waiting]] = HassKey(f"{DOMAIN}.waiting")

_SEVERAL = r"(multi|several|more than one)\W*(\w+\W+)?sites?"


def is_for_several_sites(query: MultiMapping[str]) -> bool:
    """Return whether an address is the answer to a login that belongs to several sites: Connect opens one."""
    if ERROR in query:
        words = " ".join(text[:LONGEST] for name in (ERROR, "error_description") for text in query.getall(name, ()))
        return re.search(_SEVERAL, words.replace("_", " "), re.IGNORECASE) is not None
    return len({part for text in query.getall("site_id", ()) for part in re.split(r"[\s,;|]+", text) if part}) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    """A dialog that waits for the browser to come back."""

    flow_id: str
    until: datetime


@callback
def async_register_callback(hass: HomeAssistant) -> None:
    """Have the page from start-up on: a browser may come back after a restart, and is to be told what happened.

    Before the first account there is no start-up of ours: then a dialog that needs the page has it registered.
    """
    if WAITING not in hass.data:
        hass.data[WAITING] = {}
        hass.http.register_view(SolarEdgeCallbackView())


@callback
def async_wait_for(hass: HomeAssistant, flow_id: str) -> str:
    """Return an `external_id` that brings a browser back to a dialog; the last ones before stay good for it too."""
    async_register_callback(hass)
    waiting = hass.data[WAITING]
    now = dt_util.utcnow()
    for external_id, one in list(waiting.items()):
        if not now < one.until <= now + LIFE:
            del waiting[external_id]
    for external_id in [key for key, one in waiting.items() if one.flow_id == flow_id][: 1 - MOST_LINKS]:
        del waiting[external_id]
    external_id = token_urlsafe(32)
    waiting[external_id] = _Waiting(flow_id=flow_id, until=now + LIFE)
    return external_id


@callback
def async_stop_waiting(hass: HomeAssistant, flow_id: str) -> None:
    """Void what a dialog waits for: it is closed, or goes on in another way."""
    waiting = hass.data.get(WAITING, {})
    for external_id in [key for key, one in waiting.items() if one.flow_id == flow_id]:
        del waiting[external_id]


@callback
def async_belongs_to(hass: HomeAssistant, external_id: str, flow_id: str) -> bool:
    """Return whether an `external_id` was made for a dialog and is still worth something."""
    one = hass.data.get(WAITING, {}).get(external_id)
    return one is not None and one.flow_id == flow_id and dt_util.utcnow() < one.until


class SolarEdgeCallbackView(HomeAssistantView):
    """Takes the code that SolarEdge Connect gives the browser to the dialog that waits for it."""

    requires_auth = False
    url = CALLBACK_PATH
    name = "api:solar_cloud:solaredge:callback"

    async def get(self, request: web.Request) -> web.Response:
        """Go on with the dialog; what belongs to none changes nothing, and its page does not say which dialogs wait."""
        hass, query = request.app[KEY_HASS], request.query
        accepted = ",".join(request.headers.getall(ACCEPT_LANGUAGE, ()))
        outcome = _outcome(query)
        # Some day Connect may send back the state instead, as its documentation says.
        names = [text for name in ("external_id", "state") if (text := query.get(name))]
        is_late = any(_is_late(hass, name) for name in names)
        claimed = next((found for name in names if (found := _claimed(hass, name, outcome))), {})
        if claimed and outcome is not None:
            flow_id = next(iter(claimed.values())).flow_id
            try:
                await hass.config_entries.flow.async_configure(flow_id=flow_id, user_input=outcome)
            except UnknownFlow:
                pass
            except InvalidData:
                # The dialog waits for a code that is pasted: what is no code is none of its business.
                hass.data[WAITING].update(claimed)
            else:
                page = refusal(outcome[ERROR]) if ERROR in outcome else DONE
                return await async_page(hass, page, HTTPStatus.OK, accepted)
        page = _unclaimed(query, outcome)
        page = LATE if is_late and page is VOID else page
        if outcome is not None and "code" in outcome:
            page = with_code(page, outcome["code"], outcome[CONF_SITE_ID])
        return await async_page(hass, page, HTTPStatus.BAD_REQUEST, accepted)


def _outcome(query: MultiMapping[str]) -> dict[str, Any] | None:
    """Return the input for the dialog; `None` where the address says neither yes nor no."""
    if any(len(text) > LONGEST for text in query.values()):
        return None
    if is_for_several_sites(query):
        return {ERROR: SEVERAL_SITES}
    if error := query.get(ERROR):
        return {ERROR: error}
    if code := query.get("code"):
        return {"code": code, CONF_SITE_ID: query.get("site_id", "")}
    return None


def _unclaimed(query: Mapping[str, str], outcome: Mapping[str, Any] | None) -> Page:
    """Return the page about an address that no dialog has taken; it depends on nothing but the address."""
    if outcome is None:
        return VOID if query else NOTHING
    if ERROR in outcome:
        return refusal(outcome[ERROR])
    return VOID if query.get("external_id") or query.get("state") else NO_DIALOG


@callback
def _is_late(hass: HomeAssistant, external_id: str) -> bool:
    """Return whether an id was given out here and has become too old; nobody else can know it."""
    one = hass.data.get(WAITING, {}).get(external_id)
    return one is not None and not dt_util.utcnow() < one.until


@callback
def _claimed(hass: HomeAssistant, external_id: str, outcome: Mapping[str, Any] | None) -> dict[str, _Waiting]:
    """Return what the dialog that an id belongs to waits for, and void all of it; without an outcome all stays."""
    waiting = hass.data.get(WAITING, {})
    one = waiting.get(external_id)
    if one is None or outcome is None:
        return {}
    if not dt_util.utcnow() < one.until:
        del waiting[external_id]
        return {}
    claimed = {key: other for key, other in waiting.items() if other.flow_id == one.flow_id}
    async_stop_waiting(hass, one.flow_id)
    return claimed
