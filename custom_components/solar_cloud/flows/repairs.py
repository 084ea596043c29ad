"""The flows under Settings > Repairs: first steps, importing the past, moving over, removing a system that is gone.

`repairs.py` loads them with the first issue that is opened.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, override
from zoneinfo import ZoneInfo

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow, RepairsFlowResult
import voluptuous as vol

from ..cloud.vendor_text import in_markdown
from ..runtime import SolarCloudConfigEntry
from ..statistics.bookkeeper import Bookkeeper
from ..statistics.issues import FINISH_SETUP, Offer
from ..statistics.setup import unanswered
from ..statistics.takeover import Overlap, async_overlap
from ..upkeep.issues import SYSTEM_REMOVED
from .figures import hour, kwh
from .history_import import HistoryImportSteps
from .running import running_bookkeeper
from .setup import SetupSteps


class ImportHistoryFlow(HistoryImportSteps[RepairsFlowResult], RepairsFlow):
    """Imports a system's past, after its price was stated."""

    def __init__(self, entry_id: str, subentry_id: str) -> None:
        """Take the system that the offer is about."""
        self._ids = (entry_id, subentry_id)

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Import the past of the system."""
        return await self._async_ask_since("init", user_input)

    @override
    def _bookkeeper(self) -> Bookkeeper | None:
        return running_bookkeeper(self.hass, *self._ids)

    @override
    def _import_started(self) -> RepairsFlowResult:
        return self.async_create_entry(data={})


class FinishSetupFlow(SetupSteps[RepairsFlowResult], RepairsFlow):
    """Asks for the first steps of the systems whose owner has not answered yet."""

    def __init__(self, entry_id: str) -> None:
        """Take the account that the issue is about."""
        self._entry_id = entry_id

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Ask for each system."""
        entry = self._account()
        return await self._async_ask([] if entry is None else unanswered(entry))

    @override
    def _account(self) -> SolarCloudConfigEntry | None:
        return self.hass.config_entries.async_get_entry(self._entry_id)

    @override
    def _setup_saved(self) -> RepairsFlowResult:
        return self.async_create_entry(data={})


class MoveHistoryFlow(RepairsFlow):
    """Compares an older statistic with ours, and copies what it has before ours begins."""

    def __init__(self, entry_id: str, subentry_id: str) -> None:
        """Take the system that the offer is about."""
        self._ids = (entry_id, subentry_id)
        self._overlap: Overlap | None = None

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Compare the statistics."""
        return await self.async_step_confirm()

    async def async_step_confirm(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """List what would be copied; copy it when the owner agrees."""
        if (bookkeeper := running_bookkeeper(self.hass, *self._ids)) is None:
            return self.async_abort(reason="entry_not_loaded")
        if user_input is not None and self._overlap is not None:
            if not await bookkeeper.async_take_over(self._overlap.earlier):
                return self.async_abort(reason="no_recorder")
            return self.async_create_entry(data={})
        statistics = bookkeeper.statistics
        self._overlap = await async_overlap(statistics)
        if self._overlap is None:
            return self.async_abort(reason="nothing_to_move")
        return self.async_show_form(
            step_id="confirm",
            data_schema=vol.Schema({}),
            description_placeholders={"name": in_markdown(statistics.name), **_figures(self._overlap, statistics.zone)},
        )


class RemoveSystemFlow(RepairsFlow):
    """Removes a system that its vendor does not know any more, after its owner has agreed."""

    def __init__(self, entry_id: str, subentry_id: str, name: str) -> None:
        """Take the system that the issue is about."""
        self._ids = (entry_id, subentry_id)
        self._name = name

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Ask."""
        return await self.async_step_confirm()

    async def async_step_confirm(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Remove the system with its devices; its statistics stay."""
        if user_input is None:
            return self.async_show_form(
                step_id="confirm",
                data_schema=vol.Schema({}),
                description_placeholders={"name": in_markdown(self._name)},
            )
        entry_id, subentry_id = self._ids
        entry = self.hass.config_entries.async_get_entry(entry_id)
        if entry is not None and subentry_id in entry.subentries:
            self.hass.config_entries.async_remove_subentry(entry, subentry_id)
        return self.async_create_entry(data={})


def _figures(overlap: Overlap, zone: ZoneInfo) -> dict[str, str]:
    """Return the figures of the form: hours in the system's own time, energy in kWh."""
    return {
        "old_id": overlap.old_id,
        "old_first": hour(overlap.old_first, zone),
        "old_last": hour(overlap.old_last, zone),
        "new_first": hour(overlap.new_first, zone),
        "new_last": hour(overlap.new_last, zone),
        "hours": f"{len(overlap.earlier)}",
        "energy": kwh(sum(overlap.earlier.values())),
        "common": f"{overlap.common}",
        "old_energy": kwh(overlap.old_common_wh),
        "new_energy": kwh(overlap.new_common_wh),
        "difference": kwh(overlap.new_common_wh - overlap.old_common_wh),
        "ignored": f"{overlap.ignored}",
    }


FLOWS: Mapping[Offer, type[ImportHistoryFlow | MoveHistoryFlow]] = MappingProxyType(
    {Offer.IMPORT_HISTORY: ImportHistoryFlow, Offer.MOVE_HISTORY: MoveHistoryFlow}
)


def repair_flow(issue_id: str, data: dict[str, str | int | float | None] | None) -> RepairsFlow:
    """Return the flow of an offer, or of a system that is gone; any other issue needs no more than a confirmation."""
    entry_id, subentry_id, name = (str((data or {}).get(key)) for key in ("entry_id", "subentry_id", "name"))
    if issue_id.startswith(f"{SYSTEM_REMOVED}_"):
        return RemoveSystemFlow(entry_id, subentry_id, name)
    if issue_id.startswith(f"{FINISH_SETUP}_"):
        return FinishSetupFlow(entry_id)
    for offer, flow in FLOWS.items():
        if issue_id.startswith(offer.issue_id("")):
            return flow(entry_id, subentry_id)
    return ConfirmRepairFlow()
