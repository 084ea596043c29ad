"""What the owner wants done with a new system; kept in the system's subentry until it is done."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..const import CONF_SETUP, DOMAIN, SUBENTRY_TYPE_SYSTEM
from ..system.restore import dump, load
from .book import RECORDER
from .issues import clear_finish_setup, raise_finish_setup

if TYPE_CHECKING:
    from ..coordinator import SystemCoordinator

_DIALOGS: Final[HassKey[dict[str, datetime]]] = HassKey(f"{DOMAIN}_setup_dialogs")
"""When the dialog that follows the sign-in was opened, by the entry's id."""
LEFT_OPEN: Final = timedelta(hours=1)
"""A dialog that is open for longer has been forgotten, and its browser closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What the owner has said of a new system, as far as it is not done yet."""

    is_answered: bool = False
    """Whether the owner has been asked, and has answered."""
    since: date | None = None
    """The day of the system that its past is to be imported from."""
    price: int = 0
    """The requests that the owner has agreed to for this."""
    declines_past: bool = False
    """Whether the owner wants no import."""
    dashboard: bool = False
    """Whether the system is to be put into the Energy dashboard."""
    forecasts: tuple[str, ...] = ()
    """The config entries that forecast this system's production."""
    added: tuple[str, ...] = ()
    """The statistics that were put into the Energy dashboard."""
    booked: tuple[str, ...] = ()
    """What had rows when that was done last: flows, and sides with costs."""
    added_at: datetime | None = None
    """When the first of them were put there (aware UTC)."""

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do or to remember."""
        return self.is_answered and self.since is None and not self.declines_past and not self.dashboard


def read_setup(data: Mapping[str, Any]) -> Setup | None:
    """Return what the data of a subentry say of the first steps; `None` where nothing is left to do.

    What cannot be read counts as not answered.
    """
    if (stored := data.get(CONF_SETUP)) is None:
        return None
    try:
        return load(Setup, stored)
    except Exception:  # noqa: BLE001 - whatever is stored, it must not keep the account away
        return Setup()


def with_setup(data: Mapping[str, Any], setup: Setup) -> dict[str, Any]:
    """Return the data of a subentry with what is left to do of the first steps."""
    kept = {key: value for key, value in data.items() if key != CONF_SETUP}
    return kept if setup.is_over else {**kept, CONF_SETUP: dump(setup)}


def setup_of(coordinator: SystemCoordinator) -> Setup | None:
    """Return what is left to do for a system; `None` when that is nothing, or the system is gone."""
    subentry = coordinator.config_entry.subentries.get(coordinator.subentry_id)
    return None if subentry is None else read_setup(subentry.data)


@callback
def async_keep_setup(coordinator: SystemCoordinator, before: Setup, setup: Setup) -> None:
    """Write what is left to do for a system; unless it is gone, or its owner has answered anew meanwhile."""
    entry = coordinator.config_entry
    subentry = entry.subentries.get(coordinator.subentry_id)
    if subentry is not None and read_setup(subentry.data) == before:
        data = with_setup(subentry.data, setup)
        coordinator.hass.config_entries.async_update_subentry(entry, subentry, data=data)


def unanswered(entry: ConfigEntry) -> list[str]:
    """Return the ids of the subentries of the systems whose owner has not been asked yet, or has not answered."""
    systems = {one.subentry_id: read_setup(one.data) for one in entry.get_subentries_of_type(SUBENTRY_TYPE_SYSTEM)}
    return [subentry_id for subentry_id, setup in systems.items() if setup is not None and not setup.is_answered]


@callback
def async_dialog_opened(hass: HomeAssistant, entry_id: str) -> None:
    """Note that the owner of an account is being asked: no repair does for now."""
    hass.data.setdefault(_DIALOGS, {})[entry_id] = dt_util.utcnow()
    clear_finish_setup(hass, entry_id)


@callback
def async_dialog_closed(hass: HomeAssistant, entry_id: str) -> None:
    """Note that the dialog is over: what was not answered is asked for by a repair."""
    hass.data.get(_DIALOGS, {}).pop(entry_id, None)


@callback
def async_update_setup_issue(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Ask by a repair, one for the whole account, for what its owner has not answered; else take the repair back.

    Without a recorder there is nothing to ask for.
    """
    opened = hass.data.get(_DIALOGS, {}).get(entry.entry_id)
    is_asked = opened is not None and dt_util.utcnow() - opened < LEFT_OPEN
    has_recorder = RECORDER in hass.config.components
    if has_recorder and unanswered(entry) and entry.disabled_by is None and not is_asked:
        raise_finish_setup(hass, entry.entry_id, entry.title)
    else:
        clear_finish_setup(hass, entry.entry_id)
