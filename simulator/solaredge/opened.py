"""What a credential of SolarEdge's opens: some sites, and with Site Access only what was consented to."""

from collections.abc import Collection
from dataclasses import dataclass

from ..web import Answer, Call, Refusal
from .format import problem
from .grants import DEVICE_DATA, SITE_DATA, Grant, SolarEdgeGrants


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What a request may read."""

    sites: Collection[int]
    fleet: bool = True
    """Whether sites and alerts may be listed, which only a key can."""
    site_data: bool = True
    device_data: bool = True

    def demand_site_data(self) -> None:
        """Raise Refusal (403) where what belongs to a site as a whole may not be read."""
        if not self.site_data:
            raise problem(403, "The scope SITE_DATA is missing")


def bearer_of(call: Call) -> str | None:
    """Return the access token of a request, if there is one."""
    kind, _, token = call.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.casefold() == "bearer" else None


def of_grant(grants: SolarEdgeGrants, grant: Grant | None) -> Opened:
    """Return what a consent opens: one site. Raise Refusal (401) where there is none."""
    if grant is None:
        body = {"error": "invalid_token", "error_description": "The access token is invalid or has expired"}
        raise Refusal(Answer(status=401, body=body))
    scopes = grants.scopes_of(grant)
    return Opened(sites={grant.site}, fleet=False, site_data=SITE_DATA in scopes, device_data=DEVICE_DATA in scopes)
