"""The repair issues of an account: a spent month, a consent that ends or leaves something out."""

from datetime import datetime, timedelta

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from ..budget.ledger import Ledger
from ..const import DOMAIN


@callback
def raise_month_spent(hass: HomeAssistant, entry_id: str, account: str, ledger: Ledger, until: datetime) -> None:
    """Report that the requests of the month are used up, and when they begin again (`until`, aware UTC)."""
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
    """Delete the issue: a request has gone through."""
    ir.async_delete_issue(hass, DOMAIN, f"month_spent_{entry_id}")


@callback
def raise_consent_ends(hass: HomeAssistant, entry_id: str, account: str, ends: datetime) -> None:
    """Report that an account has to be signed in to again before an instant (aware UTC)."""
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
    """Delete the issue: the owner has consented anew, or the account is gone."""
    ir.async_delete_issue(hass, DOMAIN, f"consent_ends_{entry_id}")


@callback
def raise_clock_wrong(hass: HomeAssistant, entry_id: str, account: str, apart: timedelta) -> None:
    """Report that Home Assistant's clock is wrong: the cloud's is so far ahead of it."""
    now = dt_util.utcnow()
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"clock_wrong_{entry_id}",
        is_fixable=False,
        severity=ir.IssueSeverity.ERROR,
        translation_key="clock_wrong",
        translation_placeholders={
            "account": account,
            "ours": dt_util.as_local(now).strftime("%Y-%m-%d %H:%M"),
            "theirs": dt_util.as_local(now + apart).strftime("%Y-%m-%d %H:%M"),
        },
    )


@callback
def clear_clock_wrong(hass: HomeAssistant, entry_id: str) -> None:
    """Delete the issue: the clocks agree, or the account is gone."""
    ir.async_delete_issue(hass, DOMAIN, f"clock_wrong_{entry_id}")


@callback
def raise_devices_missing(hass: HomeAssistant, entry_id: str, account: str) -> None:
    """Report that an owner's consent leaves out the devices."""
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
    """Delete the issue: the devices can be read, or the account is gone."""
    ir.async_delete_issue(hass, DOMAIN, f"devices_missing_{entry_id}")
