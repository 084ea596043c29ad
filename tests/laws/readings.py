"""When the cloud has answered what: how long a value may be waited for."""

from collections import defaultdict
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from itertools import pairwise
from typing import Literal

from simulator import Request
from simulator.scenarios import FlowName, Part, Stage

HOUR = timedelta(hours=1)
MOST_GAP = timedelta(hours=5)
MOST_OVERVIEW_GAP = timedelta(hours=2, minutes=30)
"""The same for what half of the requests of a flow are spent on: the smallest plan has it read every 2 1/4 hours."""
WITHOUT_ANSWERS = timedelta(hours=26)
"""How old a value may be when nothing is answered at all: then it says itself that it is old."""
LAG = timedelta(minutes=40)
"""How old the newest row of a healthy cloud may be when it is read."""

type Source = FlowName | Literal["overview", "production_energy"]

_PATHS: dict[str, dict[Source, tuple[str, ...]]] = {
    "enphase_v2": {
        "production": ("*/summary", "*/stats", "*/rgm_stats"),
        "consumption": ("*/consumption_stats",),
    },
    "enphase_v4": {
        "production": ("*/summary", "*/telemetry/production_*", "*/latest_telemetry", "*/rgm_stats"),
        # The newest powers are read for less than the rows, and more often: they have no energy.
        "production_energy": ("*/summary", "*/telemetry/production_*", "*/rgm_stats"),
        "consumption": ("*/telemetry/consumption_meter", "*/energy_import_telemetry", "*/energy_export_telemetry"),
        "grid_import": ("*/energy_import_telemetry", "*/telemetry/consumption_meter"),
        "grid_export": ("*/energy_export_telemetry", "*/telemetry/consumption_meter"),
        "battery_charge": ("*/telemetry/battery",),
        "battery_discharge": ("*/telemetry/battery",),
    },
    "solaredge": {
        "production": ("*/energy",),
        "consumption": ("*/meters/*telemetry", "*/overview", "*/energy"),
        "grid_import": ("*/meters/*telemetry",),
        "grid_export": ("*/meters/*telemetry",),
        "battery_charge": ("*/storage/*telemetry",),
        "battery_discharge": ("*/storage/*telemetry",),
        "overview": ("*/overview",),
    },
}


class Readings:
    """The requests of a run that were answered, by flow."""

    def __init__(self, requests: list[Request], stage: Stage) -> None:
        """Follow a list that grows."""
        self.requests = requests
        self._own = f"/{stage.plant.id}/"
        self._paths = _PATHS["solaredge" if stage.cloud.startswith("solaredge") else stage.cloud]
        self._at: dict[Source, list[datetime]] = defaultdict(list)
        self._seen = 0
        self.last_answer: datetime | None = None

    def collect(self) -> None:
        """Take over what has been sent since."""
        for request in self.requests[self._seen :]:
            # Half an answer is none: nobody can know what was in it.
            if request.status == 200 and self._own in request.path:
                self._note(request)
        self._seen = len(self.requests)

    def _note(self, request: Request) -> None:
        self.last_answer = request.time
        for flow, paths in self._paths.items():
            times = self._at[flow]
            if any(fnmatchcase(request.path, path) for path in paths) and (
                not times or times[-1] < request.time - timedelta(minutes=3)
            ):
                times.append(request.time)

    def gap(self, flow: Source, now: datetime) -> timedelta:
        """Return the longest of the last three gaps between readings of a flow, the present one among them."""
        times = self._at[flow][-4:]
        gaps = [later - earlier for earlier, later in pairwise(times)]
        if times:
            gaps.append(now - times[-1])
        # Who stops asking does not make a value last longer.
        return min(max(gaps, default=HOUR), MOST_OVERVIEW_GAP if flow == "overview" else MOST_GAP)

    def since(self, flow: Source, now: datetime) -> timedelta:
        """Return how long ago a flow was read, or may have been: not each of its answers is of use."""
        times = self._at[flow]
        return max(self.gap(flow, now), now - times[-1]) if times else self.gap(flow, now)

    def bound(self, flow: Source, now: datetime) -> timedelta:
        """Return how long a value may be kept, or may be missing."""
        if self.last_answer is not None and now - self.last_answer > 2 * HOUR:
            return WITHOUT_ANSWERS
        return max(HOUR, 3 * self.gap(flow, now)) + LAG

    def of(self, flow: FlowName, part: Part) -> Source:
        """Return what has to be read for a part of a flow."""
        has_own = flow == "production" and part != "power" and "production_energy" in self._paths
        return "production_energy" if has_own else flow

    def count(self, flow: Source, since: datetime) -> int:
        """Return how often a flow was read since an instant."""
        return sum(at > since for at in self._at[flow])
