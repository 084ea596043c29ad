"""What Enphase's clouds did to the figures of a system."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from ..disturbances import Asked, Refused
from ..plant.plant import Plant
from ..systems.enphase_v4 import pv_residence
from .rows import Row, each_row
from .stage import ENPHASE, ENPHASE_V2, ENPHASE_V4, Stage, scenario
from .truth import FLOW_NAMES

QUARTER = timedelta(minutes=15)
TELEMETRY = ("telemetry/*", "energy_import_telemetry", "energy_export_telemetry", "rgm_stats", "stats")
SMALLEST_DATE = -62_135_596_800
"""The epoch of .NET's smallest date."""
NO_VALUE = 4_294_967_295
MORNING_IN_CALIFORNIA = datetime(2026, 6, 10, 13, 2, 30, tzinfo=UTC)


@scenario(ENPHASE_V4)
def absurd_row(stage: Stage) -> None:
    """One quarter of import holds 2³² − 1 Wh and keeps it. Source: a counter's "no value", own trial."""
    bad = stage.after(5).replace(minute=0, second=0)

    def change(row: Row, end: datetime, _: Asked) -> Row:
        return row | {"wh_imported": NO_VALUE} if end == bad and "wh_imported" in row else row

    stage.rewrite("energy_import_telemetry", each_row(change))
    stage.lose(["grid_import", "consumption"], 4.5, 5)
    stage.excuse(["grid_import", "consumption"], 4.5, 30, ["today", "lifetime"])


@scenario(ENPHASE_V4, quick=("enphase_v4",))
def one_lost_quarter(stage: Stage) -> None:
    """One quarter of import never comes, the day's total has it. Source: own trial."""
    bad = stage.after(5).replace(minute=0, second=0)

    def change(row: Row, end: datetime, _: Asked) -> Row | None:
        return None if end == bad else row

    stage.rewrite("energy_import_telemetry", each_row(change))
    stage.lose(["grid_import", "consumption"], 4.5, 5)
    stage.excuse(["grid_import", "consumption"], 4.5, 30, ["today", "lifetime"])


@scenario(ENPHASE_V4)
def rows_a_day_late(stage: Stage) -> None:
    """Three hours of import come next day at 13:00, when the day's total has them too. Source: own trial."""
    first, last, come = stage.after(4), stage.after(7), stage.after(30)
    hidden = stage.truth.wh("grid_import", first, last)

    def change(row: Row, end: datetime, asked: Asked) -> Row | None:
        return None if first < end <= last and asked.now < come else row

    def less(body: Any, asked: Asked) -> Any:
        if asked.now < come and body["import"]:
            day = (first.astimezone(stage.plant.zone).date() - datetime.fromisoformat(body["start_date"]).date()).days
            if 0 <= day < len(body["import"]):
                body["import"][day] = max(0, body["import"][day] - round(hidden))
        return body

    stage.rewrite("energy_import_telemetry", each_row(change))
    stage.rewrite("energy_import_lifetime", less)
    stage.excuse(["grid_import", "consumption"], 3.5, 36)
    stage.late = ("grid_import", "consumption"), first, last


@scenario(ENPHASE_V4)
def all_rows_a_day_late(stage: Stage) -> None:
    """Three hours of all rows come next day at 13:00. Source: own trial."""
    first, last, come = stage.after(4), stage.after(7), stage.after(30)

    def change(row: Row, end: datetime, asked: Asked) -> Row | None:
        return None if first < end <= last and asked.now < come else row

    for path in TELEMETRY:
        stage.rewrite(path, each_row(change))
    stage.excuse(FLOW_NAMES, 3.5, 36)
    stage.late = FLOW_NAMES, first, last


@scenario(ENPHASE, system={"enphase_v4": "enphase_4200001"})
def power_stays_at_night(stage: Stage) -> None:
    """`current_power` keeps its last value in the dark, while rows of 0 Wh go on (v4). Source: own trial."""
    stage.simulator.switches.enphase_power_stays = True
    stage.simulator.switches.enphase_nights = "zero"


@scenario(ENPHASE)
def rows_late_at_noon(stage: Stage) -> None:
    """Rows of production lie two hours behind, the summary does not. Source: own trial, other half of the above."""

    def change(row: Row, end: datetime, asked: Asked) -> Row | None:
        return None if end > asked.now - timedelta(hours=2) else row

    for path in ("telemetry/production*", "stats", "rgm_stats"):
        stage.rewrite(path, each_row(change))
    stage.behind = timedelta(hours=2)


def western_house() -> Plant:
    """Return the house without meters, far west of UTC."""
    plant = pv_residence()
    plant.id, plant.name, plant.timezone = 4200011, "Casa Oeste", "America/Los_Angeles"
    plant.zone, plant.sky = ZoneInfo(plant.timezone), replace(plant.sky, longitude=-118.2)
    return plant


@scenario(
    ENPHASE,
    system={"enphase_v2": "enphase_67", "enphase_v4": western_house},
    begin=MORNING_IN_CALIFORNIA,
    quick=("enphase_v2",),
)
def bad_epoch(stage: Stage) -> None:
    """The summary's dates are .NET's smallest one. Source: a serializer's default, own trial."""

    def change(body: Any, _: Asked) -> Any:
        return body | {"summary_date": SMALLEST_DATE}

    stage.rewrite("summary", change)


@scenario(ENPHASE)
def bad_epoch_of_report(stage: Stage) -> None:
    """The summary's times are .NET's smallest date from the fifth hour to the tenth. Source: as `bad_epoch`."""

    def change(body: Any, asked: Asked) -> Any:
        if stage.after(5) <= asked.now < stage.after(10):
            return body | {"last_report_at": SMALLEST_DATE, "last_interval_end_at": SMALLEST_DATE}
        return body

    stage.rewrite("summary", change)


@scenario(ENPHASE, hours=78)
def lifetime_corrected_down(stage: Stage) -> None:
    """The site's lifetime is 16 % less from one day on. Source: home-assistant/core#130322."""

    def summary(body: Any, asked: Asked) -> Any:
        if asked.now >= stage.after(24):
            body["energy_lifetime"] = round(body["energy_lifetime"] * 0.84)
        return body

    stage.rewrite("summary", summary)
    stage.relative_lifetime |= {"production", "consumption"}


@scenario(ENPHASE, hours=100)
def days_without_data(stage: Stage) -> None:
    """A gateway is silent for 60 hours, and tells all of it afterwards; days end in zeros meanwhile.

    Source: Enphase's documentation of trailing zeros.
    """
    for gateway in stage.plant.gateways:
        stage.at(6, partial(stage.simulator.silence, gateway))
        stage.at(66, partial(stage.simulator.unsilence, gateway))
    stage.excuse(FLOW_NAMES, 6, 76)


@scenario(ENPHASE_V4, hours=84)
def forbidden_for_two_days(stage: Stage) -> None:
    """The key is suspended: every path answers 403 for two days. Source: Enphase documents 403."""

    def when(asked: Asked) -> bool:
        return stage.after(12) <= asked.now < stage.after(60)

    stage.refuse("*", 403, {"message": "Forbidden"}, when)
    stage.refuse("", 403, {"message": "Forbidden"}, when)
    # Whether it was the credential, only its owner can tell: nothing has to come back by itself.
    stage.excuse(FLOW_NAMES, 12)
    stage.lose(FLOW_NAMES, 11, 100, days=True)
    stage.to_be_told.append(stage.after(36))


@scenario(ENPHASE_V4, hours=84)
def week_refused(stage: Stage) -> None:
    """Import and export know no granularity `week`: 422 after 30 hours off. Source: Enphase's specification."""

    def when(asked: Asked) -> bool:
        return asked.query.get("granularity") == "week"

    for path in ("energy_import_telemetry", "energy_export_telemetry"):
        stage.refuse(path, 422, {"message": "granularity week is not supported"}, when)
    stage.off.append((stage.after(8), stage.after(38)))
    stage.excuse(("grid_import", "grid_export", "consumption"), 8, 44)


@scenario(ENPHASE_V2, system="enphase_67", begin=MORNING_IN_CALIFORNIA)
def split_phase_meter(stage: Stage) -> None:
    """A revenue meter of two phases: channel 3 is null in every row. Source: SolarNetwork's fixture of `rgm_stats`."""
    stage.simulator.switches.enphase_meter_intervals = True

    def change(body: Any, _: Asked) -> Any:
        for meter in body.get("meter_intervals", ()):
            rows = []
            for row in meter["intervals"]:
                energy = row["wh_del"]
                for channel in (1, 2, 3):
                    share = (
                        None if energy is None or channel == 3 else energy * channel // 2 - energy * (channel - 1) // 2
                    )
                    rows.append(
                        row | {"channel": channel, "wh_del": share, "curr_w": None if share is None else share * 4}
                    )
            meter["intervals"] = rows
        return body

    stage.rewrite("rgm_stats", change)


@scenario(ENPHASE, hours=60)
def system_removed(stage: Stage) -> None:
    """The vendor has removed the system: 404 on every path. Source: home-assistant/core#139023."""

    def when(asked: Asked) -> bool:
        return asked.now >= stage.after(12)

    def inverters(body: Any, asked: Asked) -> Any:
        if when(asked):
            raise Refused(404, {"message": "System not found"})
        return body

    stage.refuse("*", 404, {"message": "System not found"}, when)
    stage.refuse("", 404, {"message": "System not found"}, when)
    stage.rewrite_all("*/inverters_summary_by_envoy_or_site", inverters)
    stage.excuse(FLOW_NAMES, 12)
    # What had not been read by then is gone: rows are read some hours apart.
    stage.lose(FLOW_NAMES, 6, 100, days=True)
    stage.to_be_told.append(stage.after(40))
