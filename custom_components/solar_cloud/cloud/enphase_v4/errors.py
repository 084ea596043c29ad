"""What Enphase v4 says when it does not answer, in words of no vendor.

Throttles come in two forms: with the limit, the period and its end, and without them. Both are read as those of version
2 are (Enphase v4 documentation, status 429).
"""

from collections.abc import Mapping
from typing import Any, override

from ..enphase.errors import ErrorReader
from ..errors import CloudError, CredentialRefused, InvalidRequest, NotAllowed, WrongApplication
from ..parse import error_text, error_texts

_MISMATCH = "mismatch"
"""In the text of a 401 since July 2023: API key and client id of the token differ (Enphase v4 release notes)."""


class V4ErrorReader(ErrorReader):
    """Reads the errors of one client, and records in the account's ledger what they say about its limits."""

    @override
    def __call__(self, status: int, headers: Mapping[str, str], body: Any) -> CloudError | None:
        """Return the error that an answer stands for, `None` for none.

        A 401 may still be a plan's gate, which the api checks. The status counts, not the text: some 404 say that they
        are not authorized (Enphase v4 documentation).
        """
        problem = super().__call__(status, headers, body)
        match status:
            case 401 if any(_MISMATCH in text.lower() for text in error_texts(body)):
                return WrongApplication(f"HTTP {status}: {error_text(body)}")
            case 403 if isinstance(problem, CredentialRefused):
                # The owner has not granted this system; a token that is worth nothing gets 401.
                return NotAllowed(*problem.args)
            case 501 if problem is not None:
                return InvalidRequest(*problem.args)
        return problem
