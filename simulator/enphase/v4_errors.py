"""How Enphase v4 refuses requests (Enphase v4 specification)."""

from typing import Any

from ..quota import Window
from ..web import Answer, Refusal
from .limits import exceeded, period_of

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


def too_many(plan: str, window: Window, *, long: bool) -> Answer:
    """Return the 429 of a limit that is exceeded; the long form names the period."""
    answer = error(429, "Too Many Requests", exceeded(plan)).answer
    if long:
        answer.body |= period_of(window)
    return answer
