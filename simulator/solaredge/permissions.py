"""What a credential of SolarEdge's may read: some sites, and with Site Access only what was consented to."""

from collections.abc import Collection
from dataclasses import dataclass

from ..web import Answer, Refusal
from .format import problem
from .grants import SCOPES, Grant, SolarEdgeGrants


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """What the sender of a request may read."""

    sites: Collection[int]
    fleet: bool = True
    """Whether sites and alerts may be listed, which only a key can."""
    scopes: Collection[str] = SCOPES

    def require(self, scope: str) -> None:
        """Raise Refusal (403) where a scope is missing."""
        if scope not in self.scopes:
            raise problem(403, f"The scope {scope} is missing")

    def require_fleet(self) -> None:
        """Raise Refusal (403) where the request comes with a homeowner's consent to a single site."""
        if not self.fleet:
            raise problem(403, "Not for Site Access")


def of_grant(grants: SolarEdgeGrants, grant: Grant | None) -> Permissions:
    """Return what a consent permits for its one site. Raise Refusal (401) where there is no consent."""
    if grant is None:
        body = {"error": "invalid_token", "error_description": "The access token is invalid or has expired"}
        raise Refusal(Answer(status=401, body=body))
    return Permissions(sites={grant.site}, fleet=False, scopes=grants.scopes_of(grant))
