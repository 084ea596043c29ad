# ruff: noqa: E402 - the repository has to be importable first
"""What hostile answers cost: `python benchmarks/answers.py` prints the longest step of the event loop for each.

Each body is close to a limit and made to be slow: to parse, or to look through for secrets. The longest step is
processor time of the event loop's thread, so that neighbours on the machine do not matter; the total is by the clock.
"""

import argparse
import asyncio
from collections.abc import Mapping
import json
from pathlib import Path
import sys
from time import perf_counter

sys.path[0] = str(Path(__file__).parents[1])  # not this folder: its requests.py would hide a library

from benchmarks.scale_lib.loop import LoopMeter
from custom_components.solar_cloud.cloud.redaction import Secrets
from custom_components.solar_cloud.cloud.response import LONG, Response
from custom_components.solar_cloud.cloud.sending import LARGEST_ANSWER, LARGEST_ERROR

TOKEN = "eyJhbGciOiJSUzI1NiJ9." + "QWNjZXNz-4711_" * 70


def filled(piece: str, size: int) -> bytes:
    """Return a JSON array of pieces, almost as long as is said."""
    return f"[{','.join([piece] * (size // (len(piece) + 1) - 1))}]".encode()


def bodies(size: int) -> Mapping[str, bytes]:
    """Return the hostile bodies of a size in bytes."""
    key = iter(range(size))
    pairs = (f'"{next(key):x}":1' for _ in range(size // 10))
    return {
        "rows": filled('{"end_at":1781000000,"powr":1234,"enwh":103}', size),
        "many names": f"{{{','.join(pairs)}}}".encode()[:-1] + b"}",
        "nested deeply": b"[" * (size // 2 - 1) + b"]" * (size // 2 - 1),
        "nested a thousand deep": filled("[" * 900 + "]" * 900, size),
        "long whole numbers": filled("9" * 4000, size),
        "long fractions": filled("0." + "9" * 4000, size),
        "one long fraction": b"0." + b"9" * (size - 10),
        "text in escapes": json.dumps("é" * (size // 6 - 2)).encode(),
        "texts in escapes": filled('"%25%41\\u0041"', size),
        "the token": filled(f'"{TOKEN}"', size),
        "pieces of the token": filled(f'"{TOKEN[21:32]}"', size),
    }


async def main() -> None:
    """Print the table; milliseconds."""
    meter = LoopMeter()
    secrets = Secrets([TOKEN, "0123456789abcdef0123456789abcdef", "4d6a51330a"])
    secrets.scrub("all that has to be worked out once")
    sizes = ((200, LONG), (200, LARGEST_ANSWER), (400, LARGEST_ERROR))
    print(f"{'answer':24}{'status':>8}{'KiB':>8}{'longest step, ms':>20}{'total, ms':>12}")
    for status, size in sizes:
        for name, body in bodies(size).items():
            response = Response(status=status, headers={}, content_type="application/json", body=body)
            await asyncio.sleep(0)
            with meter.window() as window:
                begin = perf_counter()
                await asyncio.create_task(response.parsed(secrets))
                total = perf_counter() - begin
                await asyncio.sleep(0)
            print(f"{name:24}{status:8}{len(body) // 1024:8}{window.longest * 1000:20.1f}{total * 1000:12.1f}")


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    asyncio.run(main())
