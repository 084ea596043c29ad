"""The dialog that imports a system's past: since when, at what price, and the start. Its faces are two kinds of flows.

One is reached from the system's menu (`flows/system.py`), the other from an offer under Repairs (`repairs.py`).
"""

from abc import abstractmethod
from datetime import date
from typing import TYPE_CHECKING, Any

from homeassistant.data_entry_flow import FlowHandler, FlowResult
import voluptuous as vol

from ..const import CONF_SINCE
from .forms import since_schema

if TYPE_CHECKING:
    from ..statistics.bookkeeper import Bookkeeper


class HistoryImportSteps[ResultT: FlowResult[Any, Any]](FlowHandler[Any, ResultT, Any]):
    """Asks since when the past is to be imported, states the price, and starts the import when the owner agrees."""

    _since: date | None = None

    @abstractmethod
    def _bookkeeper(self) -> Bookkeeper | None:
        """Return who keeps the statistics of the system; `None` when its account is not running."""

    @abstractmethod
    def _import_started(self) -> ResultT:
        """Return how the flow ends once the import has been started."""

    async def _async_ask_since(self, step_id: str, user_input: dict[str, Any] | None) -> ResultT:
        """Ask since when the past of the system is to be imported."""
        if (bookkeeper := self._bookkeeper()) is None:
            return self.async_abort(reason="entry_not_loaded")
        from ..statistics.import_terms import chosen_day, placeholders, proposed_day, refusal  # a running system has it

        statistics = bookkeeper.statistics
        if (reason := refusal(statistics)) is not None:
            return self.async_abort(reason=reason)
        errors: dict[str, str] = {}
        # Repairs shows the form first with the id as if that were the owner's input.
        if user_input is not None and CONF_SINCE in user_input:
            self._since = chosen_day(statistics, user_input[CONF_SINCE])
            if self._since is not None:
                return await self.async_step_confirm()
            errors[CONF_SINCE] = "is_there_already"
        proposed = proposed_day(statistics)
        return self.async_show_form(
            step_id=step_id,
            data_schema=since_schema(proposed),
            errors=errors,
            description_placeholders=placeholders(statistics, proposed),
        )

    async def async_step_confirm(self, user_input: dict[str, Any] | None = None) -> ResultT:
        """State the price, and start the import when the owner agrees."""
        if (bookkeeper := self._bookkeeper()) is None or self._since is None:
            return self.async_abort(reason="entry_not_loaded")
        if user_input is not None:
            await bookkeeper.async_import(self._since)
            return self._import_started()
        from ..statistics.import_terms import placeholders

        return self.async_show_form(
            step_id="confirm",
            data_schema=vol.Schema({}),
            description_placeholders=placeholders(bookkeeper.statistics, self._since),
        )
