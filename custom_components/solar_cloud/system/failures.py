"""What went wrong at a cloud, in words that Home Assistant can translate."""

from datetime import datetime

from homeassistant.helpers.update_coordinator import UpdateFailed
from homeassistant.util import dt as dt_util

from ..cloud.errors import (
    AllRefused,
    CloudError,
    InvalidRequest,
    MalformedAnswer,
    NotAllowed,
    NotFound,
    TemporarilyUnavailable,
)
from ..const import DOMAIN

ERROR_KEYS: dict[type[CloudError], str] = {
    NotAllowed: "not_allowed",
    AllRefused: "not_allowed",
    NotFound: "not_found",
    InvalidRequest: "invalid_request",
    TemporarilyUnavailable: "temporarily_unavailable",
    MalformedAnswer: "malformed_answer",
}


def error_key(err: CloudError) -> str:
    """Return the translation key of what went wrong at a cloud."""
    if isinstance(err, TemporarilyUnavailable) and err.is_forbidden:
        return ERROR_KEYS[NotAllowed]
    return ERROR_KEYS.get(type(err), ERROR_KEYS[TemporarilyUnavailable])


def explained(name: str, key: str, err: Exception | None, *, until: datetime | None = None) -> UpdateFailed:
    """Return a translated failure of the system with this name; `until` (aware UTC) is when it is tried again."""
    placeholders = {"name": name}
    retry_after: float | None = None
    if until is not None:
        placeholders["until"] = dt_util.as_local(until).strftime("%Y-%m-%d %H:%M")
        retry_after = max(1.0, (until - dt_util.utcnow()).total_seconds())
    failure = UpdateFailed(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders=placeholders,
        retry_after=retry_after,
    )
    failure.__cause__ = err
    return failure
