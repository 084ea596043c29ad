"""Looks at every entity of a system after every reading, and says which laws were not kept."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
import json

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.helpers.json import JSONEncoder

from custom_components.solar_cloud.const import DOMAIN
from simulator import Request
from simulator.plant.slots import SLOTS_PER_HOUR, slot_of, slot_time
from simulator.scenarios import FlowName, Stage

from .energies import Claim, Energies
from .logs import OFTEN, LogWatch
from .meanings import BREAKDOWN, SYSTEM, Meaning, devices
from .readings import Readings
from .tracks import REACH, Slack, Track, age, ends_of_power
from .violations import Violations

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
FIRST_TIME = datetime(2000, 1, 1, tzinfo=UTC)
UNKNOWN = {"unknown", "unavailable"}
BEGINNING = timedelta(hours=4)
"""How long it may take until everything has been read once."""
MOST_REQUESTS = 40
"""Within an hour, but for the first."""


@dataclass(slots=True)
class Shown:
    """What is remembered of a power."""

    watts: float | None = None
    oldest: int = 0
    """The first slot that it can have been of."""


class Judge:
    """The laws of a value, in one run of one scenario."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        stage: Stage,
        flows: frozenset[FlowName],
        watch: LogWatch,
        requests: list[Request],
    ) -> None:
        """Begin; `flows` are those that the cloud tells or that follow from them."""
        self.hass, self.entry, self.stage = hass, entry, stage
        self.found = Violations()
        self.readings = Readings(requests, stage)
        self.looks = 0
        self._watch = watch
        self._flows = flows - stage.missing
        self._first = slot_of(stage.plant.operational_at)
        self._energies = Energies(stage, self.found)
        self._tracks: dict[str, Track] = {}
        self._shown: dict[str, Shown] = {}
        self._unknown_since: dict[str, datetime] = {}
        self._owner_told: list[datetime] = []
        self._devices = {key: (part, Track(((energy, 1),), self._first)) for key, part, energy in devices(stage)}

    # One look.

    def look(self) -> None:
        """Look at everything."""
        self.looks += 1
        now = datetime.now(UTC)
        self.readings.collect()
        if self.entry.state is not ConfigEntryState.LOADED:
            self.found.add(11, "entry", "not loaded", now, seen=self.entry.state)
            return
        if self._is_owner_told():
            self._owner_told.append(now)
        states = dict(self._states())
        for key, state in states.items():
            self._storable(key, state, now)
            self._time(key, state, now)
            self._device(key, state, now)
        for key, meaning in (SYSTEM | BREAKDOWN).items():
            self._system(key, meaning, states.get(f"{self.stage.plant.key}_{key}"), now)
        self._level(states.get(f"{self.stage.plant.key}_battery_level"), now)

    def _states(self) -> Iterator[tuple[str, State]]:
        for entry in er.async_get(self.hass).entities.get_entries_for_config_entry_id(self.entry.entry_id):
            if (state := self.hass.states.get(entry.entity_id)) is not None:
                yield entry.unique_id, state

    def _is_silent(self, now: datetime) -> bool:
        """Tell whether nothing can be read, or could not until a moment ago."""
        return any(since <= now < until + self.stage.grace for since, until in self.stage.silent)

    def _is_excused(self, meaning: Meaning, now: datetime) -> bool:
        return any(self.stage.is_excused(name, meaning.part, now) for name in meaning.names)

    def _gap(self, meaning: Meaning, now: datetime) -> timedelta:
        """Return how long ago what a value is made of may have been read."""
        # What the house uses may follow from the rest.
        names: set[FlowName] = {*meaning.names}
        if "consumption" in names:
            names.add("production")
        return max(self.readings.since(self.readings.of(flow, meaning.part), now) for flow in names)

    def _bound(self, meaning: Meaning, now: datetime) -> timedelta:
        """Return how old a value may be, and how long it may be missing."""
        late = self.stage.zeros_until if meaning.part == "power" else self.stage.zeros_until + self.stage.behind
        return self.readings.bound(self.readings.of(meaning.flow, meaning.part), now) + late

    # Laws 8 and 10: what can be stored, and when it was.

    def _storable(self, key: str, state: State, now: datetime) -> None:
        text = state.state
        if len(text) > 255 or not text.isprintable():
            self.found.add(10, key, "state that cannot be stored", now, seen=repr(text))
        try:
            text.encode()
            json.dumps(dict(state.attributes), cls=JSONEncoder, allow_nan=False).encode()
        except (ValueError, TypeError) as err:
            self.found.add(10, key, "attributes that cannot be stored", now, seen=err)
        if text.lower() in {"nan", "inf", "-inf", "infinity"} or ((value := _number(state)) and abs(value) > 1e12):
            self.found.add(10, key, "no number", now, seen=text)

    def _time(self, key: str, state: State, now: datetime) -> None:
        if state.attributes.get("device_class") != "timestamp" or state.state in UNKNOWN or key.endswith("resets_at"):
            return
        moment = datetime.fromisoformat(state.state)
        if moment > now + (5 * MINUTE if key.endswith("measured_at") else DAY):
            self.found.add(8, key, "lies in the future", now, seen=state.state)
        if moment < FIRST_TIME:
            self.found.add(8, key, "lies before there was any", now, seen=state.state)

    # The system.

    def _system(self, key: str, meaning: Meaning, state: State | None, now: datetime) -> None:
        value = _number(state)
        if value is None:
            self._withheld(key, meaning, state, now)
            return
        self._unknown_since.pop(key, None)
        if meaning.part == "power":
            self._physical(key, meaning, value, now)
        if meaning.names & self.stage.any_value and not meaning.of_plant:
            return
        track = self._tracks.get(key) or self._tracks.setdefault(key, meaning.track(self.stage.truth, self._first))
        if meaning.part == "power":
            self._power(key, meaning, track, value, now)
            return
        bound = self._bound(meaning, now) if key in SYSTEM else self.readings.bound("overview", now)
        lenient = self._is_silent(now) or (self._is_excused(meaning, now) and key in SYSTEM)
        claim = Claim(key=key, energy_wh=value * 1000, now=now, bound=bound, lenient=lenient)
        slack = (
            Slack() if meaning.of_plant else self._energies.slack(meaning.names, track, now, self._gap(meaning, now))
        )
        if meaning.part == "today":
            self._energies.judge_day(claim, track, slack, self.stage.law)
        else:
            relative = bool(meaning.names & self.stage.relative_lifetime)
            self._energies.judge_life(claim, track, slack, self.stage.law, relative=relative)

    # Laws 1 and 12: what is known is shown, what is withheld has a reason.

    def _withheld(self, key: str, meaning: Meaning, state: State | None, now: datetime) -> None:
        if not meaning.names <= self._flows or key in BREAKDOWN or self._is_silent(now):
            self._unknown_since.pop(key, None)
            return
        since = self._unknown_since.setdefault(key, now)
        if now - since <= self._bound(meaning, now) or now < self.stage.begin + BEGINNING:
            return
        seen = None if state is None else state.state
        if not self._is_excused(meaning, now):
            self.found.add(1, key, "withheld although told", now, seen=seen, right="known")
        elif state is not None and seen == "unknown" and self.readings.count(meaning.flow, since) >= 2:
            self._reason(key, state, since, now)

    def _reason(self, key: str, state: State, since: datetime, now: datetime) -> None:
        if not state.attributes.get("reason") and not self._watch.has_warned(since - 6 * HOUR):
            self.found.add(12, key, "withheld without a reason", now, seen=state.state, right="a reason")

    # Laws 1, 2, 3: powers.

    def _power(self, key: str, meaning: Meaning, track: Track, watts: float, now: datetime) -> None:
        shown = self._shown.setdefault(key, Shown())
        newest = slot_of(now)
        changed = shown.watts != watts
        oldest = max(newest - REACH, self._first)
        ends = ends_of_power(track, watts, oldest, newest, all_of_them=changed)
        if (part := self._part(meaning)) is not None:
            of_part = ends_of_power(part, watts, oldest, newest, all_of_them=changed)
            ends = sorted({*ends, *of_part}, reverse=True)
        if self._is_told_wrong(meaning, watts, now):
            return
        if not ends:
            right = ", ".join(
                str(round((track.until(end) - track.until(end - 3)) * 4)) for end in range(newest, newest - 9, -3)
            )
            self.found.add(self.stage.law or 1, key, "no interval has this power", now, seen=watts, right=right)
            return
        at = f"{watts} of {slot_time(ends[0]):%d %H:%M}"
        if changed:
            if ends[0] < shown.oldest:
                self.found.add(2, key, "older than what was shown before", now, seen=at)
            shown.oldest = max(shown.oldest, ends[-1])
            shown.watts = watts
        if age(ends[0], now) > self._bound(meaning, now) and not self._is_silent(now):
            self.found.add(2, key, "too old", now, seen=at, right="unknown or newer")

    def _part(self, meaning: Meaning) -> Track | None:
        """Return what the devices measure that report in time, where a power may be theirs alone."""
        integral = self.stage.part_of_power.get(meaning.flow)
        if integral is None:
            return None
        key = f"part of {meaning.flow}"
        return self._tracks.setdefault(key, Track(((integral, 1),), self._first))

    def _is_told_wrong(self, meaning: Meaning, watts: float, now: datetime) -> bool:
        """Tell whether the newest interval was told wrong in a way that nobody could see."""
        stage = self.stage
        if stage.zeros_until and now < stage.after(12):
            return True
        return any(flow in meaning.names and since <= now < since + 3 * HOUR for flow, _, since in stage.overtold)

    def _physical(self, key: str, meaning: Meaning, watts: float, now: datetime) -> None:
        size = self.stage.plant.size_w(now)
        most = 1.5 * size if meaning.flow == "production" else max(100_000, 10 * size)
        if abs(watts) > most or (watts < 0 and not meaning.signed):
            self.found.add(3, key, "impossible", now, seen=watts, right=f"at most {most:.0f}")

    def _level(self, state: State | None, now: datetime) -> None:
        """Judge the batteries' charge: what it was at some time not long ago."""
        percent, storage = _number(state), self.stage.plant.storage
        if percent is None or storage is None:
            return
        series, newest = self.stage.plant.series, slot_of(now)
        back = int((self.readings.bound("battery_charge", now) + HOUR) / HOUR * SLOTS_PER_HOUR)
        levels = [series.stored_wh(slot) / storage.capacity_wh * 100 for slot in range(newest, newest - back, -1)]
        if not self._is_silent(now) and not any(abs(level - percent) <= 2 for level in levels):
            self.found.add(1, "battery_level", "at no time lately", now, seen=percent, right=f"{levels[0]:.1f}")

    # Devices.

    def _device(self, key: str, state: State, now: datetime) -> None:
        value = _number(state)
        if value is None:
            return
        unit = state.attributes.get("unit_of_measurement")
        if state.attributes.get("device_class") == "battery" and not -0.01 <= value <= 100.01:
            self.found.add(3, key, "impossible", now, seen=value)
        if unit == "W" and abs(value) > max(100_000, 10 * self.stage.plant.size_w(now)):
            self.found.add(3, key, "impossible", now, seen=value)
        claim = Claim(key=key, energy_wh=value * 1000, now=now, bound=2 * DAY, lenient=True)
        if key not in self._devices or self.stage.any_device:
            if key.endswith("_lifetime") and not key.startswith(f"{self.stage.plant.key}_"):
                self._energies.judge_rise(claim)
            return
        part, track = self._devices[key]
        slack = self._energies.slack(self.stage.device_flows, track, now, HOUR)
        slack.lose(track, now - DAY, now)
        if part == "today":
            self._energies.judge_day(claim, track, slack, self.stage.law)
        else:
            self._energies.judge_life(claim, track, slack, self.stage.law, relative=self.stage.relative_devices)

    # What only the whole run shows.

    def _is_owner_told(self) -> bool:
        issues = ir.async_get(self.hass).issues
        if any(domain == DOMAIN and issue.active for (domain, _), issue in issues.items()):
            return True
        flows = self.hass.config_entries.flow.async_progress_by_handler(DOMAIN)
        return any(flow["context"].get("source") == "reauth" for flow in flows)

    def close(self) -> None:
        """Judge laws 9, 11 and 12 over the whole run."""
        now = datetime.now(UTC)
        for until in self.stage.to_be_told:
            if not any(self.stage.begin < at <= until for at in self._owner_told):
                self.found.add(12, "owner", "was not told", now, right=f"by {until:%d %H:%M}")
        self._watch.judge(self.found)
        times = [request.time for request in self.readings.requests if request.time > self.stage.begin + HOUR]
        for first, last in zip(times, times[MOST_REQUESTS:], strict=False):
            if last - first < HOUR:
                self.found.add(11, "requests", f"more than {MOST_REQUESTS} in an hour", first)
        for pattern, share in self.stage.shares:
            self._share(pattern, share, now)
        failed: Counter[tuple[str, str, str]] = Counter()
        for moment, path, query in self.stage.simulator.disturbances.refusals:
            asked = (path, str(sorted(item for item in query.items() if item[0] != "key")), f"{moment:%d}")
            failed[asked] += 1
            if failed[asked] == OFTEN:
                name = path.rpartition("/")[2]
                self.found.add(9, name, f"the same refused {OFTEN} times on a day", moment, seen=asked[1])

    def _share(self, pattern: str, share: float, now: datetime) -> None:
        later = [one for one in self.readings.requests if one.time > self.stage.begin + 2 * HOUR]
        spent = sum(fnmatchcase(one.path, pattern) for one in later)
        if later and spent / len(later) > share:
            self.found.add(
                9, pattern, "requests for next to nothing", now, seen=f"{spent} of {len(later)}", right=share
            )


def _number(state: State | None) -> float | None:
    if state is None or state.state in UNKNOWN:
        return None
    try:
        return float(state.state)
    except ValueError:
        return None
