"""Both vendors' clouds over a set of plants, and what tests do to them."""

from collections.abc import Callable, Mapping
from typing import Any

from yarl import URL

from .accounts import Accounts
from .clock import Clock
from .enphase.access import EnphaseAccess
from .faults import Body, Fault, Faults
from .log import Request, RequestLog
from .paths import SOLAREDGE_AUTHORIZE_PATH
from .plant.fleet import Fleet
from .plant.place import ApiName, CloudName
from .plant.plant import Plant
from .quota import Plan, Quota
from .solaredge.access import SolarEdgeAccess
from .switches import Switches
from .web import headers_of


class Clouds(Fleet, EnphaseAccess, SolarEdgeAccess):
    """Both clouds on an injected clock, without the server that answers for them."""

    def __init__(self, clock: Clock | None = None) -> None:
        """Begin without plants, credentials, or faults; the plans are the vendors' free ones."""
        Fleet.__init__(self, clock or Clock())
        self.accounts = Accounts()
        self.switches = Switches()
        self._faults = Faults()
        self._log = RequestLog()
        self._open_enphase_access()
        self._open_solaredge_access()
        self.quotas: dict[ApiName, Quota] = {
            "enphase": Quota(Plan(name="Watt", per_minute=10, per_month=10_000)),
            "enphase_v4": self.v4_quota,
            "solaredge": self.solaredge_quota,
        }

    # Plants.

    def add_plant(self, plant: Plant, *credentials: str) -> Plant:
        """Add a plant and let these read it: Enphase user ids (v2), names of owners (v4) or SolarEdge keys.

        Raise ValueError, KeyError.
        """
        if plant.key in self.plants:
            raise ValueError(f"{plant.key} is there already")
        for credential in credentials:
            self._systems_of(plant.cloud, credential).add(plant.id)
        self.plants[plant.key] = plant
        return plant

    def remove_system(self, key: str) -> None:
        """Take a plant away, as if its owner had withdrawn the consent and left. Raise KeyError."""
        plant = self.plants.pop(key)
        for systems in self._readers(plant.cloud):
            systems.discard(plant.id)

    def _systems_of(self, cloud: CloudName, credential: str) -> set[int]:
        if cloud == "solaredge":
            return self.accounts.solaredge_keys[credential].sites
        if owner := self.accounts.enphase_owners.get(credential):
            return owner.systems
        return self.accounts.enphase_users[credential]

    def _readers(self, cloud: CloudName) -> list[set[int]]:
        """Return the systems of everybody who can read some of a cloud."""
        if cloud == "solaredge":
            return [account.sites for account in self.accounts.solaredge_keys.values()]
        owners = self.accounts.enphase_owners.values()
        return [*self.accounts.enphase_users.values(), *(owner.systems for owner in owners)]

    # Credentials.

    def authorize(self, url: str, *, allow: bool = True) -> str:
        """Be the browser of an owner: take a client's authorize URL and return where it is sent back to.

        That is what `authorize_enphase` or `authorize_solaredge` returns. Raise ValueError where a page would refuse.
        """
        if URL(url).path == SOLAREDGE_AUTHORIZE_PATH:
            return self.authorize_solaredge(url, allow=allow)
        return self.authorize_enphase(url, allow=allow)

    def revoke(self, credential: str) -> None:
        """Make a key, a user id or an application of v4 (by client id or key) invalid from now on. Raise KeyError."""
        accounts = self.accounts
        if credential in accounts.enphase_keys:
            accounts.enphase_keys.remove(credential)
        elif credential in accounts.enphase_users:
            del accounts.enphase_users[credential]
        elif credential in accounts.enphase_applications:
            del accounts.enphase_applications[credential]
        elif application := accounts.application_of_key(credential):
            del accounts.enphase_applications[application.client_id]
        else:
            del accounts.solaredge_keys[credential]

    # What happens to requests.

    @property
    def requests(self) -> list[Request]:
        """The vendor requests received, in the order of arrival; the control API's are not among them."""
        return self._log.entries

    def clear_requests(self) -> None:
        """Forget the log; the quotas stay used."""
        self._log.clear()

    def fail(
        self,
        path: str = "*",
        *,
        status: int | None = None,
        body: Body | None = None,
        headers: Mapping[str, str] | None = None,
        delay: float = 0,
        times: int | None = 1,
        drop: bool = False,
        truncate: bool = False,
    ) -> None:
        """Let requests whose path matches a pattern fail, `times` times or (None) until `clear_faults`.

        Without a status or body the true answer comes, only late (`delay`, in seconds of the event loop), cut in half
        (`truncate`), or not at all (`drop`).
        """
        self._faults.add(
            Fault(
                path=path,
                status=status,
                body=body,
                headers=headers_of(headers),
                delay=delay,
                times=times,
                drop=drop,
                truncate=truncate,
            )
        )

    def mutate(self, path: str, function: Callable[[Any], Any], times: int | None = None) -> None:
        """Let a function change the JSON of successful answers whose path matches a pattern."""
        self._faults.add_mutation(path, function, times)

    def clear_faults(self) -> None:
        """Let everything work again, changed bodies included."""
        self._faults.clear()

    def set_limits(
        self,
        cloud: ApiName,
        *,
        per_minute: int | None = None,
        per_month: int | None = None,
        reset_day: int | None = None,
    ) -> None:
        """Change an API's plan, in v4 those of all applications; what is not given stays.

        Raise KeyError, ValueError.
        """
        quota = self.quotas[cloud]
        for value in (per_minute, per_month, reset_day):
            if value is not None and (type(value) is not int or value < 0):
                raise ValueError("a limit is a whole number")
        for plan in (quota.plan, *quota.plans.values()):
            plan.per_minute = plan.per_minute if per_minute is None else per_minute
            plan.per_month = plan.per_month if per_month is None else per_month
            plan.reset_day = plan.reset_day if reset_day is None else reset_day
