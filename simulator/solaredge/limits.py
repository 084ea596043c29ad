"""How SolarEdge reports the limits of a plan, and refuses requests beyond them (SolarEdge migration notes)."""

from ..quota import Usage, Window
from ..switches import Switches
from ..web import Answer, Call
from .format import problem


def too_many(call: Call, window: Window, switches: Switches) -> Answer:
    """Return the 429 of the minute, with `retry-after`, or that of the month's credits, without."""
    minute = window.period == "minute"
    refusal = problem(429, "Rate limit exceeded" if minute else "Credit limit exceeded").answer
    refusal.body["title"] = "Too Many Requests"
    if switches.solaredge_credits_body_kong:
        refusal.body, refusal.content_type = {"message": "API rate limit exceeded"}, "application/json"
    if minute:
        refusal.headers["retry-after"] = str(max(1, -int((call.now - window.end).total_seconds() // 1)))
    return refusal


def add_headers(answer: Answer, usage: Usage) -> None:
    """Add the headers of the minute, which every answer has."""
    minute = usage.minute
    answer.headers["x-ratelimit-limit-minute"] = str(minute.limit)
    answer.headers["x-ratelimit-remaining-minute"] = str(max(0, minute.limit - minute.used))
