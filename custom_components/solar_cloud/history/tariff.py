"""What a kilowatt-hour is bought and sold for, and since when. Prices are in Home Assistant's currency per kWh."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from math import isfinite
from typing import Any


class Side(StrEnum):
    """The two things that have a price."""

    IMPORT = "import"
    EXPORT = "export"


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One price, fixed or an entity's, that holds until the next one does."""

    since: datetime | None = None
    """The beginning of the first hour that it holds in (aware UTC); `None`: always."""
    price: float | None = None
    """A fixed price; below zero where one is paid for taking."""
    entity_id: str | None = None
    """The entity that has the price."""

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain JSON data."""
        since = None if self.since is None else self.since.isoformat()
        return {"since": since, "price": self.price, "entity_id": self.entity_id}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """The prices of one side, oldest first."""

    terms: tuple[Term, ...] = ()

    def at(self, hour: datetime) -> Term | None:
        """Return what holds in the hour that begins then (aware UTC); `None` where nothing does."""
        held = [term for term in self.terms if term.since is None or term.since <= hour]
        return held[-1] if held else None

    def spans(self, start: datetime, end: datetime) -> Iterator[tuple[Term, datetime, datetime]]:
        """Yield each price that holds between two instants, and from when to when it does there."""
        until = [term.since for term in self.terms[1:]]
        for term, stop in zip(self.terms, [*until, None], strict=False):
            first = start if term.since is None else max(start, term.since)
            last = end if stop is None else min(end, stop)
            if first < last:
                yield term, first, last

    def changed(self, price: float | None, entity_id: str | None, since: datetime) -> Tariff:
        """Return the tariff with another price from an hour on; the same one changes nothing."""
        last = self.terms[-1] if self.terms else Term()
        if (last.price, last.entity_id) == (price, entity_id):
            return self
        kept = tuple(term for term in self.terms if term.since is None or term.since < since)
        return Tariff(terms=(*kept, Term(since=since, price=price, entity_id=entity_id)))

    def with_past(self, price: float | None) -> Tariff:
        """Return the tariff with a fixed price for all that lies before the first one that was set; `None`: none."""
        own = tuple(term for term in self.terms if term.since is not None)
        return Tariff(terms=own if price is None else (Term(price=price), *own))

    @property
    def past(self) -> float | None:
        """The price of what lies before the first one that was set."""
        first = next(iter(self.terms), None)
        return first.price if first is not None and first.since is None else None

    def as_list(self) -> list[dict[str, Any]]:
        """Return it as plain JSON data."""
        return [term.as_dict() for term in self.terms]


def read_tariff(stored: object) -> Tariff:
    """Read what `Tariff.as_list` wrote; what cannot be read is left out."""
    found = [term for item in stored if (term := _term(item)) is not None] if isinstance(stored, list | tuple) else []
    return Tariff(terms=tuple(sorted(found, key=_begin)))


def costs_of(energies: Mapping[datetime, float], prices: Mapping[datetime, float]) -> dict[datetime, float]:
    """Return what the energies of hours (Wh) cost; an hour without a price has no cost."""
    return {hour: wh / 1000 * prices[hour] for hour, wh in energies.items() if hour in prices}


def _begin(term: Term) -> datetime:
    return term.since or datetime.min.replace(tzinfo=UTC)


def _term(item: object) -> Term | None:
    if not isinstance(item, Mapping):
        return None
    price, entity_id, since = item.get("price"), item.get("entity_id"), item.get("since")
    if isinstance(price, bool) or not isinstance(price, int | float | None) or not isinstance(entity_id, str | None):
        return None
    if price is not None and not isfinite(price):
        return None
    term = Term(price=price, entity_id=entity_id)
    if since is None:
        return term
    try:
        moment = datetime.fromisoformat(since)
    except TypeError, ValueError:
        return None
    return replace(term, since=moment) if moment.tzinfo is not None else None
