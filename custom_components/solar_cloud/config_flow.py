"""Setting up an account, adding a system to it, giving it a new credential or another plan."""

from collections.abc import Mapping, Sequence
from datetime import date
import logging
from typing import Any, override

from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_USER,
    ConfigEntry,
    ConfigEntryState,
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentryData,
    ConfigSubentryFlow,
    OptionsFlow,
    SubentryFlowResult,
)
from homeassistant.const import CONF_API_KEY
from homeassistant.core import HomeAssistant, callback
import voluptuous as vol

from .accounts import CLOUD_VENDOR, async_client, entry_unique_id, metered_account
from .budget.plan import PLANS
from .cloud.errors import CloudError, CredentialRefused, NotAllowed, Throttled
from .cloud.model import System
from .const import (
    CLOUD_ENPHASE_V2,
    CLOUD_SOLAREDGE,
    CONF_ACCOUNT_KEY,
    CONF_ADVANCED,
    CONF_BASE_URL,
    CONF_CLOUD,
    CONF_PER_MINUTE,
    CONF_PER_MONTH,
    CONF_PLAN,
    CONF_SINCE,
    CONF_SYSTEM,
    CONF_SYSTEMS,
    CONF_USER_ID,
    DOMAIN,
    MANUFACTURER,
    PLAN_CUSTOM,
    SUBENTRY_TYPE_SYSTEM,
)
from .forms import (
    LIMITS_SCHEMA,
    OPTIONS_SCHEMA,
    InvalidAddress,
    account_schema,
    checked_address,
    credential_fields,
    since_schema,
    subentry_data,
    system_schema,
    systems_schema,
)
from .offer import chosen, earliest, running_system, told, why_not

_LOGGER = logging.getLogger(__name__)

URLS = {
    "enphase_portal": "https://developer.enphase.com",
    "solaredge_portal": "https://developer.solaredge.com",
}


def error_key(err: CloudError) -> str:
    """Return the form error that says what went wrong with a cloud."""
    if isinstance(err, CredentialRefused | NotAllowed):
        return "invalid_auth"
    if isinstance(err, Throttled):
        return "rate_limited"
    return "cannot_connect"


def configured_systems(hass: HomeAssistant) -> set[str]:
    """Return the keys of all systems that any entry has."""
    return {
        subentry.unique_id
        for entry in hass.config_entries.async_entries(DOMAIN)
        for subentry in entry.get_subentries_of_type(SUBENTRY_TYPE_SYSTEM)
        if subentry.unique_id
    }


class SolarCloudConfigFlow(ConfigFlow, domain=DOMAIN):
    """The flows of an account."""

    VERSION = 1

    def __init__(self) -> None:
        """Start with nothing known."""
        self._data: dict[str, Any] = {}
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
        """Tell whether the account has options: Enphase's month is the calendar's, and nothing is left to choose."""
        return bool(config_entry.data[CONF_CLOUD] == CLOUD_SOLAREDGE)

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask which cloud it is."""
        return self.async_show_menu(step_id="user", menu_options=["enphase_v2", "solaredge_key"])

    async def async_step_enphase_v2(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for an Enphase API v2 credential."""
        return await self._async_account("enphase_v2", CLOUD_ENPHASE_V2, user_input)

    async def async_step_solaredge_key(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for a SolarEdge API key."""
        return await self._async_account("solaredge_key", CLOUD_SOLAREDGE, user_input)

    async def _async_account(self, step_id: str, cloud: str, user_input: dict[str, Any] | None) -> ConfigFlowResult:
        """Take an account's form; the credential is tried at once, or after the limits of a plan of the owner's own."""
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = self._take(cloud, user_input)
            if not errors:
                await self.async_set_unique_id(entry_unique_id(self._data))
                if self.source == SOURCE_USER:
                    self._abort_if_unique_id_configured()
                if self._data[CONF_PLAN] == PLAN_CUSTOM:
                    return await self.async_step_limits()
                errors, result = await self._async_try()
                if result is not None:
                    return result
        return self._show_account(step_id, cloud, user_input, errors)

    def _show_account(
        self, step_id: str, cloud: str, user_input: dict[str, Any] | None, errors: dict[str, str]
    ) -> ConfigFlowResult:
        schema = account_schema(cloud)
        shown = user_input if user_input is not None else self._known_input()
        if shown:
            schema = self.add_suggested_values_to_schema(schema, shown)
        return self.async_show_form(step_id=step_id, data_schema=schema, errors=errors, description_placeholders=URLS)

    def _known_input(self) -> dict[str, Any]:
        """Return what a reconfigured account has now, in the shape of the form; secrets are typed anew."""
        if not self._data:
            return {}
        return {
            **{key: self._data[key] for key in (CONF_USER_ID, CONF_PLAN) if key in self._data},
            CONF_ADVANCED: {CONF_BASE_URL: self._data[CONF_BASE_URL]},
        }

    def _take(self, cloud: str, user_input: Mapping[str, Any]) -> dict[str, str]:
        """Take the form's values over into the account's data; tells what is wrong with them."""
        try:
            address = checked_address(user_input[CONF_ADVANCED][CONF_BASE_URL])
        except InvalidAddress:
            return {"base": "invalid_url"}
        limits: dict[str, Any] = {
            key: self._data[key] for key in (CONF_PER_MINUTE, CONF_PER_MONTH) if key in self._data
        }
        self._data = {
            CONF_CLOUD: cloud,
            **{
                key: text.strip()
                for key in (CONF_API_KEY, CONF_USER_ID, CONF_ACCOUNT_KEY)
                if (text := user_input.get(key))
            },
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
            errors, result = await self._async_try()
            if result is not None:
                return result
        return self.async_show_form(
            step_id="limits",
            data_schema=self.add_suggested_values_to_schema(LIMITS_SCHEMA, user_input or self._data),
            errors=errors,
        )

    async def _async_try(self) -> tuple[dict[str, str], ConfigFlowResult | None]:
        """List the systems, the one request that proves the credential, and go on with them."""
        errors, systems = await _async_systems(self.hass, self._data)
        if errors:
            return errors, None
        if self.source != SOURCE_USER:
            return {}, self._finish_update(systems)
        if not systems:
            return {"base": "no_systems"}, None
        taken = configured_systems(self.hass)
        self._systems = [system for system in systems if system.key not in taken]
        if not self._systems:
            return {}, self.async_abort(reason="already_configured")
        if len(self._systems) == 1:
            return {}, self._create(self._systems)
        return {}, await self.async_step_systems()

    async def async_step_systems(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask which of several systems are wanted."""
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
        return self.async_create_entry(
            title=MANUFACTURER[CLOUD_VENDOR[self._data[CONF_CLOUD]]],
            data=self._data,
            subentries=[
                ConfigSubentryData(
                    subentry_type=SUBENTRY_TYPE_SYSTEM,
                    data=subentry_data(system),
                    title=system.name,
                    unique_id=system.key,
                )
                for system in systems
            ],
        )

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Begin to replace a credential that the cloud refuses."""
        self._data = dict(entry_data)
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the new credential; plan and address stay."""
        cloud = self._data[CONF_CLOUD]
        errors: dict[str, str] = {}
        if user_input is not None:
            credential = (CONF_API_KEY, CONF_USER_ID, CONF_ACCOUNT_KEY)
            kept = {key: value for key, value in self._get_reauth_entry().data.items() if key not in credential}
            self._data = kept | {key: text.strip() for key in credential if (text := user_input.get(key))}
            await self.async_set_unique_id(entry_unique_id(self._data))
            errors, result = await self._async_try()
            if result is not None:
                return result
        schema = vol.Schema(credential_fields(cloud))
        known = {CONF_USER_ID: self._data[CONF_USER_ID]} if CONF_USER_ID in self._data else {}
        return self.async_show_form(
            step_id="reauth_confirm",
            data_schema=self.add_suggested_values_to_schema(schema, user_input or known),
            errors=errors,
            description_placeholders={"name": self._get_reauth_entry().title, **URLS},
        )

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Change credential, plan or address of an account."""
        if not self._data:
            self._data = dict(self._get_reconfigure_entry().data)
        return await self._async_account("reconfigure", self._data[CONF_CLOUD], user_input)

    def _finish_update(self, systems: Sequence[System]) -> ConfigFlowResult:
        """Store the new credential, if it reads the systems that the account has; else it is somebody else's."""
        entry = self._get_reauth_entry() if self.source == SOURCE_REAUTH else self._get_reconfigure_entry()
        wanted = {subentry.unique_id for subentry in entry.get_subentries_of_type(SUBENTRY_TYPE_SYSTEM)}
        if not wanted <= {system.key for system in systems}:
            return self.async_abort(reason="wrong_account")
        other = self.hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, self.unique_id or "")
        if other is not None and other.entry_id != entry.entry_id:
            return self.async_abort(reason="already_configured")
        # A loaded account reloads itself when its data change; any other has to be told.
        reloads_itself = entry.state is ConfigEntryState.LOADED and dict(entry.data) != self._data
        result = self.async_update_and_abort(entry, unique_id=self.unique_id, data=self._data)
        if not reloads_itself:
            self.hass.config_entries.async_schedule_reload(entry.entry_id)
        return result


async def _async_systems(hass: HomeAssistant, data: Mapping[str, Any]) -> tuple[dict[str, str], tuple[System, ...]]:
    """List an account's systems; tells the form's errors instead of raising."""
    try:
        client = await async_client(hass, data)
        return {}, await client.systems()
    except CloudError as err:
        _LOGGER.debug("The list of systems could not be read: %s", err)
        return {"base": error_key(err)}, ()
    except Exception:
        _LOGGER.exception("Unexpected error while the credential was tried")
        return {"base": "unknown"}, ()
    finally:
        metered_account(hass, data[CONF_CLOUD], data[CONF_API_KEY]).async_tell()


class AccountOptionsFlow(OptionsFlow):
    """Changes what the vendor does not tell of an account."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the day that the billing cycle begins on."""
        if user_input is not None:
            return self.async_create_entry(data=user_input)
        return self.async_show_form(
            step_id="init", data_schema=self.add_suggested_values_to_schema(OPTIONS_SCHEMA, self.config_entry.options)
        )


class SystemSubentryFlow(ConfigSubentryFlow):
    """Adds a system that the account can read and no entry has yet; imports the past of one that is there."""

    def __init__(self) -> None:
        """Start with nothing known."""
        self._systems: list[System] = []
        self._since: date | None = None

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask which system it is."""
        entry = self._get_entry()
        taken = configured_systems(self.hass)
        if user_input is not None:
            system = next(system for system in self._systems if system.id == user_input[CONF_SYSTEM])
            if system.key in taken:
                return self.async_abort(reason="already_configured")
            return self.async_create_entry(title=system.name, data=subentry_data(system), unique_id=system.key)
        if entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="entry_not_loaded")
        errors, systems = await _async_systems(self.hass, entry.data)
        if errors:
            return self.async_abort(reason=errors["base"])
        self._systems = [system for system in systems if system.key not in taken]
        if not self._systems:
            return self.async_abort(reason="already_configured" if systems else "no_systems")
        return self.async_show_form(step_id="user", data_schema=system_schema(self._systems))

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask since when the past of the system is wanted."""
        coordinator = running_system(self.hass, self._get_entry().entry_id, self._reconfigure_subentry_id)
        if coordinator is None:
            return self.async_abort(reason="entry_not_loaded")
        if (reason := why_not(coordinator)) is not None:
            return self.async_abort(reason=reason)
        errors: dict[str, str] = {}
        if user_input is not None:
            self._since = chosen(coordinator, user_input[CONF_SINCE])
            if self._since is not None:
                return await self.async_step_confirm()
            errors["since"] = "is_there_already"
        begin = earliest(coordinator)
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=since_schema(begin),
            errors=errors,
            description_placeholders=told(coordinator, begin),
        )

    async def async_step_confirm(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Tell the price, and begin to import when the owner agrees."""
        coordinator = running_system(self.hass, self._get_entry().entry_id, self._reconfigure_subentry_id)
        if coordinator is None or self._since is None:
            return self.async_abort(reason="entry_not_loaded")
        if user_input is not None:
            await coordinator.bookkeeper.async_import(self._since)
            return self.async_abort(reason="import_started")
        return self.async_show_form(
            step_id="confirm", data_schema=vol.Schema({}), description_placeholders=told(coordinator, self._since)
        )
