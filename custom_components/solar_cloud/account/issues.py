"""What the owner should know and can do something about: a spent month, a small plan, inverters that fall behind."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from ..budget.ledger import Ledger
from ..const import DOMAIN
from ..model.performance import LOW_RATIO, Performance

MOST_ROWS = 20
"""So many inverters are named; with more the cause is not in a single one."""


@callback
def raise_month_spent(hass: HomeAssistant, entry_id: str, account: str, ledger: Ledger, until: datetime) -> None:
    """Tell that the requests of the month are used up, and when they begin again (`until`, aware UTC)."""
    now = dt_util.utcnow()
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"month_spent_{entry_id}",
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key="month_spent",
        translation_placeholders={
            "account": account,
            "used": f"{ledger.used(now):,}",
            "limit": f"{ledger.limits.per_month:,}",
            "until": dt_util.as_local(until).strftime("%Y-%m-%d %H:%M"),
        },
    )


@callback
def clear_month_spent(hass: HomeAssistant, entry_id: str) -> None:
    """Take it back: a request has gone through."""
    ir.async_delete_issue(hass, DOMAIN, f"month_spent_{entry_id}")


@callback
def raise_plan_too_small(
    hass: HomeAssistant,
    subentry_id: str,
    account: str,
    system: str,
    readings_per_hour: float,
    ledger: Ledger,
    systems: int,
) -> None:
    """Tell that the plan gives a system fewer readings than is useful, with the numbers."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"plan_too_small_{subentry_id}",
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key="plan_too_small",
        translation_placeholders={
            "account": account,
            "name": system,
            "hours": f"{1 / readings_per_hour:.1f}" if readings_per_hour > 0 else "∞",
            "limit": f"{ledger.limits.per_month:,}",
            "systems": str(systems),
        },
    )


@callback
def clear_plan_too_small(hass: HomeAssistant, subentry_id: str) -> None:
    """Take it back: the plan is large enough, or the system is gone."""
    ir.async_delete_issue(hass, DOMAIN, f"plan_too_small_{subentry_id}")


@callback
def raise_underperforming(
    hass: HomeAssistant, system_key: str, system: str, found: Iterable[tuple[str, Performance]], *, anew: bool
) -> None:
    """Tell which inverters of a system (by name) fall behind their siblings, the worst first.

    It is one issue for the whole system: a dead gateway or a snowy roof is one matter, not thirty. The owner may ignore
    it; with `anew`, because another inverter has joined, it is shown again.
    """
    issue_id = _underperforming(system_key)
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id,
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key="underperforming",
        translation_placeholders={
            "name": system,
            "limit": f"{LOW_RATIO * 100:.0f}",
            "inverters": _rows(found),
        },
    )
    if anew:
        ir.async_ignore_issue(hass, DOMAIN, issue_id, False)


@callback
def clear_underperforming(hass: HomeAssistant, system_key: str) -> None:
    """Take it back: all inverters have recovered, or the system is gone."""
    ir.async_delete_issue(hass, DOMAIN, _underperforming(system_key))


@callback
def raise_consent_ends(hass: HomeAssistant, entry_id: str, account: str, ends: datetime) -> None:
    """Tell that an account has to be signed in to again before an instant (aware UTC)."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"consent_ends_{entry_id}",
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key="consent_ends",
        translation_placeholders={"account": account, "until": dt_util.as_local(ends).strftime("%Y-%m-%d")},
    )


@callback
def clear_consent_ends(hass: HomeAssistant, entry_id: str) -> None:
    """Take it back: the owner has consented anew, or the account is gone."""
    ir.async_delete_issue(hass, DOMAIN, f"consent_ends_{entry_id}")


@callback
def raise_devices_missing(hass: HomeAssistant, entry_id: str, account: str) -> None:
    """Tell that an owner's consent leaves out the devices."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"devices_missing_{entry_id}",
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key="devices_missing",
        translation_placeholders={"account": account},
    )


@callback
def clear_devices_missing(hass: HomeAssistant, entry_id: str) -> None:
    """Take it back: the devices can be read, or the account is gone."""
    ir.async_delete_issue(hass, DOMAIN, f"devices_missing_{entry_id}")


def _underperforming(system_key: str) -> str:
    return f"underperforming_{system_key}"


def _rows(found: Iterable[tuple[str, Performance]]) -> str:
    """Return the rows of the table below the text's head: inverter, yield, sunny days in a row, the last of them."""
    worst = sorted(found, key=lambda item: (item[1].ratio, item[0]))
    rows = [
        f"| {name.replace('|', '/')} | {performance.ratio * 100:.0f} % | {performance.low_days} | {performance.day} |"
        for name, performance in worst[:MOST_ROWS]
    ]
    if len(worst) > MOST_ROWS:
        rows.append(f"| … (+{len(worst) - MOST_ROWS}) | | | |")
    return "\n".join(rows)


class Offer(StrEnum):
    """What the owner of a system may have for the asking; the value is the translation key."""

    IMPORT_HISTORY = "import_history"
    """The past that the cloud has at a price."""
    MOVE_HISTORY = "move_history"
    """What an older integration has in the statistics of the same site."""

    def issue_id(self, system_key: str) -> str:
        """Return the id of the issue that makes this offer to the owner of a system."""
        return f"{self}_{system_key}"


@callback
def raise_offer(
    hass: HomeAssistant, offer: Offer, system_key: str, system: str, entry_id: str, subentry_id: str
) -> None:
    """Make an offer; there is no milder severity than a warning."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        offer.issue_id(system_key),
        data={"entry_id": entry_id, "subentry_id": subentry_id},
        is_fixable=True,
        severity=ir.IssueSeverity.WARNING,
        translation_key=offer,
        translation_placeholders={"name": system},
    )


@callback
def take_back_offer(hass: HomeAssistant, offer: Offer, system_key: str) -> None:
    """Take it back: the owner has agreed, or there is nothing to have any more."""
    ir.async_delete_issue(hass, DOMAIN, offer.issue_id(system_key))


@callback
def clear_offers(hass: HomeAssistant, system_key: str) -> None:
    """Take back all offers: the system is gone."""
    for offer in Offer:
        take_back_offer(hass, offer, system_key)
