"""What the owner should know and can do something about: a month that is spent, a plan that is too small."""

from datetime import datetime

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from .budget.ledger import Ledger
from .const import DOMAIN


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
