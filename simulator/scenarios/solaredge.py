"""What SolarEdge's cloud did to the figures of a site."""

from datetime import datetime, timedelta
from typing import Any

from ..disturbances import Asked, Refused
from ..plant.place import Cadence
from ..plant.slots import slot_of
from .rows import each_value
from .stage import SOLAREDGE, Stage, scenario

QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)
ENDLESS_WH = 40_000_000


def _spans(asked: Asked, start: datetime, moment: datetime) -> bool:
    """Tell whether a fine bucket that begins with `start` holds an instant."""
    length = HOUR if asked.query.get("resolution") == "HOUR" else QUARTER
    return start <= moment < start + length


@scenario(SOLAREDGE)
def tiny_correction(stage: Stage) -> None:
    """One quarter of import is told 0.2 Wh too high for two hours. Source: home-assistant/core#57045."""
    _told_too_high(stage, 0.2)


@scenario(SOLAREDGE)
def large_correction(stage: Stage) -> None:
    """One quarter of import is told 3 kWh too high for two hours. Source: home-assistant/core#57045."""
    _told_too_high(stage, 3000)


def _told_too_high(stage: Stage, energy_wh: float) -> None:
    bad = stage.after(5).replace(minute=15, second=0, microsecond=0)

    def change(value: float | None, start: datetime, asked: Asked) -> float | None:
        if value is None or not _spans(asked, start, bad) or asked.now >= bad + 2 * HOUR:
            return value
        return value + energy_wh

    def power(value: float | None, start: datetime, asked: Asked) -> float | None:
        changed = change(value, start, asked)
        return value if value is None or changed == value else value + energy_wh * 4

    stage.rewrite("meters/*telemetry", each_value(change, "importEnergy"))
    stage.rewrite("meters/*telemetry", each_value(power, "importPower"))
    stage.overtold += [("grid_import", energy_wh, bad), ("consumption", energy_wh, bad)]


@scenario(SOLAREDGE, quick=("solaredge_key",))
def impossible_bucket(stage: Stage) -> None:
    """One quarter of production holds 40 MWh, and so do the day and the life, for three hours.

    Source: addiejanssen/domoticz-solaredge-modbustcp-plugin#54, home-assistant/core#59285, home-assistant/core#130492.
    """
    bad = stage.after(4).replace(minute=15, second=0, microsecond=0)

    def is_bad(asked: Asked) -> bool:
        return bad + QUARTER <= asked.now < bad + 3 * HOUR

    def fine(value: float | None, start: datetime, asked: Asked) -> float | None:
        return value + ENDLESS_WH if value is not None and is_bad(asked) and _spans(asked, start, bad) else value

    def coarse(body: Any, asked: Asked) -> Any:
        if asked.query.get("resolution") in {"QUARTER_HOUR", "HOUR"} or not is_bad(asked):
            return body
        told = [bucket for bucket in body["values"] if bucket["value"] is not None]
        if told:
            told[-1]["value"] += ENDLESS_WH
        return body

    stage.rewrite("energy", each_value(fine))
    stage.rewrite("energy", coarse)
    stage.excuse(["production", "consumption"], 4, 9, ["today", "lifetime"])
    stage.late = ("production", "consumption"), bad, bad + QUARTER


@scenario(SOLAREDGE)
def installed_too_late(stage: Stage) -> None:
    """The installation date is days after the first bucket, in the field years. Source: home-assistant/core#131595."""
    late = f"{stage.after(-72):%Y-%m-%dT%H:%M:%SZ}"
    stage.rewrite("", lambda body, _: body | {"installationDate": late})


def _zone(stage: Stage, zone: str | None) -> None:
    def change(body: Any, _: Asked) -> Any:
        body["location"]["timezone"] = zone
        return body

    stage.rewrite("", change)


@scenario(SOLAREDGE)
def zone_is_null(stage: Stage) -> None:
    """The site's time zone is null. Source: own trial."""
    _zone(stage, None)


@scenario(SOLAREDGE)
def zone_is_an_offset(stage: Stage) -> None:
    """The site's time zone is GMT+1. Source: own trial."""
    _zone(stage, "GMT+1")


@scenario(SOLAREDGE)
def zone_of_windows(stage: Stage) -> None:
    """The site's time zone has the name that Windows gives it. Source: own trial."""
    _zone(stage, "W. Europe Standard Time")


@scenario(SOLAREDGE)
def devices_refuse_a_type(stage: Stage) -> None:
    """The list of devices refuses to be asked for gateways. Source: own trial."""

    def change(body: Any, asked: Asked) -> Any:
        if "GATEWAY" in asked.query.getall("types", []):
            raise Refused(400, {"title": "Bad Request", "detail": "Invalid value 'GATEWAY' for types"})
        return body

    stage.rewrite("devices", change)


@scenario(SOLAREDGE)
def open_bucket_partial(stage: Stage) -> None:
    """The newest bucket tells what has come so far, two minutes late. Source: documented, "null or partial"."""
    stage.simulator.switches.solaredge_open_bucket_partial = True
    # A bucket has to be read twice before anybody can know; some readings of a small plan are hours apart.
    stage.zeros_until = timedelta(minutes=5)
    stage.law = 7
    stage.plant.cadence = Cadence(every=300, lag=120)


@scenario(SOLAREDGE, hours=78)
def nights_of_null(stage: Stage) -> None:
    """Buckets are null in the dark. Source: documented."""
    stage.simulator.switches.solaredge_nights_null = True


@scenario(SOLAREDGE)
def inverters_below_zero(stage: Stage) -> None:
    """Inverters tell -1.5 Wh a quarter in the dark. Source: openhab/openhab-addons#21399."""
    _below_zero(stage, site=False)


@scenario(SOLAREDGE)
def site_below_zero(stage: Stage) -> None:
    """The site itself tells -1.5 Wh a quarter in the dark. Source: own trial."""
    _below_zero(stage, site=True)


def _below_zero(stage: Stage, *, site: bool) -> None:

    def energy(value: float | None, start: datetime, asked: Asked) -> float | None:
        return value if value or not _dark(stage, start, asked) else -1.5 * _length(asked)

    def power(value: float | None, start: datetime, asked: Asked) -> float | None:
        return value if value or not _dark(stage, start, asked) else -6.0

    if site:
        stage.rewrite("energy", each_value(energy))
        return
    stage.rewrite("inverters/*telemetry", each_value(energy, "energy"))
    stage.rewrite("inverters/*telemetry", each_value(power, "power"))


def _length(asked: Asked) -> int:
    return 4 if asked.query.get("resolution") == "HOUR" else 1


def _dark(stage: Stage, start: datetime, asked: Asked) -> bool:
    """Tell whether a bucket that is over lies in the dark."""
    end = start + _length(asked) * QUARTER
    over = end <= asked.now - timedelta(minutes=20)
    return over and not any(stage.plant.series.is_lit(slot) for slot in range(slot_of(start), slot_of(end)))
