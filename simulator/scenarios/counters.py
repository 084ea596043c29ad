"""What clouds did to counters: of the day, of the life, of single devices."""

from datetime import datetime, timedelta
from typing import Any

from ..disturbances import Asked
from ..plant.slots import slot_of
from .rows import each_value
from .stage import BOTH, ENPHASE, SOLAREDGE, Stage, scenario

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FINE = {"QUARTER_HOUR", "HOUR"}


def _local(stage: Stage, asked: Asked) -> datetime:
    return asked.now.astimezone(stage.plant.zone)


def _yesterday_wh(stage: Stage, asked: Asked) -> int:
    return stage.plant.day_wh(_local(stage, asked).date() - DAY)


@scenario(ENPHASE, quick=("enphase_v2",))
def lifetime_dips(stage: Stage) -> None:
    """The site's lifetime is a third less for an hour, twice a day. Source: home-assistant/core#140602."""

    def change(body: Any, asked: Asked) -> Any:
        if _local(stage, asked).hour in {10, 15}:
            body["energy_lifetime"] -= body["energy_lifetime"] // 3
        return body

    stage.rewrite("summary", change)


@scenario(ENPHASE)
def zero_dropouts(stage: Stage) -> None:
    """Both counters of the summary are 0 now and then. Source: home-assistant/core#120091."""

    def change(body: Any, asked: Asked) -> Any:
        return body | {"energy_lifetime": 0, "energy_today": 0} if slot_of(asked.now) % 5 == 0 else body

    stage.rewrite("summary", change)


@scenario(ENPHASE)
def today_is_the_lifetime(stage: Stage) -> None:
    """The day's counter holds the lifetime for two hours. Source: pyenphase/pyenphase#471."""

    def change(body: Any, asked: Asked) -> Any:
        if stage.after(4) <= asked.now < stage.after(6):
            body["energy_today"] += body["energy_lifetime"]
        return body

    stage.rewrite("summary", change)


@scenario(ENPHASE, hours=60)
def today_does_not_turn(stage: Stage) -> None:
    """The day's counter goes on from yesterday's for a day, the lifetime waits. Source: home-assistant/core#161892."""
    day = stage.begin.astimezone(stage.plant.zone).date()

    def change(body: Any, asked: Asked) -> Any:
        if _local(stage, asked).date() == day + DAY:
            yesterday = _yesterday_wh(stage, asked)
            body["energy_today"] += yesterday
            body["energy_lifetime"] -= yesterday
        return body

    stage.rewrite("summary", change)
    stage.excuse(["production"], 12, 50, ["today"])


@scenario(BOTH)
def yesterday_after_midnight(stage: Stage) -> None:
    """Shortly after midnight the day begins with half of the day before. Source: home-assistant/core#54017."""

    def summary(body: Any, asked: Asked) -> Any:
        if _local(stage, asked).hour == 0:
            body["energy_today"] += _yesterday_wh(stage, asked) // 2
        return body

    def bucket(value: float | None, start: datetime, asked: Asked) -> float | None:
        local = start.astimezone(stage.plant.zone)
        if value is None or local.hour or local.minute or asked.now - start > HOUR:
            return value
        return value + stage.plant.day_wh(local.date() - DAY) // 2

    stage.rewrite("summary", summary)
    stage.rewrite("energy", each_value(bucket))
    stage.excuse(["production"], 14, 20, ["today"])
    stage.excuse(["production"], 38, 44, ["today"])


@scenario(ENPHASE)
def yesterday_in_the_morning(stage: Stage) -> None:
    """When the inverters wake up, the day's counter is yesterday's for an hour. Source: home-assistant/core#69907."""

    def change(body: Any, asked: Asked) -> Any:
        return body | {"energy_today": _yesterday_wh(stage, asked)} if _local(stage, asked).hour == 6 else body

    stage.rewrite("summary", change)


@scenario(ENPHASE)
def today_ends_early(stage: Stage) -> None:
    """The day's counter is 0 from 21:00 on. Source: hultenvp/solis-sensor#309."""

    def change(body: Any, asked: Asked) -> Any:
        return body | {"energy_today": 0} if _local(stage, asked).hour >= 21 else body

    stage.rewrite("summary", change)
    # The last light comes after that.
    stage.excuse(["production"], 13, 24, ["today"])
    stage.excuse(["production"], 37, 48, ["today"])


@scenario(BOTH, hours=78)
def lifetime_restarts(stage: Stage) -> None:
    """A new inverter: the site's lifetime begins again. Source: home-assistant/core#86508."""
    again = stage.after(24)

    def summary(body: Any, asked: Asked) -> Any:
        if asked.now >= again:
            lost = stage.plant.lifetime_wh(again)
            body["energy_lifetime"] = max(0, body["energy_lifetime"] - lost)
        return body

    def years(body: Any, asked: Asked) -> Any:
        if asked.now < again or asked.query.get("resolution") not in {"YEAR", "MONTH", "TOTAL"}:
            return body
        lost = stage.plant.lifetime_wh(again)
        for bucket in body["values"]:
            if bucket["value"] is not None:
                gone = min(lost, bucket["value"])
                bucket["value"] -= gone
                lost -= gone
        return body

    stage.rewrite("summary", summary)
    stage.rewrite("energy", years)
    stage.relative_lifetime |= {"production", "consumption"}


@scenario(BOTH)
def lifetime_spotty(stage: Stage) -> None:
    """The lifetime is null three times out of four. Source: home-assistant/core#78749."""

    def summary(body: Any, asked: Asked) -> Any:
        return body | {"energy_lifetime": None} if asked.now.hour % 4 else body

    def years(body: Any, asked: Asked) -> Any:
        if asked.query.get("resolution") == "YEAR" and asked.now.hour % 4:
            for bucket in body["values"]:
                bucket["value"] = None
        return body

    stage.rewrite("summary", summary)
    stage.rewrite("energy", years)
    stage.excuse(["production", "consumption"], 0, 8, ["lifetime"])


@scenario(ENPHASE)
def inverters_begin_again(stage: Stage) -> None:
    """The counters of single microinverters fall to 0 and go on. Source: home-assistant/core#140602."""
    stage.relative_devices = True
    again = stage.after(24)

    def change(body: Any, asked: Asked) -> Any:
        if asked.now < again:
            return body
        envoys = body if isinstance(body, list) else [body]
        for envoy in envoys:
            for number, one in enumerate(envoy.get("micro_inverters", ())):
                energy = one.get("energy") if number % 3 == 0 else None
                if isinstance(energy, dict) and isinstance(energy.get("value"), int | float):
                    before = stage.plant.inverter_lifetime_wh(str(one["serial_number"]), again)
                    energy["value"] = max(0, energy["value"] - before)
        return body

    stage.rewrite_all("*/inverters_summary_by_envoy_or_site", change)


@scenario(SOLAREDGE)
def days_of_utc(stage: Stage) -> None:
    """Days begin at midnight in UTC, not at the site. Source: home-assistant/core#147755."""

    def change(body: Any, asked: Asked) -> Any:
        if asked.query.get("resolution") == "DAY":
            for bucket in body["values"]:
                start = datetime.fromisoformat(bucket["timestamp"])
                shift = start.utcoffset() or timedelta(0)
                if bucket["value"] is not None:
                    first = slot_of(start + shift)
                    known = min(first + 288, stage.known_until(asked.now))
                    bucket["value"] = float(stage.plant.series.production(first, max(first, known)))
        return body

    stage.rewrite("energy", change)
