"""Looks at every entity of a system after every reading, and says which laws were not kept."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import json
import logging
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.helpers.json import JSONEncoder

from custom_components.solar_cloud.const import DOMAIN
from simulator.plant.slots import slot_of, slot_time
from simulator.scenarios import FLOW_NAMES, FlowName, Stage

from .readings import LAG, Readings
from .tracks import REACH, Slack, Track, age, ends_of_energy, ends_of_power
from .violations import Violations

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
UNKNOWN = {"unknown", "unavailable"}


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a key of the system is about."""

    part: str
    plus: FlowName
    minus: FlowName | None = None


MEANINGS: dict[str, Meaning] = {
    "power": Meaning("power", "production"),
    "energy_today": Meaning("today", "production"),
    "energy_lifetime": Meaning("lifetime", "production"),
    "consumption_power": Meaning("power", "consumption"),
    "grid_power": Meaning("power", "grid_import", "grid_export"),
    "battery_power": Meaning("power", "battery_discharge", "battery_charge"),
    **{f"{flow}_{part}": Meaning(part, flow) for flow in FLOW_NAMES[1:] for part in ("today", "lifetime")},
}


@dataclass(slots=True)
class Seen:
    """What is remembered of a value."""

    value: float | None = None
    oldest: int | None = None
    """The first slot that the last value can have been of."""
    unknown_since: datetime | None = None
    changed_at: datetime | None = None
    changed_value: float = 0.0


class Judge:
    """The laws of a value, in one run of one scenario."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, stage: Stage, flows: frozenset[FlowName]) -> None:
        """Begin; `flows` are those that the cloud tells or that follow from them."""
        self.hass, self.entry, self.stage = hass, entry, stage
        self.found = Violations()
        self.readings = Readings(stage.simulator, stage.cloud)
        self.flows = flows - stage.missing
        self._seen: dict[str, Seen] = {}
        self._lifetimes: dict[str, tuple[float, datetime]] = {}
        first = slot_of(stage.plant.operational_at)
        self._tracks: dict[tuple[FlowName, FlowName | None], Track] = {}
        self._first = first
        self._owner_told: list[datetime] = []
        self.looks = 0

    def track(self, plus: FlowName, minus: FlowName | None = None) -> Track:
        key = (plus, minus)
        if key not in self._tracks:
            self._tracks[key] = Track(self.stage.truth, plus, minus, self._first)
        return self._tracks[key]

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
        by_key = dict(self._states())
        for key, state in by_key.items():
            self._storable(key, state, now)
            self._future(key, state, now)
        system = f"{self.stage.plant.key}_"
        mine = {key.removeprefix(system): state for key, state in by_key.items() if key.startswith(system)}
        for key, meaning in MEANINGS.items():
            state = mine.get(key)
            value = _number(state)
            if value is None:
                self._withheld(key, meaning, state, now)
                continue
            self._seen_of(key).unknown_since = None
            match meaning.part:
                case "power":
                    self._power(key, meaning, value, now)
                case "today":
                    self._today(key, meaning, value * 1000, now)
                case _:
                    self._lifetime(key, meaning, value * 1000, now)
        for key, state in by_key.items():
            if not key.startswith(system):
                self._device(key, state, now)

    def _states(self) -> Iterator[tuple[str, State]]:
        for entry in er.async_get(self.hass).entities.get_entries_for_config_entry_id(self.entry.entry_id):
            if (state := self.hass.states.get(entry.entity_id)) is not None:
                yield entry.unique_id, state

    def _seen_of(self, key: str) -> Seen:
        return self._seen.setdefault(key, Seen())

    # Laws 10 and 8: what can be stored, and when it was.

    def _storable(self, key: str, state: State, now: datetime) -> None:
        text = state.state
        if len(text) > 255 or not text.isprintable():
            self.found.add(10, key, "state that cannot be stored", now, seen=repr(text))
        try:
            text.encode()
            json.dumps(dict(state.attributes), cls=JSONEncoder, allow_nan=False).encode()
        except (ValueError, TypeError) as err:
            self.found.add(10, key, "attributes that cannot be stored", now, seen=err)
        if text.lower() in {"nan", "inf", "-inf", "infinity"}:
            self.found.add(10, key, "no number", now, seen=text)

    def _future(self, key: str, state: State, now: datetime) -> None:
        if state.attributes.get("device_class") != "timestamp" or state.state in UNKNOWN:
            return
        if key.endswith("resets_at"):
            return
        moment = datetime.fromisoformat(state.state)
        if moment > now + (5 * MINUTE if key.endswith("measured_at") else DAY):
            self.found.add(8, key, "lies in the future", now, seen=state.state)
        if moment < datetime(2000, 1, 1, tzinfo=UTC):
            self.found.add(8, key, "lies before there was any", now, seen=state.state)

    # Laws 1 and 12: what is known is shown, what is withheld has a reason.

    def _withheld(self, key: str, meaning: Meaning, state: State | None, now: datetime) -> None:
        needed = {meaning.plus} | ({meaning.minus} if meaning.minus else set())
        seen = self._seen_of(key)
        if not needed <= self.flows or self._is_silent(now):
            seen.unknown_since = None
            return
        if seen.unknown_since is None:
            seen.unknown_since = now
        waited = now - seen.unknown_since
        bound = self.readings.bound(meaning.plus, now)
        excused = any(self.stage.is_excused(flow, meaning.part, now) for flow in needed)  # type: ignore[arg-type]
        if waited > bound and not excused:
            self.found.add(
                1, key, "withheld although told", now, seen=None if state is None else state.state, right="known"
            )
        if excused and waited > bound and state is not None and state.state == "unknown":
            if self.readings.count(meaning.plus, seen.unknown_since) < 2:
                return
            if not state.attributes.get("reason") and not self._is_logged(seen.unknown_since - 6 * HOUR):
                self.found.add(12, key, "withheld without a reason", now, seen="unknown", right="a reason")

    def _is_silent(self, now: datetime) -> bool:
        """Tell whether nothing can be read, or could not until a moment ago."""
        return any(since <= now < until + 3 * HOUR for since, until in self.stage.silent)

    def _is_logged(self, since: datetime) -> bool:
        return any(record[0] >= since for record in self.warnings)

    @property
    def warnings(self) -> list[tuple[datetime, str]]:
        """The warnings of the integration: when, what."""
        return self._watch.warnings

    def watch(self, watch: LogWatch) -> None:
        self._watch = watch

    # Laws 1, 2, 3: powers.

    def _newest(self, now: datetime) -> int:
        return slot_of(now)

    def _power(self, key: str, meaning: Meaning, watts: float, now: datetime) -> None:
        self._physical(key, meaning, watts, now)
        if meaning.plus in self.stage.any_value:
            return
        seen = self._seen_of(key)
        track = self.track(meaning.plus, meaning.minus)
        newest = self._newest(now)
        changed = seen.value != watts
        first = max(newest - REACH, self._first)
        ends = ends_of_power(track, watts, first, newest, all_of_them=changed)
        if self._is_overtold(meaning, now):
            return
        if not ends:
            self.found.add(1, key, "no interval has this power", now, seen=watts, right=self._around(track, newest))
            return
        if changed:
            if seen.oldest is not None and ends[0] < seen.oldest:
                self.found.add(2, key, "older than what was shown before", now, seen=f"{watts} of {slot_time(ends[0])}")
            seen.oldest = max(seen.oldest or 0, ends[-1])
            seen.value = watts
        if age(ends[0], now) > self.readings.bound(meaning.plus, now) and not self._is_silent(now):
            self.found.add(
                2, key, "too old", now, seen=f"{watts} of {slot_time(ends[0]):%d %H:%M}", right="unknown or newer"
            )

    def _is_overtold(self, meaning: Meaning, now: datetime) -> bool:
        return any(
            flow in {meaning.plus, meaning.minus} and since <= now < since + 3 * HOUR
            for flow, _, since in self.stage.overtold
        )

    def _around(self, track: Track, newest: int) -> str:
        return ", ".join(str(round((track.until(end) - track.until(end - 3)) * 4)) for end in range(newest, newest - 9, -3))

    def _physical(self, key: str, meaning: Meaning, watts: float, now: datetime) -> None:
        size = self.stage.plant.size_w(now)
        most = 1.5 * size if meaning.plus == "production" else max(100_000, 10 * size)
        signed = meaning.minus is not None
        if abs(watts) > most or (watts < 0 and not signed):
            self.found.add(3, key, "impossible", now, seen=watts, right=f"at most {most:.0f}")

    # Laws 1 to 4: energies.

    def _slack(self, meaning: Meaning, now: datetime) -> Slack:
        slack = Slack()
        slack.more = sum(wh for flow, wh, since in self.stage.overtold if flow == meaning.plus and since <= now)
        spans = [*self.stage.lost, *([self.stage.late] if self.stage.late else [])]
        for flows, start, end in spans:
            if meaning.plus in flows:
                slack.lose(self.track(meaning.plus), start, end)
        return slack

    def _today(self, key: str, meaning: Meaning, energy_wh: float, now: datetime) -> None:
        plant = self.stage.plant
        start, _ = plant.day_slots(plant.local_day(now))
        newest = max(self._newest(now), start)
        track = self.track(meaning.plus)
        if energy_wh < 0:
            self.found.add(3, key, "below zero", now, seen=energy_wh)
        if meaning.plus in self.stage.any_value:
            return
        slack = self._slack(meaning, now)
        ends = ends_of_energy(track, start, energy_wh, start, newest, slack)
        most = track.until(newest) - track.until(start)
        if not ends:
            law = 3 if energy_wh > most + slack.more + 1 else 1
            why = "more than there was" if law == 3 else "at no time of the day"
            self.found.add(law, key, why, now, seen=round(energy_wh, 2), right=f"up to {most:.1f}")
            return
        if age(ends[-1], now) > self.readings.bound(meaning.plus, now) and not self._is_lenient(meaning, now):
            self.found.add(
                2, key, "too old", now, seen=f"{energy_wh:.1f} of {slot_time(ends[-1]):%d %H:%M}", right=f"{most:.1f}"
            )
        seen = self._seen_of(key)
        if seen.value is not None and energy_wh < seen.value - 0.5 and seen.oldest is not None and seen.oldest >= start:
            self.found.add(4, key, "fell within a day", now, seen=energy_wh, right=seen.value)
        seen.value, seen.oldest = energy_wh, ends[0]

    def _is_lenient(self, meaning: Meaning, now: datetime) -> bool:
        return self._is_silent(now) or self.stage.is_excused(meaning.plus, meaning.part, now)  # type: ignore[arg-type]

    def _lifetime(self, key: str, meaning: Meaning, energy_wh: float, now: datetime) -> None:
        seen = self._seen_of(key)
        track = self.track(meaning.plus)
        newest = self._newest(now)
        if seen.value is not None and energy_wh < seen.value - 0.5:
            self.found.add(4, key, "fell", now, seen=energy_wh, right=seen.value)
        counted = track.until(newest)
        if meaning.plus not in self.stage.any_value | self.stage.relative_lifetime:
            slack = self._slack(meaning, now)
            ends = ends_of_energy(track, self._first, energy_wh, self._first, newest, slack)
            if not ends:
                law, why = (4, "more than there was") if energy_wh > counted + slack.more else (4, "at no time")
                self.found.add(law, key, why, now, seen=round(energy_wh, 1), right=round(counted, 1))
        elif seen.value is not None and meaning.plus in self.stage.relative_lifetime:
            allowed = counted - track.until(max(self._first, newest - REACH))
            if energy_wh - seen.value > allowed + 1:
                self.found.add(4, key, "jumped", now, seen=energy_wh - seen.value, right=allowed)
        if seen.value is None or energy_wh > seen.value + 0.5 or seen.changed_at is None:
            seen.changed_at, seen.changed_value = now, counted
        elif now - seen.changed_at > DAY and not self._is_lenient(meaning, now):
            due = track.until(slot_of(now - DAY)) - seen.changed_value
            if due > 100:
                self.found.add(4, key, "stands still", now, seen=round(energy_wh), right=f"+{due:.0f} a day ago")
        seen.value = energy_wh

    # Devices.

    def _device(self, key: str, state: State, now: datetime) -> None:
        value = _number(state)
        if value is None:
            return
        if key.endswith("_lifetime"):
            last, _ = self._lifetimes.get(key, (value, now))
            if value < last - 0.0005:
                self.found.add(4, key, "fell", now, seen=value, right=last)
            if value - last > 3 * self.stage.plant.size_w(now) / 1000 * 24:
                self.found.add(4, key, "jumped", now, seen=value, right=last)
            self._lifetimes[key] = (value, now)
        unit = state.attributes.get("unit_of_measurement")
        if key.endswith("_today") and (value < 0 or value > 24 * 100):
            self.found.add(3, key, "impossible", now, seen=value)
        if state.attributes.get("device_class") == "battery" and not -0.01 <= value <= 100.01:
            self.found.add(3, key, "impossible", now, seen=value)
        if unit == "W" and abs(value) > max(100_000, 10 * self.stage.plant.size_w(now)):
            self.found.add(3, key, "impossible", now, seen=value)

    # Laws 9, 11 and 12 at the end.

    def _is_owner_told(self) -> bool:
        issues = ir.async_get(self.hass).issues
        if any(domain == DOMAIN and issue.active for (domain, _), issue in issues.items()):
            return True
        return any(
            flow["context"].get("source") == "reauth"
            for flow in self.hass.config_entries.flow.async_progress_by_handler(DOMAIN)
        )

    def close(self) -> None:
        """Judge what only the whole run shows, but for the statistics."""
        now = datetime.now(UTC)
        for until in self.stage.to_be_told:
            if not any(self.stage.begin < at <= until for at in self._owner_told):
                self.found.add(12, "owner", "was not told", now, right=f"by {until:%d %H:%M}")
        self._watch.judge(self.found, now)
        self._storms(now)
        for pattern, share in self.stage.shares:
            self._share(pattern, share, now)

    def _share(self, pattern: str, share: float, now: datetime) -> None:
        from fnmatch import fnmatchcase

        later = [one for one in self.readings.requests if one.time > self.stage.begin + 2 * HOUR]
        of_them = sum(fnmatchcase(one.path, pattern) for one in later)
        if later and of_them / len(later) > share:
            self.found.add(9, pattern, "requests for next to nothing", now, seen=f"{of_them} of {len(later)}", right=share)

    def _storms(self, now: datetime) -> None:
        times = [request.time for request in self.readings.requests if request.time > self.stage.begin + HOUR]
        for first, last in zip(times, times[40:], strict=False):
            if last - first < HOUR:
                self.found.add(11, "requests", "more than 40 in an hour", first)
        failed: dict[tuple[str, str, str], int] = {}
        for moment, path, query in self.stage.simulator.disturbances.refusals:
            key = (path, str(sorted(query.items())), f"{moment:%d}")
            failed[key] = failed.get(key, 0) + 1
            if failed[key] == 13:
                self.found.add(9, path.rpartition("/")[2], "the same refused 13 times on a day", moment, seen=key[1])


class LogWatch(logging.Handler):
    """What is logged meanwhile."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.warnings: list[tuple[datetime, str]] = []
        self.broken: list[tuple[datetime, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        now = datetime.now(UTC)
        ours = "solar_cloud" in record.name or "solar_cloud" in record.getMessage()
        if ours and record.levelno >= logging.WARNING:
            self.warnings.append((now, record.getMessage()))
        if record.exc_info or (ours and record.levelno >= logging.ERROR) or "Traceback" in record.getMessage():
            text = record.getMessage()
            if record.exc_info and record.exc_info[1] is not None:
                text = f"{text[:80]} {type(record.exc_info[1]).__name__}: {record.exc_info[1]}"
            self.broken.append((now, text))

    def judge(self, found: Violations, now: datetime) -> None:
        for at, text in self.broken:
            found.add(11, "log", "an error in the log", at, seen=text)
        counts: dict[tuple[str, str], int] = {}
        for at, text in self.warnings:
            key = (text, f"{at:%d}")
            counts[key] = counts.get(key, 0) + 1
            if counts[key] == 13:
                found.add(12, "log", "the same warning 13 times on a day", at, seen=text)


def _number(state: State | None) -> float | None:
    if state is None or state.state in UNKNOWN:
        return None
    try:
        return float(state.state)
    except ValueError:
        return None


__all__ = ["LAG", "Judge", "LogWatch"]


type JsonObject = dict[str, Any]
