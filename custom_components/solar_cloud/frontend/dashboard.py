"""Gives the JavaScript of the dashboard to Home Assistant's page, as long as there is an account.

The files lie beside this one. Their address has the version in it, so browsers may keep them for good.
"""

from hashlib import sha256
from pathlib import Path

from homeassistant.components.frontend import add_extra_js_url, remove_extra_js_url

# Until 2026.10 Home Assistant does not say that the name is for others; its own integrations use it all the same.
from homeassistant.components.http import StaticPathConfig  # type: ignore[attr-defined, unused-ignore]
from homeassistant.core import HomeAssistant, callback
from homeassistant.loader import async_get_integration
from homeassistant.setup import async_when_setup
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN

FOLDER = Path(__file__).parent
ENTRY_MODULE = "solar_cloud_strategy.js"
"""The module that the page loads; it imports the others."""
_FRONTEND = "frontend"
_MODULE: HassKey[DashboardModule] = HassKey(f"{DOMAIN}.dashboard_module")


class DashboardModule:
    """The address of the module, and whether Home Assistant's page loads it."""

    def __init__(self, hass: HomeAssistant, url: str) -> None:
        """Take the address that the module is served at; the page does not load it yet."""
        self.url = url
        self._hass = hass
        self._is_loaded = False

    @callback
    def async_update(self) -> None:
        """Have the page load the module if it has an account to show, and leave it out otherwise."""
        accounts = self._hass.config_entries.async_entries(DOMAIN, include_ignore=False, include_disabled=False)
        wanted = bool(accounts) and _FRONTEND in self._hass.config.components
        if wanted == self._is_loaded:
            return
        self._is_loaded = wanted
        change = add_extra_js_url if wanted else remove_extra_js_url
        change(self._hass, self.url)


async def async_serve_dashboard(hass: HomeAssistant) -> None:
    """Serve the files from now on, and have the page load them once there is a page; done once per Home Assistant.

    Without the frontend nobody loads them.
    """
    version = (await async_get_integration(hass, DOMAIN)).version
    address, paths = await hass.async_add_executor_job(_files, str(version))
    await hass.http.async_register_static_paths(paths)
    module = hass.data[_MODULE] = DashboardModule(hass, f"{address}/{ENTRY_MODULE}")

    async def update(*_: object) -> None:
        module.async_update()

    async_when_setup(hass, _FRONTEND, update)


@callback
def async_update_dashboard(hass: HomeAssistant) -> None:
    """Follow what has become of the accounts: one was set up, disabled or removed."""
    if (module := hass.data.get(_MODULE)) is not None:
        module.async_update()


def _files(version: str) -> tuple[str, list[StaticPathConfig]]:
    """Return the address of the folder, and where each file in it is served. Reads the files.

    The address changes with the content, not with the version alone: who runs a version of the day gets new files too.
    """
    files = sorted(FOLDER.glob("*.js"))
    content = sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:8]
    address = f"/{DOMAIN}/frontend/{version}-{content}"
    return address, [StaticPathConfig(f"{address}/{file.name}", str(file)) for file in files]
