"""Reauthentication is offered for as long as an account's credential is refused."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval

from ..const import DOMAIN

if TYPE_CHECKING:
    from ..cloud.base import Cloud

AGAIN = timedelta(hours=1)


@callback
def async_reauth_while_refused(hass: HomeAssistant, entry: ConfigEntry, client: Cloud) -> None:
    """Start reauthentication again where the dialog before has ended without a credential.

    A refused consent, a code that was too old or a cloud that was down end it. None opens while the account is being
    changed in another dialog, which may be given up. Nothing is sent; a dialog that is open stays.
    """

    @callback
    def check(_now: datetime) -> None:
        if client.refused:
            entry.async_start_reauth(hass)

    entry.async_on_unload(async_track_time_interval(hass, check, AGAIN, name=f"{DOMAIN} dead credential"))
