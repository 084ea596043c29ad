"""Measures one candidate in a process of its own and prints the figures as JSON; scale.py runs it."""

import argparse
import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
import cProfile
from dataclasses import asdict
import json
import logging
from pathlib import Path
from pstats import Stats
import sys
from tempfile import TemporaryDirectory
from unittest.mock import patch

# isort: split
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.entity import Entity

from .candidate import Candidate
from .figures import Figures, Refresh
from .floor import Floor, Noted, noting
from .loop import LoopMeter
from .ours import Ours
from .world import Time, async_import, async_quiet, fill_registries, home_assistant, resident_bytes

NOON = {"enphase": 19, "solaredge": 11}
"""UTC, at the simulated systems."""
CANDIDATES = (*NOON, "enphase_envoy")
PROFILED = 60
"""Functions of ours in a profile that is printed."""


def candidate_of(hass: HomeAssistant, options: argparse.Namespace) -> Candidate:
    """Return the candidate of that name."""
    if options.candidate in NOON:
        time = Time(NOON[options.candidate])
        return Ours(hass, options.candidate, options.systems, options.inverters, time)
    from .envoy import HomeAssistantsEnvoys  # needs a library that not everybody has

    return HomeAssistantsEnvoys(hass, options.systems, options.inverters)


async def measure(options: argparse.Namespace, meter: LoopMeter, folder: str) -> Figures:
    """Set up, let live, refresh, set up again."""
    async with home_assistant(folder) as hass:
        candidate = candidate_of(hass, options)
        await async_import(hass, candidate.domain)
        await candidate.prepare()
        await async_quiet()
        before = resident_bytes()
        with meter.window() as set_up, profiled(options, "set_up"):
            await candidate.set_up()
            await async_quiet()
        fill_registries(hass)
        fresh = resident_bytes()
        for leap in candidate.life:
            await candidate.leap(leap)
            for system in candidate.systems():
                await candidate.refresh(system)
        with profiled(options, "refreshes"):
            refreshes, noted = await _refreshes(candidate, meter, options)
        fill_registries(hass)
        grown = resident_bytes()
        await _add_floor(hass, meter, refreshes, noted)
        entities = len(hass.states.async_entity_ids())
        await candidate.unload()
        await async_quiet()
        with meter.window() as again, profiled(options, "again"):
            await candidate.set_up_again()
            await async_quiet()
        figures = Figures(
            systems=options.systems,
            entities=entities,
            registered=len(er.async_get(hass).entities),
            devices=len(dr.async_get(hass).devices),
            set_up=set_up,
            again=again,
            refreshes=refreshes,
            memory_fresh=fresh - before,
            memory=grown - before,
            stored=_stored(folder, candidate.domain),
        )
        await candidate.close()
    return figures


async def _refreshes(
    candidate: Candidate, meter: LoopMeter, options: argparse.Namespace
) -> tuple[list[Refresh], list[Noted]]:
    refreshes: list[Refresh] = []
    everything: list[Noted] = []
    for _ in range(options.rounds):
        await candidate.leap(candidate.step)
        for system in candidate.systems():
            await async_quiet()
            with noting(candidate.hass) as noted, meter.window() as window:
                requests = await candidate.refresh(system)
                await async_quiet()
            refreshes.append(Refresh(requests=requests, changed=len(noted.changed), loop=window))
            everything.append(noted)
    return refreshes, everything


async def _add_floor(hass: HomeAssistant, meter: LoopMeter, refreshes: list[Refresh], noted: list[Noted]) -> None:
    """Measure what the refreshes would have taken at least; of one that asked nothing over HTTP nobody knows."""
    async with Floor(hass, meter) as floor:
        for refresh, one in zip(refreshes, noted, strict=True):
            if one.asked:
                refresh.floor = await floor.measure(one)
        for one in noted:
            floor.forget(one)


@contextmanager
def profiled(options: argparse.Namespace, part: str) -> Iterator[None]:
    """Write a profile of a block, where one is asked for; the figures of such a run are no good.

    That of the refreshes is printed, too: the callbacks of the event loop, and what they call, with most time first.
    """
    if options.profile is None:
        yield
        return
    with cProfile.Profile() as profile:
        yield
    options.profile.mkdir(parents=True, exist_ok=True)
    profile.dump_stats(options.profile / f"{options.candidate}-{part}.prof")
    if part == "refreshes":
        print(f"\n{options.candidate}, {options.systems} systems of {options.inverters} inverters", file=sys.stderr)
        Stats(profile, stream=sys.stderr).sort_stats("cumulative").print_stats("solar_cloud", PROFILED)


def _stored(folder: str, domain: str) -> int:
    """Return the size of the files that hold the systems' data."""
    return sum(path.stat().st_size for path in Path(folder).glob(f".storage/{domain}.system.*"))


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("candidate", choices=CANDIDATES)
    parser.add_argument("--systems", type=int, required=True)
    parser.add_argument("--inverters", type=int, required=True)
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("--all", action="store_true", help="enable every entity")
    parser.add_argument("--profile", type=Path, metavar="FOLDER", help="write profiles of every part there")
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    meter = LoopMeter()
    meter.time_writing()
    if options.all:
        patch.object(Entity, "entity_registry_enabled_default", property(lambda _: True)).start()
    with TemporaryDirectory() as folder:
        figures = asyncio.run(measure(options, meter, folder))
    print(json.dumps(asdict(figures)))


if __name__ == "__main__":
    main()
