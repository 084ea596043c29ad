"""What hardware of Enphase made its cloud tell: meters, batteries, EV chargers, other inverters."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from ..disturbances import Asked, Change
from ..plant.plant import Plant
from ..plant.slots import SLOTS_PER_HOUR, slot_of
from ..systems.enphase_v4 import metered_house
from .behind import SecondSource
from .rows import Row, each_row, end_of
from .stage import ENPHASE, ENPHASE_V4, Stage, scenario
from .truth import FlowName

GRID_ROWS: tuple[tuple[str, FlowName], ...] = (("wh_imported", "grid_import"), ("wh_exported", "grid_export"))
MORNING_IN_SYDNEY = datetime(2026, 6, 9, 20, 2, 30, tzinfo=UTC)


def net_house() -> Plant:
    """Return the metered house with its consumption meter at the grid connection."""
    plant = metered_house()
    plant.id, plant.name = 4200012, "Net Street"
    if plant.consumption_meter:
        plant.consumption_meter.config = "Net"
    return plant


@scenario(ENPHASE_V4, quick=("enphase_v4",))
def meters_taken_out(stage: Stage) -> None:
    """The meters are disabled, their rows end, the summary is the microinverters' again.

    Source: vincentwolsink/home_assistant_enphase_envoy_installer#32.
    """
    out = stage.after(6)

    def devices(body: Any, asked: Asked) -> Any:
        if asked.now >= out:
            for meter in body["devices"].get("meters", ()):
                meter |= {"state": "disabled"}
        return body

    def latest(body: Any, asked: Asked) -> Any:
        if asked.now >= out:
            for meter in body["devices"].get("meters", ()):
                meter |= {"power": None, "last_report_at": None}
        return body

    def summary(body: Any, asked: Asked) -> Any:
        return body | {"source": "microinverters"} if asked.now >= out else body

    def rows(row: Row, end: datetime, asked: Asked) -> Row | None:
        return None if asked.now >= out and end > out else row

    stage.rewrite("devices", devices)
    stage.rewrite("latest_telemetry", latest)
    stage.rewrite("summary", summary)
    for path in ("telemetry/production_meter", "telemetry/consumption_meter", "energy_*_telemetry", "rgm_stats"):
        stage.rewrite(path, each_row(rows))
    stage.excuse(["grid_import", "grid_export", "consumption"], 5.5)
    stage.lose(["grid_import", "grid_export", "consumption"], 5, 100, days=True)


@scenario(ENPHASE, system={"enphase_v4": "enphase_4200001"})
def some_inverters_late(stage: Stage) -> None:
    """A third of the microinverters report a quarter of an hour later. Source: DiedB/Homey-SolarPanels#39."""
    for number, inverter in enumerate(stage.plant.inverters.values()):
        inverter.late = 3 if number % 3 == 0 else 0
    on_time = [serial for serial, inverter in stage.plant.inverters.items() if not inverter.late]
    until = stage.plant.inverter_until
    # The newest power comes from the summary, which does not say how many inverters it is of.
    stage.part_of_power["production"] = lambda start, end: sum(
        until(serial, end) - until(serial, start) for serial in on_time
    )
    stage.late_until_now = timedelta(minutes=30)
    stage.law = 7


@scenario(ENPHASE_V4)
def batteries_are_acbs(stage: Stage) -> None:
    """Batteries are listed as `acbs`, their rows come as usual.

    Source: home-assistant/core#130879, barneyonline/ha-enphase-energy#464, Enphase's own sample of devices.
    """
    stage.rewrite("devices", _as_acbs)
    stage.rewrite("latest_telemetry", _without_batteries)


@scenario(ENPHASE_V4)
def batteries_without_rows(stage: Stage) -> None:
    """Batteries are listed as `acbs`, and nothing tells what they do: consumption cannot be known.

    Source: home-assistant/core#130879.
    """
    stage.rewrite("devices", _as_acbs)
    stage.rewrite("latest_telemetry", _without_batteries)
    stage.rewrite("telemetry/battery", each_row(lambda row, _, __: None))
    stage.refuse("battery_lifetime", 404, {"message": "No batteries"})
    stage.excuse(["battery_charge", "battery_discharge", "consumption"], 0)
    stage.missing |= {"battery_charge", "battery_discharge", "consumption"}
    stage.lose(["battery_charge", "battery_discharge", "consumption"], -24, 100, days=True)


def _as_acbs(body: Any, _: Asked) -> Any:
    kinds = body["devices"]
    batteries = kinds.pop("encharges", [])
    kinds["acbs"] = [*kinds.get("acbs", []), *(one | {"model": "AC Battery", "sku": "B280-P01"} for one in batteries)]
    return body


def _without_batteries(body: Any, _: Asked) -> Any:
    body["devices"].pop("encharges", None)
    return body


@scenario(ENPHASE_V4)
def battery_rows_always_partial(stage: Stage) -> None:
    """Fewer batteries report than there are, in every row, for ever. Source: Enphase's sample of telemetry/battery."""

    def row(found: Row, _: datetime, __: Asked) -> Row:
        for name in ("charge", "discharge", "soc"):
            found[name] = found[name] | {"devices_reporting": 1 if name == "charge" else 4}
        return found

    stage.rewrite("telemetry/battery", lambda body, _: body | {"total_devices": 9})
    stage.rewrite("telemetry/battery", each_row(row))


@scenario(ENPHASE_V4, system=net_house, begin=MORNING_IN_SYDNEY)
def another_inverter_behind_the_net_meter(stage: Stage) -> None:
    """A second inverter feeds in behind the Net meter: what is derived as consumption is below zero.

    Source: dlmcpaul/EnphaseCollector#44.
    """
    source = SecondSource(stage, percent=80)
    source.apply()

    def rows(row: Row, end: datetime, _: Asked) -> Row:
        last = slot_of(end)
        for name, flow in GRID_ROWS:
            if name in row:
                row[name] = source.between(flow, last - SLOTS_PER_HOUR // 4, last)
        return row

    def latest(body: Any, _: Asked) -> Any:
        for meter in body["devices"].get("meters", ()):
            if meter["name"] == "consumption" and meter["power"] is not None:
                end = slot_of(datetime.fromtimestamp(meter["last_report_at"], UTC))
                other = source.other(end - 1, end) * SLOTS_PER_HOUR
                meter["power"] -= other // 3 + (other % 3 if meter["channel"] == 1 else 0)
        return body

    def days(name: str, flow: FlowName) -> Change:
        def change(body: Any, asked: Asked) -> Any:
            first = datetime.fromisoformat(body["start_date"]).date()
            for number in range(len(body[name])):
                start, end = stage.plant.day_slots(first + timedelta(days=number))
                end = min(end, stage.plant.newest_slot(asked.now))
                body[name][number] = source.between(flow, start, max(start, end))
            return body

        return change

    stage.rewrite("energy_*_telemetry", each_row(rows))
    stage.rewrite("latest_telemetry", latest)
    stage.rewrite("energy_import_lifetime", days("import", "grid_import"))
    stage.rewrite("energy_export_lifetime", days("export", "grid_export"))
    stage.excuse(["consumption"], 0)
    stage.lose(["consumption"], -24, 100, days=True)
    stage.any_value.add("consumption")


@scenario(ENPHASE_V4)
def production_half_metered(stage: Stage) -> None:
    """The production meter sees one of two gateways; the summary says `microinverters`.

    Source: home-assistant/core#151108.
    """

    def rows(row: Row, _: datetime, __: Asked) -> Row:
        return row | {name: row[name] // 2 for name in ("wh_del", "curr_w") if isinstance(row.get(name), int)}

    def latest(body: Any, _: Asked) -> Any:
        halves: list[int] = []
        for meter in body["devices"].get("meters", ()):
            if meter["power"] is not None and meter["name"] == "production":
                halves.append(meter["power"] - meter["power"] // 2)
                meter["power"] //= 2
        # What the Net meter reports is its own measurement and what the gateway knows of the production.
        for meter in body["devices"].get("meters", ()):
            if meter["power"] is not None and meter["name"] == "consumption":
                meter["power"] -= sum(halves)
                break
        return body

    stage.rewrite("summary", lambda body, _: body | {"source": "microinverters"})
    stage.rewrite("telemetry/production_meter", each_row(rows))
    stage.rewrite("rgm_stats", each_row(rows))
    stage.rewrite("latest_telemetry", latest)


def _charger_rows(change: Callable[[Row, Asked], Row | None]) -> Change:
    """Return a change of each quarter hour of an EV charger; None leaves it out."""

    def answer(body: Any, asked: Asked) -> Any:
        rows = (change(dict(row), asked) for row in body["consumption"])
        return body | {"consumption": [row for row in rows if row is not None]}

    return answer


@scenario(ENPHASE_V4, quick=("enphase_v4",))
def charger_shows_its_total(stage: Stage) -> None:
    """Quarter hours in which an EV charger charged nothing hold what it has ever charged.

    Source: own trial; rows and counters of other devices were told so.
    """

    def row(found: Row, asked: Asked) -> Row:
        return found if found["consumption"] else found | {"consumption": 2_800_000}

    stage.rewrite("ev_charger/*/telemetry", _charger_rows(row))


@scenario(ENPHASE_V4)
def charger_is_late(stage: Stage) -> None:
    """An EV charger has no connection for a day and a half; what it has charged meanwhile comes afterwards.

    Source: own trial; gateways do so.
    """
    off, on = stage.after(8), stage.after(44)

    def row(found: Row, asked: Asked) -> Row | None:
        return None if asked.now < on and end_of(found) > off else found

    stage.rewrite("ev_charger/*/telemetry", _charger_rows(row))
