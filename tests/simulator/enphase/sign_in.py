"""An owner's browser and an application at Enphase v4's sign-in."""

from yarl import URL

from simulator import ENPHASE_OAUTH_PATH, ENPHASE_V4_PATH
from simulator.ready import ENPHASE_V4_API_KEY, ENPHASE_V4_CLIENT_ID

from ..conftest import REDIRECT, Driver

AUTHORIZE = f"{ENPHASE_OAUTH_PATH}/authorize"
TOKEN = f"{ENPHASE_OAUTH_PATH}/token"
ASKED = {"response_type": "code", "client_id": ENPHASE_V4_CLIENT_ID, "redirect_uri": REDIRECT, "state": "a.b/c=d"}


async def consent(drive: Driver, **changes: str | None) -> tuple[int, URL | None, str]:
    """Open the consent page; return status, where it leads, and the page."""
    sent = {name: value for name, value in (ASKED | changes).items() if value is not None}
    async with drive.session.get(drive.base + AUTHORIZE, params=sent, allow_redirects=False) as response:
        location = response.headers.get("Location")
        return response.status, URL(location) if location else None, await response.text()


async def press(drive: Driver, **form: str) -> URL:
    url = URL(drive.base + AUTHORIZE).with_query(ASKED)
    async with drive.session.post(url, data=form, allow_redirects=False) as response:
        assert response.status == 302
        return URL(response.headers["Location"])


def code_for(drive: Driver, redirect: str = REDIRECT) -> str:
    url = URL(drive.base + AUTHORIZE).with_query(ASKED | {"redirect_uri": redirect})
    return URL(drive.simulator.authorize(str(url))).query["code"]


async def tokens(drive: Driver) -> dict:
    code = code_for(drive)
    return (await drive.token(grant_type="authorization_code", code=code, redirect_uri=REDIRECT)).body


async def refresh(drive: Driver, token: str):
    return await drive.token(grant_type="refresh_token", refresh_token=token)


async def status_with(drive: Driver, token: str, key: str = ENPHASE_V4_API_KEY) -> int:
    headers = {"Authorization": f"Bearer {token}", "key": key}
    return (await drive.get(f"{ENPHASE_V4_PATH}/systems", headers=headers)).status
