"""Starts one integration in a process of its own and prints what that took as JSON; start_up.py runs it."""

import argparse
import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
import gc
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
import json
from pathlib import Path
import sys
from tempfile import TemporaryDirectory
from threading import get_ident
from time import process_time
from types import ModuleType
from typing import override
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import Platform
from homeassistant.loader import BASE_PRELOAD_PLATFORMS
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry

from benchmarks.scale_lib.world import home_assistant

from .candidates import CANDIDATES, Candidate
from .figures import Start

LOOKED_FOR = (*BASE_PRELOAD_PLATFORMS, "application_credentials")
"""The files that Home Assistant loads together with the package, or soon after, where an integration has them."""
SHARED = (
    "homeassistant",
    "http",
    "application_credentials",
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.EVENT,
    Platform.SENSOR,
    Platform.SWITCH,
)
"""What is set up before either of them."""


class Stopwatch:
    """Adds up processor time of all threads of the process, in seconds."""

    def __init__(self) -> None:
        """Start at nothing."""
        self.seconds = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count what a block takes, without what the garbage collector does for those before."""
        gc.collect()
        gc.freeze()
        begin = process_time()
        try:
            yield
        finally:
            self.seconds += process_time() - begin


class LoopImports(MetaPathFinder):
    """Finds no module, but notes which of the candidate's are looked for in the event loop: that would block it."""

    def __init__(self, candidate: Candidate) -> None:
        """Note nothing yet; made in the event loop's thread."""
        self.found: list[str] = []
        self._candidate = candidate
        self._thread = get_ident()

    @override
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None, /
    ) -> ModuleSpec | None:
        """Note the name and leave the module to others."""
        if get_ident() == self._thread and fullname.startswith(self._candidate.own):
            self.found.append(fullname)
        return None

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Note what a block imports."""
        sys.meta_path.insert(0, self)
        try:
            yield
        finally:
            sys.meta_path.remove(self)


def own_modules(candidate: Candidate) -> list[str]:
    """Return the loaded modules that are of the integration or of its library."""
    return [name for name in sys.modules if name.startswith(candidate.own)]


def files_of(candidate: Candidate) -> list[str]:
    """Return all modules of the integration, by name."""
    package = sys.modules[candidate.package]
    assert package.__file__ is not None
    folder = Path(package.__file__).parent
    parts = (path.relative_to(folder).with_suffix("").parts for path in sorted(folder.rglob("*.py")))
    return [".".join((candidate.package, *names)) for names in parts if names[-1] != "__init__"]


async def measure(candidate: Candidate, folder: str) -> tuple[Start, list[str]]:
    """Import, set up, and import the rest; return the figures, and all other modules that are loaded by now."""
    package, platforms, set_up, system, rest = (Stopwatch() for _ in range(5))
    with package.running():
        module = import_module(candidate.package)
    counts = [len(own_modules(candidate))]
    assert module.__file__ is not None
    files = [name for name in LOOKED_FOR if (Path(module.__file__).parent / f"{name}.py").exists()]
    with platforms.running():
        for name in files:
            import_module(f"{candidate.package}.{name}")
    async with home_assistant(folder) as hass:
        for domain in SHARED:
            await async_setup_component(hass, domain, {})
        await hass.async_block_till_done(wait_background_tasks=True)
        flow = import_module(f"{candidate.package}.config_flow")
        version = next(vars(one)["VERSION"] for one in vars(flow).values() if "VERSION" in getattr(one, "__dict__", {}))
        entry = MockConfigEntry(domain=candidate.domain, data=candidate.data, version=version)
        entry.add_to_hass(hass)
        imports = LoopImports(candidate)
        with candidate.no_network(), imports.watching(), set_up.running():
            await hass.config_entries.async_setup(entry.entry_id)
            await hass.async_block_till_done(wait_background_tasks=True)
        if entry.state is not ConfigEntryState.LOADED:
            raise RuntimeError(f"{candidate.domain} could not be set up: {entry.reason}")
        if imports.found:
            raise RuntimeError(f"imported in the event loop: {', '.join(imports.found)}")
        counts.append(len(own_modules(candidate)))
        with system.running():
            for name in candidate.for_system:
                import_module(f"{candidate.package}.{name}")
        counts.append(len(own_modules(candidate)))
        with rest.running():
            for name in files_of(candidate):
                import_module(name)
        counts.append(len(own_modules(candidate)))
        others = [name for name in sys.modules if not name.startswith((*candidate.own, "benchmarks", "__main__"))]
    start = Start(
        package=package.seconds,
        platforms=platforms.seconds,
        set_up=set_up.seconds,
        system=system.seconds,
        rest=rest.seconds,
        modules_package=counts[0],
        modules=counts[1],
        modules_system=counts[2],
        modules_all=counts[3],
    )
    return start, others


def main() -> None:
    """Read the command line, load what is shared, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("candidate", choices=CANDIDATES)
    parser.add_argument("shared", type=Path, help="a JSON file with the modules that are loaded before")
    options = parser.parse_args()
    for name in json.loads(options.shared.read_text(encoding="utf-8")):
        # A few are there under a name by which they cannot be asked for.
        with suppress(ImportError):
            import_module(name)
    with TemporaryDirectory() as folder, patch("sys.stdout", sys.stderr):
        start, others = asyncio.run(measure(CANDIDATES[options.candidate], folder))
    print(json.dumps({**asdict(start), "others": others}))


if __name__ == "__main__":
    main()
