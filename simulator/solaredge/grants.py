"""SolarEdge's codes and tokens: how long they live, what they are worth, what ends them (SolarEdge homeowner guide)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import token_urlsafe

from ..dates import add_months

CODE_LIFE = timedelta(minutes=5)
"""The guide only says that a code is short-lived."""
ACCESS_LIFE = timedelta(seconds=7_200)
REFRESH_LIFE = timedelta(days=30)
MOST_MONTHS = 24
SITE_DATA, DEVICE_DATA = "SITE_DATA", "DEVICE_DATA"
SCOPES = frozenset({SITE_DATA, DEVICE_DATA})


class InvalidGrant(Exception):
    """A code or refresh token that is worth nothing; the text says why."""


@dataclass(slots=True, kw_only=True)
class Application:
    """An application of the type Site Access, as a developer makes it in SolarEdge's console."""

    client_id: str
    client_secret: str
    redirect_urls: list[str]
    """Where a homeowner may be sent back to; the first one where nobody says."""
    scopes: Collection[str] = SCOPES
    """What is ticked in the console."""
    name: str = "Home Assistant"


@dataclass(slots=True, kw_only=True)
class Homeowner:
    """Somebody who signs in with a monitoring login that these sites are linked to."""

    name: str
    sites: set[int] = field(default_factory=set)


@dataclass(slots=True, kw_only=True)
class Grant:
    """One consent of a homeowner: one application may read one site for some months."""

    client_id: str
    owner: str
    site: int
    scopes: frozenset[str]
    ends: datetime
    newest: str = ""
    """The access token that was given out last."""
    revoked: bool = False


@dataclass(slots=True, kw_only=True)
class _Secret:
    """A code or a token."""

    grant: Grant
    expires: datetime
    used: bool = False
    """A code: exchanged. A refresh token: rotated."""

    def lives(self, now: datetime) -> bool:
        return now < min(self.expires, self.grant.ends) and not self.grant.revoked


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What a code or a refresh token is exchanged for."""

    access: str
    refresh: str


class SolarEdgeGrants:
    """All applications and homeowners, and all codes and tokens that were given out, dead ones too."""

    def __init__(self) -> None:
        """Begin without any."""
        self.applications: dict[str, Application] = {}
        """By client id."""
        self.owners: dict[str, Homeowner] = {}
        """By name."""
        self._codes: dict[str, _Secret] = {}
        self._access: dict[str, _Secret] = {}
        self._refresh: dict[str, _Secret] = {}

    def code(self, client_id: str, owner: str, site: int, scopes: Iterable[str], months: int, now: datetime) -> str:
        """Return a code for a consent that a homeowner gives now."""
        ends = add_months(now.date(), months)
        grant = Grant(
            client_id=client_id,
            owner=owner,
            site=site,
            scopes=frozenset(scopes),
            ends=now.replace(year=ends.year, month=ends.month, day=ends.day),
        )
        code = token_urlsafe(24)
        self._codes[code] = _Secret(grant=grant, expires=now + CODE_LIFE)
        return code

    def exchange(self, client_id: str, code: str, now: datetime) -> Pair:
        """Return the first tokens of a consent. Raise InvalidGrant."""
        return self._next(self._codes, client_id, code, now, "invalid code")

    def refresh(self, client_id: str, token: str, now: datetime) -> Pair:
        """Return the tokens that follow, and end those before. Raise InvalidGrant."""
        return self._next(self._refresh, client_id, token, now, "invalid refresh_token")

    def grant_of(self, access_token: str, now: datetime, *, newest: bool) -> Grant | None:
        """Return the consent that an access token stands for; with `newest` a refresh ends the one before."""
        found = self._access.get(access_token)
        if found is None or not found.lives(now) or (newest and found.grant.newest != access_token):
            return None
        return found.grant

    def client_of(self, token: str) -> str | None:
        """Return the client id of the application that a token was given to, whether it lives or not."""
        found = self._access.get(token) or self._refresh.get(token)
        return found.grant.client_id if found else None

    def scopes_of(self, grant: Grant) -> Collection[str]:
        """Return what a consent is good for now: what was ticked since cannot be more than what was consented to."""
        application = self.applications.get(grant.client_id)
        return grant.scopes & frozenset(application.scopes) if application else frozenset()

    def end(self, token: str) -> None:
        """End the consent that an access or refresh token comes from, with all its tokens."""
        if found := self._access.get(token) or self._refresh.get(token):
            found.grant.revoked = True

    def revoke(self, owner: str | None, client_id: str | None, now: datetime) -> int:
        """End the consents of a homeowner to an application (None: of all, to all) and return how many lived."""
        found = {
            id(secret.grant): secret.grant
            for secret in (*self._codes.values(), *self._refresh.values())
            if owner in {None, secret.grant.owner} and client_id in {None, secret.grant.client_id}
        }
        living = [grant for grant in found.values() if not grant.revoked and now < grant.ends]
        for grant in living:
            grant.revoked = True
        return len(living)

    def _next(self, kind: dict[str, _Secret], client_id: str, text: str, now: datetime, wrong: str) -> Pair:
        """Use up a code or a refresh token."""
        found = kind.get(text)
        if found is None or found.grant.client_id != client_id or found.used or not found.lives(now):
            raise InvalidGrant(wrong)
        found.used = True
        pair = Pair(access=token_urlsafe(40), refresh=token_urlsafe(40))
        found.grant.newest = pair.access
        self._access[pair.access] = _Secret(grant=found.grant, expires=now + ACCESS_LIFE)
        self._refresh[pair.refresh] = _Secret(grant=found.grant, expires=now + REFRESH_LIFE)
        return pair
