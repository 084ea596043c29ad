"""Enphase v4's OAuth: the consent page, the token endpoint, the page that shows a code (Enphase v4 quick start)."""

from base64 import b64decode
from collections.abc import Mapping
from typing import override
from urllib.parse import parse_qsl

from yarl import URL

from ..accounts import Accounts, Application, Owner
from ..pages import redirect
from ..quota import Quota, Usage, Window
from ..service import LimitedService
from ..switches import Switches
from ..web import Answer, Call, Refusal
from . import pages
from .grants import Grants, InvalidGrant, Pair, token_answer
from .v4_errors import not_allowed, too_many

_LOGGED = {"authorize": ("response_type", "client_id", "redirect_uri"), "token": ("grant_type",)}


class EnphaseOAuth(LimitedService):
    """The sign-in as a service of the simulator; only calls of the token endpoint may count."""

    def __init__(self, prefix: str, quota: Quota, accounts: Accounts, switches: Switches, grants: Grants) -> None:
        """Serve the applications and owners among `accounts`, which may change at any time."""
        super().__init__(prefix, quota)
        self.owner: str | None = None
        """Who signs in where nobody chooses; None: the first owner."""
        self._accounts = accounts
        self._switches = switches
        self._grants = grants

    @override
    def credential(self, call: Call) -> str | None:
        """Return the API key of the application that asks for tokens; pages are opened by people, who have none."""
        client_id, _ = _basic(call) or ("", "")
        application = self._accounts.enphase_applications.get(client_id)
        return application.api_key if application else client_id or None

    @override
    def counts(self, call: Call) -> bool:
        return call.path == "token" and self._switches.enphase_tokens_count

    @override
    def logged(self, call: Call) -> tuple[tuple[str, str], ...]:
        """Return what is no secret of the parameters, wherever they were sent."""
        sent = _parameters(call)
        return tuple((name, sent[name]) for name in _LOGGED.get(call.path, ()) if name in sent)

    @override
    def limited(self, call: Call) -> bool:
        return call.path == "token" and self._switches.enphase_tokens_limited

    @override
    def over_limit(self, call: Call, window: Window) -> Answer:
        return too_many(self.quota.plan_of(self.credential(call) or "").name, window, long=True)

    @override
    def finish(self, call: Call, answer: Answer, usage: Usage) -> Answer:
        if call.path != "authorize":
            answer.headers["Cache-Control"] = "no-store"
        return answer

    @override
    def answer(self, call: Call) -> Answer:
        match call.path, call.method:
            case "authorize", "GET":
                return self._authorize(call)
            case "authorize", "POST":
                return self._decided(call)
            case "token", "POST":
                return self._token(call)
            case "redirect_uri", "GET":
                return pages.code(call.query["code"]) if call.query.get("code") else pages.refused()
            case (("authorize" | "token" | "redirect_uri"), _):
                raise not_allowed(call.method)
        return pages.wrong(404, "There is no such page.")

    # Consent.

    def decide(self, call: Call, *, allow: bool, owner: str | None = None) -> URL:
        """Return where an owner is sent after a decision: a code, or ``access_denied``. Raise Refusal."""
        query = call.query
        application = self._application(query)
        signed_in = self._owner(owner)
        answer = {"error": "access_denied"}
        if allow:
            if signed_in is None:
                raise Refusal(pages.wrong(401, "Nobody can sign in: there is no such owner."))
            redirect = query["redirect_uri"]
            answer = {"code": self._grants.code(application.client_id, signed_in.name, redirect, call.now)}
        if "state" in query:
            answer["state"] = query["state"]
        return URL(query["redirect_uri"]).update_query(answer)

    def _authorize(self, call: Call) -> Answer:
        application = self._application(call.query)
        automatic = call.query.get("auto") or ("allow" if self._switches.enphase_auto_consent else None)
        if automatic is None:
            owners = self._accounts.enphase_owners.values()
            return pages.consent(application, owners, self._owner(None))
        return redirect(self.decide(call, allow=automatic == "allow"))

    def _decided(self, call: Call) -> Answer:
        form = _form(call)
        if form.get("decision") not in {"allow", "deny"}:
            raise Refusal(pages.wrong(400, "The form says neither allow nor deny."))
        allow = form["decision"] == "allow"
        return redirect(self.decide(call, allow=allow, owner=form.get("owner")))

    def _owner(self, name: str | None) -> Owner | None:
        owners = self._accounts.enphase_owners
        name = name or self.owner or next(iter(owners), None)
        return None if name is None else owners.get(name)

    def _application(self, query: Mapping[str, str]) -> Application:
        """Return the application that asks for consent. Raise Refusal (a page)."""
        application = self._accounts.enphase_applications.get(query.get("client_id", ""))
        if application is None:
            raise Refusal(pages.wrong(401, "There is no application with this client id."))
        if query.get("response_type") != "code":
            raise Refusal(pages.wrong(400, "The response type must be code."))
        redirect = query.get("redirect_uri")
        if not redirect or not URL(redirect).absolute:
            raise Refusal(pages.wrong(400, "The redirect URI is missing."))
        registered = application.redirect_uris
        if self._switches.enphase_redirects_registered and registered is not None and redirect not in registered:
            raise Refusal(pages.wrong(400, "The redirect URI is not registered for this application."))
        return application

    # Tokens.

    def _token(self, call: Call) -> Answer:
        application = self._signed_in(call)
        sent = dict(call.query) if self._switches.enphase_token_form_refused else _parameters(call)
        match sent.get("grant_type"):
            case None:
                raise _refusal(400, "invalid_request", "Missing grant type")
            case "authorization_code":
                pair = self._exchange(application, sent, call)
            case "refresh_token":
                pair = self._refresh(application, sent, call)
            case "password":
                raise _refusal(400, "unauthorized_client", "Unauthorized grant type: password")
            case _ as kind:
                raise _refusal(400, "unsupported_grant_type", f"Unsupported grant type: {kind}")
        owner = self._accounts.enphase_owners[pair.grant.owner]
        return Answer(body=token_answer(pair, owner))

    def _signed_in(self, call: Call) -> Application:
        """Return the application whose credentials HTTP Basic carries. Raise Refusal (401)."""
        client_id, secret = _basic(call) or ("", "")
        application = self._accounts.enphase_applications.get(client_id)
        if application is None or application.client_secret != secret:
            refusal = _refusal(401, "invalid_client", "Bad client credentials")
            refusal.answer.headers["WWW-Authenticate"] = 'Basic realm="oauth2/client"'
            raise refusal
        return application

    def _exchange(self, application: Application, sent: Mapping[str, str], call: Call) -> Pair:
        if not sent.get("code") or not sent.get("redirect_uri"):
            raise _refusal(400, "invalid_request", "code and redirect_uri are required")
        try:
            return self._grants.exchange(application.client_id, sent["code"], sent["redirect_uri"], call.now)
        except InvalidGrant as error:
            raise self._worthless(error) from None

    def _refresh(self, application: Application, sent: Mapping[str, str], call: Call) -> Pair:
        if not sent.get("refresh_token"):
            raise _refusal(400, "invalid_request", "refresh_token is required")
        again = self._switches.enphase_old_refresh_works
        try:
            return self._grants.refresh(application.client_id, sent["refresh_token"], call.now, again=again)
        except InvalidGrant as error:
            raise self._worthless(error) from None

    def _worthless(self, error: InvalidGrant) -> Refusal:
        return _refusal(401 if self._switches.enphase_invalid_grant_401 else 400, "invalid_grant", str(error))


def _refusal(status: int, error: str, description: str) -> Refusal:
    return Refusal(Answer(status=status, body={"error": error, "error_description": description}))


def _form(call: Call) -> dict[str, str]:
    return dict(parse_qsl(call.body.decode(errors="replace")))


def _parameters(call: Call) -> dict[str, str]:
    """Return what a request says, in its query as documented or in a form."""
    return dict(call.query) | _form(call)


def _basic(call: Call) -> tuple[str, str] | None:
    """Return the client id and secret of HTTP Basic, if they are there."""
    kind, _, value = call.headers.get("Authorization", "").partition(" ")
    if kind.casefold() != "basic":
        return None
    try:
        client_id, colon, secret = b64decode(value, validate=True).decode().partition(":")
    except ValueError:
        return None
    return (client_id, secret) if colon else None
