"""Where Enphase's Monitoring API v4 is, and its sign-in: known without a client."""

from yarl import URL

DEFAULT_BASE_URL = "https://api.enphaseenergy.com/api/v4"


def enphase_oauth_url(base_url: str) -> str:
    """Return where Enphase's sign-in is beside an API's base address: the same server, ``/oauth``."""
    url = URL(base_url)
    return str(url.with_path(url.path.removesuffix("/").removesuffix("/api/v4").rstrip("/") + "/oauth"))
