"""How Enphase v2 refuses requests (Enphase v2 documentation)."""

from collections.abc import Mapping
from typing import Any

from ..quota import Window
from ..web import Answer, Refusal
from .limits import exceeded, period_of


def unauthorized() -> Refusal:
    """Return the 401 that v2 has for everything: bad key, bad user, somebody else's system."""
    return Refusal(
        Answer(status=401, body={"reason": "401", "message": ["Not authorized to access requested resource."]})
    )


def not_found() -> Refusal:
    """Return the 404 of a path or a system that does not exist."""
    return Refusal(Answer(status=404, body={"reason": "404", "message": ["Not found"]}))


def no_gateway() -> Refusal:
    """Return the 404 of a gateway that does not exist."""
    return Refusal(
        Answer(status=404, body={"reason": "404", "errorMessages": ["Envoy not found with this serial number"]})
    )


def not_allowed() -> Refusal:
    """Return the 405 of every method but GET."""
    return Refusal(Answer(status=405, body={"reason": "405", "message": ["Method not allowed"]}))


def unprocessable(reason: str, parameters: Mapping[str, Any]) -> Refusal:
    """Return a 422 with its reason and the parameters that were used to process the request."""
    return Refusal(Answer(status=422, body={"reason": reason, "message": reason, **parameters}))


def too_many(plan: str, window: Window) -> Answer:
    """Return the 409 of a limit that is exceeded."""
    return Answer(status=409, body={"reason": "409", "message": [exceeded(plan)], **period_of(window)})


def too_many_at_once() -> Answer:
    """Return the 503 of too many requests at the same time."""
    return Answer(status=503, body={"errorCode": 503, "errorMessages": ["Service unavailable."]})
