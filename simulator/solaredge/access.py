"""What tests do to the credentials of SolarEdge: keys, applications, homeowners, consents."""

from collections.abc import Collection, Iterable

from yarl import URL

from ..accounts import Accounts, SolarEdgeKey
from ..clock import Clock
from ..paths import SOLAREDGE_AUTHORIZE_PATH, SOLAREDGE_CONNECT_PATH
from ..quota import Plan, Quota
from ..switches import Switches
from ..web import Refusal, page_call
from .connect import SolarEdgeConnect
from .grants import SCOPES, Application, Homeowner, SolarEdgeGrants


class SolarEdgeAccess:
    """The simulator's part that has SolarEdge's keys, applications, homeowners and consents."""

    clock: Clock
    accounts: Accounts
    switches: Switches

    def _open_solaredge_access(self) -> None:
        """Begin without any."""
        self.solaredge_grants = SolarEdgeGrants()
        self.solaredge_quota = Quota(Plan(name="Free", per_minute=10, per_month=2_000))
        self._solaredge_connect = SolarEdgeConnect(
            SOLAREDGE_CONNECT_PATH, self.solaredge_quota, self.solaredge_grants, self.switches
        )

    def add_solaredge_key(self, key: str, account_key: str) -> None:
        """Make a key valid, with the account key that belongs to it; it opens nothing yet."""
        self.accounts.solaredge_keys.setdefault(key, SolarEdgeKey(account_key))

    def add_solaredge_application(
        self,
        client_id: str,
        client_secret: str,
        *,
        redirect_urls: Iterable[str],
        scopes: Collection[str] = SCOPES,
        name: str = "Home Assistant",
    ) -> Application:
        """Make an application of the type Site Access. Raise ValueError for a taken client id or an unknown scope.

        What is returned may be changed: a new secret, another redirect URL, other scopes, from the next request on.
        """
        if client_id in self.solaredge_grants.applications:
            raise ValueError(f"{client_id} is there already")
        if isinstance(redirect_urls, str) or isinstance(scopes, str):
            raise TypeError("redirect_urls and scopes are lists")
        application = Application(
            client_id=client_id, client_secret=client_secret, redirect_urls=list(redirect_urls), name=name
        )
        self.solaredge_grants.applications[client_id] = application
        self.set_solaredge_scopes(client_id, scopes)
        return application

    def add_solaredge_redirect(self, client_id: str, url: str) -> None:
        """Allow another redirect URL. Raise KeyError, ValueError."""
        if not URL(url).absolute:
            raise ValueError("a redirect URL has a scheme and a host")
        self.solaredge_grants.applications[client_id].redirect_urls.append(url)

    def set_solaredge_scopes(self, client_id: str, scopes: Collection[str]) -> None:
        """Tick other scopes in the console, which holds for consents that were given before. Raise KeyError."""
        if unknown := set(scopes) - SCOPES:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        self.solaredge_grants.applications[client_id].scopes = frozenset(scopes)

    def add_solaredge_owner(self, name: str, sites: Iterable[int] = ()) -> Homeowner:
        """Let a homeowner sign in whose login is linked to these sites, there or not. Raise ValueError."""
        if name in self.solaredge_grants.owners:
            raise ValueError(f"{name} is there already")
        owner = Homeowner(name=name, sites=set(sites))
        self.solaredge_grants.owners[name] = owner
        return owner

    @property
    def solaredge_owner(self) -> str | None:
        """The name of the homeowner who is signed in where nobody chooses on the page; None: the first one."""
        return self._solaredge_connect.owner

    @solaredge_owner.setter
    def solaredge_owner(self, name: str | None) -> None:
        if name is not None and name not in self.solaredge_grants.owners:
            raise KeyError(name)
        self._solaredge_connect.owner = name

    def authorize_solaredge(self, url: str, *, allow: bool = True) -> str:
        """Be the browser of the homeowner: take a client's authorize URL and return where it is sent back to.

        That has the code and the site, or ``error=access_denied``. Raise ValueError where a page would refuse.
        """
        target = URL(url)
        if target.path != SOLAREDGE_AUTHORIZE_PATH:
            raise ValueError(f"{target.path} is not the consent page")
        call = page_call(target, "authorize", self.clock.now())
        try:
            return str(self._solaredge_connect.decide(call, allow=allow))
        except Refusal as refusal:
            raise ValueError(refusal.answer.encoded().decode()) from None

    def revoke_solaredge_grant(self, owner: str | None = None, client_id: str | None = None) -> int:
        """End a homeowner's consents to an application (None: all homeowners', to all) with all their tokens.

        Return how many there were.
        """
        return self.solaredge_grants.revoke(owner, client_id, self.clock.now())
