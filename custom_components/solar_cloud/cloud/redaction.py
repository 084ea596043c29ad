"""Secrets are taken out of what a cloud says, because its words end up in logs and on pages."""

from collections.abc import Collection
from typing import Any
from urllib.parse import quote, quote_plus

HIDDEN = "**"
DEEPEST = 5
"""How deep the texts of an error lie at most; every known one lies higher."""


def redacted(answer: Any, secrets: Collection[str], depth: int = DEEPEST) -> Any:
    """Return the JSON of an error without secrets in its texts, as deep as errors are read.

    `secrets` comes from `spellings`.
    """
    match answer:
        case str():
            for secret in secrets:
                answer = answer.replace(secret, HIDDEN)
            return answer
        case list() if depth:
            return [redacted(item, secrets, depth - 1) for item in answer]
        case dict() if depth:
            return {key: redacted(item, secrets, depth - 1) for key, item in answer.items()}
    return answer


def spellings(secrets: Collection[str]) -> tuple[str, ...]:
    """Return every way in which a secret may be written in a message, the longest first."""
    forms = {form for secret in secrets if secret for form in (secret, quote(secret, safe=""), quote_plus(secret))}
    return tuple(sorted(forms, key=len, reverse=True))
