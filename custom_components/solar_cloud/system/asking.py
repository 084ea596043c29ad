"""What is read because somebody asks, before it is due: as far as the part of the plan that is there for it allows."""

from datetime import date, datetime
import logging

from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from ..account.metered import MeteredAccount
from ..const import DOMAIN
from .timetable import Timetable

_LOGGER = logging.getLogger(__name__)


class Asking:
    """Decides whether a system may be read out of its turn, and says why it may not. All instants are aware UTC."""

    def __init__(self, name: str, timetable: Timetable, metered: MeteredAccount) -> None:
        """Take the system's name, its jobs, and the credential that pays."""
        self._name = name
        self._timetable = timetable
        self._metered = metered
        self._logged_on: date | None = None

    def may_ask(self, now: datetime) -> bool:
        """Return whether what moves may be read although it is not due; once a day the log says that it may not."""
        if (until := self._until(now)) <= now:
            return True
        if self._logged_on != (today := now.date()):
            self._logged_on = today
            words = self._placeholders(until, now)
            _LOGGER.warning(
                "You ask for new values of %s more often than its plan allows. %s of the %s requests a month for this "
                "are left, the next ones after %s. The regular readings continue",
                *(words[key] for key in ("name", "left", "part", "until")),
            )
        return False

    def require(self, now: datetime) -> None:
        """Raise `HomeAssistantError`, with what is left and until when, unless it may be read."""
        if (until := self._until(now)) > now:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="owners_share_used",
                translation_placeholders=self._placeholders(until, now),
            )

    def _until(self, now: datetime) -> datetime:
        """Return when it may be read; `now`: at once, also where there is nothing that would cost anything."""
        price = self._timetable.forced_price(now)
        return self._metered.ledger.owners_share(now).next_at(price, now) if price else now

    def _placeholders(self, until: datetime, now: datetime) -> dict[str, str]:
        share = self._metered.ledger.owners_share(now)
        moment = dt_util.as_local(until).strftime("%Y-%m-%d %H:%M")
        return {"name": self._name, "part": str(share.part), "left": str(share.left), "until": moment}
