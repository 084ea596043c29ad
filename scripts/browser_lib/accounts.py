"""The accounts that are added, and what the owner of each types."""

from collections.abc import Mapping
from dataclasses import dataclass

from .wording import shown

Credentials = Mapping[str, Mapping[str, str]]
"""As scripts/demo --empty writes them."""
NAMES = ("enphase_v4", "enphase_v2", "solaredge_oauth", "solaredge_key", "solaredge_two")

DEFAULT = NAMES[:4]
"""One for each item of the first menu; the last one takes a minute to see what few owners have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """One system, and what the Energy dashboard is to have of it beside its production."""

    key: str
    """As in the ids of its statistics: enphase_67."""
    name: str
    grid: bool = False
    battery: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account: where the first menu has it, and what is typed."""

    name: str
    brand: str
    """What the owner looks for under *Add integration*."""
    step: str
    """The item of the first menu, and the form behind it."""
    fields: Mapping[str, str]
    base_url: str
    systems: tuple[System, ...]
    application: tuple[str, str] | None = None
    """Client id and client secret of an account that is signed in to."""
    owner: str | None = None
    """Who is signed in at the vendor's page."""

    @property
    def menu_item(self) -> str:
        """What the first menu calls it."""
        return shown(f"config.step.user.menu_options.{self.step}")

    @property
    def own_limits(self) -> str:
        """What the list of plans calls limits of the owner's own."""
        plans = "solaredge_plan" if self.brand == "SolarEdge" else f"{self.step}_plan"
        return shown(f"selector.{plans}.options.custom")


ENPHASE_OWNER, ENPHASE_OWNER_NUMBER = "Kim Iep", 4218
"""Somebody who owns one system at Enphase; the simulator's own owners have several."""
_IEPENLAAN = System(key="enphase_4200003", name="Iepenlaan", grid=True, battery=True)
_WITH_BATTERY = System(key="solaredge_1148616", name="Doe, Jane", grid=True, battery=True)
_WITHOUT_METER = System(key="solaredge_222881711", name="Doe, Jane JJ81234")


def accounts(at_hand: Credentials) -> list[Account]:
    """Return one account with one system for each item of the first menu, and one with two systems."""
    enphase_v4, enphase_v2 = at_hand["enphase_v4"], at_hand["enphase_v2"]
    solaredge_oauth, solaredge_key = at_hand["solaredge_oauth"], at_hand["solaredge_key"]
    return [
        Account(
            name="enphase_v4",
            brand="Enphase",
            step="enphase_v4",
            fields={"api_key": enphase_v4["api_key"]},
            base_url=enphase_v4["base_url"],
            systems=(_IEPENLAAN,),
            application=(enphase_v4["client_id"], enphase_v4["client_secret"]),
            owner=ENPHASE_OWNER,
        ),
        Account(
            name="enphase_v2",
            brand="Enphase",
            step="enphase_v2",
            fields={"api_key": enphase_v2["api_key"], "user_id": enphase_v2["single_user_id"]},
            base_url=enphase_v2["base_url"],
            systems=(System(key="enphase_72", name="Sample Residence"),),
        ),
        Account(
            name="solaredge_oauth",
            brand="SolarEdge",
            step="solaredge_oauth",
            fields={},
            base_url=solaredge_oauth["base_url"],
            systems=(_WITH_BATTERY,),
            application=(solaredge_oauth["client_id"], solaredge_oauth["client_secret"]),
            owner="Erika Mustermann",
        ),
        Account(
            name="solaredge_key",
            brand="SolarEdge",
            step="solaredge_key",
            fields={"api_key": solaredge_key["single_api_key"]},
            base_url=solaredge_key["base_url"],
            systems=(_WITHOUT_METER,),
        ),
        Account(
            name="solaredge_two",
            brand="SolarEdge",
            step="solaredge_key",
            fields={"api_key": solaredge_key["api_key"]},
            base_url=solaredge_key["base_url"],
            systems=(_WITH_BATTERY, _WITHOUT_METER),
        ),
    ]
