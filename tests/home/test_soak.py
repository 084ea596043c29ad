"""A month of a whole Home Assistant with both clouds, faults, restarts and an outage; judged by what the clouds saw.

Time is frozen and leaps from one timer of Home Assistant to the next; the requests go over real HTTP to the simulator,
which enforces the same plans.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import pairwise
import random
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.util.async_ import get_scheduled_timer_handles
import pytest

from custom_components.solar_cloud.cloud.account import Account
from custom_components.solar_cloud.const import DOMAIN
from simulator import Request
from simulator.ready import ENPHASE_API_KEY, SOLAREDGE_API_KEY

from .conftest import Cloud, enphase_input, solaredge_input, state_of
from .life import add_custom_account, life, now

START = datetime(2026, 5, 31, 22, 30, 40, tzinfo=UTC)
OUTAGE = datetime(2026, 6, 14, 5, 0, tzinfo=UTC), datetime(2026, 6, 16, 5, 0, tzinfo=UTC)
FAULTS_END = datetime(2026, 6, 30, 12, 0, tzinfo=UTC)
END = datetime(2026, 7, 1, 20, 0, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)

PER_MINUTE = 10
PER_MONTH = {ENPHASE_API_KEY: 1_000, SOLAREDGE_API_KEY: 2_000}
VENDOR = {ENPHASE_API_KEY: "enphase", SOLAREDGE_API_KEY: "solaredge"}
SYSTEMS = ("enphase_67", "enphase_72", "solaredge_1148616", "solaredge_222881711")

FAULTS = 0.002
"""How likely a fault is planted at a timer: about one request in sixty meets one."""
BROKEN: tuple[dict[str, Any], ...] = (
    {"status": 500, "body": {"errorCode": 7, "errorMessages": ["Data temporarily unavailable."]}},
    {"status": 503, "body": ""},
    {"status": 502, "body": "<html><h1>Bad gateway</h1></html>"},
    {"drop": True},
    {"truncate": True},
    {"truncate": True, "drop": True},
    {"delay": 45},
)
THROTTLED: Mapping[str, dict[str, Any]] = {
    ENPHASE_API_KEY: {"status": 409, "body": {"reason": "409", "message": ["x"], "period": "minute", "limit": 10}},
    SOLAREDGE_API_KEY: {"status": 429, "body": {"status": 429}, "headers": {"retry-after": "37"}},
}


class Watched(Account):
    """An account that tells how many requests are under way, and lets a wait pass only when the test lets time pass."""

    open = 0
    waiting = 0

    @asynccontextmanager
    async def request(self, **options: Any) -> AsyncGenerator[None]:
        async with super().request(**options):
            Watched.open += 1
            try:
                yield
            finally:
                Watched.open -= 1

    @staticmethod
    async def wait(seconds: float) -> None:
        Watched.waiting += 1
        try:
            await asyncio.sleep(seconds)
        finally:
            Watched.waiting -= 1


@pytest.fixture(autouse=True)
def watched(waiting_passes_frozen_time: None) -> Iterator[None]:
    Watched.open = Watched.waiting = 0
    with (
        patch("custom_components.solar_cloud.account.metered.Account", partial(Watched, sleep=Watched.wait)),
        # Writing thousands of readings after each of thousands of requests would take a third of the time.
        patch("custom_components.solar_cloud.system.storage.SAVE_DELAY", 6 * 3600),
    ):
        yield


class Soak:
    """Time, faults, and what was seen of both."""

    def __init__(self, cloud: Cloud, freezer: FrozenDateTimeFactory, seed: int) -> None:
        self.cloud = cloud
        self.chance = random.Random(seed)
        self.faulty: set[int] = set()
        """Positions in the simulator's log of the requests that a fault of this test met."""
        self.faults = 0
        self._freezer = freezer
        self._planted: dict[str, tuple[int, dict[str, Any]]] = {}
        self._lifetime = dict.fromkeys(SYSTEMS, 0)

    @property
    def log(self) -> list[Request]:
        """Return the clouds' log: a copy, so do not ask for it in a loop."""
        return self.cloud.simulator.requests

    async def run(self, hass: HomeAssistant, until: datetime) -> None:
        """Let time pass, from one timer to the next, with all that each sets off."""
        while (due := self._next_timer(hass)) < until.timestamp():
            self._freezer.tick(max(due - hass.loop.time(), 0.001))
            await self.work(hass)
            self.plant()
        if now() < until:
            self._freezer.move_to(until)
            await self.work(hass)
        self.look(hass)

    def _next_timer(self, hass: HomeAssistant) -> float:
        """Return when the next timer of Home Assistant fires; in frozen time the loop's clock is the UTC timestamp."""
        return min(
            (
                handle.when()
                for handle in get_scheduled_timer_handles(hass.loop)
                if not handle.cancelled()
                and str(getattr(handle._callback, "__module__", "")).startswith(("homeassistant", "custom_components"))
            ),
            default=float("inf"),
        )

    async def work(self, hass: HomeAssistant) -> None:
        """Do what is due, all of it."""
        await self.drive(hass.async_block_till_done(wait_background_tasks=True))

    async def drive[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Return what some work returns; time stands still meanwhile, unless everything waits for it."""
        done = asyncio.get_running_loop().create_task(work)
        idle = 0
        while not done.done():
            await asyncio.sleep(0)
            hanging = self._hanging()
            idle = idle + 1 if (hanging or (Watched.waiting and not Watched.open)) else 0
            if idle > 20:
                self._freezer.tick(1)
                idle = 0
        self._collect()
        return await done

    def _hanging(self) -> bool:
        """Tell whether a request is under way that is answered too late."""
        if not Watched.open or not any("delay" in fault for _, fault in self._planted.values()):
            return False
        log = self.log
        return any(
            "delay" in fault and (met := met_by(log, key, position)) is not None and log[met].status == 0
            for key, (position, fault) in self._planted.items()
        )

    # Faults

    def plant(self) -> None:
        """Let one of the next requests fail, now and then."""
        if now() >= FAULTS_END or OUTAGE[0] - DAY / 24 <= now() < OUTAGE[1]:
            return
        for key in PER_MONTH:
            if key not in self._planted and self.chance.random() < FAULTS:
                fault = self.chance.choice((*BROKEN, THROTTLED[key]))
                self._planted[key] = len(self.log), fault
                self.cloud.simulator.fail(f"/{VENDOR[key]}/*", **fault)

    def _collect(self) -> None:
        """Note which requests the planted faults met."""
        if not self._planted:
            return
        log = self.log
        for key, (position, _) in list(self._planted.items()):
            if (met := met_by(log, key, position)) is not None:
                self.faulty.add(met)
                self.faults += 1
                del self._planted[key]

    async def outage(self, hass: HomeAssistant) -> None:
        """Take both clouds away for two days: first nobody answers, then a gateway does."""
        begin = len(self.log)
        self.cloud.simulator.clear_faults()
        self._planted.clear()
        self.cloud.simulator.fail(drop=True, times=None)
        await self.run(hass, OUTAGE[0] + DAY)
        self.cloud.simulator.clear_faults()
        self.cloud.simulator.fail(status=503, body="<html>Maintenance</html>", times=None)
        await self.run(hass, OUTAGE[1])
        self.cloud.simulator.clear_faults()
        self.faulty |= set(range(begin, len(self.log)))

    # What must be so at any time

    def look(self, hass: HomeAssistant) -> None:
        """Assert that no request was lost, and that no lifetime counter fell or ran ahead of its plant."""
        for entry in hass.config_entries.async_entries(DOMAIN):
            assert entry.state is ConfigEntryState.LOADED
            self.check_ledger(entry)
        for key in SYSTEMS:
            state = state_of(hass, f"{key}_energy_lifetime")
            assert state not in {None, "unknown"}, key
            if state != "unavailable":
                shown = round(float(state or 0) * 1000)
                assert self._lifetime[key] <= shown <= self.cloud.simulator.plants[key].lifetime_wh(now()), key
                self._lifetime[key] = shown

    def check_ledger(self, entry: ConfigEntry) -> None:
        key = entry.data["api_key"]
        seen = [request for request in self.sent(key) if (request.time.year, request.time.month) == month_of(now())]
        assert entry.runtime_data.metered.ledger.used(now()) == len(seen)

    def sent(self, key: str) -> list[Request]:
        return [request for request in self.log if request.credential == key]


def met_by(log: list[Request], key: str, position: int) -> int | None:
    """Return where in the log the first request with a key stands, from a position on."""
    return next((at for at in range(position, len(log)) if log[at].credential == key), None)


def month_of(moment: datetime) -> tuple[int, int]:
    return moment.year, moment.month


@pytest.mark.slow("a month of a whole Home Assistant with all accounts", longest=True)
async def test_a_month_in_which_everything_goes_wrong_exceeds_no_plan_and_misses_no_day(
    cloud: Cloud,
    freezer: FrozenDateTimeFactory,
    hass_storage: dict[str, Any],
    hass_config_dir: str,
    caplog: pytest.LogCaptureFixture,
    record_property: Any,
) -> None:
    # The plugin's debug mode looks at the stack whenever something is scheduled, which would take half of the time.
    asyncio.get_running_loop().set_debug(False)
    freezer.move_to(START)
    cloud.simulator.set_limits("enphase", per_minute=PER_MINUTE, per_month=PER_MONTH[ENPHASE_API_KEY])
    cloud.simulator.set_limits("solaredge", per_minute=PER_MINUTE, per_month=PER_MONTH[SOLAREDGE_API_KEY])
    soak = Soak(cloud, freezer, seed=3)
    begun = False
    for stop in stops(soak.chance):
        async with life(hass_config_dir, settled=False) as hass:
            if not begun:
                await set_up(hass, soak)
                begun = True
            await soak.work(hass)
            for moment in (*checkpoints(now(), stop), stop):
                if moment == OUTAGE[0]:
                    await soak.run(hass, moment)
                    await soak.outage(hass)
                elif now() < moment:
                    await soak.run(hass, moment)
                    await maybe_reload(hass, soak)
            if stop == END:
                check_the_end(hass, soak)
        freezer.tick(soak.chance.choice((20, 300, 9_000)))
    check_limits(soak)
    check_outage(soak)
    check_days(soak)
    for record in caplog.records:
        assert record.exc_info is None, record.getMessage()
        assert "Traceback" not in record.getMessage()
    assert soak.faults > 10
    for key, limit in PER_MONTH.items():
        june = sum(month_of(request.time) == (2026, 6) for request in soak.sent(key))
        record_property(f"{VENDOR[key]}, of the plan in June", f"{june / limit:.0%}")


async def set_up(hass: HomeAssistant, soak: Soak) -> None:
    """Add both accounts as a user does; what waits for a slot in the minute waits."""
    enphase, solaredge = enphase_input(soak.cloud), solaredge_input(soak.cloud)
    await soak.drive(add_custom_account(hass, "enphase_v2", enphase, per_month=PER_MONTH[ENPHASE_API_KEY]))
    await soak.drive(add_custom_account(hass, "solaredge_key", solaredge, per_month=PER_MONTH[SOLAREDGE_API_KEY]))


def stops(chance: random.Random) -> list[datetime]:
    """Return when Home Assistant is stopped: every few days, once over the turn of a month, never in the outage."""
    moments = [datetime(2026, 5, 31, 23, 50, tzinfo=UTC), END]
    while len(moments) < 7:
        moment = START + chance.uniform(1.2, 30) * DAY
        if all(abs(moment - other) > DAY for other in (*moments, *OUTAGE)) and not OUTAGE[0] < moment < OUTAGE[1]:
            moments.append(moment)
    return sorted(moments)


def checkpoints(begin: datetime, end: datetime) -> Iterator[datetime]:
    """Yield the instants between two at which everything is looked at: twice a day, and where a month ends."""
    moment = begin.replace(hour=11, minute=59, second=59)
    marks = [moment + n * DAY / 2 for n in range(80)]
    last = begin
    for mark in sorted([*marks, OUTAGE[0]]):
        if last < mark < end and not OUTAGE[0] < mark < OUTAGE[1]:
            yield mark
            last = mark


async def maybe_reload(hass: HomeAssistant, soak: Soak) -> None:
    """Reload an account now and then."""
    for entry in hass.config_entries.async_entries(DOMAIN):
        if soak.chance.random() < 0.1:
            assert await soak.drive(hass.config_entries.async_reload(entry.entry_id))
            await soak.work(hass)


def check_limits(soak: Soak) -> None:
    """Assert on the clouds' own log that no limit was exceeded, and that no cloud had to say so."""
    refused = {at for at, request in enumerate(soak.log) if request.status in {401, 403, 409, 429}}
    assert refused <= soak.faulty
    for key, per_month in PER_MONTH.items():
        times = [request.time for request in soak.sent(key)]
        assert all(earlier <= later for earlier, later in pairwise(times))
        assert max(Counter(int(time.timestamp() // 60) for time in times).values()) <= PER_MINUTE
        share = PER_MINUTE * 8 // 10
        assert all(later - earlier >= MINUTE for earlier, later in zip(times, times[share:], strict=False))
        months = Counter(month_of(time) for time in times)
        assert set(months) == {(2026, 5), (2026, 6), (2026, 7)}
        assert max(months.values()) <= per_month * 95 // 100
        # Whoever sends nothing exceeds nothing.
        assert months[2026, 6] > per_month / 2
    assert {request.credential for request in soak.log} == set(PER_MONTH)


def check_outage(soak: Soak) -> None:
    """Assert that two days in which nothing could be read cost about what two good days cost."""
    begin, end = OUTAGE
    for key in PER_MONTH:
        times = [request.time for request in soak.sent(key)]
        before = sum(begin - (end - begin) <= time < begin for time in times)
        assert 0 < sum(begin <= time < end for time in times) <= before * 3 / 2


def check_days(soak: Soak) -> None:
    """Assert that every system was read on every one of its days, but those of the outage."""
    for key in SYSTEMS:
        plant = soak.cloud.simulator.plants[key]
        read: set[date] = {
            request.time.astimezone(plant.zone).date()
            for at, request in enumerate(soak.log)
            if at not in soak.faulty and request.status == 200 and f"/{plant.id}/" in request.path
        }
        first, last = (moment.astimezone(plant.zone).date() for moment in (START, END))
        dark = {(OUTAGE[0] + n * DAY).astimezone(plant.zone).date() for n in range(3)}
        days = {first + n * DAY for n in range((last - first).days + 1)}
        assert days - read <= dark, key


def check_the_end(hass: HomeAssistant, soak: Soak) -> None:
    """Assert that the energy is the plants' own to the Wh, as if nothing had happened."""
    for key in SYSTEMS:
        measured_at = datetime.fromisoformat(state_of(hass, f"{key}_measured_at") or "")
        assert END - measured_at < timedelta(hours=12), key
        shown = round(float(state_of(hass, f"{key}_energy_lifetime") or 0) * 1000)
        # Rows carry a lifetime on while the power is read less often.
        as_of = lifetime_end(hass, key)
        assert as_of >= measured_at, key
        assert shown == soak.cloud.simulator.plants[key].lifetime_wh(as_of), key


def lifetime_end(hass: HomeAssistant, key: str) -> datetime:
    """Return up to when the lifetime of a system counts."""
    coordinators = [
        one for entry in hass.config_entries.async_entries(DOMAIN) for one in entry.runtime_data.coordinators.values()
    ]
    end = next(one.data.lifetime.as_of for one in coordinators if one.system.key == key)
    assert end is not None
    return end
