"""What is said to the simulated clouds behind the owner's back."""

import json
from urllib.request import Request, urlopen

from .accounts import ENPHASE_OWNER, ENPHASE_OWNER_NUMBER, Account


def sign_in(simulator_url: str, account: Account) -> None:
    """Have the account's owner signed in at the vendor's page already, as in a browser that knows him."""
    if account.owner is None:
        return
    if account.owner == ENPHASE_OWNER:
        systems = [int(system.key.rpartition("_")[2]) for system in account.systems]
        owner = {"name": ENPHASE_OWNER, "number": ENPHASE_OWNER_NUMBER, "systems": systems}
        _say(simulator_url, "enphase/owners/add", owner)
    _say(simulator_url, f"{account.brand.casefold()}/owners/sign-in", {"owner": account.owner})


def revoke(simulator_url: str, credential: str) -> None:
    """Have the cloud refuse a key from now on."""
    _say(simulator_url, "revoke", {"credential": credential})


def _say(simulator_url: str, action: str, data: dict[str, object]) -> None:
    request = Request(
        f"{simulator_url}/control/{action}", json.dumps(data).encode(), {"Content-Type": "application/json"}
    )
    with urlopen(request, timeout=30):
        pass
