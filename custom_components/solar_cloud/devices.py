"""The device registry follows what the clouds list: account, system, gateway, and what reports through it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from .cloud.model import Device, DeviceKind, Vendor
from .const import CLOUD_ENPHASE_V2, CLOUD_SOLAREDGE, CONF_CLOUD, DOMAIN, MANUFACTURER, VENDOR_URL

if TYPE_CHECKING:
    from .coordinator import SolarCloudConfigEntry, SystemCoordinator


CLOUD_MODEL = {CLOUD_ENPHASE_V2: "Enlighten Systems API v2", CLOUD_SOLAREDGE: "Monitoring API V2"}


def device_identifier(vendor: Vendor, serial: str) -> str:
    """Return what names a piece of hardware, whatever system it is mounted in."""
    return f"{vendor}_{serial}"


def configuration_url(vendor: Vendor, system_id: str) -> str:
    """Return the page of a system at its vendor."""
    if vendor is Vendor.ENPHASE:
        return f"https://enlighten.enphaseenergy.com/systems/{system_id}"
    return f"https://monitoring.solaredge.com/solaredge-web/p/site/{system_id}"


@callback
def register_account(hass: HomeAssistant, entry: SolarCloudConfigEntry, vendor: Vendor) -> str:
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


@callback
def sync_devices(coordinator: SystemCoordinator) -> None:
    """Bring the registry in line with the newest data: parents first, retired hardware out."""
    registry = dr.async_get(coordinator.hass)
    entry, data = coordinator.config_entry, coordinator.data
    system = data.system
    system_device = registry.async_get_or_create(
        config_entry_id=entry.entry_id,
        config_subentry_id=coordinator.subentry_id,
        identifiers={(DOMAIN, system.key)},
        entry_type=dr.DeviceEntryType.SERVICE,
        manufacturer=MANUFACTURER[system.vendor],
        model="System" if system.vendor is Vendor.ENPHASE else "Site",
        name=system.name,
        serial_number=system.id,
        configuration_url=configuration_url(system.vendor, system.id),
        via_device_id=coordinator.account_device_id,
    )
    ids: dict[str, str] = {}
    for device in _parents_first(data.devices.values()):
        ids[device.serial] = _register(coordinator, registry, device, ids.get(device.parent or "", system_device.id))
    known = coordinator.device_identifiers()
    for entry_device in dr.async_entries_for_config_entry(registry, entry.entry_id):
        if entry_device.config_subentry_id == coordinator.subentry_id and not entry_device.identifiers & known:
            registry.async_remove_device(entry_device.id)


def _parents_first(devices: Iterable[Device]) -> list[Device]:
    """Order the devices so that whom one hangs on comes before it; a ring of parents is cut where it is met."""
    remaining = {device.serial: device for device in devices}
    ordered: list[Device] = []
    while remaining:
        ready = [device for device in remaining.values() if device.parent not in remaining] or list(remaining.values())
        for device in ready:
            ordered.append(device)
            del remaining[device.serial]
    return ordered


def _register(coordinator: SystemCoordinator, registry: dr.DeviceRegistry, device: Device, via: str) -> str:
    system = coordinator.data.system
    return registry.async_get_or_create(
        config_entry_id=coordinator.config_entry.entry_id,
        config_subentry_id=coordinator.subentry_id,
        identifiers={(DOMAIN, device_identifier(system.vendor, device.serial))},
        manufacturer=device.manufacturer,
        model=device.model,
        model_id=device.part_number,
        name=device.name or _default_name(device),
        serial_number=device.serial,
        configuration_url=configuration_url(system.vendor, system.id),
        sw_version=device.firmware,
        via_device_id=via,
    ).id


def _default_name(device: Device) -> str:
    kinds = {
        DeviceKind.GATEWAY: "Gateway",
        DeviceKind.INVERTER: "Inverter",
        DeviceKind.METER: "Meter",
        DeviceKind.BATTERY: "Battery",
        DeviceKind.OTHER: "Device",
    }
    return f"{kinds[device.kind]} {device.serial}"
