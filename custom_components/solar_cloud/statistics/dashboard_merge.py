"""Completes what the Energy dashboard has with the sources of a system; what its owner set stays as it is."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from ..model.elements import Flow
from .dashboard_sources import SLOTS, Source

FORECAST = "config_entry_solar_forecast"
RATE, CONFIG = "stat_rate", "power_config"
OWN_PRICES = {
    "stat_cost": ("entity_energy_price", "number_energy_price"),
    "stat_compensation": ("entity_energy_price_export", "number_energy_price_export"),
}
"""The prices that the owner may have set instead of a statistic."""
_NEW: Mapping[str, Source] = {
    "solar": {FORECAST: None},
    "grid": {
        "stat_energy_from": None,
        "stat_energy_to": None,
        "stat_cost": None,
        "entity_energy_price": None,
        "number_energy_price": None,
        "stat_compensation": None,
        "entity_energy_price_export": None,
        "number_energy_price_export": None,
        "cost_adjustment_day": 0.0,
    },
}
"""What a new source has to name though nothing is known for it."""


def energies_of(source: Source) -> Iterator[tuple[Flow, str]]:
    """Give the flows and statistics of one source."""
    for (kind, field), flow in SLOTS.items():
        if source.get("type") == kind and source.get(field) is not None:
            yield flow, source[field]


def completed(before: Iterable[Source], wanted: Iterable[Source], there: Mapping[Flow, str]) -> list[Source]:
    """Return the sources with what they lack of those of a system; nothing that is set in one is changed."""
    sources = list(before)
    for one in wanted:
        mine = {value for _, value in energies_of(one)}
        lacking = {field: value for field, value in one.items() if SLOTS.get((one["type"], field)) not in there}
        place = next(
            (place for place, source in enumerate(sources) if mine & {v for _, v in energies_of(source)}), None
        )
        if place is not None:
            sources[place] = _filled(sources[place], lacking, sources)
        elif _is_new(one, lacking, sources):
            if len(lacking) < len(one):
                # The rest is there with what the owner chose, and so may its power be.
                lacking = {field: value for field, value in lacking.items() if field not in {RATE, CONFIG}}
            sources.append(_filled({**_NEW.get(one["type"], {}), "type": one["type"]}, lacking, sources))
    return sources


def _filled(source: Source, lacking: Source, sources: Iterable[Source]) -> Source:
    """Return a source with the fields that it lacks. Its power is one thing, and no two sources have the same."""
    has_power = RATE in source or CONFIG in source
    is_taken = lacking.get(RATE) in {other.get(RATE) for other in sources}
    return source | {
        field: value
        for field, value in lacking.items()
        if source.get(field) is None
        and not (field in {RATE, CONFIG} and (has_power or is_taken))
        and not any(source.get(other) is not None for other in OWN_PRICES.get(field, ()))
    }


def _is_new(one: Source, lacking: Source, sources: Iterable[Source]) -> bool:
    """Return whether a source is to be added: there is energy in it that the dashboard lacks.

    A battery has both directions or none, and a house is there once.
    """
    left, kind = list(energies_of(lacking)), one["type"]
    if kind == "battery":
        return len(left) == len(list(energies_of(one)))
    return bool(left) and not (kind == "home" and any(source.get("type") == kind for source in sources))


def set_forecasts(sources: list[Source], production: str, forecasts: Collection[str]) -> None:
    """Give the roof whose production this is the forecasts that its owner has chosen, where it has none."""
    for place, source in enumerate(sources):
        if source.get("stat_energy_from") == production and forecasts and source.get(FORECAST) is None:
            sources[place] = source | {FORECAST: list(forecasts)}


def add_forecast(sources: list[Source], production: str, forecasts: Collection[str]) -> None:
    """Give the system the only forecast that is installed, where it is the only roof."""
    roofs = [place for place, source in enumerate(sources) if source.get("type") == "solar"]
    if len(forecasts) != 1 or len(roofs) != 1:
        return
    roof = sources[roofs[0]]
    if roof.get("stat_energy_from") == production and roof.get(FORECAST) is None:
        sources[roofs[0]] = roof | {FORECAST: list(forecasts)}
