"""The flows behind the offers under Settings > Repairs: importing the past, and moving over."""

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow, RepairsFlowResult
from homeassistant.core import HomeAssistant
import voluptuous as vol

from .const import CONF_SINCE
from .flows.forms import since_schema
from .runtime import running_system
from .statistics.import_terms import chosen, earliest, told, why_not
from .statistics.issues import Offer
from .statistics.takeover import Overlap, async_overlap

KILO = 1000


class ImportHistoryFlow(RepairsFlow):
    """Asks since when the past is wanted, and tells the price before anything is sent."""

    def __init__(self, entry_id: str, subentry_id: str) -> None:
        """Start with no day."""
        self._ids = (entry_id, subentry_id)
        self._since: date | None = None

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Ask since when."""
        if (system := running_system(self.hass, *self._ids)) is None:
            return self.async_abort(reason="entry_not_loaded")
        if (reason := why_not(system.bookkeeper)) is not None:
            return self.async_abort(reason=reason)
        errors: dict[str, str] = {}
        # The form is shown first without input; Home Assistant hands the issue's id in as if it were one.
        if user_input is not None and CONF_SINCE in user_input:
            self._since = chosen(system.coordinator, system.bookkeeper, user_input[CONF_SINCE])
            if self._since is not None:
                return await self.async_step_confirm()
            errors["since"] = "is_there_already"
        begin = earliest(system.coordinator, system.bookkeeper)
        return self.async_show_form(
            step_id="init",
            data_schema=since_schema(begin),
            errors=errors,
            description_placeholders=told(system.coordinator, system.bookkeeper, begin),
        )

    async def async_step_confirm(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Tell the price of that day, and begin when the owner agrees."""
        if (system := running_system(self.hass, *self._ids)) is None or self._since is None:
            return self.async_abort(reason="entry_not_loaded")
        if user_input is not None:
            await system.bookkeeper.async_import(self._since)
            return self.async_create_entry(data={})
        return self.async_show_form(
            step_id="confirm",
            data_schema=vol.Schema({}),
            description_placeholders=told(system.coordinator, system.bookkeeper, self._since),
        )


class MoveHistoryFlow(RepairsFlow):
    """Shows an older statistic beside ours, and copies what it has before ours begins."""

    def __init__(self, entry_id: str, subentry_id: str) -> None:
        """Start with nothing compared."""
        self._ids = (entry_id, subentry_id)
        self._overlap: Overlap | None = None

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Compare the statistics."""
        return await self.async_step_confirm()

    async def async_step_confirm(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Show what would be copied; do it when the owner agrees."""
        if (system := running_system(self.hass, *self._ids)) is None:
            return self.async_abort(reason="entry_not_loaded")
        if user_input is not None and self._overlap is not None:
            if not await system.bookkeeper.async_take_over(self._overlap.earlier):
                return self.async_abort(reason="no_recorder")
            return self.async_create_entry(data={})
        self._overlap = await async_overlap(system.coordinator, system.bookkeeper.book)
        if self._overlap is None:
            return self.async_abort(reason="nothing_to_move")
        return self.async_show_form(
            step_id="confirm",
            data_schema=vol.Schema({}),
            description_placeholders={
                "name": system.coordinator.name,
                **_shown(self._overlap, system.coordinator.zone),
            },
        )


def _shown(overlap: Overlap, zone: ZoneInfo) -> dict[str, str]:
    """Return the figures as the form shows them: hours in the system's own time, energy in kWh."""
    return {
        "old_id": overlap.old_id,
        "old_first": _hour(overlap.old_first, zone),
        "old_last": _hour(overlap.old_last, zone),
        "new_first": _hour(overlap.new_first, zone),
        "new_last": _hour(overlap.new_last, zone),
        "hours": f"{len(overlap.earlier):,}",
        "energy": _kwh(sum(overlap.earlier.values())),
        "common": f"{overlap.common:,}",
        "old_energy": _kwh(overlap.old_common_wh),
        "new_energy": _kwh(overlap.new_common_wh),
        "difference": _kwh(overlap.new_common_wh - overlap.old_common_wh),
        "ignored": f"{overlap.ignored:,}",
    }


def _hour(start: datetime, zone: ZoneInfo) -> str:
    return start.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def _kwh(wh: float) -> str:
    return f"{wh / KILO:,.3f}"


FLOWS: Mapping[Offer, type[ImportHistoryFlow | MoveHistoryFlow]] = MappingProxyType(
    {Offer.IMPORT_HISTORY: ImportHistoryFlow, Offer.MOVE_HISTORY: MoveHistoryFlow}
)


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return the flow of an offer; any other issue has nothing to be asked."""
    entry_id, subentry_id = (str((data or {}).get(key)) for key in ("entry_id", "subentry_id"))
    for offer, flow in FLOWS.items():
        if issue_id.startswith(offer.issue_id("")):
            return flow(entry_id, subentry_id)
    return ConfirmRepairFlow()
