"""A power that its cloud keeps all night is 0 in the dark, and one whose next interval is late at noon is not."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from custom_components.solar_cloud.model.darkness import as_the_sun_has_it, light_between
from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import Flow, Momentary, Power, Silence, System, Update, Vendor
from custom_components.solar_cloud.model.merging import merge
from custom_components.solar_cloud.model.series import never_dark

SUNSET = datetime(2026, 6, 10, 19, tzinfo=UTC)
SUNRISE = SUNSET + timedelta(hours=8)
SIZE_W = 5000.0
UTC_ZONE = ZoneInfo("UTC")


def dark(start: datetime, end: datetime) -> bool:
    return SUNSET <= start <= end <= SUNRISE or SUNSET - timedelta(days=1) <= start <= end <= SUNRISE - timedelta(
        days=1
    )


def at(hours: float) -> datetime:
    return SUNSET + timedelta(hours=hours)


def silent(watts: float | None, since: float, until: float) -> Update:
    power = None if watts is None else Power(power_w=watts, measured_at=at(since))
    return Update(power=power, silence=Silence(since=at(since), until=at(until)))


@pytest.mark.parametrize(
    ("update", "expected"),
    [
        # Noon: rows are late by half an hour, by three hours.
        (silent(3322, -7, -6.5), (3322, -7)),
        (silent(40, -7, -4), (40, -7)),
        # Dusk: the inverters fell asleep a little before the sun was down.
        (silent(36, -0.5, 0), (0, 0)),
        (silent(36, -1, -0.5), (0, -0.5)),
        (silent(36, -2.5, -2), (36, -2.5)),
        # A late row of a bright evening.
        (silent(900, -1.2, -0.8), (900, -1.2)),
        # Night and dawn.
        (silent(36, -0.2, 3), (0, 3)),
        (silent(900, -1, 3), (0, 3)),
        (silent(36, -0.2, 9), (0, 9)),
        (silent(36, -0.2, 10), (36, -0.2)),
        (silent(None, -0.2, 3), (0, 3)),
        (silent(None, -7, -6), None),
        # Intervals of nothing go on, and the power stays.
        (Update(power=Power(power_w=36, measured_at=at(4))), (0, 4)),
        (Update(power=Power(power_w=36, measured_at=at(0))), (36, 0)),
        (Update(power=Power(power_w=36, measured_at=at(1))), (0, 1)),
        (Update(power=Power(power_w=36, measured_at=at(7))), (0, 7)),
        # Dusk and dawn of a system elsewhere in the zone: what is measured wins.
        (Update(power=Power(power_w=72, measured_at=at(0.5))), (72, 0.5)),
        (Update(power=Power(power_w=72, measured_at=at(0.8))), (72, 0.8)),
        (Update(power=Power(power_w=72, measured_at=at(7.5))), (72, 7.5)),
        (Update(power=Power(power_w=36, measured_at=at(8))), (36, 8)),
        (Update(power=Power(power_w=36, measured_at=at(9))), (36, 9)),
        (Update(), None),
    ],
)
def test_the_sun_decides_what_a_silence_means(update: Update, expected: tuple[float, float] | None) -> None:
    found = as_the_sun_has_it(update, SIZE_W, dark).power
    assert found == (expected and Power(power_w=expected[0], measured_at=at(expected[1])))
    # It is the same where it is the only one of several flows.
    if update.power is not None:
        momentary = Momentary(measured_at=update.power.measured_at, powers={Flow.PRODUCTION: update.power.power_w})
        seen = as_the_sun_has_it(Update(momentary=momentary, silence=update.silence), SIZE_W, dark).momentary
        assert found is not None
        assert seen == Momentary(measured_at=found.measured_at, powers={Flow.PRODUCTION: found.power_w})


def strict(start: datetime, end: datetime) -> bool:
    assert start <= end
    return dark(start, end)


@pytest.mark.parametrize(("size_w", "little", "dim"), [(SIZE_W, 100, 250), (10_000.0, 200, 500), (None, 100, 50)])
def test_how_much_is_little_goes_with_the_nameplate(size_w: float | None, little: float, dim: float) -> None:
    def seen(update: Update) -> float | None:
        power = as_the_sun_has_it(update, size_w, strict).power
        return None if power is None else power.power_w

    for more in (0, 1):
        watts = little + more
        measured = Power(power_w=watts, measured_at=at(4))
        assert seen(Update(power=measured)) == watts * more
        alone = Momentary(measured_at=at(4), powers={Flow.PRODUCTION: watts})
        momentary = as_the_sun_has_it(Update(momentary=alone), size_w, strict).momentary
        assert momentary is not None
        assert momentary.powers == {Flow.PRODUCTION: watts * more}
        assert seen(silent(dim + more, -1, -0.5)) == (dim + more) * more


def test_before_the_dark_the_sun_is_as_low_as_after_it() -> None:
    assert light_between(at(-1), at(0), strict) == timedelta(minutes=20)
    assert light_between(at(-2.25), at(-1.25), strict) == timedelta(minutes=60)
    assert light_between(at(3), at(3), never_dark) == timedelta(0)


def test_without_a_sun_a_power_stays_what_it_was() -> None:
    update = silent(36, -0.2, 3)
    assert as_the_sun_has_it(update, None, never_dark) == update


def test_powers_of_several_flows_are_left_alone() -> None:
    momentary = Momentary(measured_at=at(3), powers={Flow.PRODUCTION: 3.0, Flow.CONSUMPTION: 400.0})
    assert as_the_sun_has_it(Update(momentary=momentary), SIZE_W, dark).momentary == momentary


def test_the_power_of_a_system_is_merged_as_the_sun_has_it() -> None:
    data = SystemData(system=System(vendor=Vendor.ENPHASE, id="1", name="x", size_w=SIZE_W))
    data = merge(data, silent(3322, -7, -6.5), at(-6), UTC_ZONE, dark)
    assert data.power == Power(power_w=3322, measured_at=at(-7))
    data = merge(data, silent(36, -0.2, 3), at(3), UTC_ZONE, dark)
    assert data.power == Power(power_w=0, measured_at=at(3))
