"""The control API of SolarEdge's Site Access."""

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..app import Simulator

type Data = dict[str, Any]


def applications(simulator: Simulator) -> list[Data]:
    """Return the applications with what is used of the plan."""
    quota, now = simulator.quotas["solaredge"], simulator.clock.now()
    return [
        asdict(one)
        | {
            "scopes": sorted(one.scopes),
            "used": dict(zip(("minute", "month"), quota.used(one.client_id, now), strict=True)),
        }
        for one in simulator.solaredge_grants.applications.values()
    ]


def owners(simulator: Simulator) -> Data:
    """Return the homeowners with their sites, and who is signed in where nobody chooses."""
    return {
        "signed_in": simulator.solaredge_owner,
        "owners": [
            {"name": one.name, "sites": sorted(one.sites)} for one in simulator.solaredge_grants.owners.values()
        ],
    }


def _add_application(simulator: Simulator, data: Data) -> None:
    _texts(data, "client_id", "client_secret")
    _texts_in(data, "redirect_urls", "scopes")
    simulator.add_solaredge_application(**data)


def _add_redirect(simulator: Simulator, data: Data) -> None:
    _texts(data, "client_id", "url")
    simulator.add_solaredge_redirect(**data)


def _set_scopes(simulator: Simulator, data: Data) -> None:
    _texts(data, "client_id")
    _texts_in(data, "scopes")
    simulator.set_solaredge_scopes(**data)


def _add_owner(simulator: Simulator, data: Data) -> None:
    _texts(data, "name")
    if not all(type(site) is int for site in data.get("sites", [])):
        raise TypeError("sites are numbers")
    simulator.add_solaredge_owner(**data)


def _sign_in(simulator: Simulator, data: Data) -> Data:
    """Let a homeowner be signed in (``owner``; null: the first one)."""
    if set(data) != {"owner"}:
        raise ValueError("owner is needed, and nothing else")
    simulator.solaredge_owner = data["owner"]
    return owners(simulator)


def _texts(data: Data, *names: str) -> None:
    if not all(isinstance(data.get(name), str) for name in names):
        raise TypeError(f"{', '.join(names)}: texts are needed")


def _texts_in(data: Data, *names: str) -> None:
    for name in names:
        if name in data and not (isinstance(data[name], list) and all(isinstance(value, str) for value in data[name])):
            raise TypeError(f"{name} is a list of texts")


READERS: dict[str, Callable[[Simulator], Any]] = {
    "solaredge/applications": applications,
    "solaredge/owners": owners,
}
ACTIONS: dict[str, Callable[[Simulator, Data], Any]] = {
    "solaredge/applications/add": _add_application,
    "solaredge/applications/redirect": _add_redirect,
    "solaredge/applications/scopes": _set_scopes,
    "solaredge/owners/add": _add_owner,
    "solaredge/owners/sign-in": _sign_in,
    "solaredge/grants/revoke": lambda simulator, data: {"revoked": simulator.revoke_solaredge_grant(**data)},
}
