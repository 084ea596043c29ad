"""Where tokens are given out: a code becomes the first pair, a refresh token the next one.

Facts are from the Enphase v4 quick start and the SolarEdge developer platform's pages on authentication.
"""

from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from secrets import token_hex
from typing import Any, override

import aiohttp
from yarl import URL

from .errors import (
    ClientRefused,
    CloudError,
    CredentialRefused,
    InvalidRequest,
    MalformedAnswer,
    TemporarilyUnavailable,
)
from .grant import Tokens
from .parse import as_code, as_float, as_str, error_text, require_map
from .solaredge.errors import throttled
from .transport import Account, Transport

TIMEOUT = 30.0
"""Seconds; long, because an answer that is not waited for may hold the only pair that lives."""
SHORTEST_LIFE, LONGEST_LIFE = timedelta(minutes=1), timedelta(days=31)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """What a consent gave."""

    tokens: Tokens
    owner: str | None = None
    """Who has consented, in the cloud's own words; `None` where it does not tell."""


class TokenEndpoint(ABC):
    """The token endpoint of one application; every request is counted under the application's account."""

    life: timedelta
    """How long an access token lives where the answer does not say."""

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
            # Neither names a person: a message with the client id in it is of no use to anybody but the owner.
            secrets=(client_secret,),
            timeout=TIMEOUT,
            translate=self._refusal,
        )

    async def exchange(self, code: str, redirect_uri: str | None) -> Issued:
        """Return what a code is worth; it works once, for some minutes.

        Raises `CredentialRefused` for a used or expired code, `ClientRefused` when the application itself is refused.
        """
        answer = require_map(await self._ask(self._code(code, redirect_uri), secret=code, vital=False), "tokens")
        return Issued(
            tokens=self._tokens(answer, None, consent=token_hex(8), number=1), owner=as_str(answer.get("enl_uid"))
        )

    async def refresh(self, tokens: Tokens, *, vital: bool) -> Tokens:
        """Return the next pair; raises `CredentialRefused` when the old one is worth nothing any more."""
        request = {"grant_type": "refresh_token", "refresh_token": tokens.refresh}
        answer = require_map(await self._ask(request, secret=tokens.refresh, vital=vital), "tokens")
        return self._tokens(answer, tokens.refresh, consent=tokens.consent, number=tokens.number + 1)

    async def revoke(self, tokens: Tokens) -> None:  # noqa: B027 - nothing to do is the usual case
        """End a pair at the vendor, where it offers that; raises `CloudError`. Enphase's owners do it on its site."""

    def _refusal(self, status: int, headers: Mapping[str, str], body: Any) -> CloudError | None:
        return refusal(status, headers, body)

    @abstractmethod
    def _code(self, code: str, redirect_uri: str | None) -> dict[str, str]:
        """Return the parameters that a code is exchanged with."""

    @abstractmethod
    async def _ask(self, request: Mapping[str, str], *, secret: str, vital: bool) -> Any:
        """Send the parameters, and return the answer."""

    def _tokens(self, answer: Mapping[str, Any], refresh: str | None, *, consent: str, number: int) -> Tokens:
        access = as_str(answer.get("access_token"))
        refresh = as_str(answer.get("refresh_token")) or refresh
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


class EnphaseTokens(TokenEndpoint):
    """Enphase's: client id and secret as HTTP Basic, the rest as a form.

    The quick start has the parameters in the query, where every proxy's log would keep them; a form works as well in
    the field. Should it be refused as no request at all, the query is used.
    """

    life = timedelta(seconds=86_393)
    _in_query = False

    @override
    def _code(self, code: str, redirect_uri: str | None) -> dict[str, str]:
        redirect = {"redirect_uri": redirect_uri} if redirect_uri else {}
        return {"grant_type": "authorization_code", **redirect, "code": code}

    @override
    async def _ask(self, request: Mapping[str, str], *, secret: str, vital: bool) -> Any:
        basic = b64encode(f"{self._client_id}:{self._client_secret}".encode()).decode()
        headers, secrets = {"Authorization": f"Basic {basic}"}, (secret, basic)
        if not self._in_query:
            try:
                return await self._transport.post("/token", headers=headers, form=request, secrets=secrets, vital=vital)
            except InvalidRequest:
                self._in_query = True
        return await self._transport.post(
            "/token", headers=headers, query=list(request.items()), secrets=secrets, vital=vital
        )


class SolarEdgeTokens(TokenEndpoint):
    """SolarEdge's: everything as JSON, and no redirect address, which the service is known to refuse.

    Tokens are younger than the older base address of 2022, so they are not looked for there.
    """

    life = timedelta(seconds=7_200)

    def __init__(
        self, session: aiohttp.ClientSession, account: Account, base_url: str, *, client_id: str, client_secret: str
    ) -> None:
        """Take the API's base address and the application's credential; nothing is sent."""
        address = base_url.rstrip("/").removesuffix("/monitoring")
        super().__init__(session, account, address, client_id=client_id, client_secret=client_secret)

    @override
    def _refusal(self, status: int, headers: Mapping[str, str], body: Any) -> CloudError | None:
        if status == 429:
            now = self._account.clock()
            return throttled(headers, now, self._account.ledger.resets_at(now))
        return super()._refusal(status, headers, body)

    @override
    def _code(self, code: str, redirect_uri: str | None) -> dict[str, str]:
        return {"grant_type": "authorization_code", "code": code}

    @override
    async def _ask(self, request: Mapping[str, str], *, secret: str, vital: bool) -> Any:
        body = {**request, "client_id": self._client_id, "client_secret": self._client_secret}
        return await self._transport.post("/oauth2/token", json=body, secrets=(secret,), vital=vital)

    @override
    async def revoke(self, tokens: Tokens) -> None:
        """Let a pair die; raises `CloudError`. What the answer says is not documented, so it is not read."""
        with suppress(MalformedAnswer):
            await self._transport.post(
                "/oauth2/revoke-token", json={"token": tokens.refresh}, secrets=(tokens.access, tokens.refresh)
            )


def enphase_oauth_url(base_url: str) -> str:
    """Return where Enphase's sign-in lives beside an API's base address: the same server, ``/oauth``."""
    url = URL(base_url)
    return str(url.with_path(url.path.removesuffix("/").removesuffix("/api/v4").rstrip("/") + "/oauth"))


def refusal(status: int, headers: Mapping[str, str], body: Any) -> CloudError | None:
    """Read an error of a token endpoint (RFC 6749); neither vendor documents its own words.

    A plain 400 or 401 is final: the same request would be refused again. What a firewall says (403) is not.
    """
    if status not in {400, 401, 403}:
        return None
    fields = body if isinstance(body, Mapping) else {}
    code = as_code(fields.get("error"))
    words = (code, as_str(fields.get("error_description")), error_text(body))
    said = " ".join(dict.fromkeys(filter(None, words)))
    text = f"HTTP {status}: {said}" if said else f"HTTP {status}"
    if code in {"invalid_client", "unauthorized_client"}:
        return ClientRefused(text)
    if code == "unsupported_grant_type" or (code == "invalid_request" and "refresh" not in said and "code" not in said):
        return InvalidRequest(text)
    if status == 403 and code is None:
        return TemporarilyUnavailable(text)
    return CredentialRefused(text)
