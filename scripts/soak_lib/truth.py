"""What a soak compares with: the plants' own energy, and the clouds' own count of requests."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from demo_lib.home_assistant import HomeAssistant
from demo_lib.names import DOMAIN

from simulator import ENPHASE_OAUTH_PATH, ENPHASE_PATH, ENPHASE_V4_PATH, Simulator
from simulator.plant.plant import Plant

DAY = timedelta(days=1)
FLOWS: Mapping[str, str] = {
    "consumption": "load",
    "grid_import": "import",
    "grid_export": "export",
    "battery_charge": "charge",
    "battery_discharge": "discharge",
}
"""The statistics of a system beside its production, and what the plant calls them."""


async def watt_hours_off(
    client: HomeAssistant, simulator: Simulator, keys: Iterable[str], first: datetime, now: datetime
) -> tuple[int, dict[str, dict[date, float]]]:
    """Compare each statistic with its plant on each whole day between two instants.

    Returns how many days of statistics were compared, and by how many Wh which are off.
    """
    names = await client.command("recorder/list_statistic_ids", statistic_type="sum")
    known = {one["statistic_id"] for one in names}
    off: dict[str, dict[date, float]] = {}
    compared = 0
    for key in keys:
        plant = simulator.plants[key]
        days = _days(plant, first, now)
        for flow in ("production", *FLOWS):
            name = f"{DOMAIN}:{key}_{flow}"
            if name not in known or not days:
                continue
            compared += len(days)
            booked = await _booked(client, name, plant, days)
            wrong = {day: booked.get(day, 0.0) - _true(plant, flow, day) for day in days}
            if wrong := {day: wh for day, wh in wrong.items() if abs(wh) > 0.5}:
                off[name] = wrong
    return compared, off


def _days(plant: Plant, first: datetime, now: datetime) -> list[date]:
    """Return the whole days of a plant that have been over for a day."""
    begin, end = plant.local_day(first) + DAY, plant.local_day(now) - DAY
    return [begin + number * DAY for number in range((end - begin).days)]


def _true(plant: Plant, flow: str, day: date) -> float:
    start, end = (datetime.combine(one, datetime.min.time(), plant.zone) for one in (day, day + DAY))
    if flow == "production":
        return plant.energy_wh(start, end)
    return plant.flow_wh(FLOWS[flow], start, end)  # type: ignore[arg-type]


async def _booked(client: HomeAssistant, name: str, plant: Plant, days: list[date]) -> dict[date, float]:
    """Return what is booked of each day, in Wh."""
    rows = await client.command(
        "recorder/statistics_during_period",
        start_time=datetime.combine(days[0], datetime.min.time(), plant.zone).isoformat(),
        end_time=datetime.combine(days[-1] + DAY, datetime.min.time(), plant.zone).isoformat(),
        statistic_ids=[name],
        period="hour",
        types=["change"],
        units={"energy": "Wh"},
    )
    booked: Counter[date] = Counter()
    for row in rows.get(name, []):
        day = datetime.fromtimestamp(row["start"] / 1000, plant.zone).date()
        booked[day] += row["change"] or 0
    return dict(booked)


def requests_against_plans(requests: Iterable[Mapping[str, Any]], plans: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return, for each credential and cloud, the most requests in a month and a minute beside what the plan allows."""
    months: dict[tuple[str, str], Counter[str]] = {}
    minutes: dict[tuple[str, str], Counter[str]] = {}
    for request in requests:
        if (credential := request["credential"]) is None:
            continue
        key = _cloud(request["path"]), credential
        months.setdefault(key, Counter())[request["time"][:7]] += 1
        minutes.setdefault(key, Counter())[request["time"][:16]] += 1
    return [
        {
            "cloud": cloud,
            "credential": f"{credential[:4]}…",
            "months": dict(sorted(months[cloud, credential].items())),
            "per_month": plans[cloud]["per_month"],
            "minute": max(minutes[cloud, credential].values()),
            "per_minute": plans[cloud]["per_minute"],
        }
        for cloud, credential in sorted(months)
    ]


def _cloud(path: str) -> str:
    """Return which plan a path is paid from."""
    if path.startswith((ENPHASE_V4_PATH, ENPHASE_OAUTH_PATH)):
        return "enphase_v4"
    return "enphase" if path.startswith(ENPHASE_PATH) else "solaredge"
