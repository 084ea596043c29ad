"""SolarEdge Connect, the consent page of Site Access (SolarEdge homeowner guide).

What the live service does otherwise than documented is a switch, set as the service is known to do it.
"""

from collections.abc import Mapping
from typing import override
from urllib.parse import parse_qsl

from yarl import URL

from ..pages import redirect
from ..quota import Quota, Usage
from ..service import Service
from ..switches import Switches
from ..web import Answer, Call, Refusal
from . import pages
from .format import problem
from .grants import MOST_MONTHS, Application, SolarEdgeGrants

_LOGGED = ("client_id", "scope", "access_duration", "redirect_uri")


class SolarEdgeConnect(Service):
    """The consent page as a service of the simulator; it is a person who looks at it, so nothing counts."""

    def __init__(self, prefix: str, quota: Quota, grants: SolarEdgeGrants, switches: Switches) -> None:
        """Serve the applications and homeowners of `grants`, which may change at any time."""
        super().__init__(prefix, quota)
        self.owner: str | None = None
        """Who signs in where nobody chooses; None: the first one."""
        self._grants = grants
        self._switches = switches

    @override
    def credential(self, call: Call) -> str | None:
        return call.query.get("client_id")

    @override
    def counts(self, call: Call) -> bool:
        return False

    @override
    def logged(self, call: Call) -> tuple[tuple[str, str], ...]:
        """Return what is no secret of the query."""
        return tuple((name, call.query[name]) for name in _LOGGED if name in call.query)

    @override
    def finish(self, call: Call, answer: Answer, usage: Usage) -> Answer:
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @override
    def answer(self, call: Call) -> Answer:
        if call.path != "authorize":
            return pages.wrong(404, "There is no such page.")
        match call.method:
            case "GET":
                return self._page(call)
            case "POST":
                return self._decided(call)
        raise problem(405, "Only GET and POST are served")

    def decide(self, call: Call, *, allow: bool, home: str | None = None) -> URL:
        """Return where a homeowner is sent after a decision: a code, or ``access_denied``. Raise Refusal (a page)."""
        application, redirect = self._asked(call.query)
        if allow:
            owner, site = self._home(home)
            code = self._grants.code(
                application.client_id, owner, site, self._scopes(application, call), _months(call.query), call.now
            )
            answer = {"code": code, "site_id": str(site)}
        else:
            answer = {"error": "access_denied"}
        if "external_id" in call.query and not self._switches.solaredge_external_id_dropped:
            answer["external_id"] = call.query["external_id"]
        if "state" in call.query and self._switches.solaredge_state_echoed:
            answer["state"] = call.query["state"]
        return URL(redirect).update_query(answer)

    def _page(self, call: Call) -> Answer:
        application, _ = self._asked(call.query)
        _months(call.query)
        automatic = call.query.get("auto") or ("allow" if self._switches.solaredge_auto_consent else None)
        if automatic is not None:
            return redirect(self.decide(call, allow=automatic == "allow"))
        homes = pages.homes_of(self._grants.owners.values(), each_site=self._switches.solaredge_multi_site)
        return pages.consent(application, homes, self.owner or next(iter(homes), ""), self._scopes(application, call))

    def _decided(self, call: Call) -> Answer:
        form = dict(parse_qsl(call.body.decode(errors="replace")))
        if form.get("decision") not in {"allow", "deny"}:
            raise Refusal(pages.wrong(400, "The form says neither allow nor deny."))
        return redirect(self.decide(call, allow=form["decision"] == "allow", home=form.get("home")))

    def _asked(self, query: Mapping[str, str]) -> tuple[Application, str]:
        """Return which application asks, and where the homeowner is to be sent. Raise Refusal (a page)."""
        application = self._grants.applications.get(query.get("client_id", ""))
        if application is None:
            raise Refusal(pages.wrong(400, "There is no application with this client id."))
        redirect = query.get("redirect_uri") or next(iter(application.redirect_urls), None)
        if redirect is None or redirect not in application.redirect_urls:
            raise Refusal(pages.wrong(400, "The redirect URL is not one of the allowed ones of this application."))
        return application, redirect

    def _scopes(self, application: Application, call: Call) -> frozenset[str]:
        """Return what is asked for and ticked; where nothing is asked for, all that is ticked."""
        asked = call.query.get("scope", "").split()
        return frozenset(application.scopes) & frozenset(asked or application.scopes)

    def _home(self, chosen: str | None) -> tuple[str, int]:
        """Return who has signed in and which site he connects. Raise Refusal (a page)."""
        chosen = chosen or self.owner or next(iter(self._grants.owners), "")
        number, _, name = chosen.partition(" ")
        owner = self._grants.owners.get(chosen)
        if owner is None and self._switches.solaredge_multi_site and (one := self._grants.owners.get(name)):
            sites = [site for site in one.sites if str(site) == number]
            owner = one
        else:
            sites = sorted(owner.sites) if owner else []
        if owner is None or not sites:
            raise Refusal(pages.wrong(401, "Nobody can sign in: there is no such homeowner, or no site is his."))
        if len(sites) > 1:
            raise Refusal(pages.wrong(403, pages.SEVERAL_SITES))
        return owner.name, sites[0]


def _months(query: Mapping[str, str]) -> int:
    """Return how long a consent lasts; the longest possible where nobody says. Raise Refusal (a page)."""
    text = query.get("access_duration", str(MOST_MONTHS))
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:4]) <= MOST_MONTHS:
        raise Refusal(pages.wrong(400, f"The access duration must be 1 to {MOST_MONTHS} months."))
    return int(text)
