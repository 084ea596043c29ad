"""The repair issues that offer something: the past that the cloud has, an older integration's statistic."""

from enum import StrEnum

from homeassistant.core import HomeAssistant, callback

from ..account.issues import clear, warn

FINISH_SETUP = "finish_setup"


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
    data: dict[str, str | int | float | None] = {"entry_id": entry_id, "subentry_id": subentry_id}
    warn(hass, offer, system_key, {"name": system}, data=data)


@callback
def take_back_offer(hass: HomeAssistant, offer: Offer, system_key: str) -> None:
    """Take it back: the owner has agreed, or there is nothing to have any more."""
    clear(hass, offer, system_key)


@callback
def clear_offers(hass: HomeAssistant, system_key: str) -> None:
    """Take back all offers: the system is gone."""
    for offer in Offer:
        take_back_offer(hass, offer, system_key)


@callback
def raise_finish_setup(hass: HomeAssistant, entry_id: str, account: str) -> None:
    """Ask the owner of an account what is to be done with its systems."""
    warn(hass, FINISH_SETUP, entry_id, {"account": account}, data={"entry_id": entry_id})


@callback
def clear_finish_setup(hass: HomeAssistant, entry_id: str) -> None:
    """Delete the issue: the owner has answered, or is asked by a dialog."""
    clear(hass, FINISH_SETUP, entry_id)
