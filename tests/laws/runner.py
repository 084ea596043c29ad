"""Plays a scenario in a whole Home Assistant, with the judge looking on."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
import logging
from typing import Literal

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.solar_cloud.account.grants import GRANTS
from simulator import Request
from simulator.plant.plant import Plant
from simulator.ready import ENPHASE_USER_ID, ENPHASE_V4_OWNER, SOLAREDGE_API_KEY, SOLAREDGE_BATTERY_OWNER
from simulator.scenarios import FLOW_NAMES, CloudKind, FlowName, Scenario, Stage, Truth

from ..home.conftest import Cloud, add_account, enphase_input, settle, solaredge_input
from ..home.consents import add_site
from ..home.sign_in import signed_in
from .books import judge_books
from .judge import Judge
from .logs import LogWatch
from .young import make_young

type Variant = Literal["start", "restart", "outage"]
VARIANTS: tuple[Variant, ...] = ("start", "restart", "outage")

BEGIN = datetime(2026, 6, 10, 5, 2, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SHORTEST, LONGEST = timedelta(minutes=20), timedelta(minutes=45)
SYSTEMS: dict[CloudKind, str] = {
    "enphase_v2": "enphase_72",
    "enphase_v4": "enphase_4200003",
    "solaredge_key": "solaredge_1148616",
    "solaredge_oauth": "solaredge_1148616",
}
OWNER = "Sam Judge"


def flows_of(plant: Plant, cloud: CloudKind) -> frozenset[FlowName]:
    """Return the flows that a cloud tells of a plant, or that follow from them."""
    flows: set[FlowName] = {"production"}
    if cloud == "enphase_v2":
        # It tells nothing of the grid, and of consumption only to some late accounts: nobody is promised either.
        return frozenset(flows)
    if plant.consumption_meter is not None or plant.grid_meter is not None:
        flows |= {"consumption", "grid_import", "grid_export"}
    if plant.storage is not None:
        flows |= {"battery_charge", "battery_discharge"}
    return frozenset(flow for flow in FLOW_NAMES if flow in flows)


def booked_of(plant: Plant, cloud: CloudKind) -> frozenset[FlowName]:
    """Return the flows that something measures: those that statistics are made of."""
    meter = plant.consumption_meter
    measured = (meter is not None and meter.config == "Total") or any(one.kind == "consumption" for one in plant.meters)
    if cloud == "enphase_v4":
        # Rows of consumption cost a request more each time, and follow from import and export, which are told.
        measured = False
    return flows_of(plant, cloud) - (frozenset() if measured else frozenset({"consumption"}))


class Run:
    """One scenario at one cloud in one variant."""

    def __init__(
        self,
        hass: HomeAssistant,
        cloud: Cloud,
        freezer: FrozenDateTimeFactory,
        scenario: Scenario,
        kind: CloudKind,
        variant: Variant,
    ) -> None:
        self.hass, self.cloud, self.freezer = hass, cloud, freezer
        self.scenario, self.kind, self.variant = scenario, kind, variant
        self.begin = scenario.begin or BEGIN
        self.hours = scenario.hours + (24 if variant == "outage" else 0)
        self.requests: list[Request] = []

    async def play(self) -> list[Judge]:
        """Return a judge for each system, with what it has found."""
        self.freezer.move_to(self.begin)
        plants = [self._plant()]
        if (more := self.scenario.more.get(self.kind)) is not None:
            plants.append(self.cloud.simulator.plants[more])
        stages = [self._stage(plant) for plant in plants]
        watch = LogWatch()
        logging.getLogger().addHandler(watch)
        try:
            entry = await self._account(plants)
            judges = [
                Judge(self.hass, entry, stage, flows_of(stage.plant, self.kind), watch, self.requests)
                for stage in stages
            ]
            await self._live(stages[0], judges, entry)
            for judge in judges:
                judge.close()
                if entry.state is ConfigEntryState.LOADED:
                    await judge_books(judge, booked_of(judge.stage.plant, self.kind))
        finally:
            logging.getLogger().removeHandler(watch)
        return judges

    def _stage(self, plant: Plant) -> Stage:
        make_young(plant, self.begin)
        simulator = self.cloud.simulator
        stage = Stage(simulator=simulator, plant=plant, cloud=self.kind, begin=self.begin, truth=Truth(plant))
        self.scenario.disturb(stage)
        return stage

    def _plant(self) -> Plant:
        chosen: str | Callable[[], Plant] = self.scenario.system.get(self.kind, SYSTEMS[self.kind])
        simulator = self.cloud.simulator
        if isinstance(chosen, str):
            return simulator.plants[chosen]
        reader = {
            "enphase_v2": ENPHASE_USER_ID,
            "enphase_v4": ENPHASE_V4_OWNER,
            "solaredge_key": SOLAREDGE_API_KEY,
            "solaredge_oauth": SOLAREDGE_API_KEY,
        }[self.kind]
        plant = simulator.add_plant(chosen(), reader)
        if self.kind == "solaredge_oauth":
            simulator.add_solaredge_owner(OWNER, [plant.id])
        return plant

    async def _account(self, plants: list[Plant]) -> ConfigEntry:
        systems = [str(plant.id) for plant in plants]
        match self.kind:
            case "enphase_v2":
                return await add_account(self.hass, "enphase_v2", enphase_input(self.cloud), systems)
            case "enphase_v4":
                entry = await signed_in(self.hass, self.cloud, tuple(systems))
                await self._set_up(entry)
                return entry
            case "solaredge_key":
                return await add_account(self.hass, "solaredge_key", solaredge_input(self.cloud), systems)
            case _:
                known = plants[0].key == SYSTEMS["solaredge_oauth"]
                return await add_site(self.hass, self.cloud, SOLAREDGE_BATTERY_OWNER if known else OWNER)

    async def _set_up(self, entry: ConfigEntry) -> None:
        await self.hass.config_entries.async_setup(entry.entry_id)
        await settle(self.hass)

    async def _live(self, stage: Stage, judges: list[Judge], entry: ConfigEntry) -> None:
        """Let time pass, with everything that becomes due; what happens, happens to the first system."""
        end = self.begin + timedelta(hours=self.hours)
        if self.variant == "restart":
            middle = self.begin + timedelta(hours=self.scenario.hours * 0.45)
            stage.off.append((middle, middle + timedelta(minutes=20)))
        if self.variant == "outage":
            since = self.begin + timedelta(hours=26)
            for judge in judges:
                judge.stage.silent.append((since, since + DAY))
                judge.stage.postpone(since, DAY + 3 * HOUR)
            stage.events[since] = lambda: self.cloud.simulator.fail(status=503, body="<html>", times=None)
            stage.events[since + DAY] = self.cloud.simulator.clear_faults
        for judge in judges:
            judge.stage.silent += stage.off
        self._look(judges)
        while (now := datetime.now(UTC)) < end:
            for since, until in stage.off:
                if since <= now < until:
                    await self._stay_off(stage, entry, until)
            now = datetime.now(UTC)
            target = min(now + self._step(entry), end)
            ahead = [*stage.events, *(since for since, _ in stage.off)]
            target = min(target, *(moment for moment in [*ahead, end] if moment > now))
            self.freezer.move_to(target)
            if happens := stage.events.get(target):
                happens()
            async_fire_time_changed(self.hass)
            await self.hass.async_block_till_done(wait_background_tasks=True)
            self._look(judges)

    def _look(self, judges: list[Judge]) -> None:
        self.requests += self.cloud.simulator.requests
        self.cloud.simulator.clear_requests()
        for judge in judges:
            judge.look()

    def _step(self, entry: ConfigEntry) -> timedelta:
        if entry.state is not ConfigEntryState.LOADED:
            return LONGEST
        waits = [one.update_interval or LONGEST for one in entry.runtime_data.coordinators.values()]
        wait = min(waits, default=LONGEST)
        return min(max(SHORTEST, wait), LONGEST) + timedelta(seconds=1)

    async def _stay_off(self, stage: Stage, entry: ConfigEntry, until: datetime) -> None:
        await self.hass.config_entries.async_unload(entry.entry_id)
        await self.hass.async_block_till_done(wait_background_tasks=True)
        self.hass.data.pop(GRANTS, None)
        for moment in sorted(stage.events):
            if datetime.now(UTC) < moment <= until:
                self.freezer.move_to(moment)
                stage.events[moment]()
        self.freezer.move_to(until)
        await self._set_up(entry)
