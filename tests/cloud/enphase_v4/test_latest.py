"""The powers of now: production, house, grid and battery that agree, however the meters are wired."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from custom_components.solar_cloud.cloud.enphase_v4.capabilities import (
    AGAIN,
    LATEST_AT_NOTE,
    LATEST_NOTE,
    MISSING,
    READ,
    STALE,
    latest_again,
)
from custom_components.solar_cloud.cloud.enphase_v4.facts import DOUBTS_NOTE
from custom_components.solar_cloud.cloud.enphase_v4.jobs.latest import latest_update
from custom_components.solar_cloud.cloud.enphase_v4.meters import BATTERY_IDS_NOTE, METER_IDS_NOTE, METERS_NOTE
from custom_components.solar_cloud.cloud.enphase_v4.model import BatteryNow, Latest, MeterChannel
from custom_components.solar_cloud.cloud.enphase_v4.powers import balanced
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
        # Meters are read some seconds apart.
        (3000, -20, None, True, {P: 3000, C: 0, BUY: 0, SELL: 3000}),
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


@pytest.mark.parametrize(
    ("production", "reading", "battery", "total", "powers"),
    [
        # Another inverter feeds in behind the net meter: the house seems to give. The grid is measured all the same.
        (1812, -2604, None, False, {P: 1812, BUY: 0, SELL: 4416}),
        (3150, 640, -2900, False, {P: 3150, BUY: 0, SELL: 2510, TAKE: 2900, GIVE: 0}),
        # A total meter that is wired the wrong way round says nothing of the house.
        (1812, -2604, None, True, {P: 1812}),
    ],
)
def test_a_house_that_gives_energy_withholds_what_is_computed_and_nothing_else(
    production: float, reading: float, battery: float | None, total: bool, powers: dict[Flow, float]
) -> None:
    assert dict(balanced(production, reading, battery, total=total, measured_at=NOW).powers) == powers


@pytest.mark.parametrize("reading", [-20.0, -50.0, -51.0, -2604.0])
def test_a_net_meter_gives_the_grid_as_measured_whatever_the_house_seems_to_do(reading: float) -> None:
    powers = balanced(1812, reading, None, total=False, measured_at=NOW).powers
    assert powers[SELL] - powers[BUY] == 1812 - reading
    assert powers.get(C) == (0 if reading >= -50 else None)


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


@pytest.mark.parametrize(
    ("config", "powers", "computed"),
    [("net", {P: 500, BUY: 0, SELL: 100}, {C}), ("total", {P: 500, C: 400}, {BUY, SELL})],
)
def test_a_battery_that_is_silent_leaves_unknown_what_would_be_computed(
    config: str, powers: dict[Flow, float], computed: set[Flow]
) -> None:
    meters = (channel("production", 500), channel("consumption", 400))
    for batteries in ((), (BatteryNow(name="Encharge 1", power_w=None, reported=AT),)):
        found = update({"meters": meters, "batteries": batteries}, system("1", config=config))
        assert found.momentary == Momentary(measured_at=AT, powers=powers, computed=frozenset(computed))


def test_a_consumption_meter_that_is_silent_leaves_production_and_battery() -> None:
    meters = (channel("production", 500), channel("consumption", 400, 90))
    assert update({"meters": meters}).power == Power(power_w=500, measured_at=AT)
    batteries = (BatteryNow(name="Encharge 1", power_w=-200, reported=AT),)
    found = update({"meters": meters, "batteries": batteries}, system("1"))
    assert found.momentary == Momentary(measured_at=AT, powers={P: 500, TAKE: 200, GIVE: 0})


def test_without_production_there_is_nothing_that_a_summary_has_not() -> None:
    found = update({"meters": (channel("consumption", 400),)})
    assert (found.momentary, found.power, found.notes) == (None, None, {LATEST_NOTE: MISSING})
    old = update({"meters": (channel("production", 400, 90), channel("consumption", 400))})
    assert (old.power, old.notes[LATEST_NOTE]) == (None, STALE)


def test_production_that_is_old_is_asked_for_again_once_something_newer_is_known() -> None:
    stale = (channel("production", 400, 90), channel("consumption", 400, 90))
    data = replace(system(), system=replace(system().system, source="meter"))
    notes = dict(update({"meters": stale}, data).notes)
    assert notes[LATEST_NOTE] == STALE
    data = replace(data, notes={**data.notes, **notes})
    # The summary has nothing newer either: the gateway is silent.
    for end in (None, NOW - timedelta(minutes=90)):
        assert latest_again(data, "meter", end) == {}
    # It has, but from the microinverters.
    assert latest_again(data, "microinverters", NOW) == {}
    again = latest_again(data, "meter", NOW - timedelta(minutes=10))
    assert again == {LATEST_NOTE: AGAIN}
    data = replace(data, notes={**data.notes, **again})
    assert update({"meters": (channel("production", 400, 80),)}, data).notes[LATEST_NOTE] == STALE
    assert update({"meters": (channel("production", 400),)}, data).notes[LATEST_NOTE] == READ
    # The very same once more: the meter is dead, whatever the summary takes its figures from.
    dead = dict(update({"meters": stale}, data).notes)
    assert (dead[LATEST_NOTE], dead[LATEST_AT_NOTE]) == (MISSING, notes[LATEST_AT_NOTE])
    data = replace(data, notes={**data.notes, **dead})
    assert latest_again(data, "meter", NOW) == {}
    # The meter was repaired: the summary changes its source.
    data = replace(data, system=replace(data.system, source="microinverters"))
    assert latest_again(data, "meter", NOW) == {LATEST_NOTE: AGAIN}


def test_production_comes_from_the_source_that_the_summary_names() -> None:
    meters = (channel("production", 558), channel("consumption", 400))
    data = replace(system(), system=replace(system().system, source="microinverters"))
    found = update({"meters": meters}, data)
    assert (found.power, found.momentary, found.notes[LATEST_NOTE]) == (None, None, MISSING)
    data = replace(data, system=replace(data.system, source="meter"))
    assert update({"meters": meters}, data).notes[LATEST_NOTE] == READ


IDS = "21:production:production 22:consumption:net 23:consumption:total 24:disabled:production 31:production:production"


def listed(*batteries: str, **notes: str) -> SystemData:
    known = system(*batteries)
    return replace(known, notes={**known.notes, METER_IDS_NOTE: IDS, **notes})


def numbered(number: str, name: str, power: float | None, minutes: float = 5) -> MeterChannel:
    return replace(channel(name, power, minutes), id=number)


def test_a_net_meter_gives_the_grid_and_a_total_one_the_house_and_they_are_not_added() -> None:
    meters = (
        numbered("21", "production", 1000),
        numbered("31", "production", 1200),
        numbered("22", "consumption", 900),
        numbered("23", "consumption", 850),
    )
    found = update({"meters": meters}, listed())
    assert found.momentary == Momentary(measured_at=AT, powers={P: 2200, BUY: 0, SELL: 1300, C: 850})
    # One of them is silent.
    meters = (*meters[:3], numbered("23", "consumption", 850, 90))
    found = update({"meters": meters}, listed())
    assert found.momentary is not None
    assert (found.momentary.powers[BUY], found.momentary.powers[SELL], found.momentary.powers[C]) == (0, 1300, 900)


def test_a_meter_that_is_disabled_is_not_counted_whatever_it_says() -> None:
    meters = (
        numbered("21", "production", 1000),
        numbered("24", "production", 5000),
        numbered("24", "consumption", 7000, 90),
        numbered("22", "consumption", 900),
    )
    found = update({"meters": meters}, listed())
    assert found.momentary is not None
    assert (found.momentary.powers[P], found.momentary.powers[C]) == (1000, 900)


def test_a_meter_is_what_the_list_of_devices_says_not_what_it_is_called() -> None:
    meters = (numbered("21", "eim1", 1000), numbered("22", "eim2", 900), numbered("99", "production", 7))
    found = update({"meters": meters}, listed())
    assert found.momentary is not None
    assert (found.momentary.powers[P], found.momentary.powers[C]) == (1007, 900)
    assert found.notes[DOUBTS_NOTE].startswith("latest@")
    again = update({"meters": meters[:2]}, listed(**found.notes))
    assert again.notes[DOUBTS_NOTE] == ""


def test_a_battery_is_known_by_its_id() -> None:
    batteries = (
        BatteryNow(id="41", name="Battery", power_w=-300, reported=AT),
        BatteryNow(id="42", name="Battery", power_w=-310, reported=AT),
    )
    data = listed("a", "b", **{BATTERY_IDS_NOTE: "41:b 42:a"})
    found = update({"batteries": batteries}, data)
    assert {serial: one.power_w for serial, one in found.readings.items()} == {"a": -310, "b": -300}
    assert DOUBTS_NOTE not in found.notes


def test_a_battery_that_is_not_listed_is_storage_of_an_unknown_kind_until_it_is() -> None:
    meters = (channel("production", 3000), channel("consumption", 2440))
    batteries = (BatteryNow(id="41", name="Battery", power_w=-900, reported=AT),)
    found = update({"meters": meters, "batteries": batteries})
    assert found.system is not None
    assert found.system.unknown_storage is True
    assert found.notes[DOUBTS_NOTE].startswith("latest@")
    # Its power is known, so the house's is.
    assert found.momentary is not None
    assert (found.momentary.powers[C], found.momentary.powers[TAKE]) == (1540, 900)
    data = replace(listed("a", **found.notes), system=replace(system().system, unknown_storage=True))
    found = update({"meters": meters, "batteries": batteries}, data)
    assert found.system is not None
    assert found.system.unknown_storage is False


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
