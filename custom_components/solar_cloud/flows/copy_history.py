"""The dialog that copies a system's history into the statistic of another sensor, and the one that takes it back."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowHandler, FlowResult
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.selector import (
    BooleanSelector,
    DateSelector,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
import voluptuous as vol

from ..cloud.vendor_text import in_markdown
from ..const import DOMAIN
from ..model.names import Flow
from .figures import hour, kwh

if TYPE_CHECKING:
    from ..statistics.bookkeeper import Bookkeeper
    from ..statistics.copying.copier import CopyRequest
    from ..statistics.copying.plan import CopyPlan

CONF_ACCEPT_DISAGREEMENT: Final = "accept_disagreement"
CONF_END: Final = "end"
CONF_FLOW: Final = "flow"
CONF_SPREAD_LUMPS: Final = "spread_lumps"
CONF_START: Final = "start"
CONF_TARGET: Final = "target"

ENERGY: Final = "energy"
"""The class of the units of energy, as the recorder calls it."""
HOUR = 3600


class CopyHistorySteps[ResultT: FlowResult[Any, Any]](FlowHandler[Any, ResultT, Any]):
    """Asks what is to be copied where, says what that would do, and does it when the owner agrees."""

    _request: CopyRequest | None = None
    _plan: CopyPlan | None = None

    @abstractmethod
    def _bookkeeper(self) -> Bookkeeper | None:
        """Return who keeps the statistics of the system; `None` when its account is not running."""

    async def _async_copied(self) -> list[str]:
        """Return the ids of the statistics that the system's history was copied into."""
        if (bookkeeper := self._bookkeeper()) is None:
            return []
        from ..statistics.copying.record import copy_records  # a running system has it

        return await copy_records(self.hass).async_targets(bookkeeper.statistics.coordinator.system.key)

    async def async_step_copy(self, user_input: dict[str, Any] | None = None) -> ResultT:
        """Ask what is to be copied where."""
        if (bookkeeper := self._bookkeeper()) is None:
            return self.async_abort(reason="entry_not_loaded")
        statistics = bookkeeper.statistics
        if not statistics.book.available:
            return self.async_abort(reason="no_recorder")
        flows = [flow for flow in Flow if await statistics.book.async_span(flow) is not None]
        if not flows:
            return self.async_abort(reason="nothing_booked")
        if not (targets := await async_targets(self.hass)):
            return self.async_abort(reason="no_target")
        errors, words = {}, {"name": in_markdown(statistics.name)}
        if user_input is not None:
            errors = await self._async_plan(bookkeeper, user_input, words)
            if not errors:
                return await self.async_step_confirm_copy()
        return self.async_show_form(
            step_id="copy",
            data_schema=self.add_suggested_values_to_schema(_copy_schema(flows, targets), user_input or {}),
            errors=errors,
            description_placeholders=words,
        )

    async def _async_plan(self, bookkeeper: Bookkeeper, given: dict[str, Any], words: dict[str, str]) -> dict[str, str]:
        """Make the plan; returns the form's errors, and adds the words that they need."""
        from ..statistics.copying.copier import Copier, CopyRequest

        start, end = (date.fromisoformat(given[key]) if key in given else None for key in (CONF_START, CONF_END))
        if start is not None and end is not None and end < start:
            words |= {CONF_START: start.isoformat(), CONF_END: end.isoformat()}
            return {CONF_END: "end_before_start"}
        self._request = CopyRequest(
            flow=Flow(given[CONF_FLOW]),
            target=given[CONF_TARGET],
            start=start,
            end=end,
            spread_lumps=given[CONF_SPREAD_LUMPS],
        )
        try:
            self._plan = await Copier(bookkeeper.statistics).async_plan(self._request)
        except HomeAssistantError as err:
            return _refused(err, words)
        return {}

    async def async_step_confirm_copy(self, user_input: dict[str, Any] | None = None) -> ResultT:
        """Say what would be written, and write it when the owner agrees."""
        if (bookkeeper := self._bookkeeper()) is None or (plan := self._plan) is None or self._request is None:
            return self.async_abort(reason="entry_not_loaded")
        words = _words(plan, bookkeeper.statistics.zone)
        if plan.is_empty:
            return self.async_abort(reason="nothing_to_copy", description_placeholders=words)
        errors: dict[str, str] = {}
        if user_input is not None:
            from ..statistics.copying.copier import Copier

            accepts: bool = user_input.get(CONF_ACCEPT_DISAGREEMENT, False)
            try:
                done = await Copier(bookkeeper.statistics).async_copy(self._request, accept_disagreement=accepts)
            except HomeAssistantError as err:
                errors = _refused(err, words)
            else:
                return self.async_abort(
                    reason="copied", description_placeholders=_words(done, bookkeeper.statistics.zone)
                )
        fields = {vol.Required(CONF_ACCEPT_DISAGREEMENT, default=False): BooleanSelector()}
        return self.async_show_form(
            step_id="confirm_copy",
            data_schema=vol.Schema(fields if plan.agreement.disagrees else {}),
            errors=errors,
            description_placeholders=words,
        )

    async def async_step_undo_copy(self, user_input: dict[str, Any] | None = None) -> ResultT:
        """Ask which copy is to be taken back, and take it back."""
        targets = await self._async_copied()
        if (bookkeeper := self._bookkeeper()) is None:
            return self.async_abort(reason="entry_not_loaded")
        errors, words = {}, {"name": in_markdown(bookkeeper.statistics.name)}
        if user_input is not None:
            from ..statistics.copying.copier import Copier

            target: str = user_input[CONF_TARGET]
            try:
                hours = await Copier(bookkeeper.statistics).async_undo(target)
            except HomeAssistantError as err:
                errors = _refused(err, words)
            else:
                words = {"target": in_markdown(target), "hours": f"{hours}"}
                return self.async_abort(reason="copy_undone", description_placeholders=words)
        return self.async_show_form(
            step_id="undo_copy", data_schema=_undo_schema(targets), errors=errors, description_placeholders=words
        )


async def async_targets(hass: HomeAssistant) -> list[SelectOptionDict]:
    """Return what can be copied to: every sum of energy that is not our own, by name.

    The page has a selector of statistics, and fails where such a field has no value to begin with.
    """
    from homeassistant.components.recorder.statistics import async_list_statistic_ids  # a running recorder has it

    registry, found = er.async_get(hass), []
    for one in await async_list_statistic_ids(hass, statistic_type="sum"):
        target: str = one["statistic_id"]
        entity = registry.async_get(target)
        if one["unit_class"] != ENERGY or DOMAIN in {one["source"], entity.platform if entity else None}:
            continue
        state = hass.states.get(target)
        name = one["name"] or (state.name if state else None)
        found.append(SelectOptionDict(value=target, label=f"{name} ({target})" if name else target))
    return sorted(found, key=lambda option: option["label"].casefold())


def _copy_schema(flows: Sequence[Flow], targets: Sequence[SelectOptionDict]) -> vol.Schema:
    """Return the form of a copy; only flows that the system has are offered."""
    options = SelectSelectorConfig(
        options=[str(flow) for flow in flows], translation_key="flow", mode=SelectSelectorMode.DROPDOWN
    )
    return vol.Schema(
        {
            vol.Required(CONF_FLOW, default=str(flows[0])): SelectSelector(options),
            vol.Required(CONF_TARGET): SelectSelector(
                SelectSelectorConfig(options=list(targets), mode=SelectSelectorMode.DROPDOWN)
            ),
            vol.Optional(CONF_START): DateSelector(),
            vol.Optional(CONF_END): DateSelector(),
            vol.Required(CONF_SPREAD_LUMPS, default=False): BooleanSelector(),
        }
    )


def _undo_schema(targets: Sequence[str]) -> vol.Schema:
    """Return the form that chooses what is taken back."""
    options = SelectSelectorConfig(options=list(targets), mode=SelectSelectorMode.LIST)
    only = targets[0] if len(targets) == 1 else vol.UNDEFINED
    return vol.Schema({vol.Required(CONF_TARGET, default=only): SelectSelector(options)})


def _refused(err: HomeAssistantError, words: dict[str, str]) -> dict[str, str]:
    """Return the form error that says why something is not copied, and add the words that it needs."""
    words |= {key: in_markdown(value) for key, value in (err.translation_placeholders or {}).items()}
    return {"base": str(err.translation_key)}


def _words(plan: CopyPlan, zone: ZoneInfo) -> dict[str, str]:
    """Return the figures of a plan: hours in the system's own time, energies in kWh, sums in the target's unit."""
    first_sum, last_sum = plan.sums
    percent = plan.agreement.percent
    return {
        "target": in_markdown(plan.target.statistic_id),
        "unit": plan.target.unit,
        "target_start": hour(datetime.fromtimestamp(plan.basis[0].start, UTC), zone),
        "target_end": hour(datetime.fromtimestamp(plan.basis[-1].start + HOUR, UTC), zone),
        "hours_before": f"{plan.hours_before}",
        "hours_in_gaps": f"{plan.hours_in_gaps}",
        "gaps": f"{len(plan.gaps)}",
        "filled": f"{len(plan.filled)}",
        "added": kwh(plan.added_wh),
        "spread": kwh(plan.spread_wh),
        "first_sum": f"{first_sum:.3f}",
        "last_sum": f"{last_sum:.3f}",
        "common_days": f"{plan.agreement.days}",
        "agreement": "–" if percent is None else f"{percent:.1f} %",
    }
