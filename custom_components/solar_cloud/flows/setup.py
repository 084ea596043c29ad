"""The dialog that follows the sign-in: what is to be done with each new system. Its faces are two kinds of flows.

One opens by itself (`flows/system.py`). The other is a repair (`repairs.py`).
"""

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, override

from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigFlow, ConfigFlowResult, FlowType, SubentryFlowContext
from homeassistant.core import HomeAssistant, callback
from homeassistant.data_entry_flow import FlowHandler, FlowResult, FlowResultType
from homeassistant.util import dt as dt_util

from ..const import CONF_SETUP, SUBENTRY_TYPE_SYSTEM
from ..runtime import SolarCloudConfigEntry
from .running import running_systems

if TYPE_CHECKING:
    from ..statistics.setup import Setup


def _load() -> None:
    """Import what the forms need: most accounts are asked once, and never again."""
    from . import setup_form  # noqa: F401


class SetupSteps[ResultT: FlowResult[Any, Any]](FlowHandler[Any, ResultT, Any]):
    """Asks what is to be done with each of some systems; answers are kept when the dialog is closed before the end."""

    _open: tuple[str, ...] = ()
    """The systems that are still to be asked for, by subentry id."""
    _has_asked: bool = False
    """Whether the first steps were asked for: only then there is something to keep."""
    _follows: bool = False
    """Whether the dialog has opened by itself."""
    _stated: date | None = None
    """The day that the price was stated for in the form that is shown."""
    _answers: Mapping[str, tuple[Setup, Mapping[str, Any]]] = MappingProxyType({})
    """What is to be done with each system, and the prices that hold then."""

    @abstractmethod
    def _account(self) -> SolarCloudConfigEntry | None:
        """Return the account of the systems; `None` when it is gone."""

    @abstractmethod
    def _setup_saved(self) -> ResultT:
        """Return how the flow ends once everything is answered."""

    async def _async_ask(self, subentry_ids: Iterable[str], *, follows: bool = False) -> ResultT:
        """Ask for systems, one after the other."""
        await self.hass.async_add_import_executor_job(_load)
        self._has_asked, self._open, self._follows = True, tuple(subentry_ids), follows
        return await self.async_step_setup()

    async def async_step_setup(self, user_input: dict[str, Any] | None = None) -> ResultT:
        """Ask what is to be done with the next system."""
        if (entry := self._account()) is None or not (systems := running_systems(entry)):
            return self.async_abort(reason="entry_not_loaded")
        from .setup_form import async_setup_form

        while self._open and self._open[0] not in systems:
            self._next()
            user_input = None
        if not self._open:
            self._async_save()
            return self._setup_saved()
        subentry = entry.subentries[self._open[0]]
        if (form := await async_setup_form(self.hass, systems[subentry.subentry_id])) is None:
            return self.async_abort(reason="no_recorder")
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = form.errors(user_input, self._stated)
            if not errors:
                self._answers = {
                    **self._answers,
                    subentry.subentry_id: (form.answer(user_input), form.prices(subentry.data, user_input)),
                }
                self._next()
                return await self.async_step_setup()
        self._stated = form.chosen(user_input or {}) or form.since
        return self.async_show_form(
            step_id="setup",
            data_schema=self.add_suggested_values_to_schema(form.schema, user_input or subentry.data),
            errors=errors,
            description_placeholders=form.words(self._stated),
            last_step=len(self._open) == 1,
        )

    def _next(self) -> None:
        """Go on to the next system."""
        self._open, self._stated = self._open[1:], None

    @callback
    def _async_save(self) -> None:
        """Store the answers, and have done what can be done at once."""
        if not self._has_asked or (entry := self._account()) is None:
            return
        from ..statistics.setup import async_update_setup_issue
        from .setup_form import answered

        answers, self._answers = self._answers, {}
        for subentry_id, (setup, prices) in answers.items():
            if (subentry := entry.subentries.get(subentry_id)) is not None:
                data = answered(subentry.data, setup, prices, dt_util.utcnow())
                self.hass.config_entries.async_update_subentry(entry, subentry, data=data)
        async_update_setup_issue(self.hass, entry)
        for subentry_id in answers.keys() & running_systems(entry).keys():
            running_systems(entry)[subentry_id].bookkeeper.async_wake()

    @override
    @callback
    def async_remove(self) -> None:
        """Keep what was answered when the dialog is closed; the rest is asked for by a repair."""
        if (entry := self._account()) is not None and self._follows:
            from ..statistics.setup import async_dialog_closed

            async_dialog_closed(self.hass, entry.entry_id)
        self._async_save()


class SetupAfterwards(ConfigFlow):
    """Goes on with the first steps of the systems once their account is there."""

    @override
    async def async_on_create_entry(self, result: ConfigFlowResult) -> ConfigFlowResult:
        """Open the dialog of the first steps; when it cannot be, a repair asks for them later."""
        if (flow_id := await _async_open_dialog(self.hass, result["result"])) is not None:
            result["next_flow"] = (FlowType.CONFIG_SUBENTRIES_FLOW, flow_id)
        return result


async def _async_open_dialog(hass: HomeAssistant, entry: SolarCloudConfigEntry) -> str | None:
    """Return the id of the flow that asks what is to be done with the systems of a new account; `None` without one."""
    if not (running := running_systems(entry)):
        return None
    from ..statistics.setup import async_dialog_opened, unanswered  # a system that runs has loaded it

    if not (systems := [one for one in unanswered(entry) if one in running]):
        return None
    # What was read already has more to ask.
    systems.sort(key=lambda one: not running[one].coordinator.has_data)
    async_dialog_opened(hass, entry.entry_id)
    result = await hass.config_entries.subentries.async_init(
        (entry.entry_id, SUBENTRY_TYPE_SYSTEM),
        context=SubentryFlowContext(source=SOURCE_RECONFIGURE, subentry_id=systems[0]),
        data={CONF_SETUP: systems},
    )
    return result["flow_id"] if result["type"] is FlowResultType.FORM else None
