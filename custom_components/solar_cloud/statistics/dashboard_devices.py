"""What the Energy dashboard can show of EV chargers: each is a device whose consumption is a part of the house's."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ..model.elements import DeviceKind, Flow
from ..model.hardware import device_lifetime_wh
from .dashboard_sources import sensor_of
from .names import device_key

if TYPE_CHECKING:
    from ..coordinator import SystemCoordinator

type ConsumingDevice = dict[str, Any]
"""A device as the Energy dashboard keeps it."""

CONSUMPTION: Final = "stat_consumption"
RATE: Final = "stat_rate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Charger:
    """The sensors of an EV charger that the dashboard can show, by entity id."""

    name: str
    """What the charger is remembered by: the vendor and the serial number."""
    lifetime: str
    today: str | None
    power: str | None

    @property
    def energies(self) -> frozenset[str]:
        """The sensors of the same energy: the owner may have chosen either, and it must not count twice."""
        return frozenset(one for one in (self.lifetime, self.today) if one is not None)


def charger_names(coordinator: SystemCoordinator) -> Iterator[str]:
    """Yield what each charger of a system is remembered by."""
    for serial in _serials(coordinator):
        yield device_key(coordinator.data.system, serial)


def chargers_of(coordinator: SystemCoordinator) -> Iterator[Charger]:
    """Yield the chargers of a system whose lifetime is known, and whose sensor the owner has not disabled."""
    for serial in _serials(coordinator):
        name = device_key(coordinator.data.system, serial)
        lifetime = sensor_of(coordinator.hass, f"{name}_charge_lifetime")
        if lifetime is not None and device_lifetime_wh(coordinator.data, serial, Flow.CONSUMPTION) is not None:
            today, power = (sensor_of(coordinator.hass, f"{name}_charge_{what}") for what in ("today", "power"))
            yield Charger(name=name, lifetime=lifetime, today=today, power=power)


def devices_there(devices: Iterable[ConsumingDevice], chargers: Iterable[Charger]) -> list[str]:
    """Return the statistics with which chargers are among the devices of the dashboard."""
    energies = frozenset[str]().union(*(charger.energies for charger in chargers))
    return [device[CONSUMPTION] for device in devices if device.get(CONSUMPTION) in energies]


def with_devices(
    before: Iterable[ConsumingDevice], chargers: Iterable[Charger], known: Collection[str]
) -> list[ConsumingDevice]:
    """Return the devices with those of the chargers that are missing, and with what they lack.

    `known` are the fields that the dashboard knows. What is set in a device is not changed, and no two devices have the
    same power.
    """
    devices = list(before)
    for charger in chargers:
        place = next((at for at, device in enumerate(devices) if device.get(CONSUMPTION) in charger.energies), None)
        if place is None:
            devices.append({CONSUMPTION: charger.lifetime})
            place = len(devices) - 1
        is_taken = charger.power in {device.get(RATE) for device in devices}
        if RATE in known and charger.power is not None and not is_taken and devices[place].get(RATE) is None:
            devices[place] = devices[place] | {RATE: charger.power}
    return devices


def _serials(coordinator: SystemCoordinator) -> list[str]:
    return coordinator.data.serials(DeviceKind.EV_CHARGER) if coordinator.has_data else []
