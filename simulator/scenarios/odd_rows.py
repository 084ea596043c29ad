"""Rows and values that no meter measured, and answers that are none."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from ..disturbances import Asked
from ..plant.energy import Storage
from ..plant.slots import slot_of
from .rows import Row, each_row, each_value
from .stage import BOTH, ENPHASE_V4, SOLAREDGE, Stage, scenario
from .truth import FLOW_NAMES, FlowName

DAY, HOUR, QUARTER = timedelta(days=1), timedelta(hours=1), timedelta(minutes=15)
BEFORE_SUMMER_TIME = datetime(2026, 3, 28, 5, 2, 30, tzinfo=UTC)
ROW_PATHS = ("telemetry/*", "energy_*_telemetry", "rgm_stats", "stats")
NAMES = ("importEnergy", "exportEnergy", "importPower", "exportPower")
ENERGIES = ("enwh", "wh_del", "wh_imported", "wh_exported", "powr", "curr_w")


@scenario(BOTH)
def sentinel(stage: Stage) -> None:
    """A quarter of production holds 65535. Source: wills106/homeassistant-solax-modbus#1229."""
    bad = stage.after(4).replace(minute=30, second=0)

    def row(found: Row, end: datetime, _: Asked) -> Row:
        if bad - QUARTER < end <= bad:
            return found | {name: 65_535 for name in ENERGIES if isinstance(found.get(name), int)}
        return found

    def bucket(value: float | None, start: datetime, _: Asked) -> float | None:
        return value if value is None or start != bad - QUARTER else 65_535.0

    for path in ("telemetry/production*", "rgm_stats", "stats"):
        stage.rewrite(path, each_row(row))
    stage.rewrite("energy", each_value(bucket))
    stage.lose(["production", "consumption"], 4, 5)
    stage.excuse(["production", "consumption"], 4, 30, ["today", "lifetime"])


@scenario(BOTH)
def zeros_first(stage: Stage) -> None:
    """What has not come yet is 0 for an hour and a half, not missing. Source: jasonacox/Powerwall-Dashboard#286."""
    late = 1.5 * HOUR

    def row(found: Row, end: datetime, asked: Asked) -> Row:
        if end <= asked.now - late:
            return found
        return found | {name: 0 for name in ENERGIES if isinstance(found.get(name), int)}

    def bucket(value: float | None, start: datetime, asked: Asked) -> float | None:
        return value if value is None or start + QUARTER <= asked.now - late else 0.0

    for path in ("telemetry/production*", "energy_*_telemetry", "rgm_stats", "stats"):
        stage.rewrite(path, each_row(row))
    stage.rewrite("energy", each_value(bucket))
    stage.rewrite("meters/*telemetry", each_value(bucket, *NAMES))
    stage.zeros_until = late
    stage.law = 7


@scenario(BOTH)
def negative_at_midnight(stage: Stage) -> None:
    """The last quarter before midnight holds the day's energy, negative. Source: Webreaper/SolisAgileManager#160."""
    zone = stage.plant.zone

    def is_last(start: datetime) -> bool:
        local = start.astimezone(zone)
        return (local.hour, local.minute) == (23, 45)

    def row(found: Row, end: datetime, _: Asked) -> Row:
        if not is_last(end - QUARTER):
            return found
        total = stage.plant.day_wh((end - QUARTER).astimezone(zone).date())
        return found | {name: -total for name in ENERGIES if isinstance(found.get(name), int)}

    def bucket(value: float | None, start: datetime, _: Asked) -> float | None:
        return (
            value if value is None or not is_last(start) else -float(stage.plant.day_wh(start.astimezone(zone).date()))
        )

    for path in ("telemetry/production*", "rgm_stats", "stats"):
        stage.rewrite(path, each_row(row))
    stage.rewrite("energy", each_value(bucket))


@scenario(ENPHASE_V4)
def meter_mounted_backwards(stage: Stage) -> None:
    """The production meter counts below zero and is disabled. Source: home-assistant/core#101354."""

    def row(found: Row, _: datetime, __: Asked) -> Row:
        return found | {name: -found[name] for name in ("wh_del", "curr_w") if isinstance(found.get(name), int)}

    def devices(body: Any, _: Asked) -> Any:
        for meter in body["devices"].get("meters", ()):
            if meter["name"] == "production":
                meter["state"] = "disabled"
        return body

    def latest(body: Any, _: Asked) -> Any:
        wrong: list[int] = []
        for meter in body["devices"].get("meters", ()):
            if meter["name"] == "production" and meter["power"] is not None:
                wrong.append(2 * meter["power"])
                meter["power"] = -meter["power"]
        # What the Net meter reports is its own measurement and what the gateway knows of the production.
        for meter in body["devices"].get("meters", ()):
            if meter["name"] == "consumption" and meter["power"] is not None:
                meter["power"] -= sum(wrong)
                break
        return body

    stage.rewrite("devices", devices)
    stage.rewrite("latest_telemetry", latest)
    stage.rewrite("telemetry/production_meter", each_row(row))
    stage.rewrite("rgm_stats", each_row(row))
    stage.rewrite("summary", lambda body, _: body | {"source": "microinverters"})


@scenario(BOTH)
def reports_of_1970(stage: Stage) -> None:
    """The time of the last report is the epoch's own. Source: thomluther/ha-anker-solix#577, SBFspot/SBFspot#642."""

    def summary(body: Any, _: Asked) -> Any:
        return body | {"last_report_at": 0, "last_interval_end_at": 0}

    def details(body: Any, _: Asked) -> Any:
        return body | {"lastUpdateTime": "1970-01-01T00:00:00+00:00"} if "lastUpdateTime" in body else body

    stage.rewrite("summary", summary)
    stage.rewrite("", details)


@scenario(BOTH)
def reports_of_next_year(stage: Stage) -> None:
    """The gateway's clock is a year ahead for ten hours. Source: wlcrs/huawei_solar#711, an hour there."""

    def is_wrong(asked: Asked) -> bool:
        return stage.after(4) <= asked.now < stage.after(14)

    def summary(body: Any, asked: Asked) -> Any:
        if is_wrong(asked):
            for name in ("last_report_at", "last_interval_end_at"):
                if isinstance(body.get(name), int):
                    body[name] += 365 * 86_400
        return body

    def details(body: Any, asked: Asked) -> Any:
        return body | {"lastUpdateTime": "2027-06-10T12:00:00+02:00"} if is_wrong(asked) else body

    stage.rewrite("summary", summary)
    stage.rewrite("", details)


@scenario(BOTH)
def connection_drops(stage: Stage) -> None:
    """The connection breaks again and again within hours. Source: home-assistant/core#169978."""
    for number in range(12):
        fail = partial(stage.simulator.fail, f"{stage.path}*", times=2, drop=True, truncate=number % 2 == 0)
        stage.at(4 + number / 2, fail)
    stage.at(10.25, stage.simulator.clear_faults)


@scenario(BOTH)
def maintenance_page(stage: Stage) -> None:
    """A page for people is sent with status 200 for three hours. Source: hultenvp/solis-sensor#281."""
    page = "<!DOCTYPE html><html><body>We'll be back soon</body></html>"
    stage.at(4.1, lambda: stage.simulator.fail("*/s*/*", status=200, body=page, times=None))
    stage.at(7.1, stage.simulator.clear_faults)
    stage.excuse(FLOW_NAMES, 4, 11)
    stage.silent.append((stage.after(4.1), stage.after(7.1)))


@scenario(SOLAREDGE)
def storage_counts_nothing(stage: Stage) -> None:
    """Batteries have power, but energies of 0. Source: home-assistant/core#169964."""

    def nothing(value: float | None, _: datetime, __: Asked) -> float | None:
        return None if value is None else 0.0

    stage.rewrite("storage/*telemetry", each_value(nothing, "chargeEnergy", "dischargeEnergy", fine_only=False))
    flows: tuple[FlowName, ...] = ("battery_charge", "battery_discharge", "consumption")
    stage.excuse(flows, 0)
    stage.lose(flows, -24, 100, days=True)


@scenario(SOLAREDGE)
def one_per_cent_left(stage: Stage) -> None:
    """A battery at about 1 % looks like a fraction. Source: KRoperUK/sungrow-hass#409."""
    stage.simulator.switches.state_of_energy_fraction = False
    if (storage := stage.plant.storage) is not None:
        # So large that a summer's day fills a few per cent of it.
        stage.plant.storage = Storage(capacity_wh=400_000, power_w=storage.power_w)
        stage.plant.batteries[0].capacity_wh = 400_000
        stage.plant.revision += 1


@scenario(SOLAREDGE)
def dc_coupled_battery(stage: Stage) -> None:
    """What the inverter puts out has the battery's energy in it. Source: home-assistant/core#87818."""
    stage.simulator.switches.solaredge_dc_coupled = True
    stage.any_device = True


@scenario(SOLAREDGE, begin=BEFORE_SUMMER_TIME)
def days_keep_the_old_offset(stage: Stage) -> None:
    """After the clock has changed, days still begin by the old offset. Source: open-meteo/open-meteo#1545."""

    def change(body: Any, asked: Asked) -> Any:
        if asked.query.get("resolution") != "DAY" or not body["values"]:
            return body
        first = datetime.fromisoformat(body["values"][0]["timestamp"])
        for number, bucket in enumerate(body["values"]):
            start = first + number * DAY
            bucket["timestamp"] = start.isoformat()
            if bucket["value"] is not None:
                end = min(slot_of(start + DAY), stage.known_until(asked.now))
                bucket["value"] = float(stage.plant.series.production(slot_of(start), max(slot_of(start), end)))
        return body

    stage.rewrite("energy", change)


@scenario(BOTH, begin=BEFORE_SUMMER_TIME, system={"enphase_v4": "enphase_4200003"})
def clocks_change(stage: Stage) -> None:
    """A day has 23 hours, and nothing else happens. Source: the judge's own proof over a change of the clocks."""
