# ruff: noqa: E402 - the repository has to be importable first
"""What diagnostics cost: `python benchmarks/diagnostics.py` prints seconds for 100 systems of 30 inverters.

The systems are added to a Home Assistant and read from a simulated cloud first. The longest step is processor time of
the event loop's thread; everything else is done in another one. `--systems N` takes fewer systems.
"""

import argparse
import asyncio
import json
from pathlib import Path
import sys
from tempfile import TemporaryDirectory
from time import perf_counter

sys.path[0] = str(Path(__file__).parents[1])  # not this folder: its requests.py would hide a library

from homeassistant.helpers.json import ExtendedJSONEncoder

from benchmarks.scale_lib.loop import LoopMeter
from benchmarks.scale_lib.ours import Ours
from benchmarks.scale_lib.world import Time, async_import, async_quiet, home_assistant
from custom_components.solar_cloud.const import DOMAIN
from custom_components.solar_cloud.diagnostics import async_get_config_entry_diagnostics

INVERTERS, NOON = 30, 19


async def main(systems: int) -> None:
    """Print the table."""
    meter = LoopMeter()
    with TemporaryDirectory() as folder:
        async with home_assistant(folder) as hass:
            ours = Ours(hass, "enphase", systems, INVERTERS, Time(NOON))
            await async_import(hass, ours.domain)
            await ours.prepare()
            await ours.set_up()
            await async_quiet()
            size, found = 0, 0
            with meter.window() as window:
                begin = perf_counter()
                for entry in hass.config_entries.async_entries(DOMAIN):
                    told = await async_get_config_entry_diagnostics(hass, entry)
                    found += len(told["systems"])
                    size += len(await asyncio.to_thread(json.dumps, told, cls=ExtendedJSONEncoder))
                took = perf_counter() - begin
                await asyncio.sleep(0)
            await ours.unload()
            await ours.close()
    print(f"{'systems':>8}{'inverters':>11}{'KiB':>8}{'total, s':>10}{'longest step, ms':>18}")
    print(f"{found:8}{INVERTERS:11}{size // 1024:8}{took:10.2f}{window.longest * 1000:18.1f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--systems", type=int, default=100)
    asyncio.run(main(parser.parse_args().systems))
