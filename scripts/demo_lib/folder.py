"""The demo's configuration folder: made once, kept between runs, thrown away by --fresh."""

from datetime import UTC, datetime
import fcntl
import json
from pathlib import Path
import shutil
import socket
from typing import IO, Any

from .report import Problem

# Integrations that the configuration names, beside those that Home Assistant always sets up. No default_config: it
# brings discovery, cloud services and other things that talk to the network.
INTEGRATIONS = ("application_credentials", "energy", "history", "logbook", "recorder")

_CONFIGURATION = """\
# Written by scripts/demo at every start.
homeassistant:
  name: Solar Cloud demo
  latitude: 52.3731
  longitude: 4.8926
  elevation: 2
  radius: 100
  unit_system: metric
  currency: EUR
  country: NL
  language: en
  time_zone: Europe/Amsterdam
{integrations}
logger:
  default: warning
  logs:
    homeassistant.core: info
    custom_components.solar_cloud: {level}
    # Both tell of a camera's system library that is not on this machine; the demo has no camera.
    haffmpeg: critical
    homeassistant.components.camera.img_util: critical
"""


class DemoFolder:
    """The folder that Home Assistant runs in, and what the demo remembers in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.log = path / "demo.log"
        self.simulator_log = path / "simulator.log"
        self.ready_file = path / "simulator.url"
        self.credentials_file = path / "credentials.json"
        self._state_file = path / "demo.json"
        self._lock: IO[str] | None = None

    def lock(self) -> None:
        """Claim the folder until this process ends; raises Problem when another demo has it."""
        self._refuse_foreign_folder()
        self.path.mkdir(parents=True, exist_ok=True)
        self._lock = (self.path / "demo.lock").open("a")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as err:
            running = self.state.get("url")
            raise Problem(
                f"A demo is running in {self.path} already" + (f": {running}" if running else "."),
                "stop it with Ctrl-C where it runs, or",
                "use another folder: --config FOLDER",
            ) from err

    def clear(self) -> None:
        """Start over: delete everything but the lock."""
        for entry in self.path.iterdir():
            if entry.name == "demo.lock":
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()

    def prepare(self, integration: Path, port: int, *, debug: bool) -> None:
        """Write the configuration for this run and link the integration into it.

        port is where Home Assistant will listen, on 127.0.0.1 only; debug has the integration log in detail.
        """
        storage = self.path / ".storage"
        storage.mkdir(exist_ok=True)
        (self.path / "configuration.yaml").write_text(
            _CONFIGURATION.format(
                integrations="\n".join(f"{domain}:" for domain in INTEGRATIONS), level="debug" if debug else "info"
            ),
            "utf-8",
        )
        link = self.path / "custom_components" / integration.name
        link.parent.mkdir(exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(integration, target_is_directory=True)
        self._write_http(port)
        if not (storage / "onboarding").exists():
            self._write_first_start()
        for stale in (self.log, self.simulator_log, self.ready_file, self.credentials_file):
            stale.unlink(missing_ok=True)

    @property
    def state(self) -> dict[str, Any]:
        """What earlier runs remembered: simulator_port, accounts (step → entry ID), url."""
        if not self._state_file.is_file():
            return {}
        state: dict[str, Any] = json.loads(self._state_file.read_text("utf-8"))
        return state

    def remember(self, **values: Any) -> None:
        """Add to what the next run will know."""
        self._state_file.write_text(json.dumps({**self.state, **values}, indent=2) + "\n", "utf-8")

    def _refuse_foreign_folder(self) -> None:
        """Never write into, or delete, a folder that is somebody's real configuration."""
        if self.path.is_dir() and any(self.path.iterdir()) and not (self.path / "demo.lock").exists():
            raise Problem(f"{self.path} is not empty and not a demo's folder.", "name another folder: --config FOLDER")

    def _write_http(self, port: int) -> None:
        # In configuration.yaml these would be on trial, and taken back after five minutes without a visitor.
        stable = {
            "server_host": ["127.0.0.1"],
            "server_port": port,
            "cors_allowed_origins": [],
            "login_attempts_threshold": -1,
            "ip_ban_enabled": True,
            "ssl_profile": "intermediate_v6",
            "use_x_frame_options": True,
            "created_at": datetime.now(UTC).isoformat(),
            "error": None,
            "error_message": None,
        }
        self._store("http", 3, 1, {"stable": stable, "pending": None, "yaml_migration_done": True})

    def _write_first_start(self) -> None:
        """Leave out the two things of a first start that reach out."""
        # This step of the onboarding sets up a weather service and others from the internet. The location, for which a
        # person fills it in, is in the configuration.
        self._store("onboarding", 4, 1, {"done": ["core_config"]})
        # The Marketplace fetches its catalogue at every start, unless the owner has disabled it.
        now = datetime.now(UTC).isoformat()
        marketplace = {
            "created_at": now,
            "data": {},
            "disabled_by": "user",
            "discovery_keys": {},
            "domain": "marketplace",
            "entry_id": "01SOLARCLOUDDEMO0000000000",
            "minor_version": 1,
            "modified_at": now,
            "options": {},
            "pref_disable_new_entities": False,
            "pref_disable_polling": False,
            "source": "system",
            "subentries": [],
            "title": "",
            "unique_id": None,
            "version": 1,
        }
        self._store("core.config_entries", 1, 5, {"entries": [marketplace]})

    def _store(self, key: str, version: int, minor_version: int, data: dict[str, Any]) -> None:
        content = {"version": version, "minor_version": minor_version, "key": key, "data": data}
        (self.path / ".storage" / key).write_text(json.dumps(content, indent=2), "utf-8")


def free_port(wanted: int = 0) -> int:
    """Return wanted if nothing listens there on 127.0.0.1, or any free port for 0; raises OSError."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", wanted))
        port: int = probe.getsockname()[1]
        return port
