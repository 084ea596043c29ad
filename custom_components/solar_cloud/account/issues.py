"""The repair issues of an account: a spent month, a consent that ends or leaves something out."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from ..budget.ledger import Ledger
from ..cloud.vendor_text import in_markdown
from ..const import DOMAIN


@callback
def warn(
    hass: HomeAssistant,
    key: str,
    subject: str,
    placeholders: Mapping[str, str],
    *,
    table: Mapping[str, str] | None = None,
    data: dict[str, str | int | float | None] | None = None,
    severity: ir.IssueSeverity = ir.IssueSeverity.WARNING,
    text: str | None = None,
) -> None:
    """Raise the issue of a key about a subject, such as an entry's id; `text` is its translation key if another one.

    The page knows Markdown: names among the placeholders are shown as plain text, a `table` is as it should be. Issues
    with `data` can be fixed.
    """
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"{key}_{subject}",
        data=data,
        is_fixable=data is not None,
        severity=severity,
        translation_key=text or key,
        translation_placeholders={
            **{name: in_markdown(text) for name, text in placeholders.items()},
            **(table or {}),
        },
    )


@callback
def clear(hass: HomeAssistant, key: str, subject: str) -> None:
    """Delete the issue of a translation key about a subject, if there is one."""
    ir.async_delete_issue(hass, DOMAIN, f"{key}_{subject}")


@callback
def raise_month_spent(hass: HomeAssistant, entry_id: str, account: str, ledger: Ledger, until: datetime) -> None:
    """Report that the requests of the month are used up, and when they begin again (`until`, aware UTC)."""
    used, limit = ledger.used(dt_util.utcnow()), ledger.limits.per_month
    words = {"account": account, "used": f"{used}", "limit": f"{limit}", "until": _minute(until)}
    warn(hass, "month_spent", entry_id, words)


@callback
def clear_month_spent(hass: HomeAssistant, entry_id: str) -> None:
    """Delete the issue: a request has gone through."""
    clear(hass, "month_spent", entry_id)


@callback
def raise_consent_ends(hass: HomeAssistant, entry_id: str, account: str, ends: datetime) -> None:
    """Report that an account has to be signed in to again before an instant (aware UTC)."""
    until = dt_util.as_local(ends).strftime("%Y-%m-%d")
    warn(hass, "consent_ends", entry_id, {"account": account, "until": until})


@callback
def clear_consent_ends(hass: HomeAssistant, entry_id: str) -> None:
    """Delete the issue: the owner has consented anew, or the account is gone."""
    clear(hass, "consent_ends", entry_id)


@callback
def raise_clock_wrong(hass: HomeAssistant, entry_id: str, account: str, apart: timedelta) -> None:
    """Report that Home Assistant's clock is wrong: the cloud's is so far ahead of it."""
    now = dt_util.utcnow()
    words = {"account": account, "ours": _minute(now), "theirs": _minute(now + apart)}
    warn(hass, "clock_wrong", entry_id, words, severity=ir.IssueSeverity.ERROR)


@callback
def clear_clock_wrong(hass: HomeAssistant, entry_id: str) -> None:
    """Delete the issue: the clocks agree, or the account is gone."""
    clear(hass, "clock_wrong", entry_id)


@callback
def raise_devices_missing(hass: HomeAssistant, entry_id: str, account: str) -> None:
    """Report that an owner's consent leaves out the devices."""
    warn(hass, "devices_missing", entry_id, {"account": account})


@callback
def clear_devices_missing(hass: HomeAssistant, entry_id: str) -> None:
    """Delete the issue: the devices can be read, or the account is gone."""
    clear(hass, "devices_missing", entry_id)


def _minute(moment: datetime) -> str:
    return dt_util.as_local(moment).strftime("%Y-%m-%d %H:%M")
