"""Enphase's token endpoint (Enphase v4 quick start)."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, override

from ..errors import InvalidRequest
from ..parse import as_str
from ..token_endpoint import TokenEndpoint


class EnphaseTokens(TokenEndpoint):
    """Client id and secret go as HTTP Basic, the rest as a form; owners revoke a consent on Enphase's site.

    The quick start has the parameters in the query, where every proxy's log would keep them; a form works as well in
    the field. Should it be refused as no request at all, the query is used.
    """

    life = timedelta(seconds=86_393)
    _in_query = False

    @override
    def _owner(self, answer: Mapping[str, Any]) -> str | None:
        return as_str(answer.get("enl_uid"))

    @override
    def _code(self, code: str, redirect_uri: str | None) -> dict[str, str]:
        redirect = {"redirect_uri": redirect_uri} if redirect_uri else {}
        return {"grant_type": "authorization_code", **redirect, "code": code}

    @override
    async def _request(self, request: Mapping[str, str], *, secret: str, vital: bool) -> Any:
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
