"""The statistics of a run against the truth of the plant."""

from datetime import UTC, date, datetime, timedelta

from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance

from custom_components.solar_cloud.model.data import midnight
from simulator.scenarios import FlowName, Stage

from .judge import Judge

HOUR, HALF_A_DAY, DAY = timedelta(hours=1), timedelta(hours=12), timedelta(days=1)


async def hours_of(hass: HomeAssistant, statistic: str, start: datetime) -> dict[datetime, float]:
    """Return the change in each hour."""
    instance = get_instance(hass)
    await instance.async_block_till_done()
    rows = await instance.async_add_executor_job(
        lambda: statistics_during_period(hass, start, None, {statistic}, "hour", {"energy": "Wh"}, {"change"})
    )
    return {
        datetime.fromtimestamp(row["start"], UTC): round(row["change"] or 0.0, 6) for row in rows.get(statistic, [])
    }


async def judge_books(judge: Judge, flows: frozenset[FlowName]) -> None:
    """Judge hours and days of all flows: laws 3, 5 and 8."""
    stage, now = judge.stage, datetime.now(UTC)
    zone = stage.plant.zone
    # The last light of a day may be read in the morning.
    last = (now - HALF_A_DAY).astimezone(zone).date()
    for flow in sorted(flows - stage.any_value):
        name = f"solar_cloud:{stage.plant.key}_{flow}"
        hours = await hours_of(judge.hass, name, stage.begin - HOUR)
        where = f"hours of {flow}"
        if not hours:
            if flow not in stage.missing:
                judge.found.add(5, where, "no statistics", now)
            continue
        size = stage.plant.size_w(now)
        most = 1.5 * size if flow == "production" else max(100_000, 10 * size)
        for hour, energy in hours.items():
            if hour > now:
                judge.found.add(8, where, "lies in the future", now, seen=hour)
            if energy < -0.01 or energy > most * 1.01:
                judge.found.add(3, where, "impossible", hour, seen=round(energy), right=f"at most {most:.0f}")
        end = midnight(last, zone)
        begin = -(-stage.begin.timestamp() // 3600) * 3600
        hour = datetime.fromtimestamp(begin, UTC)
        while hour < end:
            true, told = stage.truth.wh(flow, hour, hour + HOUR), hours.get(hour, 0.0)
            if abs(true - told) > 1.0 and not _touches(stage, flow, hour, hour + HOUR, days=False):
                judge.found.add(5, where, "an hour is not true", hour, seen=round(told, 1), right=round(true, 1))
            hour += HOUR
        day = stage.begin.astimezone(zone).date() + DAY
        if stage.begin.astimezone(zone).minute != stage.begin.minute:
            continue  # Hours cannot be added up to days where a day begins within an hour.
        while day < last:
            _judge_day(judge, flow, hours, day)
            day += DAY


def _judge_day(judge: Judge, flow: FlowName, hours: dict[datetime, float], day: date) -> None:
    stage = judge.stage
    start, end = midnight(day, stage.plant.zone), midnight(day + DAY, stage.plant.zone)
    if _touches(stage, flow, start, end, days=True):
        return
    true = stage.truth.wh(flow, start, end)
    told = sum(energy for hour, energy in hours.items() if start <= hour < end)
    if abs(true - told) > 2.0:
        judge.found.add(5, f"days of {flow}", "a day is not true", start, seen=round(told, 1), right=round(true, 1))


def _touches(stage: Stage, flow: FlowName, start: datetime, end: datetime, *, days: bool) -> bool:
    return any(
        flow in flows and first < end and start < last
        for flows, first, last in (stage.lost_days if days else stage.lost)
    )
