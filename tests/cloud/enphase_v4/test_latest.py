"""The powers of now: production, house, grid and battery that agree, however the meters are wired."""

from datetime import timedelta
from typing import Any

import pytest

from custom_components.solar_cloud.cloud.enphase_v4.capabilities import LATEST_NOTE, MISSING, READ
from custom_components.solar_cloud.cloud.enphase_v4.jobs.latest import balanced, latest_update
from custom_components.solar_cloud.cloud.enphase_v4.meters import METERS_NOTE
from custom_components.solar_cloud.cloud.enphase_v4.model import BatteryNow, Latest, MeterChannel
from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import (
    SOURCES,
    Device,
    DeviceKind,
    Flow,
    Momentary,
    Power,
    System,
    Update,
    Vendor,
)

from ..conftest import NOW
from .helpers import ELM

P, C = Flow.PRODUCTION, Flow.CONSUMPTION
BUY, SELL = Flow.GRID_IMPORT, Flow.GRID_EXPORT
TAKE, GIVE = Flow.BATTERY_CHARGE, Flow.BATTERY_DISCHARGE
AT = NOW - timedelta(minutes=5)


@pytest.mark.parametrize(
    ("production", "reading", "battery", "total", "powers"),
    [
        # A net meter: the reading is production + grid, without the battery.
        (3150, 640, None, False, {P: 3150, C: 640, BUY: 0, SELL: 2510}),
        (0, 640, None, False, {P: 0, C: 640, BUY: 640, SELL: 0}),
        (3150, 2440, -900, False, {P: 3150, C: 1540, BUY: 0, SELL: 710, TAKE: 900, GIVE: 0}),
        (0, 100, 500, False, {P: 0, C: 600, BUY: 100, SELL: 0, TAKE: 0, GIVE: 500}),
        # A total meter: the reading is what the house uses.
        (3150, 640, None, True, {P: 3150, C: 640, BUY: 0, SELL: 2510}),
        (3150, 1540, -900, True, {P: 3150, C: 1540, BUY: 0, SELL: 710, TAKE: 900, GIVE: 0}),
        (0, 600, 500, True, {P: 0, C: 600, BUY: 100, SELL: 0, TAKE: 0, GIVE: 500}),
        # What is noted as net would have the house give 2,260 W: the reading is that of a total meter.
        (3150, 640, -2900, False, {P: 3150, C: 640, BUY: 390, SELL: 0, TAKE: 2900, GIVE: 0}),
        # Meters are read some seconds apart.
        (3000, 880, -900, False, {P: 3000, C: 0, BUY: 0, SELL: 2100, TAKE: 900, GIVE: 0}),
        # Inverters draw a little at night.
        (-3, 397, None, False, {P: 0, C: 400, BUY: 400, SELL: 0}),
        (-3, 400, None, True, {P: 0, C: 403, BUY: 403, SELL: 0}),
    ],
)
def test_sources_and_sinks_are_equal(
    production: float, reading: float, battery: float | None, total: bool, powers: dict[Flow, float]
) -> None:
    found = balanced(production, reading, battery, total=total, measured_at=NOW)
    assert dict(found.powers) == powers
    sides = [sum(w for flow, w in found.powers.items() if (flow in SOURCES) is source) for source in (True, False)]
    assert sides[0] == sides[1]


def test_what_nobody_measures_is_computed() -> None:
    assert balanced(100, 50, None, total=False, measured_at=NOW).computed == {C}
    assert balanced(100, 50, None, total=True, measured_at=NOW).computed == {BUY, SELL}


def channel(name: str, power: float | None, minutes: float | None = 5, number: int = 1) -> MeterChannel:
    reported = None if minutes is None else NOW - timedelta(minutes=minutes)
    return MeterChannel(name=name, channel=number, power_w=power, reported=reported)


def system(*batteries: str, config: str = "net") -> SystemData:
    devices = {serial: Device(kind=DeviceKind.BATTERY, serial=serial) for serial in batteries}
    return SystemData(
        system=System(vendor=Vendor.ENPHASE, id=ELM, name="Elm Street"),
        devices=devices,
        notes={METERS_NOTE: f"production:production consumption:{config}"},
    )


def update(latest: dict[str, Any], data: SystemData | None = None) -> Update:
    return latest_update(Latest(**latest), data or system(), NOW)


def test_phases_are_added_up_and_those_without_a_power_are_not_installed() -> None:
    meters = (
        channel("production", 1000),
        channel("production", 1100, 6, 2),
        channel("production", None, None, 3),
        channel("consumption", 500),
        channel("consumption", -100, 5, 2),
    )
    found = update({"meters": meters})
    assert found.momentary == Momentary(
        measured_at=NOW - timedelta(minutes=6),
        powers={P: 2100, C: 400, BUY: 0, SELL: 1700},
        computed=frozenset({C}),
    )
    assert found.newest == NOW - timedelta(minutes=6)
    assert found.notes == {LATEST_NOTE: READ}


@pytest.mark.parametrize("stale", ["production", "consumption"])
def test_what_is_older_than_an_hour_is_unknown(stale: str) -> None:
    meters = tuple(
        channel(name, 500, 61 if name == stale and number == 2 else 59, number)
        for name in ("production", "consumption")
        for number in (1, 2)
    )
    found = update({"meters": meters})
    assert found.momentary is None
    assert found.power == (
        None if stale == "production" else Power(power_w=1000, measured_at=NOW - timedelta(minutes=59))
    )


def test_a_battery_that_is_silent_leaves_the_house_unknown_but_not_production() -> None:
    meters = (channel("production", 500), channel("consumption", 400))
    for batteries in ((), (BatteryNow(name="Encharge 1", power_w=None, reported=AT),)):
        found = update({"meters": meters, "batteries": batteries}, system("1"))
        assert (found.momentary, found.power) == (None, Power(power_w=500, measured_at=AT))


def test_without_production_there_is_nothing_that_a_summary_has_not() -> None:
    found = update({"meters": (channel("consumption", 400),)})
    assert (found.momentary, found.power, found.notes) == (None, None, {LATEST_NOTE: MISSING})
    old = update({"meters": (channel("production", 400, 90), channel("consumption", 400))})
    assert (old.power, old.notes) == (None, {LATEST_NOTE: READ})


def test_a_total_meter_is_known_by_the_list_of_devices() -> None:
    meters = (channel("production", 500), channel("consumption", 900))
    batteries = (BatteryNow(name="Encharge 1", power_w=300, reported=AT, mode="discharging"),)
    net = update({"meters": meters, "batteries": batteries}, system("1"))
    total = update({"meters": meters, "batteries": batteries}, system("1", config="total"))
    assert net.momentary is not None
    assert total.momentary is not None
    assert (net.momentary.powers[C], net.momentary.powers[BUY]) == (1200, 400)
    assert (total.momentary.powers[C], total.momentary.powers[BUY]) == (900, 100)


def test_batteries_have_their_own_power() -> None:
    batteries = (
        BatteryNow(name="Encharge 492200000001", power_w=-300, reported=AT),
        BatteryNow(name="Encharge 492200000002", power_w=-310, reported=AT),
    )
    found = update({"batteries": batteries}, system("492200000001", "492200000002"))
    assert {serial: one.power_w for serial, one in found.readings.items()} == {
        "492200000001": -300,
        "492200000002": -310,
    }
    nameless = (BatteryNow(power_w=-300, reported=AT),)
    assert update({"batteries": nameless}, system("a")).readings["a"].power_w == -300
    assert not update({"batteries": nameless}, system("a", "b")).readings
    assert not update({"batteries": (BatteryNow(name="Encharge a", power_w=1.0),)}, system("a")).readings
