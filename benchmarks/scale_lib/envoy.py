"""Home Assistant's own enphase_envoy, one config entry for each system, with a library that needs no Envoy.

The class that the coordinator asks is replaced by one that makes up an Envoy's documents and has the library's own
models read them. It needs no connection and no JSON, which favours it.
"""

import asyncio
from datetime import timedelta
from itertools import count
from typing import Any, override
from unittest.mock import patch

from awesomeversion import AwesomeVersion
from homeassistant.core import HomeAssistant
from pyenphase import Envoy
from pyenphase.const import SupportedFeatures
from pyenphase.models.envoy import EnvoyData
from pyenphase.models.inverter import EnvoyInverter
from pyenphase.models.system_production import EnvoySystemProduction
from pytest_homeassistant_custom_component.common import MockConfigEntry

from .candidate import Candidate

DOMAIN = "enphase_envoy"


def serial_of(host: str) -> str:
    """Return the serial number of the Envoy at a made-up address."""
    return f"1220{host.rpartition('.')[2]:0>8}"


class MadeUpEnvoy(Envoy):
    """An Envoy with inverters whose every value is another one each time it is asked."""

    inverters = 30
    _turns = count(1)

    @override
    async def setup(self) -> None:
        """Know the Envoy at once."""

    @override
    async def authenticate(
        self, username: str | None = None, password: str | None = None, token: str | None = None
    ) -> None:
        """Let everybody in."""

    @property
    @override
    def serial_number(self) -> str:
        return serial_of(self.host)

    @property
    @override
    def firmware(self) -> AwesomeVersion:
        return AwesomeVersion("8.2.4345")

    @property
    @override
    def part_number(self) -> str:
        return "800-00555-r03"

    @property
    @override
    def supported_features(self) -> SupportedFeatures:
        return SupportedFeatures.PRODUCTION | SupportedFeatures.INVERTERS | SupportedFeatures.DETAILED_INVERTERS

    @override
    async def update(self) -> EnvoyData:
        """Return new values; the documents are in the form of `/api/v1/production` and `/ivp/pdm/device_data`."""
        turn = next(self._turns)
        production = {
            "wattHoursToday": 20_000 + turn,
            "wattHoursSevenDays": 250_000 + turn,
            "wattHoursLifetime": 40_000_000 + turn,
            "wattsNow": 5_000 + turn % 3_000,
        }
        devices = [_device(f"{self.serial_number}{number:03d}", number, turn) for number in range(self.inverters)]
        self.data = EnvoyData(
            system_production=EnvoySystemProduction.from_v1_api(production),
            inverters={device["sn"]: EnvoyInverter.from_device_data(device) for device in devices},
            raw={"/api/v1/production": production, "/ivp/pdm/device_data": devices},
        )
        return self.data


def _device(serial: str, number: int, turn: int) -> dict[str, Any]:
    """Return what an Envoy tells of one inverter."""
    watts = 100 + (turn + number) % 150
    return {
        "sn": serial,
        "devName": "pcu",
        "active": True,
        "channels": [
            {
                "watts": {"now": watts, "max": 260 + turn % 30},
                "wattHours": {"today": 700 + turn, "yesterday": 900, "week": 6000},
                "lifetime": {"joulesProduced": 3_600 * (900_000 + turn)},
                "lastReading": {
                    "endDate": 1_780_000_000 + 900 * turn,
                    "duration": 880 + turn % 20,
                    "joulesProduced": watts * 900 + turn,
                    "dcVoltageINmV": 33_000 + turn,
                    "dcCurrentINmA": 4_000 + turn,
                    "acVoltageINmV": 240_000 + turn,
                    "acCurrentInmA": 900 + turn,
                    "acFrequencyINmHz": 59_900 + turn % 200,
                    "channelTemp": 30 + turn % 20,
                },
            }
        ],
    }


class HomeAssistantsEnvoys(Candidate):
    """One config entry for each Envoy, as Home Assistant has it."""

    domain = DOMAIN

    def __init__(self, hass: HomeAssistant, systems: int, inverters: int) -> None:
        """Take how many systems of how many inverters."""
        super().__init__(hass)
        self._count = systems
        MadeUpEnvoy.inverters = inverters
        self._entries: dict[str, MockConfigEntry] = {}

    @override
    async def prepare(self) -> None:
        patch("homeassistant.components.enphase_envoy.Envoy", MadeUpEnvoy).start()

    @override
    async def set_up(self) -> None:
        for number in range(1, self._count + 1):
            host = f"envoy.{number}"
            entry = MockConfigEntry(
                domain=DOMAIN,
                unique_id=serial_of(host),
                title=f"Envoy {number}",
                data={"host": host, "name": f"Envoy {number}", "username": "owner", "password": "secret"},
                # Refreshed when the benchmark says so, and not each minute.
                pref_disable_polling=True,
            )
            entry.add_to_hass(self.hass)
            self._entries[entry.entry_id] = entry
        await self.set_up_again()

    @override
    async def unload(self) -> None:
        for entry_id in self._entries:
            await self.hass.config_entries.async_unload(entry_id)

    @override
    async def set_up_again(self) -> None:
        await asyncio.gather(*(self.hass.config_entries.async_setup(entry_id) for entry_id in self._entries))
        await self.hass.async_block_till_done(wait_background_tasks=True)

    @override
    def systems(self) -> list[str]:
        return list(self._entries)

    @override
    async def leap(self, step: timedelta) -> None:
        """Do nothing: an Envoy has other values each time."""

    @override
    async def refresh(self, system: str) -> int:
        coordinator = self._entries[system].runtime_data
        await coordinator.async_refresh()
        await self.hass.async_block_till_done()
        return 1

    @override
    async def close(self) -> None:
        """Do nothing: Home Assistant stops it."""
