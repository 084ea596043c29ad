"""What imports and actions may spend at a cloud, and how an action reports what went wrong there."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util

from ..budget.rates import budget_of
from ..cloud.account import owner_asks
from ..cloud.errors import CloudError, CredentialRefused, Throttled
from ..const import DOMAIN
from ..system.failures import ERROR_KEYS, explained

if TYPE_CHECKING:
    from ..account.metered import MeteredAccount
    from ..coordinator import SystemCoordinator

RESERVE = 0.1
"""Share of the month that an import leaves to the readings of today."""


def spare_requests(metered: MeteredAccount) -> int:
    """Return the requests that an import may still spend this month: the readings of today keep some."""
    budget = budget_of(metered.ledger, dt_util.utcnow())
    return max(0, int(budget.left - budget.share * RESERVE))


class Allowance:
    """The requests that one call of an action may spend, and those that it has spent.

    They come from the tenth of the month that may be asked for: an automation may call again and again.
    """

    def __init__(self, coordinator: SystemCoordinator, metered: MeteredAccount, most: int | None = None) -> None:
        """Allow at most so many requests, by default all that may still be asked for this month."""
        self.spent = 0
        self._coordinator = coordinator
        self._metered = metered
        self._most = most

    @property
    def left(self) -> int:
        """How many requests may still be spent."""
        now, ledger = dt_util.utcnow(), self._metered.ledger
        left = min(ledger.owners_share(now).left, ledger.left(now))
        return left if self._most is None else min(left, self._most - self.spent)

    def require(self, price: int) -> None:
        """Raise `ServiceValidationError` unless so many requests may be spent."""
        if price > self.left:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="too_expensive",
                translation_placeholders={
                    "name": self._coordinator.name,
                    "price": str(price),
                    "left": str(self.left),
                    "part": str(self._metered.ledger.owners_share(dt_util.utcnow()).part),
                },
            )

    @asynccontextmanager
    async def spend(self, price: int) -> AsyncGenerator[None]:
        """Spend requests of this price in a block; what its cloud refuses is raised as `HomeAssistantError`."""
        coordinator = self._coordinator
        if coordinator.client.refused:
            raise _credential_refused(None)
        self.spent += price
        try:
            with owner_asks():
                yield
        except CredentialRefused as err:
            # The next reading asks the owner for a new one.
            coordinator.client.refused = True
            raise _credential_refused(err) from err
        except Throttled as err:
            raise explained(coordinator.name, "rate_limited", err, until=err.until) from err
        except CloudError as err:
            key = ERROR_KEYS.get(type(err), "temporarily_unavailable")
            raise explained(coordinator.name, key, err) from err


def _credential_refused(err: Exception | None) -> HomeAssistantError:
    failure = HomeAssistantError(translation_domain=DOMAIN, translation_key="invalid_auth")
    failure.__cause__ = err
    return failure
