"""What the numbers of a battery's state of energy mean, decided for a whole answer and remembered for the site."""

from dataclasses import replace
from typing import Any

import pytest

from custom_components.solar_cloud.cloud.solaredge.scale import Scale, scale_of
from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import Device, DeviceKind
from custom_components.solar_cloud.system.restore import dump, load

from .helpers import NOW, Bench, bench, system_data

STORAGE = "/sites/1234567/storage/telemetry"
CAPACITY = {"B1": 9700.0}


def answer(*levels: float | None, unit: str = "PERCENTAGE", remaining: float | None = None, **others: Any) -> Any:
    stamps = [f"2026-11-21T0{6 + index // 4}:{index % 4 * 15:02d}:00+01:00" for index in range(len(levels))]
    battery: dict[str, Any] = {
        "stateOfEnergy": {
            "unit": unit,
            "values": [{"timestamp": stamp, "value": level} for stamp, level in zip(stamps, levels, strict=True)],
        },
        "chargeEnergy": {"unit": "WH", "values": [{"timestamp": stamps[-1], "value": 0}]},
    }
    if remaining is not None:
        battery["remainingEnergy"] = {"unit": "WH", "values": [{"timestamp": stamps[-1], "value": remaining}]}
    return {
        "period": {"from": "2026-11-21T06:00:00+01:00", "to": "2026-11-21T10:00:00+01:00"},
        "resolution": "QUARTER_HOUR",
        "storage": {"B1": battery, **others},
    }


@pytest.mark.parametrize(
    ("levels", "known", "expected"),
    [
        ((0.678,), None, Scale.FRACTION),
        ((0.2, 1.0), None, Scale.FRACTION),
        ((65.2,), None, Scale.PERCENT),
        ((0.4, 1.4), None, Scale.PERCENT),
        ((0.9,), Scale.PERCENT, Scale.PERCENT),
        ((0.0, 0.0), Scale.PERCENT, Scale.PERCENT),
        ((0.0, 0.0), Scale.FRACTION, Scale.FRACTION),
        ((0.0, None), None, None),
        ((None,), None, None),
        ((42.0,), Scale.FRACTION, Scale.PERCENT),
        ((0.9, 1.002), Scale.FRACTION, Scale.FRACTION),
        ((1.002,), None, Scale.FRACTION),
        ((1.002,), Scale.PERCENT, Scale.PERCENT),
    ],
)
def test_one_number_above_1_proves_per_cent_and_a_known_scale_is_kept(levels, known, expected):
    assert scale_of(answer(*levels), known, {}) == expected


@pytest.mark.parametrize(
    ("level", "remaining", "expected"),
    [
        (1.0, 97.0, Scale.PERCENT),
        (1.0, 9700.0, Scale.FRACTION),
        (0.5, 48.5, Scale.PERCENT),
        (0.5, 4850.0, Scale.FRACTION),
        (0.02, 194.0, Scale.FRACTION),
        (1.0, 8633.0, Scale.FRACTION),
        (1.002, 97.2, Scale.PERCENT),
        (0.9, 8_730_000.0, Scale.FRACTION),
    ],
)
def test_the_remaining_energy_shows_whether_1_is_one_per_cent_or_full(level, remaining, expected):
    assert scale_of(answer(level, remaining=remaining), None, CAPACITY) is expected


@pytest.mark.parametrize(("known", "remaining"), [(Scale.PERCENT, 4850.0), (Scale.FRACTION, 48.5)])
def test_what_is_left_in_a_battery_takes_a_scale_back_that_was_believed(known, remaining):
    other = Scale.FRACTION if known is Scale.PERCENT else Scale.PERCENT
    assert scale_of(answer(0.5, remaining=remaining), known, CAPACITY) is other
    assert scale_of(answer(0.5, remaining=remaining), known, {}) is known


@pytest.mark.parametrize("unit", ["percentage", "%", "Percent"])
def test_a_percentage_in_any_spelling_has_its_scale_found_out(unit):
    assert scale_of(answer(0.5, unit=unit), None, {}) is Scale.FRACTION
    assert scale_of(answer(50.0, unit=unit), None, {}) is Scale.PERCENT


def test_one_battery_that_is_charged_further_decides_for_all():
    other = answer(3.0)["storage"]["B1"]
    assert scale_of(answer(0.5, B2=other), None, {}) is Scale.PERCENT


def _with_battery(data: SystemData) -> SystemData:
    devices = {"B1": Device(kind=DeviceKind.BATTERY, serial="B1", capacity_wh=9700.0)}
    return replace(data, devices=devices)


async def _level(it: Bench, data: SystemData, body: Any) -> tuple[SystemData, float | None]:
    it.cloud.answer(STORAGE, body)
    data = await it.run_and_merge("storage", data)
    return data, data.readings["B1"].level_percent


async def test_the_scale_outlives_a_restart_and_no_low_battery_turns_it(socket_enabled):
    async with bench() as it:
        data, level = await _level(it, _with_battery(system_data()), answer(40.0, 12.0))
        assert level == 12.0
        data = load(SystemData, dump(data))
        data, level = await _level(it, data, answer(1.0, 1.0))
        assert level == 1.0
        data, level = await _level(it, data, answer(0.0, 0.0))
        assert level == 0.0


async def test_fractions_become_per_cent_and_none_is_above_100(socket_enabled):
    async with bench() as it:
        data, level = await _level(it, _with_battery(system_data()), answer(0.678))
        assert level == pytest.approx(67.8)
        _, level = await _level(it, data, answer(1.004))
        assert level == 100.0


async def test_percentage_100_is_per_cent_whatever_else_was_seen(socket_enabled):
    async with bench() as it:
        data, _ = await _level(it, _with_battery(system_data()), answer(0.678))
        data, level = await _level(it, data, answer(0.8, unit="PERCENTAGE_100"))
        assert level == 0.8
        _, level = await _level(it, data, answer(0.8))
        assert level == 80.0


async def test_a_damaged_note_is_as_good_as_none(socket_enabled):
    async with bench() as it:
        data = replace(_with_battery(system_data()), notes={"state_of_energy": "per mille"})
        data, level = await _level(it, data, answer(0.5))
        assert (level, data.notes["state_of_energy"]) == (50.0, "fraction")
        assert it.clock.now >= NOW
