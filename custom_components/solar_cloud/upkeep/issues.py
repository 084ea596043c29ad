"""The repair issues of a system: it is gone at its vendor, its plan is too small, its inverters fall behind."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from ..account.issues import clear, warn
from ..cloud.vendor_text import in_markdown
from ..const import DOMAIN
from ..model.performance import LOW_RATIO, Performance

MOST_HOURS = 999
"""What seldom is called at the most: a plan of hardly any requests."""
MOST_ROWS = 20
"""So many inverters are named; with more the cause is not in a single one."""

SYSTEM_REMOVED = "system_removed"
UNDERPERFORMING = "underperforming"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallPlan:
    """A plan that is too small for its systems."""

    per_month: int
    systems: int
    """How many share it."""
    has_larger: bool
    """Whether the vendor sells more."""

    @property
    def text(self) -> str:
        """The translation key of the text whose advice can be followed."""
        if self.systems == 1:
            return "plan_too_small_alone"
        return "plan_too_small" if self.has_larger else "plan_too_small_largest"


@callback
def raise_system_removed(hass: HomeAssistant, entry_id: str, subentry_id: str, system: str) -> None:
    """Report that the vendor does not know a system any more, and offer to remove it here."""
    data: dict[str, str | int | float | None] = {"entry_id": entry_id, "subentry_id": subentry_id, "name": system}
    warn(hass, SYSTEM_REMOVED, subentry_id, {"name": system}, data=data)


@callback
def clear_system_removed(hass: HomeAssistant, subentry_id: str) -> None:
    """Delete the issue: the system is back, or gone here too."""
    clear(hass, SYSTEM_REMOVED, subentry_id)


@callback
def raise_access_refused(hass: HomeAssistant, subentry_id: str, account: str, system: str, since: datetime) -> None:
    """Report that everything that is asked about a system is refused since an instant (aware UTC)."""
    words = {"account": account, "name": system, "since": dt_util.as_local(since).strftime("%Y-%m-%d %H:%M")}
    warn(hass, "access_refused", subentry_id, words)


@callback
def clear_access_refused(hass: HomeAssistant, subentry_id: str) -> None:
    """Delete the issue: something was answered, or the system is gone."""
    clear(hass, "access_refused", subentry_id)


@callback
def raise_plan_too_small(
    hass: HomeAssistant,
    subentry_id: str,
    account: str,
    system: str,
    readings_per_hour: float,
    plan: SmallPlan,
) -> None:
    """Report that the plan gives a system fewer readings than is useful, with the numbers and what can be done."""
    words = {
        "account": account,
        "name": system,
        "hours": f"{1 / max(readings_per_hour, 1 / MOST_HOURS):.0f}",
        "limit": f"{plan.per_month}",
        "systems": str(plan.systems),
    }
    warn(hass, "plan_too_small", subentry_id, words, text=plan.text)


@callback
def clear_plan_too_small(hass: HomeAssistant, subentry_id: str) -> None:
    """Delete the issue: the plan is large enough, or the system is gone."""
    clear(hass, "plan_too_small", subentry_id)


@callback
def raise_underperforming(
    hass: HomeAssistant, system_key: str, system: str, found: Iterable[tuple[str, Performance]], *, has_grown: bool
) -> None:
    """Report which inverters of a system (by name) fall behind their siblings, the worst first.

    It is one issue for the whole system: a dead gateway or a snowy roof is one matter, not thirty. The owner may ignore
    it; with `has_grown`, because another inverter has joined, it comes back.
    """
    words = {"name": system, "limit": f"{LOW_RATIO * 100:.0f}"}
    warn(hass, UNDERPERFORMING, system_key, words, table={"inverters": _rows(found)})
    if has_grown:
        ir.async_ignore_issue(hass, DOMAIN, f"{UNDERPERFORMING}_{system_key}", False)


@callback
def clear_underperforming(hass: HomeAssistant, system_key: str) -> None:
    """Delete the issue: all inverters have recovered, or the system is gone."""
    clear(hass, UNDERPERFORMING, system_key)


def _rows(found: Iterable[tuple[str, Performance]]) -> str:
    """Return the rows of the table below the text's head: inverter, yield, sunny days in a row, the last of them."""
    worst = sorted(found, key=lambda item: (item[1].ratio, item[0]))
    rows = [
        f"| {in_markdown(name)} | {performance.ratio * 100:.0f} % | {performance.low_days} | {performance.day} |"
        for name, performance in worst[:MOST_ROWS]
    ]
    if len(worst) > MOST_ROWS:
        rows.append(f"| … (+{len(worst) - MOST_ROWS}) | | | |")
    return "\n".join(rows)
