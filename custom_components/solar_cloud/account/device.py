"""The device of an account: a service, which the devices of its systems hang on."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from ..const import CLOUD_ENPHASE_V2, CLOUD_ENPHASE_V4, CLOUD_SOLAREDGE, CONF_CLOUD, DOMAIN, MANUFACTURER, VENDOR_URL
from ..model.names import Vendor

CLOUD_MODEL = {
    CLOUD_ENPHASE_V2: "Enlighten Systems API v2",
    CLOUD_ENPHASE_V4: "Monitoring API v4",
    CLOUD_SOLAREDGE: "Monitoring API V2",
}


@callback
def register_account(hass: HomeAssistant, entry: ConfigEntry, vendor: Vendor) -> str:
    """Register the account's service device and return its id."""
    return (
        dr.async_get(hass)
        .async_get_or_create(
            config_entry_id=entry.entry_id,
            identifiers={(DOMAIN, entry.entry_id)},
            entry_type=dr.DeviceEntryType.SERVICE,
            manufacturer=MANUFACTURER[vendor],
            model=CLOUD_MODEL[entry.data[CONF_CLOUD]],
            name=entry.title,
            configuration_url=VENDOR_URL[vendor],
        )
        .id
    )
