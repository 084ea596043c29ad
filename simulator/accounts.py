"""Who may read what."""

from base64 import b64encode
from collections.abc import Collection
from dataclasses import dataclass, field


def encode_id(number: int) -> str:
    """Return a number the way Enphase v2 writes user ids and page cursors: decimal, base64, newline, hex."""
    return (b64encode(str(number).encode()) + b"\n").hex()


@dataclass(slots=True)
class SolarEdgeKey:
    """One key, the account key that belongs to it, and the sites it opens."""

    account_key: str
    sites: set[int] = field(default_factory=set)


@dataclass(slots=True, kw_only=True)
class Application:
    """An application as a developer makes it on Enphase's v4 portal."""

    client_id: str
    client_secret: str
    api_key: str
    name: str = "Home Assistant"
    """What the owner reads on the consent page."""
    redirect_uris: Collection[str] | None = None
    """Where the owner may be sent back to; None: anywhere."""
    access_controls: Collection[str] | None = None
    """Which boxes the developer has ticked: system, production, consumption, ev, …; None: all that the plan has."""


@dataclass(slots=True, kw_only=True)
class Owner:
    """Somebody who signs in with Enlighten credentials and owns systems there."""

    name: str
    number: int
    """The Enlighten user number, `enl_uid` in answers with tokens."""
    systems: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Accounts:
    """All credentials of both clouds."""

    enphase_keys: set[str] = field(default_factory=set)
    enphase_users: dict[str, set[int]] = field(default_factory=dict)
    """The systems of each user id of v2."""
    enphase_applications: dict[str, Application] = field(default_factory=dict)
    """v4's, by client id."""
    enphase_owners: dict[str, Owner] = field(default_factory=dict)
    """v4's, by name."""
    solaredge_keys: dict[str, SolarEdgeKey] = field(default_factory=dict)

    def application_of_key(self, api_key: str) -> Application | None:
        """Return the application that an API key of v4 belongs to."""
        return next((one for one in self.enphase_applications.values() if one.api_key == api_key), None)
