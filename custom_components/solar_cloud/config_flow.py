"""Setting up an account, giving it a new credential, another plan or another way to sign in."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, override

from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_USER,
    ConfigEntry,
    ConfigEntryState,
    ConfigFlowResult,
    ConfigSubentryData,
    ConfigSubentryFlow,
    OptionsFlow,
)
from homeassistant.const import CONF_CLIENT_ID, CONF_TOKEN
from homeassistant.core import callback
from homeassistant.exceptions import ConfigEntryAuthFailed, ConfigEntryNotReady

from .account.clients import DEFAULT_BASE_URL, async_client
from .account.grants import async_grant
from .account.metered import is_signed_in
from .account.reload import mark_changed, settings_of
from .account.urls import GUIDES, PORTALS, SOME_CALLBACK_URL
from .budget.plan import PLANS
from .const import (
    CLOUD_ENPHASE_V2,
    CLOUD_ENPHASE_V4,
    CLOUD_SOLAREDGE,
    CONF_ADVANCED,
    CONF_AUTH_IMPLEMENTATION,
    CONF_BASE_URL,
    CONF_CLOUD,
    CONF_CONSENTED_AT,
    CONF_OWNER,
    CONF_PER_MINUTE,
    CONF_PER_MONTH,
    CONF_PLAN,
    CONF_SITE_ID,
    CONF_SYSTEMS,
    CONF_USER_ID,
    DOMAIN,
    PLAN_CUSTOM,
    SUBENTRY_TYPE_SYSTEM,
)
from .flows.forms import (
    LIMITS_SCHEMA,
    OPTIONS_SCHEMA,
    InsecureAddress,
    InvalidAddress,
    account_schema,
    account_title,
    checked_address,
    shown_host,
    subentry_data,
    systems_schema,
)
from .flows.reauth import KEYS, ReauthSteps
from .flows.setup import SetupAfterwards
from .flows.system import SystemSubentryFlow, async_list_systems, configured_systems, holders

if TYPE_CHECKING:
    from .model.elements import System

SIGNED_IN = (CONF_AUTH_IMPLEMENTATION, CONF_CLIENT_ID, CONF_OWNER, CONF_SITE_ID, CONF_CONSENTED_AT, CONF_TOKEN)
"""What an account that is signed in to has beside the form."""


class SolarCloudConfigFlow(SetupAfterwards, ReauthSteps, domain=DOMAIN):
    """The flows of an account."""

    VERSION = 1

    def __init__(self) -> None:
        """Start with nothing known."""
        super().__init__()
        self._systems: list[System] = []

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(cls, config_entry: ConfigEntry) -> dict[str, type[ConfigSubentryFlow]]:
        """Return the flow that adds a system to an account."""
        return {SUBENTRY_TYPE_SYSTEM: SystemSubentryFlow}

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlow:
        """Return the flow that changes an account's options."""
        return AccountOptionsFlow()

    @classmethod
    @callback
    @override
    def async_supports_options_flow(cls, config_entry: ConfigEntry) -> bool:
        """Return whether the account has options: Enphase's month is the calendar's, and nothing is left to choose."""
        return bool(config_entry.data[CONF_CLOUD] == CLOUD_SOLAREDGE)

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask which cloud it is, unless that was said before an application had to be entered."""
        steps = {"enphase_v4": self.async_step_enphase_v4, "solaredge_oauth": self.async_step_solaredge_oauth}
        if (chosen := await self._async_chosen_before()) is not None:
            return await steps[chosen]()
        return self.async_show_menu(
            step_id="user", menu_options=["enphase_v4", "enphase_v2", "solaredge_oauth", "solaredge_key"]
        )

    async def async_step_enphase_v4(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for an Enphase application's API key; its owner signs in after that."""
        return await self._async_sign_in("enphase_v4", CLOUD_ENPHASE_V4, user_input)

    async def async_step_enphase_v2(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for an Enphase API v2 credential."""
        return await self._async_account("enphase_v2", CLOUD_ENPHASE_V2, user_input)

    async def async_step_solaredge_key(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for a SolarEdge API key."""
        return await self._async_account("solaredge_key", CLOUD_SOLAREDGE, user_input)

    async def async_step_solaredge_oauth(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the plan of a SolarEdge application with site access; its owner signs in after that."""
        return await self._async_sign_in("solaredge_oauth", CLOUD_SOLAREDGE, user_input)

    async def _async_sign_in(self, step_id: str, cloud: str, user_input: dict[str, Any] | None) -> ConfigFlowResult:
        """Take the form of an account that is signed in to; without an application nothing needs to be typed."""
        self._signing_in = True
        if user_input is None:
            kept = (CONF_BASE_URL, CONF_PLAN) if self._data.get(CONF_CLOUD) == cloud else ()
            self._data = {CONF_CLOUD: cloud, **{key: self._data[key] for key in kept}}
            if not await self._async_applications():
                self._remember_choice(step_id)
                return self.async_abort(reason="missing_credentials")
        return await self._async_account(step_id, cloud, user_input)

    async def _async_account(self, step_id: str, cloud: str, user_input: dict[str, Any] | None) -> ConfigFlowResult:
        """Take an account's form; the credential is tried at once, or after the limits of a plan of the owner's own."""
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = self._take(cloud, user_input)
            if not errors:
                if not self._signing_in:
                    await self._async_name_account()
                if self._data[CONF_PLAN] == PLAN_CUSTOM:
                    return await self.async_step_limits()
                errors, result = await self._async_go_on()
                if result is not None:
                    return result
        return self._show_account(step_id, cloud, user_input, errors)

    def _show_account(
        self, step_id: str, cloud: str, user_input: dict[str, Any] | None, errors: dict[str, str]
    ) -> ConfigFlowResult:
        schema = account_schema(cloud, signed_in=self._signing_in or is_signed_in(self._data))
        known = user_input if user_input is not None else self._known_input()
        if known:
            schema = self.add_suggested_values_to_schema(schema, known)
        asked = known.get(CONF_ADVANCED, {}).get(CONF_BASE_URL) or DEFAULT_BASE_URL[cloud]
        words = {"host": shown_host(asked), **PORTALS.get(step_id, {})}
        if step_id in GUIDES:
            words["guide"] = GUIDES[step_id]
        if step_id == "solaredge_oauth":
            words["redirect_url"] = self._callback_url() or SOME_CALLBACK_URL
        return self.async_show_form(step_id=step_id, data_schema=schema, errors=errors, description_placeholders=words)

    def _known_input(self) -> dict[str, Any]:
        """Return what a reconfigured account has now, in the shape of the form; secrets are typed anew."""
        if CONF_BASE_URL not in self._data:
            return {}
        return {
            **{key: self._data[key] for key in (CONF_USER_ID, CONF_PLAN) if key in self._data},
            CONF_ADVANCED: {CONF_BASE_URL: self._data[CONF_BASE_URL]},
        }

    def _take(self, cloud: str, user_input: Mapping[str, Any]) -> dict[str, str]:
        """Take the form's values over into the account's data; return what is wrong with them."""
        try:
            address = checked_address(user_input[CONF_ADVANCED][CONF_BASE_URL])
        except InsecureAddress:
            return {"base": "insecure_url"}
        except InvalidAddress:
            return {"base": "invalid_url"}
        if cloud == CLOUD_SOLAREDGE and (self._signing_in or is_signed_in(self._data)):
            # Tokens are younger than this address, which knows only keys.
            address = address.removesuffix("/monitoring")
        limits: dict[str, Any] = {
            key: self._data[key] for key in (CONF_PER_MINUTE, CONF_PER_MONTH) if key in self._data
        }
        signed_in = {key: self._data[key] for key in SIGNED_IN if key in self._data}
        self._data = {
            CONF_CLOUD: cloud,
            **signed_in,
            **{key: text.strip() for key in KEYS if (text := user_input.get(key))},
            CONF_BASE_URL: address,
            CONF_PLAN: user_input[CONF_PLAN],
        }
        if user_input[CONF_PLAN] == PLAN_CUSTOM:
            self._data |= limits
        else:
            plan = PLANS[cloud][user_input[CONF_PLAN]]
            self._data[CONF_PER_MINUTE] = plan.per_minute
            self._data[CONF_PER_MONTH] = plan.per_month
        return {}

    async def async_step_limits(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the limits of a plan that is not on the vendor's list."""
        errors: dict[str, str] = {}
        if user_input is not None:
            for key in (CONF_PER_MINUTE, CONF_PER_MONTH):
                self._data[key] = int(user_input[key])
            errors, result = await self._async_go_on()
            if result is not None:
                return result
        return self.async_show_form(
            step_id="limits",
            data_schema=self.add_suggested_values_to_schema(LIMITS_SCHEMA, user_input or self._data),
            errors=errors,
            description_placeholders={"host": self._host},
        )

    async def _async_go_on(self) -> tuple[dict[str, str], ConfigFlowResult | None]:
        """Have the owner sign in, or try the key that was entered."""
        if self._signing_in:
            return {}, await self.async_step_pick_implementation()
        return await self._async_try()

    @override
    async def _async_try(self) -> tuple[dict[str, str], ConfigFlowResult | None]:
        """List the systems, the one request that proves the credential, and go on with them."""
        if self._grant is None and self.source != SOURCE_USER and is_signed_in(self._data):
            try:
                self._grant = await async_grant(self.hass, self._entry)
            except ConfigEntryAuthFailed:
                return {"base": "invalid_auth"}, None
            except ConfigEntryNotReady:
                return {"base": "cannot_connect"}, None
        client = await async_client(self.hass, self._data, auth=self._grant)
        errors, systems = await async_list_systems(self.hass, client, self._data)
        if errors:
            return errors, None
        if self._grant is not None:
            self._data[CONF_TOKEN] = self._grant.tokens.as_dict()
            if CONF_OWNER not in self._data and systems:
                # Who has signed in was not reported: the owner of the oldest system.
                self._data[CONF_OWNER] = f"system {min(systems, key=lambda one: one.id.zfill(20)).id}"
                await self._async_name_account()
        if self.source != SOURCE_USER:
            return {}, self._finish_update(systems)
        if not systems:
            return {"base": "no_systems"}, None
        taken = configured_systems(self.hass)
        self._systems = [system for system in systems if system.key not in taken]
        if not self._systems:
            return {}, self._abort_configured(holders(self.hass, systems))
        if len(self._systems) == 1:
            return {}, self._create(self._systems)
        return {}, await self.async_step_systems()

    async def async_step_systems(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask which of several systems to add."""
        if user_input is not None:
            chosen = [system for system in self._systems if system.id in user_input[CONF_SYSTEMS]]
            if chosen:
                return self._create(chosen)
        return self.async_show_form(
            step_id="systems",
            errors={} if user_input is None else {"base": "no_systems"},
            data_schema=systems_schema(self._systems),
        )

    def _create(self, systems: Sequence[System]) -> ConfigFlowResult:
        # The list may have been shown for long: another dialog may have taken the account, or some of the systems.
        self._abort_if_known()
        taken = configured_systems(self.hass)
        left = [system for system in systems if system.key not in taken]
        if not left:
            return self._abort_configured(holders(self.hass, systems))
        return self.async_create_entry(
            title=account_title(self._data[CONF_CLOUD], left),
            data=self._data,
            subentries=[
                ConfigSubentryData(
                    subentry_type=SUBENTRY_TYPE_SYSTEM,
                    data=subentry_data(system),
                    title=system.name,
                    unique_id=system.key,
                )
                for system in left
            ],
        )

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask what to change: the account as it is, or the way to sign in."""
        self._data = dict(self._get_reconfigure_entry().data)
        if is_signed_in(self._data):
            menu = ["change_account", "sign_in_again"]
        elif self._data[CONF_CLOUD] == CLOUD_ENPHASE_V2:
            menu = ["change_account", "enphase_v4"]
        else:
            menu = ["change_account", "solaredge_oauth"]
        return self.async_show_menu(step_id="reconfigure", menu_options=menu)

    async def async_step_change_account(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Change key, plan or address of an account."""
        return await self._async_account("change_account", self._data[CONF_CLOUD], user_input)

    @property
    def _entry(self) -> ConfigEntry:
        """Return the account that is signed in to again or changed."""
        return self._get_reauth_entry() if self.source == SOURCE_REAUTH else self._get_reconfigure_entry()

    def _finish_update(self, systems: Sequence[System]) -> ConfigFlowResult:
        """Store the new credential, if it reads the systems that the account has; else it is somebody else's."""
        entry = self._entry
        configured = {subentry.unique_id for subentry in entry.get_subentries_of_type(SUBENTRY_TYPE_SYSTEM)}
        if not configured <= {system.key for system in systems}:
            one_site = self._data[CONF_CLOUD] == CLOUD_SOLAREDGE and is_signed_in(self._data) and len(configured) > 1
            return self.async_abort(reason="one_site_only" if one_site else "wrong_account")
        other = self.hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, self.unique_id or "")
        if other is not None and other.entry_id != entry.entry_id:
            return self._abort_configured(other.title)
        mark_changed(self.hass, entry.entry_id)
        # A loaded account reloads itself when its data change; any other has to be reloaded.
        changed = settings_of(entry.data) != settings_of(self._data)
        reloads_itself = entry.state is ConfigEntryState.LOADED and changed
        result = self.async_update_and_abort(entry, unique_id=self.unique_id, data=self._data)
        if not reloads_itself:
            self.hass.config_entries.async_schedule_reload(entry.entry_id)
        return result


class AccountOptionsFlow(OptionsFlow):
    """Changes what the vendor does not report of an account."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the day that the billing cycle begins on."""
        if user_input is not None:
            return self.async_create_entry(data=user_input)
        return self.async_show_form(
            step_id="init", data_schema=self.add_suggested_values_to_schema(OPTIONS_SCHEMA, self.config_entry.options)
        )
