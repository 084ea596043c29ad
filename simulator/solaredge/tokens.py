"""Where SolarEdge's Site Access gives out tokens and revokes them (SolarEdge homeowner guide).

What the live service does otherwise than documented is a switch, set as the service is known to do it.
"""

from collections.abc import Callable, Mapping
import json
from typing import Any, ClassVar, override
from urllib.parse import parse_qsl

from ..quota import Period, Quota, Usage, Window
from ..service import LimitedService
from ..switches import Switches
from ..web import Answer, Call, Refusal
from .format import problem
from .grants import ACCESS_LIFE, Application, InvalidGrant, Pair, SolarEdgeGrants
from .limits import add_headers, too_many


class SolarEdgeTokens(LimitedService):
    """The token endpoint, and where tokens are revoked, as a service of the simulator."""

    limits: ClassVar[tuple[Period, Period]] = ("minute", "month")

    def __init__(self, prefix: str, quota: Quota, grants: SolarEdgeGrants, switches: Switches) -> None:
        """Serve the applications of `grants`, which may change at any time."""
        super().__init__(prefix, quota)
        self._grants = grants
        self._switches = switches
        self._paths: dict[str, Callable[[Call], Answer]] = {"token": self._token, "revoke-token": self._revoke}

    @override
    def credential(self, call: Call) -> str | None:
        """Return the client id, whose developer account pays."""
        sent = self._sent(call)
        return sent.get("client_id") or self._grants.client_of(sent.get("token", ""))

    @override
    def counts(self, call: Call) -> bool:
        return self._switches.solaredge_tokens_count

    @override
    def logged(self, call: Call) -> tuple[tuple[str, str], ...]:
        """Return the kind of grant: all else that is sent is secret, or the client id."""
        kind = self._sent(call).get("grant_type")
        return (("grant_type", kind),) if kind is not None else ()

    @override
    def limited(self, call: Call) -> bool:
        return self._switches.solaredge_tokens_limited

    @override
    def over_limit(self, call: Call, window: Window) -> Answer:
        return too_many(call, window, self._switches)

    @override
    def finish(self, call: Call, answer: Answer, usage: Usage) -> Answer:
        add_headers(answer, usage)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @override
    def answer(self, call: Call) -> Answer:
        if call.path not in self._paths:
            raise problem(404, "Unknown endpoint")
        if call.method != "POST":
            raise problem(405, "Only POST is served")
        if not self._sent(call):
            raise _refusal("invalid_request", "The body must be JSON")
        return self._paths[call.path](call)

    def _token(self, call: Call) -> Answer:
        sent = self._sent(call)
        application = self._grants.applications.get(sent.get("client_id", ""))
        if application is None or application.client_secret != sent.get("client_secret"):
            raise _refusal("invalid_client", "Client authentication failed")
        try:
            match sent.get("grant_type"):
                case "authorization_code":
                    pair = self._exchange(application, sent, call)
                case "refresh_token":
                    pair = self._grants.refresh(application.client_id, sent.get("refresh_token", ""), call.now)
                case None:
                    raise _refusal("invalid_request", "grant_type is missing")
                case _ as kind:
                    raise _refusal("unsupported_grant_type", f"Unsupported grant type: {kind}")
        except InvalidGrant as error:
            raise _refusal("invalid_grant", str(error)) from None
        return Answer(
            body={
                "access_token": pair.access,
                "token_type": "Bearer",
                "expires_in": int(ACCESS_LIFE.total_seconds()),
                "refresh_token": pair.refresh,
            }
        )

    def _exchange(self, application: Application, sent: Mapping[str, str], call: Call) -> Pair:
        if "redirect_uri" in sent and self._switches.solaredge_redirect_uri_rejected:
            raise _refusal("invalid_request", "redirect_uri is not expected")
        return self._grants.exchange(application.client_id, sent.get("code", ""), call.now)

    def _revoke(self, call: Call) -> Answer:
        """End a consent; a token that nobody knows is as good as ended (RFC 7009)."""
        token = self._sent(call).get("token")
        if not token:
            raise _refusal("invalid_request", "token is missing")
        self._grants.end(token)
        return Answer(body=b"")

    def _sent(self, call: Call) -> dict[str, str]:
        """Return the parameters that are texts; none where the body is not what is accepted."""
        content_type = call.headers.get("Content-Type", "").partition(";")[0].strip().casefold()
        if content_type == "application/x-www-form-urlencoded":
            form_accepted = not self._switches.solaredge_form_rejected
            return dict(parse_qsl(call.body.decode(errors="replace"))) if form_accepted else {}
        try:
            body: Any = json.loads(call.body)
        except ValueError:
            return {}
        fields = body if isinstance(body, dict) else {}
        return {name: value for name, value in fields.items() if isinstance(value, str)}


def _refusal(error: str, description: str) -> Refusal:
    return Refusal(Answer(status=400, body={"error": error, "error_description": description}))
