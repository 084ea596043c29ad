"""Adding a system to an account that is there, and importing a system's past."""

from collections.abc import Iterable, Mapping
import logging
from typing import TYPE_CHECKING, Any, override

from homeassistant.config_entries import ConfigEntryState, ConfigSubentryFlow, SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ..account.clients import async_client
from ..cloud.errors import CloudError, CredentialRefused, NotAllowed, Throttled, WrongApplication
from ..cloud.vendor_text import in_markdown, say
from ..const import CONF_SETUP, CONF_SYSTEM, DOMAIN, SUBENTRY_TYPE_SYSTEM
from ..runtime import SolarCloudConfigEntry
from .copy_history import CopyHistorySteps
from .forms import prices_schema, subentry_data, system_schema
from .history_import import HistoryImportSteps
from .prices import price_errors, with_prices
from .running import running_bookkeeper
from .setup import SetupSteps

if TYPE_CHECKING:
    from ..cloud.base import Cloud
    from ..model.elements import System
    from ..statistics.bookkeeper import Bookkeeper

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


def holders(hass: HomeAssistant, systems: Iterable[System]) -> str:
    """Return the names of the accounts that have these systems, separated by commas."""
    keys = {system.key for system in systems}
    return ", ".join(
        entry.title
        for entry in hass.config_entries.async_entries(DOMAIN)
        if any(one.unique_id in keys for one in entry.get_subentries_of_type(SUBENTRY_TYPE_SYSTEM))
    )


async def async_list_systems(
    hass: HomeAssistant, client: Cloud, data: Mapping[str, Any]
) -> tuple[dict[str, str], tuple[System, ...]]:
    """Return the form's errors, and the systems that an account has; an error of the cloud is not raised."""
    try:
        return {}, await client.systems()
    except CloudError as err:
        say(_LOGGER, logging.DEBUG, "The list of systems could not be read: %s", err)
        return {"base": error_key(err)}, ()
    except Exception:
        _LOGGER.exception("Unexpected error while checking the credentials")
        return {"base": "unknown"}, ()


class SystemSubentryFlow(
    CopyHistorySteps[SubentryFlowResult],
    HistoryImportSteps[SubentryFlowResult],
    SetupSteps[SubentryFlowResult],
    ConfigSubentryFlow,
):
    """Adds a system that the account can read and no entry has yet; does the first steps of one that is there."""

    def __init__(self) -> None:
        """Start with nothing known."""
        self._systems: list[System] = []

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask which system it is."""
        entry = self._get_entry()
        taken = configured_systems(self.hass)
        if user_input is not None:
            system = next(system for system in self._systems if system.id == user_input[CONF_SYSTEM])
            if system.key in taken:
                return self._abort_configured([system])
            return self.async_create_entry(title=system.name, data=subentry_data(system), unique_id=system.key)
        if entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="entry_not_loaded")
        # The account's own client: a second holder of its tokens would make them worthless. A key may have several.
        client = entry.runtime_data.client or await async_client(self.hass, entry.data)
        errors, systems = await async_list_systems(self.hass, client, entry.data)
        if errors:
            return self.async_abort(reason=errors["base"])
        self._systems = [system for system in systems if system.key not in taken]
        if not systems:
            return self.async_abort(reason="no_systems")
        if not self._systems:
            return self._abort_configured(systems)
        return self.async_show_form(step_id="user", data_schema=system_schema(self._systems))

    def _abort_configured(self, systems: Iterable[System]) -> SubentryFlowResult:
        """End the dialog: the systems belong to an account already, or to several."""
        accounts = in_markdown(holders(self.hass, systems))
        return self.async_abort(reason="already_configured", description_placeholders={"account": accounts})

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask what is to be done with the system; after the sign-in, ask for the first steps of all of them."""
        if user_input is not None:
            return await self._async_ask(user_input[CONF_SETUP], follows=True)
        undo = ["undo_copy"] if await self._async_copied() else []
        return self.async_show_menu(step_id="reconfigure", menu_options=["history", "prices", "copy", *undo])

    async def async_step_history(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Import the past of the system."""
        return await self._async_ask_since("history", user_input)

    async def async_step_prices(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask what a kilowatt-hour is bought and sold for."""
        subentry = self._get_reconfigure_subentry()
        errors = price_errors(user_input or {})
        if user_input is not None and not errors:
            data = with_prices(subentry.data, user_input, dt_util.utcnow())
            return self.async_update_and_abort(self._get_entry(), subentry, data=data, reason="prices_saved")
        schema = self.add_suggested_values_to_schema(prices_schema(), user_input or subentry.data)
        return self.async_show_form(
            step_id="prices",
            data_schema=schema,
            errors=errors,
            description_placeholders={"name": in_markdown(subentry.title), "currency": self.hass.config.currency},
        )

    @override
    def _account(self) -> SolarCloudConfigEntry | None:
        return self.hass.config_entries.async_get_entry(self.handler[0])

    @override
    def _setup_saved(self) -> SubentryFlowResult:
        return self.async_abort(reason="setup_saved")

    @override
    def _bookkeeper(self) -> Bookkeeper | None:
        return running_bookkeeper(self.hass, self._get_entry().entry_id, self.context["subentry_id"])

    @override
    def _import_started(self) -> SubentryFlowResult:
        return self.async_abort(reason="import_started")
