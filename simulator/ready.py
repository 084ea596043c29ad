"""A simulator that is ready to use: a few systems, and the credentials that open them."""

from .accounts import encode_id
from .app import Simulator
from .clock import Clock
from .systems.enphase_v2 import eich_residence, sample_residence
from .systems.enphase_v4 import battery_house, metered_house, pv_residence
from .systems.solaredge import battery_site, pv_site

ENPHASE_API_KEY = "5f1d3a7c9b2e4860a1c3e5d7f9b0a2c4"
ENPHASE_USER_ID = encode_id(247)
"""Owns systems 67 and 72 in v2."""
ENPHASE_SINGLE_USER_ID = encode_id(248)
"""Owns system 72 only."""
ENPHASE_V4_API_KEY = "c0ffee5d41e94b7a8f20d6713b9e4a55"
ENPHASE_V4_CLIENT_ID = "9b1d5e7f3a2c46808e4f6a0c2d4b6e81"
ENPHASE_V4_CLIENT_SECRET = "2f8a6c4e0b1d3957f1e3d5c7b9a08264"  # noqa: S105 - opens nothing but the simulator
ENPHASE_V4_OWNER = "Robin Elm"
"""Owns systems 4200001, 4200002 and 4200003; signed in unless somebody else is chosen."""
ENPHASE_V4_OWNER_NUMBER = 4217
ENPHASE_V4_OWNER_OF_BOTH = "Jo Eich"
"""Is v2's user 247, who owns systems 67 and 72 there as well."""
ENPHASE_V4_OWNER_OF_BOTH_NUMBER = 247
SOLAREDGE_API_KEY = "7Q2MZ0B4TNC8XW5K1RVJ9DHYF3GLPA6S"
"""Opens both SolarEdge sites."""
SOLAREDGE_ACCOUNT_KEY = "SA-9F27C1B6E04D"
SOLAREDGE_SINGLE_API_KEY = "K4D8H2S6W0B3N7M1Z5X9C2V6L0P4J8G1"
"""Opens site 222881711 only."""
SOLAREDGE_SINGLE_ACCOUNT_KEY = "SA-31D8A7F05C9E"
SOLAREDGE_CLIENT_ID = "b6f0c4d2e8a1437f9c25"
SOLAREDGE_CLIENT_SECRET = "Jx3vQ8rT1mZ6wK9pL4sN7yB2cF5hD0gA"  # noqa: S105 - of the simulator alone
SOLAREDGE_REDIRECT_URL = "http://127.0.0.1:8123/api/solar_cloud/solaredge/callback"
"""Where homeowners are sent back to; others have to be allowed before they are used."""
SOLAREDGE_OWNER = "Jane Doe"
"""A homeowner; her login is linked to site 222881711."""
SOLAREDGE_BATTERY_OWNER = "Erika Mustermann"
"""A homeowner; her login is linked to site 1148616."""


def ready_simulator(clock: Clock | None = None) -> Simulator:
    """Return a simulator with five Enphase systems, two SolarEdge sites and the credentials above.

    Two of the Enphase systems are read through v2, three through v4; the owner of both reads v2's through v4 too.
    """
    simulator = Simulator(clock)
    simulator.add_enphase_key(ENPHASE_API_KEY)
    for user_id in (ENPHASE_USER_ID, ENPHASE_SINGLE_USER_ID):
        simulator.add_enphase_user(user_id)
    simulator.add_solaredge_key(SOLAREDGE_API_KEY, SOLAREDGE_ACCOUNT_KEY)
    simulator.add_solaredge_key(SOLAREDGE_SINGLE_API_KEY, SOLAREDGE_SINGLE_ACCOUNT_KEY)
    simulator.add_solaredge_application(
        SOLAREDGE_CLIENT_ID, SOLAREDGE_CLIENT_SECRET, redirect_urls=[SOLAREDGE_REDIRECT_URL]
    )
    simulator.add_solaredge_owner(SOLAREDGE_OWNER, [222881711])
    simulator.add_solaredge_owner(SOLAREDGE_BATTERY_OWNER, [1148616])
    simulator.add_plant(eich_residence(), ENPHASE_USER_ID)
    simulator.add_plant(sample_residence(), ENPHASE_USER_ID, ENPHASE_SINGLE_USER_ID)
    simulator.add_plant(battery_site(), SOLAREDGE_API_KEY)
    simulator.add_plant(pv_site(), SOLAREDGE_API_KEY, SOLAREDGE_SINGLE_API_KEY)
    _add_v4(simulator)
    return simulator


def _add_v4(simulator: Simulator) -> None:
    simulator.add_enphase_application(ENPHASE_V4_CLIENT_ID, ENPHASE_V4_CLIENT_SECRET, ENPHASE_V4_API_KEY)
    simulator.add_enphase_owner(ENPHASE_V4_OWNER, ENPHASE_V4_OWNER_NUMBER)
    simulator.add_enphase_owner(ENPHASE_V4_OWNER_OF_BOTH, ENPHASE_V4_OWNER_OF_BOTH_NUMBER, [67, 72])
    for system in (pv_residence(), metered_house(), battery_house()):
        simulator.add_plant(system, ENPHASE_V4_OWNER)
