"""Enphase v4's codes and tokens: how long they live, what they are worth, what ends them (Enphase v4 quick start)."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
import json
from secrets import token_urlsafe
from typing import Any

from ..accounts import Owner
from ..plant.slots import epoch

CODE_LIFE = timedelta(minutes=10)
"""The quick start only says that a code is short-lived."""
ACCESS_LIFE = timedelta(seconds=86_393)
REFRESH_LIFE = timedelta(days=30)
_PASSWORD_CHANGED = 1_638_870_641


class InvalidGrant(Exception):
    """A code or refresh token that is worth nothing; the text says why."""


@dataclass(slots=True, kw_only=True)
class Grant:
    """One consent of an owner to one application, with all tokens that come from it."""

    client_id: str
    owner: str
    revoked: bool = False


@dataclass(slots=True, kw_only=True)
class _Secret:
    """A code or a token."""

    grant: Grant
    expires: datetime
    redirect_uri: str = ""
    used: bool = False
    """A code: exchanged. A refresh token: rotated. An access token: followed by another one."""

    def refusal(self, now: datetime) -> str | None:
        """Say why it is worth nothing at an instant; None while it is."""
        if self.grant.revoked:
            return "revoked"
        return "expired" if now >= self.expires else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What a code or a refresh token is exchanged for."""

    access: str
    refresh: str
    grant: Grant


class Grants:
    """All codes and tokens that were given out, dead ones too."""

    def __init__(self) -> None:
        """Begin without any."""
        self._codes: dict[str, _Secret] = {}
        self._access: dict[str, _Secret] = {}
        self._refresh: dict[str, _Secret] = {}

    def code(self, client_id: str, owner: str, redirect_uri: str, now: datetime) -> str:
        """Return a code for a consent that an owner gives now."""
        code = token_urlsafe(12)
        grant = Grant(client_id=client_id, owner=owner)
        self._codes[code] = _Secret(grant=grant, expires=now + CODE_LIFE, redirect_uri=redirect_uri)
        return code

    def exchange(self, client_id: str, code: str, redirect_uri: str, now: datetime) -> Pair:
        """Return the first tokens of a consent. Raise InvalidGrant."""
        found = self._codes.get(code)
        if found is None or found.grant.client_id != client_id or found.used or found.refusal(now):
            raise InvalidGrant(f"Invalid authorization code: {code}")
        if found.redirect_uri != redirect_uri:
            raise InvalidGrant("Redirect URI mismatch.")
        found.used = True
        return self._pair(found.grant, now)

    def refresh(self, client_id: str, token: str, now: datetime, *, again: bool) -> Pair:
        """Return the tokens that follow; with `again` an old refresh token still works. Raise InvalidGrant."""
        found = self._refresh.get(token)
        if found is None or found.grant.client_id != client_id:
            raise InvalidGrant("Invalid refresh token")
        if why := found.refusal(now):
            raise InvalidGrant(f"Invalid refresh token ({why})")
        if found.used and not again:
            raise InvalidGrant("Invalid refresh token (rotated)")
        found.used = True
        for secret in self._access.values():
            secret.used = secret.used or secret.grant is found.grant
        return self._pair(found.grant, now)

    def grant_of(self, token: str, now: datetime, *, newest: bool) -> Grant | None:
        """Return the consent that an access token stands for; with `newest` a refresh ends the one before."""
        found = self._access.get(token)
        if found is None or found.refusal(now) or (newest and found.used):
            return None
        return found.grant

    def revoke(self, owner: str | None, client_id: str | None) -> int:
        """End the consents of an owner to an application (None: of all, to all) and return how many lived."""
        ended = {
            id(secret.grant): secret.grant
            for secret in (*self._codes.values(), *self._refresh.values())
            if owner in {None, secret.grant.owner} and client_id in {None, secret.grant.client_id}
        }
        living = [grant for grant in ended.values() if not grant.revoked]
        for grant in living:
            grant.revoked = True
        return len(living)

    def _pair(self, grant: Grant, now: datetime) -> Pair:
        """Return new tokens that live from now on."""
        pair = Pair(access=_jwt(grant, now + ACCESS_LIFE), refresh=_jwt(grant, now + REFRESH_LIFE), grant=grant)
        self._access[pair.access] = _Secret(grant=grant, expires=now + ACCESS_LIFE)
        self._refresh[pair.refresh] = _Secret(grant=grant, expires=now + REFRESH_LIFE)
        return pair


def token_answer(pair: Pair, owner: Owner) -> dict[str, Any]:
    """Return what the token endpoint answers."""
    return {
        "access_token": pair.access,
        "token_type": "bearer",
        "refresh_token": pair.refresh,
        "expires_in": int(ACCESS_LIFE.total_seconds()),
        "scope": "read write",
        "enl_uid": str(owner.number),
        "enl_cid": "",
        "enl_password_last_changed": str(_PASSWORD_CHANGED),
        "is_internal_app": False,
        "app_type": "system",
        "jti": token_urlsafe(16),
    }


def _jwt(grant: Grant, expires: datetime) -> str:
    """Return a token that looks like a real one; nobody checks the signature."""
    payload = {
        "app_type": "system",
        "user_name": grant.owner,
        "enl_password_last_changed": str(_PASSWORD_CHANGED),
        "exp": epoch(expires),
        "client_id": grant.client_id,
        "jti": token_urlsafe(16),
    }
    return ".".join([_part({"alg": "RS256", "typ": "JWT"}), _part(payload), token_urlsafe(64)])


def _part(content: dict[str, Any]) -> str:
    text = json.dumps(content, separators=(",", ":")).encode()
    return urlsafe_b64encode(text).rstrip(b"=").decode()
