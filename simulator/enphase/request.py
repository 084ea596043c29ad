"""How Enphase, v2 and v4 alike, reads the parameters of a request."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import date
import re
from typing import ClassVar

from ..data_api import DataRequest
from ..plant.plant import Plant
from ..web import Refusal
from .format import parse_date

EARLIEST_YEAR, LATEST_YEAR = 1990, 2199


@dataclass(frozen=True, slots=True, kw_only=True)
class EnphaseRequest(DataRequest, ABC):
    """A request whose version of the API says how a parameter is refused."""

    impossible_year: ClassVar[str]
    """Why a date of another century is refused; ``{text}`` is the date."""

    @abstractmethod
    def unreadable(self, reason: str, name: str, text: str) -> Refusal:
        """Return the 422 of a parameter that makes no sense."""

    def number(self, name: str) -> int | None:
        """Return a whole number of the query: an id, epoch seconds. Raise Refusal (422)."""
        text = self.call.query.get(name)
        if text is None:
            return None
        if not re.fullmatch(r"\d{1,11}", text):
            raise self.unreadable(f"Failed to parse {name} {text}", name, text)
        return int(text)

    def day(self, name: str) -> date | None:
        """Return a date of the query. Raise Refusal (422)."""
        text = self.call.query.get(name)
        if text is None:
            return None
        try:
            day = parse_date(text)
        except ValueError:
            raise self.unreadable(f"Failed to parse date {text}", name, text) from None
        if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
            raise self.unreadable(self.impossible_year.format(text=text), name, text)
        return day

    def plant_with_gateway(self, serial: str) -> Plant | None:
        """Return the plant, whoever owns it, that a gateway belongs to."""
        return next((plant for plant in self.plants.values() if serial in plant.gateways), None)
