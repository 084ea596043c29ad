"""The control API of Enphase v4's applications, owners and consents."""

from dataclasses import asdict

from ..clouds import Clouds
from .data import Action, Data, Reader, check_names


def _applications(clouds: Clouds) -> list[Data]:
    """Return the applications with their plans, and what is used of them."""
    quota, now = clouds.v4_quota, clouds.clock.now()
    return [
        {
            "client_id": one.client_id,
            "client_secret": one.client_secret,
            "api_key": one.api_key,
            "name": one.name,
            "redirect_uris": None if one.redirect_uris is None else sorted(one.redirect_uris),
            "access_controls": None if one.access_controls is None else sorted(one.access_controls),
            "plan": asdict(quota.plan_of(one.api_key)),
            "used": dict(zip(("minute", "month"), quota.used(one.api_key, now), strict=True)),
        }
        for one in clouds.accounts.enphase_applications.values()
    ]


def _owners(clouds: Clouds) -> Data:
    """Return the owners with their systems, and who is signed in where nobody chooses."""
    owners = clouds.accounts.enphase_owners.values()
    return {
        "signed_in": clouds.enphase_owner,
        "owners": [{"name": one.name, "number": one.number, "systems": sorted(one.systems)} for one in owners],
    }


def _add_application(clouds: Clouds, data: Data) -> None:
    if not all(isinstance(data.get(name), str) for name in ("client_id", "client_secret", "api_key")):
        raise TypeError("client_id, client_secret and api_key are texts")
    clouds.add_enphase_application(**data)


def _add_owner(clouds: Clouds, data: Data) -> None:
    if not isinstance(data.get("name"), str) or type(data.get("number")) is not int:
        raise TypeError("an owner has a name and a number")
    clouds.add_enphase_owner(**data)


def _sign_in(clouds: Clouds, data: Data) -> Data:
    """Let an owner be signed in (``owner``; null: the first one)."""
    check_names(data, "owner")
    clouds.enphase_owner = data["owner"]
    return _owners(clouds)


READERS: dict[str, Reader] = {"enphase/applications": _applications, "enphase/owners": _owners}
ACTIONS: dict[str, Action] = {
    "enphase/applications/add": _add_application,
    "enphase/applications/plan": lambda clouds, data: clouds.set_enphase_plan(**data),
    "enphase/owners/add": _add_owner,
    "enphase/owners/sign-in": _sign_in,
    "enphase/grants/revoke": lambda clouds, data: {"revoked": clouds.revoke_grant(**data)},
}
