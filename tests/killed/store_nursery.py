"""Bears processes that write all four files of the integration, to be killed: what `test_stores.py` drives.

Reads one order a line (JSON) from the standard input. A life reads the files as the integration does and tells what it
found. Then it writes all of them again and again, side by side, and tells of each write when it is done. When it has
ended, the nursery writes one line (JSON): how it ended, and what it told.
The processes are forked from this one, which has imported everything, so that a life begins in a moment.
"""

import asyncio
from collections.abc import Callable
from datetime import date, timedelta
import json
import os
from pathlib import Path
import signal
import sys
import time
import traceback
from typing import Any, override

from aiohttp import ThreadedResolver
from freezegun import freeze_time
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import DATA_RESOLVER
from homeassistant.util import dt as dt_util

from custom_components.solar_cloud.account.clients import async_client, async_token_endpoint
from custom_components.solar_cloud.account.metered import metered_account
from custom_components.solar_cloud.account.storage import GrantStore
from custom_components.solar_cloud.cloud.auth import Auth
from custom_components.solar_cloud.cloud.errors import CredentialRefused
from custom_components.solar_cloud.cloud.grant import REFRESH_AGE, Grant, Tokens
from custom_components.solar_cloud.history.state import HistoryState
from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import Flow, System, Vendor
from custom_components.solar_cloud.statistics.system_statistics import history_store
from custom_components.solar_cloud.system.restore import dump, load
from custom_components.solar_cloud.system.state import SystemState
from custom_components.solar_cloud.system.storage import SystemStorage

ENTRY, SYSTEM = "01STORES", "enphase_67"
LONGEST_LIFE = 60
"""Seconds, after which a life ends although no order ended it: a test that went wrong must not leave it behind."""
NOTES, DAYS = 300, 300
"""How much a file has, so that writing it takes more than one step."""

type Say = Callable[..., None]
"""Tells something in one line, which is told even if the process dies in the next moment."""


class Mixed(Exception):
    """A file holds parts of two writes."""


def system_data(number: int) -> SystemData:
    """Return what is the n-th knowledge of a system."""
    notes = {f"note {one}": str(number) for one in range(NOTES)}
    return SystemData(system=System(vendor=Vendor.ENPHASE, id="67", name="Eich"), notes=notes)


def history_state(number: int) -> HistoryState:
    """Return the n-th state of the statistics of a system."""
    return HistoryState(totals={Flow.PRODUCTION: {day(one): float(number) for one in range(DAYS)}})


def day(number: int) -> date:
    return date(2026, 1, 1) + timedelta(days=number)


def number_in(values: set[str]) -> int:
    """Return which write something is from; raises `Mixed` when it is from more than one."""
    if len(values) > 1:
        raise Mixed(values)
    return int(float(values.pop())) if values else 0


class ToldAuth(Auth):
    """Gives out the tokens of a grant, and tells of each before it is used."""

    def __init__(self, grant: Grant, say: Say) -> None:
        self._grant = grant
        self._say = say

    @property
    @override
    def secrets(self) -> Any:
        return self._grant.secrets

    @override
    async def token(self) -> str:
        """Return the access token of a new pair: the grant's clock is a week ahead."""
        self._say(asks=self._grant.tokens.number)
        token = await self._grant.token()
        self._say(grant=self._grant.tokens.number)
        return token

    @override
    async def renewed(self, token: str) -> bool:
        return False

    @override
    def worked(self, token: str) -> None:
        """Leave it to the grant's own tests."""


class Life:
    """One process: what it reads, and what it writes."""

    def __init__(self, hass: HomeAssistant, order: dict[str, Any], say: Say) -> None:
        self._hass = hass
        self._order = order
        self._say = say
        self._state = SystemState(data=system_data(0))
        self._system = SystemStorage(hass, self._state)
        self._history = history_store(hass, SYSTEM)
        self._grants = GrantStore(hass, ENTRY)

    async def live(self) -> None:
        """Read all files and say what is in them; then write until death."""
        data = self._order["data"]
        tokens = Tokens.from_dict(await self._grants.async_read() or {})
        await self._system.async_load()
        history = load(HistoryState, stored) if (stored := await self._history.async_read()) else HistoryState()
        client = await async_client(self._hass, data, 1, Unsigned())
        endpoint = await async_token_endpoint(self._hass, data, *self._order["application"])
        used = metered_account(self._hass, data).ledger.used(dt_util.utcnow())
        if self._order["code"]:
            tokens = (await endpoint.exchange(*self._order["code"])).tokens
            await self._grants.async_save(tokens.as_dict())
        found = {
            "ledger": used,
            "grant": tokens.number if tokens else 0,
            "system": number_in(set(self._state.data.notes.values())),
            "history": number_in({str(wh) for wh in history.totals.get(Flow.PRODUCTION, {}).values()}),
        }
        self._say(found=found)
        if tokens is None or self._order["reads"]:
            return

        async def save(pair: Tokens) -> None:
            await self._grants.async_save(pair.as_dict())

        grant = Grant(endpoint, tokens, save, clock=lambda: dt_util.utcnow() + REFRESH_AGE + timedelta(days=1))
        client = await async_client(self._hass, data, 1, ToldAuth(grant, self._say))
        async with asyncio.TaskGroup() as group:
            group.create_task(self._ask(client))
            group.create_task(self._keep_system(found["system"]))
            group.create_task(self._keep_history(found["history"]))

    async def _ask(self, client: Any) -> None:
        """Read the list of systems again and again, each time with new tokens."""
        while True:
            try:
                await client.systems()
            except CredentialRefused:
                self._say(refused=True)
                return

    async def _keep_system(self, number: int) -> None:
        while True:
            number += 1
            self._state.data = system_data(number)
            await self._system.async_save(self._system.snapshot({}))
            self._say(system=number)

    async def _keep_history(self, number: int) -> None:
        while True:
            number += 1
            await self._history.async_save(dump(history_state(number)))
            self._say(history=number)


class Unsigned(Auth):
    """Stands for a grant where nothing is sent."""

    secrets = ()
    token = renewed = worked = None  # type: ignore[assignment]


async def live(order: dict[str, Any], say: Say) -> None:
    hass = HomeAssistant(order["folder"])
    # Home Assistant's own needs the network's integration; of 127.0.0.1 no name is looked up.
    hass.data[DATA_RESOLVER] = ThreadedResolver()  # type: ignore[assignment]
    try:
        await Life(hass, order, say).live()
    finally:
        await hass.async_stop(force=True)


def child(order: dict[str, Any], told: int) -> int:
    signal.alarm(LONGEST_LIFE)

    def say(**what: Any) -> None:
        # One call of the system: it is told whole, or not at all.
        os.write(told, json.dumps(what).encode() + b"\n")

    asyncio.run(live(order, say))
    return 0


def bear(order: dict[str, Any]) -> dict[str, Any]:
    """Live one life, and end it some time after it has told of something; return how it ended and what it told."""
    hears, told = os.pipe()
    if not (pid := os.fork()):
        code = 1
        try:
            os.close(hears)
            os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
            code = child(order, told)
        except BaseException:  # noqa: BLE001
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    os.close(told)
    told_of: list[dict[str, Any]] = []
    with os.fdopen(hears) as lines:
        for line in lines:
            told_of.append(json.loads(line))
            if not order["reads"] and _is_time(told_of, **order["death"]):
                time.sleep(order["then"])
                os.kill(pid, signal.SIGKILL)
                break
        # What it had told until then is still to be read.
        told_of += map(json.loads, lines)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return {"code": code, "told": told_of}


def _is_time(told: list[dict[str, Any]], *, after: str, times: int) -> bool:
    """Return whether something was told of so often; one whose tokens are refused tells of no new ones."""
    return sum(after in one for one in told) >= times or "refused" in told[-1]


if __name__ == "__main__":
    with freeze_time(sys.argv[1], tick=True):
        print(Path(sys.argv[0]).name, flush=True)  # noqa: T201
        for line in sys.stdin:
            print(json.dumps(bear(json.loads(line))), flush=True)  # noqa: T201
