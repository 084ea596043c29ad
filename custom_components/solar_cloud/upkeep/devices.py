"""The device registry follows what the clouds list: system, gateway, and what reports through it."""

from collections.abc import Mapping
from typing import override
from weakref import WeakSet

from homeassistant.core import callback
from homeassistant.helpers import device_registry as dr
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN, MANUFACTURER
from ..coordinator import SystemCoordinator
from ..model.data import SystemData
from ..model.elements import NO_READING, Device, Vendor
from ..system.follower import Follower
from .device_names import name_of_device

_LIVING: HassKey[WeakSet[SystemDevices]] = HassKey(f"{DOMAIN}_devices")
"""Those of all systems that are loaded: hardware moves from one to another."""


def device_identifier(vendor: Vendor, serial: str) -> str:
    """Return what names a piece of hardware, whatever system it is mounted in."""
    return f"{vendor}_{serial}"


def configuration_url(vendor: Vendor, system_id: str) -> str:
    """Return the page of a system at its vendor."""
    if vendor is Vendor.ENPHASE:
        return f"https://enlighten.enphaseenergy.com/systems/{system_id}"
    return f"https://monitoring.solaredge.com/solaredge-web/p/site/{system_id}"


class SystemDevices(Follower):
    """The devices of one system: its own, and one for each piece of hardware that its cloud lists."""

    def __init__(self, coordinator: SystemCoordinator, account_device_id: str) -> None:
        """Take the system, and the device that it hangs on; after a reload the registry is brought in line anew."""
        self._coordinator = coordinator
        self._account_device_id = account_device_id
        self._synced: tuple[str, Mapping[str, Device]] | None = None
        """Name and hardware of the system as they were last brought into the registry."""
        self._owned: set[str] = set()
        """Serial numbers of the hardware that is registered under the system."""
        self._living = coordinator.hass.data.setdefault(_LIVING, WeakSet())
        self._living.add(self)

    @callback
    @override
    def async_restored(self) -> None:
        """Register what was known before a restart."""
        if self._coordinator.has_data:
            self._sync()

    @callback
    @override
    def async_refreshed(self) -> None:
        """Register what is new, and remove what the cloud lists no more."""
        self._sync()

    @callback
    def owns(self, serial: str) -> bool:
        """Return whether hardware is registered under this system; another may have got what this one still lists."""
        return serial in self._owned

    @callback
    def name_of(self, serial: str) -> str:
        """Return what the owner calls a piece of hardware."""
        registry, entry = dr.async_get(self._coordinator.hass), self._coordinator.config_entry
        device = registry.async_get_device_by_identifier(self._identifier(serial), entry.entry_id)
        name = (device and (device.name_by_user or device.name)) or serial
        # Who asks knows which system it is about.
        return name.removeprefix(f"{self._coordinator.data.system.name} ")

    @callback
    def identifiers(self) -> set[tuple[str, str]]:
        """Return the identifiers of the system and of everything its cloud lists under it."""
        hardware = {self._identifier(serial) for serial in self._coordinator.data.devices}
        return hardware | {(DOMAIN, self._coordinator.system.key)}

    @callback
    def release(self, vendor: Vendor, serial: str) -> None:
        """Give up a vendor's hardware: another system has begun to list it."""
        if self._coordinator.system.vendor is vendor:
            self._owned.discard(serial)

    def _identifier(self, serial: str) -> tuple[str, str]:
        return DOMAIN, device_identifier(self._coordinator.system.vendor, serial)

    def _sync(self) -> None:
        """Bring the registry in line with the newest data: parents first, retired hardware out.

        Hardware moves to a system when that system's cloud begins to list it. What two systems list stays with the one
        that got it last: the inventory of the other is older, and will leave it out one day.
        """
        coordinator, data = self._coordinator, self._coordinator.data
        is_complete = self._synced is not None and len(self._owned) == len(self._synced[1])
        devices = {serial: device for serial, device in data.devices.items() if _has_entities(device, data)}
        if is_complete and self._synced == (data.system.name, devices):
            return
        registry = dr.async_get(coordinator.hass)
        system_device, is_new = self._register_system(registry)
        listed_before = self._synced[1] if self._synced is not None else {} if is_new else devices
        owned: set[str] = set()
        ids: dict[str, str] = {}
        for device in _parents_first(devices):
            if self._acquire(registry, device.serial, begins=device.serial not in listed_before):
                owned.add(device.serial)
                via = ids.get(device.parent or "", system_device.id)
                ids[device.serial] = self._register(registry, device, via)
        self._owned = owned
        self._synced = (data.system.name, devices)
        identifiers = self.identifiers()
        for entry_device in dr.async_entries_for_config_entry(registry, coordinator.config_entry.entry_id):
            if (
                entry_device.config_subentry_id == coordinator.subentry_id
                and not entry_device.identifiers & identifiers
            ):
                registry.async_remove_device(entry_device.id)

    def _acquire(self, registry: dr.DeviceRegistry, serial: str, *, begins: bool) -> bool:
        """Return whether hardware is the system's own; what the cloud begins to list is taken from whoever has it.

        The device is moved, not made anew: it keeps its id, its area and the name that its owner gave it. Home
        Assistant takes its entities away from the other system, and gives them their old ids and settings when they
        come here.
        """
        coordinator, entry = self._coordinator, self._coordinator.config_entry
        holders = registry.async_get_devices(identifiers={self._identifier(serial)})
        here = (entry.entry_id, coordinator.subentry_id)
        if not holders or any((holder.config_entry_id, holder.config_subentry_id) == here for holder in holders):
            return True
        if not begins:
            return False
        for other in self._living:
            other.release(coordinator.system.vendor, serial)
        # One of the account's own first: within an account there can be no second one with this identifier.
        holders.sort(key=lambda holder: holder.config_entry_id != entry.entry_id)
        registry.async_update_device(
            holders[0].id, new_config_entry_id=entry.entry_id, new_config_subentry_id=coordinator.subentry_id
        )
        for duplicate in holders[1:]:
            registry.async_remove_device(duplicate.id)
        return True

    def _register_system(self, registry: dr.DeviceRegistry) -> tuple[dr.DeviceEntry, bool]:
        """Register the system itself; return its device, and whether it was not known before."""
        coordinator, system = self._coordinator, self._coordinator.data.system
        entry_id, identifier = coordinator.config_entry.entry_id, (DOMAIN, system.key)
        is_new = registry.async_get_device_by_identifier(identifier, entry_id) is None
        device = registry.async_get_or_create(
            config_entry_id=entry_id,
            config_subentry_id=coordinator.subentry_id,
            identifiers={identifier},
            entry_type=dr.DeviceEntryType.SERVICE,
            manufacturer=MANUFACTURER[system.vendor],
            model="System" if system.vendor is Vendor.ENPHASE else "Site",
            name=system.name,
            serial_number=system.id,
            configuration_url=configuration_url(system.vendor, system.id),
            via_device_id=self._account_device_id,
        )
        return device, is_new

    def _register(self, registry: dr.DeviceRegistry, device: Device, via: str) -> str:
        """Register a piece of hardware and return the id of its device."""
        system = self._coordinator.data.system
        known = registry.async_get_device_by_identifier(
            self._identifier(device.serial), self._coordinator.config_entry.entry_id
        )
        name = name_of_device(device, system.name, None if known is None else known.name)
        return registry.async_get_or_create(
            config_entry_id=self._coordinator.config_entry.entry_id,
            config_subentry_id=self._coordinator.subentry_id,
            identifiers={self._identifier(device.serial)},
            manufacturer=device.manufacturer,
            model=device.model,
            model_id=device.part_number,
            name=name.text,
            translation_key=name.key,
            translation_placeholders=name.placeholders,
            serial_number=device.serial,
            configuration_url=configuration_url(system.vendor, system.id),
            sw_version=device.firmware,
            via_device_id=via,
        ).id


def _has_entities(device: Device, data: SystemData) -> bool:
    """Return whether a cloud says anything of hardware beside its name: a device without an entity helps nobody."""
    reading = data.readings.get(device.serial, NO_READING)
    facts = (device.capacity_wh, device.communication, device.optimizers)
    return (
        reading != NO_READING
        or bool(data.reported.get(device.serial))
        or any(fact is not None for fact in facts)
        or device.serial in data.performance.by_inverter
    )


def _parents_first(devices: Mapping[str, Device]) -> list[Device]:
    """Order the devices so that whom one hangs on comes before it; in a ring of parents none comes first."""

    def depth(device: Device) -> int:
        chain = {device.serial}
        while (parent := devices.get(device.parent or "")) is not None and parent.serial not in chain:
            chain.add(parent.serial)
            device = parent
        return len(chain)

    return sorted(devices.values(), key=depth)
