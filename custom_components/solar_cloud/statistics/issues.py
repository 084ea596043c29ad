"""The repair issues that offer something: the past that the cloud has, an older integration's statistic."""

from enum import StrEnum

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN


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
