"""What tests do to the credentials of a simulator: they are made, opened to plants, and withdrawn."""

from collections.abc import Collection, Iterable

from .accounts import Accounts, Application, Owner, SolarEdgeKey
from .enphase.grants import Grants
from .plant.place import CloudName
from .quota import Plan, Quota

V4_PLANS: dict[str, tuple[int, int]] = {
    "Watt": (10, 1_000),
    "Kilowatt": (50, 50_000),
    "Megawatt": (100, 300_000),
    "Partner": (300, 1_500_000),
}
"""What each of Enphase v4's plans allows in a minute and in a month (Enphase developer plans, July 2026)."""


class Access:
    """The credentials of both clouds."""

    def __init__(self) -> None:
        """Begin without any."""
        self.accounts = Accounts()
        self.grants = Grants()
        self.v4_quota = Quota(_v4_plan("Watt"))

    def add_enphase_key(self, key: str) -> None:
        """Make an API key of v2 valid."""
        self.accounts.enphase_keys.add(key)

    def add_enphase_user(self, user_id: str) -> None:
        """Make a user id of v2 valid; it owns nothing yet."""
        self.accounts.enphase_users.setdefault(user_id, set())

    def add_enphase_application(
        self,
        client_id: str,
        client_secret: str,
        api_key: str,
        *,
        name: str = "Home Assistant",
        plan: str = "Watt",
        redirect_uris: Collection[str] | None = None,
        access_controls: Collection[str] | None = None,
    ) -> Application:
        """Make an application of v4, as on the developer portal. Raise ValueError for a taken id or key, KeyError."""
        if client_id in self.accounts.enphase_applications or self.accounts.application_of_key(api_key):
            raise ValueError(f"{client_id} or its API key is there already")
        if isinstance(redirect_uris, str) or isinstance(access_controls, str):
            raise TypeError("redirect_uris and access_controls are lists")
        application = Application(
            client_id=client_id,
            client_secret=client_secret,
            api_key=api_key,
            name=name,
            redirect_uris=None if redirect_uris is None else frozenset(redirect_uris),
            access_controls=None if access_controls is None else frozenset(access_controls),
        )
        self.v4_quota.plans[api_key] = _v4_plan(plan)
        self.accounts.enphase_applications[client_id] = application
        return application

    def set_enphase_plan(self, client_id: str, plan: str) -> None:
        """Let an application of v4 have another plan; what is used of the month stays used. Raise KeyError."""
        application = self.accounts.enphase_applications[client_id]
        self.v4_quota.plans[application.api_key] = _v4_plan(plan)

    def add_enphase_owner(self, name: str, number: int, systems: Iterable[int] = ()) -> Owner:
        """Let somebody sign in to v4 who owns these systems, there already or not. Raise TypeError, ValueError."""
        if any(name == one.name or number == one.number for one in self.accounts.enphase_owners.values()):
            raise ValueError(f"{name} or the number {number} is there already")
        numbers = set(systems)
        if any(type(one) is not int for one in numbers):
            raise TypeError("systems are numbers")
        owner = Owner(name=name, number=number, systems=numbers)
        self.accounts.enphase_owners[name] = owner
        return owner

    def revoke_grant(self, owner: str | None = None, client_id: str | None = None) -> int:
        """End an owner's consents to an application of v4 (None: all owners', to all) with all their tokens.

        Return how many there were.
        """
        return self.grants.revoke(owner, client_id)

    def add_solaredge_key(self, key: str, account_key: str) -> None:
        """Make a key valid, with the account key that belongs to it; it opens nothing yet."""
        self.accounts.solaredge_keys.setdefault(key, SolarEdgeKey(account_key))

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


def _v4_plan(name: str) -> Plan:
    per_minute, per_month = V4_PLANS[name]
    return Plan(name=name, per_minute=per_minute, per_month=per_month)
