"""What every service of a vendor is to the server: an API, a consent page, a token endpoint."""

from abc import ABC, abstractmethod
from typing import ClassVar, override

from .quota import Period, Quota, Usage, Window
from .web import Answer, Call, to_tuple


class Service(ABC):
    """A service behind a prefix of paths; its requests count in a plan, but are not limited by it."""

    def __init__(self, prefix: str, quota: Quota) -> None:
        """Answer below this path, and count in these plans."""
        self.prefix = prefix
        self.quota = quota

    @abstractmethod
    def credential(self, call: Call) -> str | None:
        """Return what names the plan that pays for a request."""

    def counts(self, call: Call) -> bool:
        """Return whether a request uses up some of the plan."""
        return True

    def logged(self, call: Call) -> tuple[tuple[str, str], ...]:
        """Return those of a request's parameters that the log may have."""
        return to_tuple(call.query)

    def too_many(self, call: Call, usage: Usage) -> Answer | None:
        """Return the refusal of a request beyond a limit, None for any other."""
        return None

    @abstractmethod
    def answer(self, call: Call) -> Answer:
        """Answer a request within the limits. Raise Refusal."""

    def finish(self, call: Call, answer: Answer, usage: Usage) -> Answer:
        """Return an answer, a refusal too, with what the service adds to all of them."""
        return answer


class LimitedService(Service):
    """A service that refuses requests beyond the plan."""

    limits: ClassVar[tuple[Period, Period]] = ("month", "minute")
    """The limits of a plan in the order in which they are checked."""

    @override
    def too_many(self, call: Call, usage: Usage) -> Answer | None:
        if not self.limited(call):
            return None
        windows = {"minute": usage.minute, "month": usage.month}
        over = next((windows[period] for period in self.limits if windows[period].over), None)
        return None if over is None else self.over_limit(call, over)

    def limited(self, call: Call) -> bool:
        """Return whether a request is refused when it exceeds a limit."""
        return True

    @abstractmethod
    def over_limit(self, call: Call, window: Window) -> Answer:
        """Return the refusal of a request that exceeds the limit of a window."""
