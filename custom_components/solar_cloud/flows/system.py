"""Adding a system to an account that is there, and importing a system's past."""

from collections.abc import Mapping
from datetime import date
import logging
from typing import Any

from homeassistant.config_entries import ConfigEntryState, ConfigSubentryFlow, SubentryFlowResult
from homeassistant.core import HomeAssistant
import voluptuous as vol

from ..account.metered import metered_account
from ..cloud.base import Cloud
from ..cloud.errors import CloudError, CredentialRefused, NotAllowed, Throttled, WrongApplication
from ..const import CONF_SINCE, CONF_SYSTEM, DOMAIN, SUBENTRY_TYPE_SYSTEM
from ..model.elements import System
from ..runtime import running_system
from ..statistics.import_terms import chosen, earliest, told, why_not
from .forms import since_schema, subentry_data, system_schema

_LOGGER = logging.getLogger(__name__)


def error_key(err: CloudError) -> str:
    """Return the form error that says what went wrong with a cloud."""
    if isinstance(err, WrongApplication):
        return "wrong_application"
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


async def async_list_systems(
    hass: HomeAssistant, client: Cloud, data: Mapping[str, Any]
) -> tuple[dict[str, str], tuple[System, ...]]:
    """List an account's systems; tells the form's errors instead of raising."""
    try:
        return {}, await client.systems()
    except CloudError as err:
        _LOGGER.debug("The list of systems could not be read: %s", err)
        return {"base": error_key(err)}, ()
    except Exception:
        _LOGGER.exception("Unexpected error while the credential was tried")
        return {"base": "unknown"}, ()
    finally:
        metered_account(hass, data).async_notify_watchers()


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
        # The account's own client: a second holder of its tokens would make them worthless.
        errors, systems = await async_list_systems(self.hass, entry.runtime_data.client, entry.data)
        if errors:
            return self.async_abort(reason=errors["base"])
        self._systems = [system for system in systems if system.key not in taken]
        if not self._systems:
            return self.async_abort(reason="already_configured" if systems else "no_systems")
        return self.async_show_form(step_id="user", data_schema=system_schema(self._systems))

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask since when the past of the system is wanted."""
        system = running_system(self.hass, self._get_entry().entry_id, self._reconfigure_subentry_id)
        if system is None:
            return self.async_abort(reason="entry_not_loaded")
        if (reason := why_not(system.bookkeeper)) is not None:
            return self.async_abort(reason=reason)
        errors: dict[str, str] = {}
        if user_input is not None:
            self._since = chosen(system.coordinator, system.bookkeeper, user_input[CONF_SINCE])
            if self._since is not None:
                return await self.async_step_confirm()
            errors["since"] = "is_there_already"
        begin = earliest(system.coordinator, system.bookkeeper)
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=since_schema(begin),
            errors=errors,
            description_placeholders=told(system.coordinator, system.bookkeeper, begin),
        )

    async def async_step_confirm(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Tell the price, and begin to import when the owner agrees."""
        system = running_system(self.hass, self._get_entry().entry_id, self._reconfigure_subentry_id)
        if system is None or self._since is None:
            return self.async_abort(reason="entry_not_loaded")
        if user_input is not None:
            await system.bookkeeper.async_import(self._since)
            return self.async_abort(reason="import_started")
        return self.async_show_form(
            step_id="confirm",
            data_schema=vol.Schema({}),
            description_placeholders=told(system.coordinator, system.bookkeeper, self._since),
        )
