"""SolarEdge's token endpoint (SolarEdge developer platform, authentication)."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any, override

import aiohttp

from ..account import Account
from ..errors import CloudError, MalformedAnswer
from ..grant import Tokens
from ..token_endpoint import TokenEndpoint
from .errors import throttled


class SolarEdgeTokens(TokenEndpoint):
    """Everything goes as JSON, and no redirect address, which the service is known to refuse.

    The older base address of 2022 has no token endpoint, so the newer one is derived from it.
    """

    life = timedelta(seconds=7_200)

    def __init__(
        self, session: aiohttp.ClientSession, account: Account, base_url: str, *, client_id: str, client_secret: str
    ) -> None:
        """Take the API's base address and the application's credential; nothing is sent."""
        address = base_url.rstrip("/").removesuffix("/monitoring")
        super().__init__(session, account, address, client_id=client_id, client_secret=client_secret)

    @override
    async def revoke(self, tokens: Tokens) -> None:
        """End a pair; raises `CloudError`. The answer is not documented, so it is not read."""
        with suppress(MalformedAnswer):
            await self._transport.post(
                "/oauth2/revoke-token", json={"token": tokens.refresh}, secrets=(tokens.access, tokens.refresh)
            )

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
    async def _request(self, request: Mapping[str, str], *, secret: str, vital: bool) -> Any:
        body = {**request, "client_id": self._client_id, "client_secret": self._client_secret}
        return await self._transport.post("/oauth2/token", json=body, secrets=(secret,), vital=vital)
