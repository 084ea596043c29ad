"""Enphase v2's meters: rgm_stats, and late v2's meter readings and consumption (Enphase v2 documentation)."""

from typing import Any

from ..plant.slots import SLOTS_PER_QUARTER, a_month_later, local_date, slot_after, slot_time
from .meta import meta
from .meters import production_readings, rgm_rows
from .v2_period import a_year_ago, asked_days, asked_slots
from .v2_request import SystemRequest


def rgm_stats(request: SystemRequest) -> dict[str, Any]:
    """Return rows of fifteen minutes as the revenue-grade meters measured them, at night too. Raise Refusal (422).

    In late v2 each meter has its rows too, and seven days are the most.
    """
    plant, now = request.plant, request.now
    start, end = asked_slots(request, SLOTS_PER_QUARTER)
    if slot_time(start) < a_year_ago(plant, now):
        end = start
    return rgm_rows(plant, start, end, now, late=request.switches.enphase_meter_intervals)


def production_meter_readings(request: SystemRequest) -> dict[str, Any]:
    """Return how far each production meter had counted at a time, by default now. Raise Refusal (422)."""
    return production_readings(request.plant, request.number("end_at"), request.now)


def consumption_stats(request: SystemRequest) -> dict[str, Any]:
    """Return what the house used in rows of fifteen minutes, a month at most; none without a consumption meter.

    Raise Refusal (422).
    """
    plant, now = request.plant, request.now
    meter = plant.consumption_meter
    installed = meter is not None and meter.installed <= now
    body: dict[str, Any] = {
        "system_id": plant.id,
        "total_devices": int(installed),
        "meta": meta(plant, now),
        "intervals": [],
    }
    if meter is None or not installed:
        return body
    start, end = asked_slots(request, SLOTS_PER_QUARTER)
    start = max(start, -(-slot_after(meter.installed) // SLOTS_PER_QUARTER) * SLOTS_PER_QUARTER)
    end = min(end, a_month_later(start, plant.zone), plant.readable_until(plant.gateways[meter.gateway], now))
    for quarter in range(start, end - SLOTS_PER_QUARTER + 1, SLOTS_PER_QUARTER):
        used = plant.series.flow("load", quarter, quarter + SLOTS_PER_QUARTER)
        body["intervals"].append(
            {"end_at": slot_time(quarter + SLOTS_PER_QUARTER), "enwh": used, "devices_reporting": 1}
        )
    return body


def consumption_lifetime(request: SystemRequest) -> dict[str, Any] | None:
    """Return what the house used on each day; None (a 204) without a consumption meter. Raise Refusal (422)."""
    plant, now = request.plant, request.now
    meter = plant.consumption_meter
    if meter is None or meter.installed > now:
        return None
    first_day, days = asked_days(request, local_date(meter.installed, plant.zone))
    first = slot_after(meter.installed)
    known = plant.readable_until(plant.gateways[meter.gateway], now)
    return {
        "system_id": plant.id,
        "start_date": first_day,
        "consumption": [plant.series.flow("load", max(begin, first), min(stop, known)) for begin, stop in days],
        "meta": meta(plant, now),
    }
