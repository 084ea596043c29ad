"""What tests do to the credentials of Enphase: they are made, opened to systems, and withdrawn."""

from collections.abc import Collection, Iterable

from yarl import URL

from ..accounts import Accounts, Application, Owner
from ..clock import Clock
from ..paths import ENPHASE_OAUTH_PATH
from ..quota import Plan, Quota
from ..switches import Switches
from ..web import Refusal, page_call
from .grants import Grants
from .oauth import EnphaseOAuth

V4_PLANS: dict[str, tuple[int, int]] = {
    "Watt": (10, 1_000),
    "Kilowatt": (50, 50_000),
    "Megawatt": (100, 300_000),
    "Partner": (300, 1_500_000),
}
"""What each of Enphase v4's plans allows in a minute and in a month (Enphase developer plans, July 2026)."""


class EnphaseAccess:
    """The simulator's part that has Enphase's keys, users, applications, owners and consents."""

    clock: Clock
    accounts: Accounts
    switches: Switches

    def _open_enphase_access(self) -> None:
        """Begin without any."""
        self.grants = Grants()
        self.v4_quota = Quota(_v4_plan("Watt"))
        self._enphase_oauth = EnphaseOAuth(ENPHASE_OAUTH_PATH, self.v4_quota, self.accounts, self.switches, self.grants)

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
        """Give an application of v4 another plan; what is used of the month stays used. Raise KeyError."""
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

    @property
    def enphase_owner(self) -> str | None:
        """The name of the owner who is signed in where nobody chooses on the consent page; None: the first one."""
        return self._enphase_oauth.owner

    @enphase_owner.setter
    def enphase_owner(self, name: str | None) -> None:
        if name is not None and name not in self.accounts.enphase_owners:
            raise KeyError(name)
        self._enphase_oauth.owner = name

    def authorize_enphase(self, url: str, *, allow: bool = True) -> str:
        """Be the browser of an owner: take a client's authorize URL and return where it is sent back to.

        That has the code, or ``error=access_denied``, and the state. Raise ValueError where a page would refuse.
        """
        target = URL(url)
        if target.path != f"{ENPHASE_OAUTH_PATH}/authorize":
            raise ValueError(f"{target.path} is not the consent page")
        call = page_call(target, "authorize", self.clock.now())
        try:
            return str(self._enphase_oauth.decide(call, allow=allow))
        except Refusal as refusal:
            raise ValueError(refusal.answer.encoded().decode()) from None

    def revoke_grant(self, owner: str | None = None, client_id: str | None = None) -> int:
        """End an owner's consents to an application of v4 (None: all owners', to all) with all their tokens.

        Return how many there were.
        """
        return self.grants.revoke(owner, client_id)


def _v4_plan(name: str) -> Plan:
    per_minute, per_month = V4_PLANS[name]
    return Plan(name=name, per_minute=per_minute, per_month=per_month)
