"""Where tokens are issued: a code becomes the first pair of a consent, a refresh token the next pair.

Facts are from the Enphase v4 quick start and the SolarEdge developer platform's pages on authentication.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from secrets import token_hex
from typing import Any

import aiohttp

from .account import Account
from .errors import ClientRefused, CloudError, CredentialRefused, InvalidRequest, TemporarilyUnavailable
from .grant import Tokens
from .parse import as_code, as_float, as_map, as_secret, as_str, error_text, require_map, status_text
from .transport import Transport

TIMEOUT = 30.0
"""Seconds; long, because an answer that is not waited for may hold the only pair that is valid."""
SHORTEST_LIFE, LONGEST_LIFE = timedelta(minutes=1), timedelta(days=31)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """What a consent gave."""

    tokens: Tokens
    owner: str | None = None
    """Who has consented, as the cloud names them; `None` where it does not report that."""


class TokenEndpoint(ABC):
    """The token endpoint of one application; every request is counted under the application's account."""

    life: timedelta
    """How long an access token is valid where the answer does not say."""

    def __init__(
        self, session: aiohttp.ClientSession, account: Account, base_url: str, *, client_id: str, client_secret: str
    ) -> None:
        """Take the application's credential; nothing is sent."""
        self._account = account
        self._client_id = client_id
        self._client_secret = client_secret
        self._transport = Transport(
            session,
            base_url,
            account,
            # The client id is no secret: it names no person, and only the owner can use a message that holds it.
            secrets=(client_secret,),
            timeout=TIMEOUT,
            translate=self._refusal,
        )

    async def exchange(self, code: str, redirect_uri: str | None) -> Issued:
        """Return the first pair for a code, which works once and for some minutes.

        Raises `CredentialRefused` for a used or expired code, `ClientRefused` when the application itself is refused.
        """
        answer = require_map(await self._request(self._code(code, redirect_uri), secret=code, vital=False), "tokens")
        tokens = self._tokens(answer, None, consent=token_hex(8), number=1)
        return Issued(tokens=tokens, owner=self._owner(answer))

    async def refresh(self, tokens: Tokens, *, vital: bool) -> Tokens:
        """Return the next pair; raises `CredentialRefused` when the old one is no longer valid."""
        request = {"grant_type": "refresh_token", "refresh_token": tokens.refresh}
        answer = require_map(await self._request(request, secret=tokens.refresh, vital=vital), "tokens")
        return self._tokens(answer, tokens.refresh, consent=tokens.consent, number=tokens.number + 1)

    async def revoke(self, tokens: Tokens) -> None:  # noqa: B027 - nothing to do is the usual case
        """End a pair at the vendor, where it offers that; raises `CloudError`."""

    def _refusal(self, status: int, headers: Mapping[str, str], body: Any) -> CloudError | None:
        """Return what a response means; `None`: nothing special."""
        return refusal(status, body)

    def _owner(self, answer: Mapping[str, Any]) -> str | None:
        """Return who has consented, where the vendor reports it with the tokens."""
        return None

    @abstractmethod
    def _code(self, code: str, redirect_uri: str | None) -> dict[str, str]:
        """Return the parameters that a code is exchanged with."""

    @abstractmethod
    async def _request(self, request: Mapping[str, str], *, secret: str, vital: bool) -> Any:
        """Send the parameters, and return the answer; raises `CloudError`."""

    def _tokens(self, answer: Mapping[str, Any], refresh: str | None, *, consent: str, number: int) -> Tokens:
        """Read a pair; `refresh` is the refresh token that stays valid where the answer has no new one."""
        access = as_secret(answer.get("access_token"))
        refresh = as_secret(answer.get("refresh_token")) or refresh
        if not access or not refresh:
            # An error of the cloud's: a token that is missing in an answer may be in the next one.
            raise TemporarilyUnavailable("the answer holds no tokens")
        seconds = as_float(answer.get("expires_in"))
        life = self.life if seconds is None else timedelta(seconds=min(seconds, LONGEST_LIFE.total_seconds()))
        now = self._account.clock()
        return Tokens(
            access=access,
            refresh=refresh,
            issued_at=now,
            expires_at=now + max(SHORTEST_LIFE, life),
            consent=consent,
            number=number,
        )


def refusal(status: int, body: Any) -> CloudError | None:
    """Return what an error of a token endpoint means (RFC 6749); neither vendor documents words of its own.

    A plain 400 or 401 is final: the same request would be refused again. What a firewall sends (403) is not.
    """
    if status not in {400, 401, 403}:
        return None
    fields = as_map(body)
    code = as_code(fields.get("error"))
    words = (code, as_str(fields.get("error_description")), error_text(body))
    said = " ".join(dict.fromkeys(filter(None, words)))
    text = status_text(status, said)
    if code in {"invalid_client", "unauthorized_client"}:
        return ClientRefused(text)
    if code == "unsupported_grant_type" or (code == "invalid_request" and "refresh" not in said and "code" not in said):
        return InvalidRequest(text)
    if status == 403 and code is None:
        forbidden = TemporarilyUnavailable(text)
        forbidden.is_forbidden = True
        return forbidden
    return CredentialRefused(text)
