"""Run the simulator with its ready systems: ``python -m simulator --port 8199``."""

import argparse
import asyncio
from datetime import UTC, datetime
from pathlib import Path
import signal
import socket
import sys

from aiohttp import web

from . import (
    ENPHASE_OAUTH_PATH,
    ENPHASE_PATH,
    ENPHASE_V4_PATH,
    SOLAREDGE_AUTHORIZE_PATH,
    SOLAREDGE_LEGACY_PATH,
    SOLAREDGE_OAUTH_PATH,
    SOLAREDGE_PATH,
)
from .clock import Clock
from .plant.place import ApiName
from .ready import (
    ENPHASE_API_KEY,
    ENPHASE_SINGLE_USER_ID,
    ENPHASE_USER_ID,
    ENPHASE_V4_API_KEY,
    ENPHASE_V4_CLIENT_ID,
    ENPHASE_V4_CLIENT_SECRET,
    ENPHASE_V4_OWNER,
    ENPHASE_V4_OWNER_OF_BOTH,
    SOLAREDGE_ACCOUNT_KEY,
    SOLAREDGE_API_KEY,
    SOLAREDGE_BATTERY_OWNER,
    SOLAREDGE_CLIENT_ID,
    SOLAREDGE_CLIENT_SECRET,
    SOLAREDGE_OWNER,
    SOLAREDGE_REDIRECT_URL,
    SOLAREDGE_SINGLE_ACCOUNT_KEY,
    SOLAREDGE_SINGLE_API_KEY,
    ready_simulator,
)

HOST = "127.0.0.1"
APIS: tuple[ApiName, ...] = ("enphase", "enphase_v4", "solaredge")


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="simulator", description=__doc__)
    parser.add_argument("--port", type=_port, default=8199, help="port on 127.0.0.1; 0: any free one (default: 8199)")
    parser.add_argument("--speed", type=_positive, default=1.0, help="simulated seconds in one second (default: 1)")
    parser.add_argument("--start", type=_moment, help="time to begin with, ISO 8601; UTC unless it has an offset")
    parser.add_argument("--per-minute", type=_count, help="requests a minute that each plan allows (default: 10)")
    parser.add_argument("--per-month", type=_count, help="requests a month that each plan allows")
    parser.add_argument("--ready-file", type=Path, help="file that the base URL is written to once it listens")
    return parser.parse_args()


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError("a port is 0 … 65535")
    return int(text)


def _positive(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0
    if not 0 < speed < 1e6:
        raise argparse.ArgumentTypeError("a speed is a number more than 0")
    return speed


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("a limit is a whole number from 1 on")
    return int(text)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("a time looks like 2026-06-21T04:00:00+02:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def describe(base: str) -> str:
    """Return what to know to try it: URLs, credentials, commands."""
    return f"""\
Enphase API v2     {base}{ENPHASE_PATH}
  key              {ENPHASE_API_KEY}
  user_id          {ENPHASE_USER_ID}   systems 67 and 72
                   {ENPHASE_SINGLE_USER_ID}   system 72 only
Enphase API v4     {base}{ENPHASE_V4_PATH}
  key              {ENPHASE_V4_API_KEY}
  authorize        {base}{ENPHASE_OAUTH_PATH}/authorize
  token            {base}{ENPHASE_OAUTH_PATH}/token
  copy the code    {base}{ENPHASE_OAUTH_PATH}/redirect_uri
  client id        {ENPHASE_V4_CLIENT_ID}
  client secret    {ENPHASE_V4_CLIENT_SECRET}
  sign in as       {ENPHASE_V4_OWNER}   systems 4200001, 4200002 and 4200003
                   {ENPHASE_V4_OWNER_OF_BOTH}   systems 67 and 72
SolarEdge V2       {base}{SOLAREDGE_PATH}
  older base       {base}{SOLAREDGE_LEGACY_PATH}
  X-API-Key        {SOLAREDGE_API_KEY}   sites 1148616 and 222881711
                   {SOLAREDGE_SINGLE_API_KEY}   site 222881711 only
  X-Account-Key    {SOLAREDGE_ACCOUNT_KEY}   needed with the older base; for the second key
                   {SOLAREDGE_SINGLE_ACCOUNT_KEY}
  Site Access      {base}{SOLAREDGE_AUTHORIZE_PATH}   tokens at {SOLAREDGE_OAUTH_PATH}/token
  client id        {SOLAREDGE_CLIENT_ID}
  client secret    {SOLAREDGE_CLIENT_SECRET}
  redirect URL     {SOLAREDGE_REDIRECT_URL}
  homeowners       {SOLAREDGE_OWNER} (site 222881711), {SOLAREDGE_BATTERY_OWNER} (site 1148616)

Try:
  curl '{base}{ENPHASE_PATH}/systems/67/summary?key={ENPHASE_API_KEY}&user_id={ENPHASE_USER_ID}'
  curl -H 'X-API-Key: {SOLAREDGE_API_KEY}' '{base}{SOLAREDGE_PATH}/sites/1148616/overview'
  a browser: {base}{ENPHASE_OAUTH_PATH}/authorize?response_type=code&client_id={ENPHASE_V4_CLIENT_ID}\
&redirect_uri={base}{ENPHASE_OAUTH_PATH}/redirect_uri
  curl -u {ENPHASE_V4_CLIENT_ID}:{ENPHASE_V4_CLIENT_SECRET} -d grant_type=authorization_code -d code=CODE \\
    -d redirect_uri={base}{ENPHASE_OAUTH_PATH}/redirect_uri '{base}{ENPHASE_OAUTH_PATH}/token'
  curl -H 'Authorization: Bearer TOKEN' -H 'key: {ENPHASE_V4_API_KEY}' '{base}{ENPHASE_V4_PATH}/systems'
  curl '{base}/control/requests'
  curl -d '{{"speed": 60}}' '{base}/control/clock'
  curl -d '{{"path": "*/summary", "status": 503, "times": 2}}' '{base}/control/fail'

Ctrl-C stops it."""


async def serve(options: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM; return the exit code."""
    clock = Clock()
    if options.start:
        clock.set(options.start)
    clock.speed = options.speed
    simulator = ready_simulator(clock)
    for api in APIS:
        simulator.set_limits(api, per_minute=options.per_minute, per_month=options.per_month)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, options.port))
    except OSError as error:
        print(
            f"Port {options.port} on {HOST} cannot be used: {error.strerror}. Choose another with --port.",
            file=sys.stderr,
        )
        return 1
    runner = web.AppRunner(simulator.app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        base = f"http://{HOST}:{listener.getsockname()[1]}"
        print(describe(base), flush=True)
        if options.ready_file:
            _write(options.ready_file, base)
        await stop.wait()
    finally:
        await runner.cleanup()
    print("Stopped.", flush=True)
    return 0


def _write(path: Path, text: str) -> None:
    """Write a small file so that no reader ever sees half of it."""
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text + "\n")
    partial.replace(path)


if __name__ == "__main__":
    sys.exit(asyncio.run(serve(arguments())))
