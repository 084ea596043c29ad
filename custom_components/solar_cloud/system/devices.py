"""The device registry follows what the clouds list: account, system, gateway, and what reports through it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.util.hass_dict import HassKey

from ..const import CLOUD_ENPHASE_V2, CLOUD_ENPHASE_V4, CLOUD_SOLAREDGE, CONF_CLOUD, DOMAIN, MANUFACTURER, VENDOR_URL
from ..model.elements import Device, DeviceKind, Vendor

if TYPE_CHECKING:
    from ..coordinator import SolarCloudConfigEntry, SystemCoordinator


CLOUD_MODEL = {
    CLOUD_ENPHASE_V2: "Enlighten Systems API v2",
    CLOUD_ENPHASE_V4: "Monitoring API v4",
    CLOUD_SOLAREDGE: "Monitoring API V2",
}


@dataclass(slots=True, kw_only=True)
class _Record:
    """What of a system was last brought into the registry."""

    name: str
    devices: Mapping[str, Device]
    owned: set[str] = field(default_factory=set)
    """Serial numbers of the hardware that is registered under the system."""

    @property
    def is_complete(self) -> bool:
        """Whether all that the cloud lists is registered under the system, and not under another one."""
        return len(self.owned) == len(self.devices)


_RECORDS: HassKey[WeakKeyDictionary[SystemCoordinator, _Record]] = HassKey(f"{DOMAIN}_devices")
"""A coordinator's record goes with it: after a reload the registry is brought in line anew."""


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
def is_owned(coordinator: SystemCoordinator, serial: str) -> bool:
    """Tell whether hardware is registered under this system; another one may have got what this one still lists."""
    record = _records(coordinator.hass).get(coordinator)
    return record is not None and serial in record.owned


@callback
def sync_devices(coordinator: SystemCoordinator) -> None:
    """Bring the registry in line with the newest data: parents first, retired hardware out.

    Hardware moves to a system when that system's cloud begins to list it. What two systems list stays with the one that
    got it last: the inventory of the other is older, and will leave it out one day.
    """
    records, data = _records(coordinator.hass), coordinator.data
    known = records.get(coordinator)
    if known is not None and known.is_complete and (known.name, known.devices) == (data.system.name, data.devices):
        return
    registry = dr.async_get(coordinator.hass)
    system_device, is_new = _register_system(coordinator, registry)
    listed_before = known.devices if known is not None else {} if is_new else data.devices
    record = _Record(name=data.system.name, devices=data.devices)
    ids: dict[str, str] = {}
    for device in _parents_first(data.devices):
        if _acquire(coordinator, registry, device.serial, begins=device.serial not in listed_before):
            record.owned.add(device.serial)
            via = ids.get(device.parent or "", system_device.id)
            ids[device.serial] = _register(coordinator, registry, device, via)
    records[coordinator] = record
    known_identifiers = coordinator.device_identifiers()
    for entry_device in dr.async_entries_for_config_entry(registry, coordinator.config_entry.entry_id):
        if (
            entry_device.config_subentry_id == coordinator.subentry_id
            and not entry_device.identifiers & known_identifiers
        ):
            registry.async_remove_device(entry_device.id)


@callback
def _records(hass: HomeAssistant) -> WeakKeyDictionary[SystemCoordinator, _Record]:
    return hass.data.setdefault(_RECORDS, WeakKeyDictionary())


def _acquire(coordinator: SystemCoordinator, registry: dr.DeviceRegistry, serial: str, *, begins: bool) -> bool:
    """Tell whether hardware is the system's own; what the cloud begins to list is taken from whoever has it.

    The device is moved, not made anew: it keeps its id, its area and the name that its owner gave it. Home Assistant
    takes its entities away from the other system, and gives them their old ids and settings when they come here.
    """
    entry = coordinator.config_entry
    identifier = (DOMAIN, device_identifier(coordinator.system.vendor, serial))
    holders = registry.async_get_devices(identifiers={identifier})
    here = (entry.entry_id, coordinator.subentry_id)
    if not holders or any((holder.config_entry_id, holder.config_subentry_id) == here for holder in holders):
        return True
    if not begins:
        return False
    for other, record in _records(coordinator.hass).items():
        if other.system.vendor is coordinator.system.vendor:
            record.owned.discard(serial)
    # One of the account's own first: within an account there can be no second one with this identifier.
    holders.sort(key=lambda holder: holder.config_entry_id != entry.entry_id)
    registry.async_update_device(
        holders[0].id, new_config_entry_id=entry.entry_id, new_config_subentry_id=coordinator.subentry_id
    )
    for duplicate in holders[1:]:
        registry.async_remove_device(duplicate.id)
    return True


def _parents_first(devices: Mapping[str, Device]) -> list[Device]:
    """Order the devices so that whom one hangs on comes before it; in a ring of parents none comes first."""

    def depth(device: Device) -> int:
        chain = {device.serial}
        while (parent := devices.get(device.parent or "")) is not None and parent.serial not in chain:
            chain.add(parent.serial)
            device = parent
        return len(chain)

    return sorted(devices.values(), key=depth)


def _register_system(coordinator: SystemCoordinator, registry: dr.DeviceRegistry) -> tuple[dr.DeviceEntry, bool]:
    """Register the system itself, and tell whether it was not known before."""
    entry, system = coordinator.config_entry, coordinator.data.system
    identifier = (DOMAIN, system.key)
    is_new = registry.async_get_device_by_identifier(identifier, entry.entry_id) is None
    device = registry.async_get_or_create(
        config_entry_id=entry.entry_id,
        config_subentry_id=coordinator.subentry_id,
        identifiers={identifier},
        entry_type=dr.DeviceEntryType.SERVICE,
        manufacturer=MANUFACTURER[system.vendor],
        model="System" if system.vendor is Vendor.ENPHASE else "Site",
        name=system.name,
        serial_number=system.id,
        configuration_url=configuration_url(system.vendor, system.id),
        via_device_id=coordinator.account_device_id,
    )
    return device, is_new


def _register(coordinator: SystemCoordinator, registry: dr.DeviceRegistry, device: Device, via: str) -> str:
    """Register a piece of hardware and return the id of its device."""
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


@callback
def device_name(coordinator: SystemCoordinator, serial: str) -> str:
    """Return what the owner calls a piece of hardware."""
    identifier = (DOMAIN, device_identifier(coordinator.system.vendor, serial))
    registry = dr.async_get(coordinator.hass)
    device = registry.async_get_device_by_identifier(identifier, coordinator.config_entry.entry_id)
    return (device and (device.name_by_user or device.name)) or serial


def _default_name(device: Device) -> str:
    kinds = {
        DeviceKind.GATEWAY: "Gateway",
        DeviceKind.INVERTER: "Inverter",
        DeviceKind.METER: "Meter",
        DeviceKind.BATTERY: "Battery",
        DeviceKind.OTHER: "Device",
    }
    return f"{kinds[device.kind]} {device.serial}"
