"""What was copied into which statistic: kept on disk from before it is written until it is taken back."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from ...account.storage import StrictStore
from ...const import DOMAIN
from ...system.restore import dump, load
from .rows import SAME_WH, Run, Step

FILE: Final = "copies"


class Phase(StrEnum):
    """How far a copy is."""

    WRITING = "writing"
    """It is about to be written, or was and nobody has noted it."""
    WRITTEN = "written"
    UNDOING = "undoing"
    """It is about to be taken back, or was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """An hour whose sum tells whether the database has been written to, as that is one transaction."""

    start: int
    before: float | None = None
    """Its sum before, in the target's unit; `None`: it had no row."""

    def has_changed(self, now: float | None, unit_wh: float) -> bool:
        """Return whether the sum that it has now is another one."""
        if now is None or self.before is None:
            return now is not self.before
        return abs(now - self.before) * unit_wh > SAME_WH / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyRecord:
    """One copy, by which it can be taken back. Times are seconds since 1970."""

    phase: Phase
    metadata_id: int
    """The number of the target in the database: one that was deleted and came again has another."""
    unit: str
    """The unit of the sums when it was written."""
    runs: tuple[Run, ...]
    """The hours that have got a row."""
    steps: tuple[Step, ...]
    witness: Witness
    at: float
    """When."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRecords:
    """All copies into one target: always of the same system's flow."""

    system: str
    """The key of the system."""
    flow: str
    copies: tuple[CopyRecord, ...] = ()
    """From the oldest to the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    targets: Mapping[str, TargetRecords] = field(default_factory=dict)


class CopyRecords:
    """The records of a Home Assistant, by target."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Name the file; nothing is read yet."""
        self.lock = asyncio.Lock()
        """Is held by whoever copies or takes back: one at a time."""
        self._store = StrictStore(hass, FILE)
        self._targets: dict[str, TargetRecords] | None = None

    async def async_get(self, target: str) -> TargetRecords | None:
        """Return what was copied into a statistic; `None` when nothing was."""
        return (await self._async_loaded()).get(target)

    async def async_targets(self, system: str) -> list[str]:
        """Return the statistics that something of a system was copied into, by its key; in order."""
        return sorted(target for target, one in (await self._async_loaded()).items() if one.system == system)

    async def async_put(self, target: str, records: TargetRecords) -> None:
        """Keep the records of a target on disk; raises `HomeAssistantError` when they are not there on return."""
        targets = dict(await self._async_loaded())
        if records.copies:
            targets[target] = records
        else:
            targets.pop(target, None)
        await self._store.async_save(dump(_File(targets=targets)))
        self._targets = targets

    async def _async_loaded(self) -> dict[str, TargetRecords]:
        if self._targets is None:
            self._targets = await self._async_read()
        return self._targets

    async def _async_read(self) -> dict[str, TargetRecords]:
        if not (stored := await self._store.async_read()):
            return {}
        try:
            return dict(load(_File, stored).targets)
        except Exception:  # noqa: BLE001 - whatever is in the file
            await self._store.async_set_aside()
            return {}


def with_phase(records: TargetRecords, number: int, phase: Phase, witness: Witness | None = None) -> TargetRecords:
    """Return the records with one of the copies in another phase."""
    copies = list(records.copies)
    copies[number] = replace(copies[number], phase=phase, witness=witness or copies[number].witness)
    return replace(records, copies=tuple(copies))


COPIES: HassKey[CopyRecords] = HassKey(f"{DOMAIN}.copies")


@callback
def copy_records(hass: HomeAssistant) -> CopyRecords:
    """Return the records of a Home Assistant."""
    if COPIES not in hass.data:
        hass.data[COPIES] = CopyRecords(hass)
    return hass.data[COPIES]
