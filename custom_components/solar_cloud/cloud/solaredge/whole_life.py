"""Asking for a site's whole life in one request, and for a shorter time where the cloud refuses that."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from ...model.elements import System
from ..errors import InvalidRequest
from .windows import Window, life_since_installation, whole_life


class WholeLife:
    """Remembers the sites whose whole life is refused: they are asked for what has been since their installation."""

    def __init__(self) -> None:
        """Begin with what the documentation says: years may span any time."""
        self._refused: set[str] = set()

    async def read[AnswerT](
        self, fetch: Callable[[Window], Awaitable[AnswerT]], system: System, now: datetime, zone: ZoneInfo
    ) -> AnswerT:
        """Return the answer for all years up to now. Raises `CloudError`."""
        shorter = life_since_installation(system, now, zone)
        if shorter is not None and system.key in self._refused:
            return await fetch(shorter)
        try:
            return await fetch(whole_life(now, zone))
        except InvalidRequest:
            if shorter is None:
                raise
        answer = await fetch(shorter)
        self._refused.add(system.key)
        return answer
