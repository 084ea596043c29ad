"""What the devices of a family had counted when their lifetimes were last read, whether they are still listed or not.

A site's lifetime of a flow goes on by what its devices have counted since then: hardware that was replaced takes
nothing away, and a history that the cloud lists under two serial numbers is not counted twice. Energies are Wh.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
import json
from types import MappingProxyType

from ...model.elements import Flow
from ...model.lifetime import RESTART_SHARE
from ..parse import as_date, as_float, as_list, as_map, as_str

MOST_W = 100_000.0
"""More than that, or ten times the size of a larger site, flows through no house."""

type ByDevice = Mapping[str, Mapping[Flow, float]]


@dataclass(frozen=True, slots=True)
class Counted:
    """The lifetimes of one family up to the start of a day."""

    day: date
    site: Mapping[Flow, float]
    devices: ByDevice
    asked: frozenset[str]
    """The devices and flows that were known to report then."""

    @classmethod
    def of(cls, note: str | None) -> Counted | None:
        """Read what `text` has written; `None` where that is damaged or was never written."""
        try:
            stored = as_map(json.loads(note or "null"))
        except ValueError:
            return None
        day = as_date(stored.get("day"))
        if day is None:
            return None
        devices = {serial: _energies(energies) for serial, energies in as_map(stored.get("devices")).items()}
        asked = frozenset(text for item in as_list(stored.get("asked")) if (text := as_str(item)) is not None)
        return cls(day, _energies(stored.get("site")), MappingProxyType(devices), asked)

    def text(self) -> str:
        """Write it, to be kept in a note."""
        devices = {serial: dict(energies) for serial, energies in self.devices.items()}
        stored = {"day": self.day.isoformat(), "site": dict(self.site), "devices": devices, "asked": sorted(self.asked)}
        return json.dumps(stored)

    def carried_on(self, flow: Flow, found: Mapping[str, float], day: date, size_w: float | None) -> float | None:
        """Return the site's lifetime up to a later day, when its devices have counted `found`; `None` if unknown.

        A device that was not there brings what it has counted, unless the time is too short for that: then its history
        is that of another one.
        """
        total = self.site.get(flow)
        if total is None:
            return None
        most = max(MOST_W, 10 * (size_w or 0.0)) * ((day - self.day) / timedelta(hours=1))
        for serial, energy in found.items():
            before = self.devices.get(serial, {}).get(flow)
            if before is None:
                total += energy if energy <= most else 0.0
            else:
                total += energy - before if energy >= before * RESTART_SHARE else energy
        return total


def _energies(stored: object) -> Mapping[Flow, float]:
    known = {name: as_float(value) for name, value in as_map(stored).items()}
    return MappingProxyType({flow: energy for flow in Flow if (energy := known.get(flow)) is not None})
