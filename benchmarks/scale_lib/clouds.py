"""A simulated cloud with many equal systems, in a process of its own, so that its work is not taken for ours.

Prints its address when it listens, and stops when its standard input is closed.
"""

import argparse
import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
import sys

from aiohttp import web

from simulator import Clock, Plant, Simulator
from simulator.accounts import encode_id
from simulator.plant.devices import Gateway
from simulator.ready import ENPHASE_API_KEY, SOLAREDGE_ACCOUNT_KEY
from simulator.systems.special import large_residence, thirty_inverter_site

HOST = "127.0.0.1"
VENDORS = ("enphase", "solaredge")
PLENTY = 1_000_000
MOST_IN_ACCOUNT = 25
"""Home Assistant has at most 10,000 enabled entities for one account."""
FIRST_ID = {"enphase": 4_000_001, "solaredge": 5_000_001}


def readers_of(vendor: str, systems: int) -> list[str]:
    """Return the user ids or API keys of the accounts that so many systems are divided among."""
    accounts = range(1, -(-systems // MOST_IN_ACCOUNT) + 1)
    return [encode_id(9000 + number) if vendor == "enphase" else f"{number:032d}" for number in accounts]


def many(vendor: str, systems: int, inverters: int) -> list[Plant]:
    """Return systems that differ in their ids and serial numbers only: they share one energy integral."""
    template = {"enphase": large_residence, "solaredge": thirty_inverter_site}[vendor]()
    return [_copy(template, number, inverters) for number in range(systems)]


def _copy(template: Plant, number: int, inverters: int) -> Plant:
    serials = {serial: _serial(serial, number) for serial in (*template.gateways, *template.inverters)}
    gateway = next(iter(template.gateways.values()))
    several = list(template.inverters.values())
    models = [several[place % len(several)] for place in range(inverters)]
    meter = template.grid_meter
    return Plant(
        template.cloud,
        FIRST_ID[template.cloud] + number,
        f"{template.name} {number + 1}",
        timezone=template.timezone,
        sky=template.sky,
        operational_at=template.operational_at,
        gateways=[Gateway(serial=serials[gateway.serial], id=FIRST_ID[template.cloud] + number)],
        inverters=[
            replace(
                model,
                serial=serials[model.serial] if place < len(several) else f"{serials[model.serial]}-{place}",
                gateway=serials[gateway.serial],
            )
            for place, model in enumerate(models)
        ],
        address=template.address,
        load=template.load,
        grid_meter=meter and replace(meter, serial=f"6{number:08d}", connected_to=serials[gateway.serial]),
    )


def _serial(serial: str, number: int) -> str:
    """Return a serial number of its own for a device of a further system, as long as the vendor's are."""
    return f"{number:04d}{serial[4:]}"


def simulator_of(vendor: str, systems: int, inverters: int, clock: Clock) -> Simulator:
    """Return a cloud with so many systems of so many inverters, and limits that nobody reaches."""
    simulator = Simulator(clock)
    simulator.set_limits("enphase", per_minute=PLENTY, per_month=PLENTY)
    simulator.set_limits("solaredge", per_minute=PLENTY, per_month=PLENTY)
    simulator.add_enphase_key(ENPHASE_API_KEY)
    readers = readers_of(vendor, systems)
    for reader in readers:
        if vendor == "enphase":
            simulator.add_enphase_user(reader)
        else:
            simulator.add_solaredge_key(reader, SOLAREDGE_ACCOUNT_KEY)
    for number, plant in enumerate(many(vendor, systems, inverters)):
        simulator.add_plant(plant, readers[number // MOST_IN_ACCOUNT])
    return simulator


async def serve(options: argparse.Namespace) -> None:
    """Serve until standard input is closed."""
    ahead = timedelta(seconds=options.ahead)
    simulator = simulator_of(
        options.vendor, options.systems, options.inverters, Clock(lambda: datetime.now(UTC) + ahead)
    )
    for plant in simulator.plants.values():
        plant.readable_by_inverter(simulator.clock.now())  # the integral is computed once, before anybody asks
    runner = web.AppRunner(simulator.app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, HOST, 0)
    await site.start()
    print(f"http://{HOST}:{runner.addresses[0][1]}", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("vendor", choices=VENDORS)
    parser.add_argument("--systems", type=int, required=True)
    parser.add_argument("--inverters", type=int, required=True)
    parser.add_argument("--ahead", type=float, required=True, help="seconds that the clock is ahead of the real time")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
