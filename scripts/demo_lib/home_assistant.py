"""What the demo says to Home Assistant, over the same HTTP and websocket interfaces that its own page uses."""

import asyncio
from collections.abc import Callable
from typing import Any, Self

import aiohttp

from .names import PASSWORD, USERNAME
from .report import Problem

_FIRST_ANSWER = 120  # seconds; a cold start takes about five


class Refused(Problem):
    """Home Assistant refused a websocket command; code says why, as "not_found"."""

    def __init__(self, command: str, code: str, message: str) -> None:
        super().__init__(f"Home Assistant refused {command}: {message} ({code})")
        self.code = code


class HomeAssistant:
    """A client of one running Home Assistant; an async context manager."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._client_id = f"{url}/"
        self._session: aiohttp.ClientSession
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._token: str | None = None
        self._last_id = 0

    async def __aenter__(self) -> Self:
        """Open the connection pool."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=120))
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close all connections."""
        if self._socket is not None:
            await self._socket.close()
        await self._session.close()

    async def wait_until_it_answers(self, check: Callable[[], None], patience: float = _FIRST_ANSWER) -> None:
        """Return when the web server is there; check is called meanwhile and may raise Problem."""
        try:
            async with asyncio.timeout(patience):
                while not await self._answers():
                    check()
                    await asyncio.sleep(0.2)
        except TimeoutError as err:
            raise Problem(f"Home Assistant did not answer within {patience:.0f} seconds.") from err

    async def wait_until_it_runs(self, check: Callable[[], None]) -> None:
        """Return when Home Assistant has finished its start."""
        while (await self.get("/api/config"))["state"] != "RUNNING":
            check()
            await asyncio.sleep(0.3)

    async def log_in(self) -> bool:
        """Log in as the owner, who is created if this is a new installation; return True for a new one."""
        status = await self._request("GET", "/api/onboarding", missing_is_none=True)
        done = {step["step"] for step in status or [] if step["done"]}
        new = status is not None and "user" not in done
        code = await (self._create_owner() if new else self._ask_for_code())
        await self._fetch_token(code)
        for name in ("analytics", "integration"):
            if status is not None and name not in done:
                await self.post(
                    f"/api/onboarding/{name}", {"client_id": self._client_id, "redirect_uri": f"{self.url}/"}
                )
        return new

    async def get(self, path: str) -> Any:
        """GET a path; the JSON answer."""
        return await self._request("GET", path)

    async def post(self, path: str, data: dict[str, Any]) -> Any:
        """POST JSON to a path; the JSON answer."""
        return await self._request("POST", path, json=data)

    async def elsewhere(self, method: str, url: str, **arguments: Any) -> str | None:
        """Ask any address on this machine, without the login; return where it sends the browser, if it does."""
        try:
            async with self._session.request(method, url, allow_redirects=False, **arguments) as response:
                if response.status >= 400:
                    raise Problem(f"{url.partition('?')[0]} answered {response.status}: {await response.text()}")
                return response.headers.get("Location")
        except aiohttp.ClientError as err:
            raise Problem(f"{url.partition('?')[0]} cannot be reached: {err}") from err

    async def command(self, kind: str, **arguments: Any) -> Any:
        """Send one websocket command and return its result; raises Refused."""
        socket = self._socket or await self._connect()
        self._last_id += 1
        await socket.send_json({"id": self._last_id, "type": kind, **arguments})
        while (answer := await socket.receive_json(timeout=60)).get("id") != self._last_id:
            pass
        if not answer["success"]:
            raise Refused(kind, answer["error"]["code"], answer["error"]["message"])
        return answer["result"]

    async def _answers(self) -> bool:
        try:
            async with self._session.get(f"{self.url}/manifest.json") as response:
                return response.ok
        except aiohttp.ClientError:
            return False

    async def _create_owner(self) -> str:
        owner = {
            "name": "Demo",
            "username": USERNAME,
            "password": PASSWORD,
            "client_id": self._client_id,
            "language": "en",
        }
        code: str = (await self.post("/api/onboarding/users", owner))["auth_code"]
        return code

    async def _ask_for_code(self) -> str:
        flow = {
            "client_id": self._client_id,
            "handler": ["homeassistant", None],
            "redirect_uri": self._client_id,
        }
        flow_id = (await self.post("/auth/login_flow", flow))["flow_id"]
        login = {"client_id": self._client_id, "username": USERNAME, "password": PASSWORD}
        answer = await self.post(f"/auth/login_flow/{flow_id}", login)
        if answer.get("type") != "create_entry":
            raise Problem(
                f"Home Assistant refused the login {USERNAME} / {PASSWORD}.", "start over: scripts/demo --fresh"
            )
        code: str = answer["result"]
        return code

    async def _fetch_token(self, code: str) -> None:
        form = {"grant_type": "authorization_code", "code": code, "client_id": self._client_id}
        self._token = (await self._request("POST", "/auth/token", data=form))["access_token"]

    async def _connect(self) -> aiohttp.ClientWebSocketResponse:
        socket = await self._session.ws_connect(f"{self.url}/api/websocket", max_msg_size=0)
        await socket.receive_json()
        await socket.send_json({"type": "auth", "access_token": self._token})
        if (answer := await socket.receive_json())["type"] != "auth_ok":
            raise Problem(f"Home Assistant's websocket refused the token: {answer}")
        self._socket = socket
        return socket

    async def _request(self, method: str, path: str, *, missing_is_none: bool = False, **arguments: Any) -> Any:
        # The second is how a flow knows the address that a vendor is to send the browser back to.
        headers = {"Authorization": f"Bearer {self._token}", "HA-Frontend-Base": self.url} if self._token else {}
        try:
            async with self._session.request(method, f"{self.url}{path}", headers=headers, **arguments) as response:
                if response.status == 404 and missing_is_none:
                    return None
                if not response.ok:
                    text = await response.text()
                    raise Problem(f"Home Assistant answered {response.status} to {method} {path}: {text}")
                return await response.json()
        except aiohttp.ClientError as err:
            raise Problem(f"Home Assistant cannot be reached ({method} {path}): {err}") from err
