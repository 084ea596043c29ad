"""What an owner has at hand before an account is added: the values that the vendors' pages show."""

from simulator import ENPHASE_PATH, ENPHASE_V4_PATH, SOLAREDGE_PATH
from simulator.ready import (
    ENPHASE_API_KEY,
    ENPHASE_SINGLE_USER_ID,
    ENPHASE_USER_ID,
    ENPHASE_V4_API_KEY,
    ENPHASE_V4_CLIENT_ID,
    ENPHASE_V4_CLIENT_SECRET,
    SOLAREDGE_ACCOUNT_KEY,
    SOLAREDGE_API_KEY,
    SOLAREDGE_CLIENT_ID,
    SOLAREDGE_CLIENT_SECRET,
    SOLAREDGE_SINGLE_ACCOUNT_KEY,
    SOLAREDGE_SINGLE_API_KEY,
)


def credentials(simulator_url: str) -> dict[str, dict[str, str]]:
    """Return what is typed for each item of the first menu, under the names of the fields; all reads the simulator.

    Names with `single_` belong to an account with one system.
    """
    enphase, solaredge = f"{simulator_url}{ENPHASE_V4_PATH}", f"{simulator_url}{SOLAREDGE_PATH}"
    return {
        "enphase_v4": {
            "api_key": ENPHASE_V4_API_KEY,
            "client_id": ENPHASE_V4_CLIENT_ID,
            "client_secret": ENPHASE_V4_CLIENT_SECRET,
            "base_url": enphase,
        },
        "enphase_v2": {
            "api_key": ENPHASE_API_KEY,
            "user_id": ENPHASE_USER_ID,
            "single_user_id": ENPHASE_SINGLE_USER_ID,
            "base_url": f"{simulator_url}{ENPHASE_PATH}",
        },
        "solaredge_oauth": {
            "client_id": SOLAREDGE_CLIENT_ID,
            "client_secret": SOLAREDGE_CLIENT_SECRET,
            "base_url": solaredge,
        },
        "solaredge_key": {
            "api_key": SOLAREDGE_API_KEY,
            "account_key": SOLAREDGE_ACCOUNT_KEY,
            "single_api_key": SOLAREDGE_SINGLE_API_KEY,
            "single_account_key": SOLAREDGE_SINGLE_ACCOUNT_KEY,
            "base_url": solaredge,
        },
    }
