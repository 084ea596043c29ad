"""The part of the account's flow in which its owner signs in at the cloud: the same steps for both vendors.

Enphase sends the browser back to Home Assistant's usual page, SolarEdge to one of ours. Where neither can be reached
from the browser, the owner pastes the code, or the whole address that the browser ended up at.
"""

from abc import abstractmethod
from collections.abc import Mapping
from datetime import datetime, timedelta
import logging
from typing import Any, override

from homeassistant.config_entries import SOURCE_USER, ConfigFlowResult
from homeassistant.const import CONF_API_KEY, CONF_CLIENT_ID, CONF_CODE
from homeassistant.core import DOMAIN as HOMEASSISTANT_DOMAIN, callback
from homeassistant.data_entry_flow import AbortFlow
from homeassistant.helpers.config_entry_oauth2_flow import (
    AbstractOAuth2FlowHandler,
    ImplementationUnavailableError,
    async_get_implementations,
)
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey
from multidict import MultiDict, MultiMapping
import voluptuous as vol
from yarl import URL

from ..account.callback_page import SEVERAL_SITES
from ..account.callback_view import async_belongs_to, async_stop_waiting, async_wait_for, is_for_several_sites
from ..account.clients import async_token_endpoint
from ..account.credentials import Application
from ..account.grants import CONSENT_MONTHS
from ..account.metered import CLOUD_VENDOR, entry_unique_id
from ..account.urls import callback_url, connect_url
from ..cloud.enphase_v4.addresses import enphase_oauth_url
from ..cloud.errors import ClientRefused, CloudError, CredentialRefused, Throttled
from ..cloud.grant import Grant, Tokens
from ..cloud.vendor_text import in_markdown, say
from ..const import (
    CLOUD_ENPHASE_V4,
    CLOUD_SOLAREDGE,
    CONF_AUTH_IMPLEMENTATION,
    CONF_BASE_URL,
    CONF_CLOUD,
    CONF_CONSENTED_AT,
    CONF_OWNER,
    CONF_SITE_ID,
    DOMAIN,
)
from .forms import applications_schema, is_site_id, key_schema, paste_schema, shown_host

_LOGGER = logging.getLogger(__name__)

ACCESS_DENIED = "access_denied"
"""The owner has not agreed (RFC 6749, 4.1.2.1)."""
CHOSEN: HassKey[tuple[str, str, datetime]] = HassKey(f"{DOMAIN}.chosen")
"""The step that was chosen when an application was missing, its cloud, and when."""
REMEMBERED = timedelta(minutes=30)
"""For so long it counts: an application takes some minutes to make."""
KEY_ERRORS = frozenset({"invalid_auth", "wrong_application"})
"""What is wrong when the API key does not fit the sign-in."""
SCOPE = "SITE_DATA DEVICE_DATA"
"""All that a homeowner can give (SolarEdge homeowner guide)."""


class SignInFlow(AbstractOAuth2FlowHandler):
    """Signs in, and goes on with the tokens."""

    DOMAIN = DOMAIN
    _application: Application
    """What is signed in with, once it is chosen."""

    def __init__(self) -> None:
        """Start with nothing known."""
        super().__init__()
        self._data: dict[str, Any] = {}
        self._grant: Grant | None = None
        self._signing_in = False
        """Whether an owner signs in, rather than enters a key."""
        self._pasting_url: str | None = None
        self._asks_site = False
        """Whether a code was pasted that does not say its site."""
        self._redirect: str | None = None
        """Where SolarEdge is to send the browser back to, once a form has shown it: its owner has registered it."""

    @property
    @override
    def logger(self) -> logging.Logger:
        """Return where the flow writes."""
        return _LOGGER

    @property
    def _host(self) -> str:
        """Return the host of the account's address, as its owner is to see it."""
        return shown_host(self._data[CONF_BASE_URL])

    async def _async_name_account(self) -> None:
        """Take the account's name, and end where it is set up already or is being set up elsewhere.

        Who changes an account that is there, or signs in to it again, is not kept out by another dialog of his.
        """
        is_new = self.source == SOURCE_USER
        await self.async_set_unique_id(entry_unique_id(self._data), raise_on_progress=is_new)
        if is_new:
            self._abort_if_known()

    def _abort_if_known(self) -> None:
        """Raise `AbortFlow`, with the name of the entry, where the account is set up already."""
        known = self.hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, self.unique_id or "")
        title = "" if known is None else in_markdown(known.title)
        self._abort_if_unique_id_configured(description_placeholders={"account": title})

    def _abort_configured(self, holder: str) -> ConfigFlowResult:
        """End the dialog: what it is about belongs to another entry, or to several, with these names."""
        return self.async_abort(reason="already_configured", description_placeholders={"account": in_markdown(holder)})

    @callback
    def _remember_choice(self, step_id: str) -> None:
        """Keep what was chosen: Home Assistant asks for the application now, and begins anew after that."""
        if self.source == SOURCE_USER:
            self.hass.data[CHOSEN] = (step_id, self._data[CONF_CLOUD], dt_util.utcnow())

    async def _async_chosen_before(self) -> str | None:
        """Return the step that was chosen a moment ago, if its application has been entered since."""
        if (chosen := self.hass.data.pop(CHOSEN, None)) is None:
            return None
        step_id, self._data[CONF_CLOUD], at = chosen
        fits = dt_util.utcnow() - at <= REMEMBERED and await self._async_applications()
        self._data = {}
        return step_id if fits else None

    @abstractmethod
    async def _async_try(self) -> tuple[dict[str, str], ConfigFlowResult | None]:
        """List the systems, and go on with them; else return the form's errors."""

    @override
    @callback
    def async_remove(self) -> None:
        """Void what the closed dialog waited for."""
        async_stop_waiting(self.hass, self.flow_id)

    async def _async_applications(self) -> dict[str, Application]:
        """Return the applications that may be this cloud's: those that no account of the other vendor uses.

        Raises `AbortFlow` when Home Assistant cannot read them now.
        """
        vendor = CLOUD_VENDOR[self._data[CONF_CLOUD]]
        foreign = {
            entry.data.get(CONF_AUTH_IMPLEMENTATION)
            for entry in self.hass.config_entries.async_entries(DOMAIN)
            if CLOUD_VENDOR[entry.data[CONF_CLOUD]] is not vendor
        }
        try:
            found = await async_get_implementations(self.hass, DOMAIN)
        except ImplementationUnavailableError as err:
            raise AbortFlow("oauth_implementation_unavailable", translation_domain=HOMEASSISTANT_DOMAIN) from err
        return {key: one for key, one in found.items() if key not in foreign and isinstance(one, Application)}

    @override
    async def async_step_pick_implementation(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the application, if there are several; with none Home Assistant asks to enter one."""
        applications = await self._async_applications()
        if not applications:
            return self.async_abort(reason="missing_credentials")
        chosen = next(iter(applications)) if len(applications) == 1 else (user_input or {}).get("implementation")
        if chosen in applications:
            self.flow_impl = self._application = applications[chosen]
            self._data |= {CONF_AUTH_IMPLEMENTATION: chosen, CONF_CLIENT_ID: self._application.client_id}
            return await self.async_step_sign_in()
        return self.async_show_form(
            step_id="pick_implementation",
            data_schema=applications_schema(
                {key: one.name for key, one in applications.items()}, self._data.get(CONF_AUTH_IMPLEMENTATION)
            ),
        )

    async def async_step_sign_in(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask how the owner comes back from the vendor's page."""
        here = self._data[CONF_CLOUD] != CLOUD_SOLAREDGE or self._callback_url() is not None
        return self.async_show_menu(
            step_id="sign_in",
            menu_options=["sign_in_here", "paste_code"] if here else ["paste_code"],
            description_placeholders={"application": self.flow_impl.name},
        )

    async def async_step_sign_in_here(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Send the browser to the vendor's page, from which it comes back by itself."""
        return await self.async_step_auth()

    @override
    async def async_generate_authorize_url(self) -> str:
        """Return the vendor's page, from which the browser comes back to Home Assistant."""
        if self._data[CONF_CLOUD] == CLOUD_ENPHASE_V4:
            return await self._async_enphase_url(None)
        return self._solaredge_url(self._callback_url())

    def _callback_url(self) -> str | None:
        """Return where SolarEdge is to send the browser back to, the same all through the dialog."""
        self._redirect = self._redirect or callback_url(self.hass)
        return self._redirect

    async def _async_enphase_url(self, redirect: str | None) -> str:
        application = self._application
        application.authorize_url = f"{enphase_oauth_url(self._data[CONF_BASE_URL])}/authorize"
        application.redirect = redirect
        return await application.async_generate_authorize_url(self.flow_id)

    def _solaredge_url(self, redirect: str | None) -> str:
        redirected = {"redirect_uri": redirect} if redirect else {}
        return str(
            URL(connect_url(self._data[CONF_BASE_URL])).with_query(
                {
                    "client_id": self._application.client_id,
                    "external_id": async_wait_for(self.hass, self.flow_id),
                    "scope": SCOPE,
                    "access_duration": str(CONSENT_MONTHS),
                    **redirected,
                }
            )
        )

    async def async_step_paste_code(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for what the vendor's page shows, or for the address that the browser ended up at."""
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = self._take_pasted(user_input)
            self._asks_site = self._asks_site or errors.get(CONF_SITE_ID) == "no_site_id"
            if not errors:
                errors = await self._async_exchange()
            if not errors:
                return await self.async_step_finish()
        if self._pasting_url is None:
            self._pasting_url = await self._async_pasting_url()
        schema = self.add_suggested_values_to_schema(
            paste_schema(asks_site=self._asks_site), user_input if user_input and CONF_SITE_ID in errors else {}
        )
        return self.async_show_form(
            step_id="paste_code",
            # A browser that comes back to this form by itself brings its site along, asked for or not.
            data_schema=vol.Schema(schema.schema, extra=vol.ALLOW_EXTRA),
            errors=errors,
            description_placeholders={"url": self._pasting_url, "host": self._host},
        )

    async def _async_pasting_url(self) -> str:
        if self._data[CONF_CLOUD] == CLOUD_ENPHASE_V4:
            # Enphase's own page, which shows the code (Enphase v4 quick start).
            return await self._async_enphase_url(f"{enphase_oauth_url(self._data[CONF_BASE_URL])}/redirect_uri")
        return self._solaredge_url(None)

    def _take_pasted(self, user_input: Mapping[str, Any]) -> dict[str, str]:
        """Take the code from what was pasted; return what is wrong with it."""
        text = user_input[CONF_CODE].strip()
        query: MultiMapping[str] = MultiDict()
        if "code=" in text or "error=" in text or "://" in text:
            query = URL.build(query_string=text.partition("?")[2].partition("#")[0] or text).query
            text = query.get("code", "")
        if self._data[CONF_CLOUD] == CLOUD_SOLAREDGE and is_for_several_sites(query):
            return {"base": SEVERAL_SITES}
        if "error" in query:
            return {"base": "access_denied" if query["error"] == ACCESS_DENIED else "sign_in_refused"}
        if not text or not text.isprintable() or " " in text:
            return {CONF_CODE: "no_code"}
        if not self._is_ours(query):
            return {"base": "foreign_code"}
        self.external_data = {"code": text}
        if self._data[CONF_CLOUD] == CLOUD_SOLAREDGE:
            site = (query.get("site_id") or user_input.get(CONF_SITE_ID) or "").strip()
            if not is_site_id(site):
                return {CONF_SITE_ID: "no_site_id"}
            self.external_data[CONF_SITE_ID] = site
        return {}

    def _is_ours(self, query: Mapping[str, str]) -> bool:
        """Return whether a pasted address names the id that was given out; a bare code has none.

        Enphase sends back `state` (RFC 6749, 4.1.2), SolarEdge `external_id`, and `state` at some times.
        """
        if not query:
            return True
        ids = {query[name] for name in ("external_id", "state") if name in query}
        if self._data[CONF_CLOUD] == CLOUD_ENPHASE_V4:
            return ids == {URL(self._pasting_url or "").query["state"]}
        return bool(ids) and all(async_belongs_to(self.hass, one, self.flow_id) for one in ids)

    @override
    async def async_step_creation(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Go on when the browser has come back with a code."""
        if self._data[CONF_CLOUD] == CLOUD_SOLAREDGE and not is_site_id(str(self.external_data.get(CONF_SITE_ID))):
            return self.async_abort(reason="no_site_id")
        if errors := await self._async_exchange():
            return self.async_abort(reason=errors["base"])
        return await self.async_step_finish()

    @override
    async def async_step_authorize_rejected(self, data: None = None) -> ConfigFlowResult:
        """End the dialog with the reason of the vendor's page: the owner refused, or the application is not right."""
        if self.external_data["error"] == SEVERAL_SITES:
            return self.async_abort(reason=SEVERAL_SITES)
        if self.external_data["error"] == ACCESS_DENIED:
            return await super().async_step_authorize_rejected(data)
        return self.async_abort(reason="sign_in_refused")

    async def _async_exchange(self) -> dict[str, str]:
        """Get tokens for the code; return what is wrong."""
        application, given = self._application, self.external_data
        redirect = given.get("state", {}).get("redirect_uri") or application.redirect
        try:
            endpoint = await async_token_endpoint(
                self.hass, self._data, application.client_id, application.client_secret
            )
            issued = await endpoint.exchange(given["code"], redirect)
        except ClientRefused as err:
            say(self.logger, logging.DEBUG, "The application was refused: %s", err)
            return {"base": "client_refused"}
        except CredentialRefused as err:
            say(self.logger, logging.DEBUG, "The code was refused: %s", err)
            return {"base": "code_refused"}
        except Throttled:
            return {"base": "rate_limited"}
        except CloudError as err:
            say(self.logger, logging.DEBUG, "The code could not be exchanged: %s", err)
            return {"base": "cannot_connect"}
        async_stop_waiting(self.hass, self.flow_id)
        self._grant = Grant(endpoint, issued.tokens, _async_keep_nothing, clock=dt_util.utcnow)
        if (owner := issued.owner or given.get(CONF_SITE_ID)) is not None:
            self._data[CONF_OWNER] = owner
        if self._data[CONF_CLOUD] == CLOUD_SOLAREDGE:
            self._data |= {CONF_SITE_ID: given[CONF_SITE_ID], CONF_CONSENTED_AT: dt_util.utcnow().isoformat()}
        return {}

    async def async_step_finish(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Read the systems; the owner need not sign in again because of a wrong API key, or a cloud that is down."""
        if user_input is not None and (key := user_input.get(CONF_API_KEY)):
            self._data[CONF_API_KEY] = key.strip()
        if CONF_OWNER in self._data:
            await self._async_name_account()
        errors, result = await self._async_try()
        if result is not None:
            return result
        if errors["base"] in KEY_ERRORS and self._data[CONF_CLOUD] == CLOUD_ENPHASE_V4:
            return self.async_show_form(
                step_id="wrong_key",
                data_schema=key_schema(CLOUD_ENPHASE_V4),
                errors=errors,
                description_placeholders={"host": self._host},
            )
        return self.async_show_form(step_id="finish", errors=errors, description_placeholders={"host": self._host})

    async def async_step_wrong_key(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Go on with another API key; the sign-in has worked."""
        return await self.async_step_finish(user_input)


async def _async_keep_nothing(_pair: Tokens) -> None:
    """Leave a pair in memory: there is no entry yet that it could belong to."""
