"""The requests of one client: counted, sent, and answered with JSON or a `CloudError`.

Knows no vendor: a client passes in how its errors are to be read. Nothing that leaves this module holds a credential.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import aiohttp

from .account import Account
from .auth import Auth
from .clock import compare_with
from .errors import (
    CloudError,
    CredentialRefused,
    NoDataYet,
    TemporarilyUnavailable,
    Throttled,
    ThrottleScope,
    TokenRefused,
)
from .redaction import Secrets
from .response import Response, Translate, plain_error
from .sending import NO_ITEMS, Request, send
from .vendor_text import say_with


class Transport:
    """Sends the requests of one client to one base address, under one account."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base_url: str,
        account: Account,
        *,
        headers: Mapping[str, str] = NO_ITEMS,
        query: Mapping[str, str] = NO_ITEMS,
        secrets: Collection[str],
        timeout: float = 30,
        translate: Translate,
        auth: Auth | None = None,
    ) -> None:
        """Keep where to send and how: `headers` and `query` go with every request, `secrets` must be in no message.

        `auth` gives the access token that each request carries, where the credential is one. `timeout` is in seconds.
        """
        self._session = session
        self._base_url = base_url.rstrip("/")
        self._account = account
        self._headers = {"Accept": "application/json", **headers}
        self._query = tuple(query.items())
        self._secrets = tuple(secrets)
        account.hide(self._secrets)
        self._auth = auth
        self._timeout = timeout
        self._translate = translate
        self.last_success: datetime | None = None
        """When the cloud last gave what was asked for (aware UTC)."""

    async def get(
        self, path: str, query: Sequence[tuple[str, str]] = (), *, owner: bool = False, renews: bool = True
    ) -> Any:
        """Return the JSON that a path answers with; `None` for an answer without content (204).

        `path` begins with a slash and is logged, so it holds no credential. Raises `CloudError` and nothing else; every
        attempt counts, failed ones too. An access token that is refused is replaced once, and the request repeated,
        unless the path is known (`renews` is false) to be refused with any token.
        """
        request = Request(method="GET", path=path, query=query)
        if self._auth is None:
            return await self._answer(request, owner=owner)
        return await self._authorized(self._auth, request, owner=owner, again=renews)

    async def post(
        self,
        path: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] = NO_ITEMS,
        form: Mapping[str, str] | None = None,
        json: Mapping[str, Any] | None = None,
        secrets: Collection[str] = (),
        vital: bool = False,
    ) -> Any:
        """Send a form or JSON to a path where tokens are given out, and return the JSON that comes back.

        Such a request may use the owner's share of the month, a `vital` one does not even wait for the month's end.
        Raises `CloudError` and nothing else.
        """
        request = Request(method="POST", path=path, query=query, headers=headers, form=form, json=json, secrets=secrets)
        return await self._answer(request, owner=True, vital=vital)

    async def _authorized(self, auth: Auth, request: Request, *, owner: bool, again: bool) -> Any:
        """Send a request with an access token; `again`: once more with another one, where the first is refused."""
        token = await auth.token()
        headers = {**request.headers, "Authorization": f"Bearer {token}"}
        try:
            answer = await self._answer(replace(request, headers=headers, secrets=auth.secrets), owner=owner)
        except TokenRefused:
            if not again or not await auth.renewed(token):
                raise
        else:
            auth.worked(token)
            return answer
        return await self._authorized(auth, request, owner=owner, again=False)

    async def _answer(self, request: Request, *, owner: bool = False, vital: bool = False) -> Any:
        """Send a request under the account, and return what came; raises `CloudError` without secrets in it."""
        if self._session.closed:
            raise TemporarilyUnavailable("the connection is shut down")
        hidden = self._account.hide([*self._secrets, *request.secrets])
        compare_with(self._account.clock)
        say_with(self._account.vendor_log)
        async with self._account.request(owner=owner, vital=vital):
            response = await send(self._session, self._base_url, self._complete(request), self._timeout)
            if isinstance(response, Response):
                self._account.cloud_clock.heard(response.headers, self._account.clock())
            answer, problem = await self._read(response, hidden, gives_tokens=request.method == "POST")
        if isinstance(problem, Throttled):
            self._account.ledger.learn(problem.until, problem.scope, self._account.clock())
            if problem.scope is ThrottleScope.MONTH:
                await self._account.save()
        self._note_outage(request, problem)
        if problem is not None:
            problem.args = tuple(hidden.scrubbed(arg, 0) for arg in problem.args)
            raise problem
        self.last_success = self._account.clock()
        return answer

    def _note_outage(self, request: Request, problem: CloudError | None) -> None:
        """Note whether the cloud has answered; that tokens are given out says nothing about the data."""
        if isinstance(problem, TemporarilyUnavailable):
            self._account.outage.failed(self._account.clock())
        elif request.method == "GET" and (problem is None or isinstance(problem, NoDataYet)):
            self._account.outage.answered(self._account.clock())

    def _complete(self, request: Request) -> Request:
        """Add what goes with every request of the client."""
        return replace(request, query=[*request.query, *self._query], headers={**self._headers, **request.headers})

    async def _read(
        self, response: Response | CloudError, hidden: Secrets, *, gives_tokens: bool
    ) -> tuple[Any, CloudError | None]:
        """Return the JSON of a response, or what is wrong with it; where tokens are given out, they are in it."""
        if isinstance(response, CloudError):
            return None, response
        status = response.status
        answer, readable = await response.parsed(hidden, gives_tokens=gives_tokens)
        problem = self._translate(status, response.headers, answer)
        if isinstance(problem, Throttled):
            return None, problem
        if response.is_page:
            # A proxy, a portal or an outage answers, not the cloud: its status says nothing about the credential.
            return None, TemporarilyUnavailable(f"a page came instead of data (HTTP {status})")
        if status == 401 and self._auth is not None and type(problem) is CredentialRefused:
            problem = TokenRefused(*problem.args)
        if problem is not None:
            return None, problem
        if not 200 <= status < 300:
            return None, plain_error(status, response.headers, self._account.clock())
        if status == 204:
            return None, None
        return (answer, None) if readable else (None, response.not_json())
