"""The control API of SolarEdge's Site Access: applications, homeowners, consents."""

from dataclasses import asdict

from ..clouds import Clouds
from .data import Action, Data, Reader, check_lists_of_texts, check_texts


def _applications(clouds: Clouds) -> list[Data]:
    """Return the applications with what is used of the plan."""
    quota, now = clouds.solaredge_quota, clouds.clock.now()
    return [
        asdict(one)
        | {
            "scopes": sorted(one.scopes),
            "used": dict(zip(("minute", "month"), quota.used(one.client_id, now), strict=True)),
        }
        for one in clouds.solaredge_grants.applications.values()
    ]


def _owners(clouds: Clouds) -> Data:
    """Return the homeowners with their sites, and who is signed in where nobody chooses."""
    return {
        "signed_in": clouds.solaredge_owner,
        "owners": [{"name": one.name, "sites": sorted(one.sites)} for one in clouds.solaredge_grants.owners.values()],
    }


def _add_application(clouds: Clouds, data: Data) -> None:
    check_texts(data, "client_id", "client_secret")
    check_lists_of_texts(data, "redirect_urls", "scopes")
    clouds.add_solaredge_application(**data)


def _add_redirect(clouds: Clouds, data: Data) -> None:
    check_texts(data, "client_id", "url")
    clouds.add_solaredge_redirect(**data)


def _set_scopes(clouds: Clouds, data: Data) -> None:
    check_texts(data, "client_id")
    check_lists_of_texts(data, "scopes")
    clouds.set_solaredge_scopes(**data)


def _add_owner(clouds: Clouds, data: Data) -> None:
    check_texts(data, "name")
    if not all(type(site) is int for site in data.get("sites", [])):
        raise TypeError("sites are numbers")
    clouds.add_solaredge_owner(**data)


def _sign_in(clouds: Clouds, data: Data) -> Data:
    """Let a homeowner be signed in (``owner``; null: the first one)."""
    if set(data) != {"owner"}:
        raise ValueError("owner is needed, and nothing else")
    clouds.solaredge_owner = data["owner"]
    return _owners(clouds)


READERS: dict[str, Reader] = {"solaredge/applications": _applications, "solaredge/owners": _owners}
ACTIONS: dict[str, Action] = {
    "solaredge/applications/add": _add_application,
    "solaredge/applications/redirect": _add_redirect,
    "solaredge/applications/scopes": _set_scopes,
    "solaredge/owners/add": _add_owner,
    "solaredge/owners/sign-in": _sign_in,
    "solaredge/grants/revoke": lambda clouds, data: {"revoked": clouds.revoke_solaredge_grant(**data)},
}
