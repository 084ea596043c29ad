"""What is refused of each Enphase v4 system: one path that a plan lacks, or whatever is asked for.

A 403 is no word about the credential (Enphase v4 documentation: not authorized to access this resource). A plan's gate,
a system that is not shared any more and a suspended key look alike at first; they differ in what else is refused.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..errors import AllRefused, CloudError, CredentialRefused, NotAllowed, NotFound

CHECK_LASTS = timedelta(hours=1)
"""How long it is believed whether a system is refused as a whole."""
_NO_SYSTEMS = frozenset({"retrieve_system_id", "event_types", "inverters_summary_by_envoy_or_site"})


@dataclass(frozen=True, slots=True)
class _Check:
    """Whether a system was still there when it was last found out."""

    at: datetime
    is_there: bool


class SystemRefusals:
    """The paths of each system that were refused since it last answered."""

    def __init__(self, ask: Callable[[str], Awaitable[object]]) -> None:
        """Begin without any; `ask` requests the path of a system that every plan has, and raises `CloudError`."""
        self._ask = ask
        self._paths: dict[str, set[str]] = {}
        self._checks: dict[str, _Check] = {}

    def is_refused(self, system_id: str) -> bool:
        """Return whether whatever is asked about a system is refused."""
        check = self._checks.get(system_id)
        return check is not None and not check.is_there

    def answered(self, system_id: str) -> None:
        """Note that a system has answered."""
        self._paths.pop(system_id, None)
        if self.is_refused(system_id):
            del self._checks[system_id]

    async def meaning(self, system_id: str, path: str, refusal: str, now: datetime, *, proven: bool) -> CloudError:
        """Return what a refusal of a path means.

        When a second one comes before the system has answered, it is asked for something that every plan has, once an
        hour at most. For the same path as before that is not needed where key and consent are `proven` to be alive.
        Raises another `CloudError` if it could not be found out.
        """
        refused = self._paths.setdefault(system_id, set())
        again = path in refused
        refused.add(path)
        if len(refused) == 1 and (proven or not again):
            return NotAllowed(refusal)
        check = self._checks.get(system_id)
        if check is None or not timedelta(0) <= now - check.at < CHECK_LASTS:
            check = self._checks[system_id] = _Check(now, await self._is_there(system_id))
        return NotAllowed(refusal) if check.is_there else AllRefused(refusal)

    async def _is_there(self, system_id: str) -> bool:
        try:
            await self._ask(system_id)
        except NotAllowed, NotFound, CredentialRefused:
            return False
        return True


def system_of(path: str, query: Sequence[tuple[str, str]]) -> str | None:
    """Return the system that a path is about; `None` for one that is about none."""
    _, _, *names = path.split("/")
    if not names or names[0] in _NO_SYSTEMS:
        return dict(query).get("site_id")
    return names[0]
