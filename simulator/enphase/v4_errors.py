"""How Enphase v4 says no (Enphase v4 specification)."""

from collections.abc import Iterable
from typing import Any

from ..plant.slots import epoch
from ..quota import Window
from ..web import Answer, Refusal

METHODS = {"POST", "PUT", "GET", "DELETE", "HEAD", "OPTIONS", "PATCH"}
"""Any other is not implemented at all."""


def error(status: int, message: str, details: str) -> Refusal:
    """Return an error in the form that almost every endpoint has."""
    return Refusal(Answer(status=status, body={"message": message, "details": details, "code": status}))


def unauthorized() -> Refusal:
    """Return the 401 of a wrong key, a dead token and an endpoint beyond the plan alike."""
    return error(401, "Not Authorized", "User is not authorized")


def mismatch() -> Refusal:
    """Return the 401 of a key and a token of different applications."""
    return error(
        401, "API Key -Client mismatch", "API key and the client ID associated with the access token do not match"
    )


def forbidden() -> Refusal:
    """Return the 403 of a system that the owner does not own."""
    return error(403, "Forbidden", "Not authorized to access this resource")


def not_found(details: str) -> Refusal:
    """Return the 404 of something that is not there."""
    return error(404, "Not Found", details)


def no_system(system_id: int) -> Refusal:
    """Return the 404 of a system that is not there."""
    return not_found(f'System not found for {{:id=>"{system_id}"}}')


def unprocessable(details: str) -> Refusal:
    """Return the 422 of parameters that make no sense."""
    return error(422, "Unprocessable Entity", details)


def not_allowed(method: str) -> Refusal:
    """Return the 405 of a method that a path does not have, or the 501 of one that no path has."""
    if method in METHODS:
        body: dict[str, Any] = {"reason": "405", "message": ["Method not allowed"]}
    else:
        body = {"reason": "501", "message": ["Not Implemented"]}
    return Refusal(Answer(status=int(body["reason"]), body=body))


def too_many(plan: str, windows: Iterable[Window], *, long: bool) -> Answer | None:
    """Return the 429 of the first window that is over, None where none is; the long form names the window."""
    over = next((window for window in windows if window.over), None)
    if over is None:
        return None
    answer = error(429, "Too Many Requests", f"Usage limit exceeded for plan {plan}").answer
    if long:
        answer.body |= {
            "period": over.period,
            "period_start": epoch(over.start),
            "period_end": epoch(over.end),
            "limit": over.limit,
        }
    return answer
