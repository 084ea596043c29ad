"""Child processes that are stopped in order, and never outlive the demo."""

import asyncio
import contextlib
import ctypes
from pathlib import Path
import signal
import sys

from .report import Problem

# Loaded before any fork: between fork and exec hardly anything is safe to do.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1


class Child:
    """One child process, its output in a log file."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, log: Path) -> None:
        self.name = name
        self.log = log
        self._process = process

    @classmethod
    async def start(cls, name: str, command: list[str], *, cwd: Path, env: dict[str, str], log: Path) -> Child:
        """Start a command.

        A session of its own keeps the terminal's Ctrl-C away from it: the demo stops its children itself, in order.
        """
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=cwd,
                env=env,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        return cls(name, process, log)

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def check(self) -> None:
        """Raise Problem if the process has ended by itself."""
        if (code := self._process.returncode) is not None:
            raise Problem(f"{self.name} ended unexpectedly (exit code {code}).", *self._last_lines())

    async def wait(self) -> None:
        """Return when the process has ended."""
        await self._process.wait()

    async def stop(self, patience: float = 30) -> None:
        """Ask the process to end; make it end after that many seconds."""
        if self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            async with asyncio.timeout(patience):
                await self._process.wait()
        except TimeoutError:
            self.kill()
            await self._process.wait()

    def kill(self) -> None:
        """End the process at once."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    def _last_lines(self) -> list[str]:
        lines = self.log.read_text("utf-8", "replace").splitlines()[-12:] if self.log.is_file() else []
        return [*lines, f"the whole log is {self.log}"]


def _die_with_parent() -> None:
    """Have the kernel end this child when the demo is killed without a chance to clean up."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
