"""The actions `copy_history` and `undo_copy_history` in a whole Home Assistant, against the truth of the plants."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.auth.models import User
from homeassistant.components.recorder.core import Recorder
from homeassistant.components.recorder.models import StatisticData, StatisticMeanType, StatisticMetaData
from homeassistant.components.recorder.statistics import async_add_external_statistics, async_import_statistics
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.recorder import get_instance
import pytest

from custom_components.solar_cloud.const import DOMAIN
from custom_components.solar_cloud.model.series import midnight
from simulator.plant.plant import Plant

from ...home.conftest import Cloud, add_account, enphase_input, settle, solaredge_input
from ..test_bookkeeper import HOUR, day_sum, hours_of

DAY = timedelta(days=1)
BEGIN = datetime(2024, 4, 17, 22, tzinfo=UTC)
"""When the Enphase system's life begins."""
NOW = datetime(2024, 6, 20, 13, 5, tzinfo=UTC)
YOUNG = datetime(2024, 4, 24, 13, 5, tzinfo=UTC)
"""When it is a week old."""
OURS = "solar_cloud:enphase_72_production"
METER = "sensor.envoy_lifetime"
SITE = "solaredge_222881711"
UNITS = {"Wh": 1.0, "kWh": 1000.0, "MWh": 1e6}


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(recorder_mock: Recorder, enable_custom_integrations: None) -> None:
    """Let Home Assistant have a recorder, before anything else."""


async def enphase(hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, now: datetime = NOW) -> str:
    """Add an Enphase system, whose whole life is imported at once; return its device."""
    freezer.move_to(now)
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud), ["72"])
    await settle(hass)
    return device_of(hass, entry, "enphase_72")


def device_of(hass: HomeAssistant, entry: ConfigEntry, key: str) -> str:
    device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, key), entry.entry_id)
    assert device is not None
    return device.id


async def write_meter(
    hass: HomeAssistant, changes: Mapping[datetime, float], unit: str = "kWh", target: str = METER, **meta: Any
) -> None:
    """Write a statistic as another integration has it: a counter that stood at 35 MWh when it was first seen."""
    total, rows = 0.0, []
    for start, change in sorted(changes.items()):
        total += change / UNITS.get(unit, 1.0)
        rows.append(StatisticData(start=start, state=35e6 / UNITS.get(unit, 1.0) + total, sum=total))
    is_sensor = target.startswith("sensor.")
    metadata = StatisticMetaData(
        mean_type=StatisticMeanType.NONE,
        has_sum=True,
        name=None,
        source="recorder" if is_sensor else target.partition(":")[0],
        statistic_id=target,
        unit_class="energy",
        unit_of_measurement=unit,
    )
    (async_import_statistics if is_sensor else async_add_external_statistics)(hass, metadata | meta, rows)
    await hass.async_add_executor_job(get_instance(hass).block_till_done)


async def copy(hass: HomeAssistant, system: str, target: str = METER, **data: Any) -> dict[str, Any]:
    given = {"system": system, "flow": "production", "target": target} | data
    answer = await hass.services.async_call(DOMAIN, "copy_history", given, blocking=True, return_response=True)
    assert isinstance(answer, dict)
    return answer


async def undo(hass: HomeAssistant, system: str, target: str = METER) -> dict[str, Any]:
    given = {"system": system, "target": target}
    answer = await hass.services.async_call(DOMAIN, "undo_copy_history", given, blocking=True, return_response=True)
    assert isinstance(answer, dict)
    return answer


def with_holes(ours: Mapping[datetime, float], since: datetime) -> dict[datetime, float]:
    """Return what a meter of the same roof has: from a day on, and with three holes, each of another kind."""
    changes = {hour: energy for hour, energy in ours.items() if hour >= since}
    first = since + 5 * DAY
    for number, hour in enumerate(first + HOUR * one for one in range(9, 62)):
        assert number < 53
        del changes[hour]  # The counter began again: what it lost is lost.
    for one in range(24 * 7 + 8, 24 * 7 + 15):
        changes[first + HOUR * one] = 0.0  # It stood still, and went on from there.
    away = [first + HOUR * one for one in range(24 * 10 + 9, 24 * 12 + 11)]
    for hour in away:
        del changes[hour]
    changes[away[-1] + HOUR] += sum(ours[hour] for hour in away)  # It counted on while nobody read it.
    return changes


def assert_days(hours: Mapping[datetime, float], plant: Plant, first: date, last: date) -> None:
    day = first
    while day <= last:
        assert day_sum(hours, day, plant) == pytest.approx(plant.day_wh(day), abs=0.5), day
        day += DAY


@pytest.mark.parametrize(
    ("now", "since"),
    [
        (NOW, datetime(2024, 5, 31, 22, tzinfo=UTC)),
        pytest.param(
            datetime(2025, 5, 20, 13, 5, tzinfo=UTC),
            datetime(2024, 10, 20, 22, tzinfo=UTC),
            marks=pytest.mark.slow("a year of hours"),
        ),
    ],
    ids=["two months", "year"],
)
@pytest.mark.parametrize(("target", "unit"), [(METER, "kWh"), ("other:roof", "Wh")])
async def test_with_a_late_start_and_three_holes_each_day_becomes_the_plants_own(
    hass: HomeAssistant,
    cloud: Cloud,
    freezer: FrozenDateTimeFactory,
    now: datetime,
    since: datetime,
    target: str,
    unit: str,
) -> None:
    system = await enphase(hass, cloud, freezer, now)
    plant = cloud.simulator.plants["enphase_72"]
    ours = await hours_of(hass, OURS, BEGIN, now)
    await write_meter(hass, with_holes(ours, since), unit, target)
    before = await hours_of(hass, target, BEGIN, now)
    dry = await copy(hass, system, target, dry_run=True, spread_lumps=True)
    assert await hours_of(hass, target, BEGIN, now) == before
    answer = await copy(hass, system, target, spread_lumps=True)
    assert answer == dry | {"written": True}
    after = await hours_of(hass, target, BEGIN, now)
    assert after == pytest.approx(ours, abs=0.01)
    assert_days(after, plant, date(2024, 4, 18), now.date() - DAY)
    assert answer["hours_before"] == (since - BEGIN) / HOUR
    assert [gap["filled"] for gap in answer["gaps"]] == [True] * 3
    assert answer["agreement"] == 100.0
    assert answer["requests"] == answer["missing_requests"] == 0
    again = await copy(hass, system, target, spread_lumps=True)
    assert (again["written"], again["hours_before"], again["hours_in_gaps"]) == (False, 0, 0)
    assert (await undo(hass, system, target))["hours"] == answer["hours_before"] + 53 + 50
    assert await hours_of(hass, target, BEGIN, now) == pytest.approx(before, abs=1e-4)


async def test_only_the_days_that_were_asked_for_are_written(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    system = await enphase(hass, cloud, freezer)
    ours = await hours_of(hass, OURS, BEGIN, NOW)
    await write_meter(hass, with_holes(ours, datetime(2024, 5, 31, 22, tzinfo=UTC)))
    answer = await copy(hass, system, start="2024-05-22", end="2024-06-07")
    assert answer["hours_before"] == 10 * 24
    assert [gap["filled"] for gap in answer["gaps"]] == [False] * 3
    assert (await copy(hass, system, start="2024-05-22", end="2024-06-08"))["hours_in_gaps"] == 53
    with pytest.raises(ServiceValidationError, match="end"):
        await copy(hass, system, start="2024-06-02", end="2024-06-01")


async def test_a_target_that_disagrees_needs_a_second_yes(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    system = await enphase(hass, cloud, freezer)
    ours = await hours_of(hass, OURS, BEGIN, NOW)
    await write_meter(hass, {hour: energy * 0.8 for hour, energy in ours.items() if hour >= NOW - 20 * DAY})
    before = await hours_of(hass, METER, BEGIN, NOW)
    dry = await copy(hass, system, dry_run=True)
    assert (dry["disagrees"], dry["agreement"], dry["written"]) == (True, 80.0, False)
    with pytest.raises(ServiceValidationError) as refused:
        await copy(hass, system)
    assert refused.value.translation_key == "copy_disagrees"
    assert refused.value.translation_placeholders == {"target": METER, "name": dry["system"], "percent": "20.0"}
    assert await hours_of(hass, METER, BEGIN, NOW) == before
    assert (await copy(hass, system, accept_disagreement=True))["written"]


async def test_what_the_statistics_lack_is_read_within_the_allowed_requests(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await add_account(hass, "solaredge_key", solaredge_input(cloud), ["222881711"])
    await settle(hass)
    system, plant = device_of(hass, entry, SITE), cloud.simulator.plants[SITE]
    first = midnight(date(2026, 6, 8), plant.zone)
    metered = [first + HOUR * number for number in range(48)]
    await write_meter(hass, {hour: plant.energy_wh(hour, hour + HOUR) for hour in metered})
    cloud.simulator.clear_requests()
    dry = await copy(hass, system, start="2026-03-15", dry_run=True)
    assert (dry["requests"], dry["missing_requests"], dry["hours_before"] < 24 * 14) == (dry["requests"], 0, True)
    assert dry["requests"] >= 4
    assert not cloud.sent()
    none = await copy(hass, system, start="2026-03-15", max_requests=0, dry_run=True)
    assert (none["requests"], none["missing_requests"]) == (0, dry["requests"])
    some = await copy(hass, system, start="2026-03-15", max_requests=dry["requests"] - 1)
    assert (some["requests"], some["missing_requests"]) == (dry["requests"] - 1, 1)
    await settle(hass)
    # A past that takes longer than a call is read in the background, and the next call copies it.
    come = await copy(hass, system, start="2026-03-15", max_requests=0)
    assert (come["requests"], come["missing_requests"], come["importing"]) == (0, 1, False)
    rest = await copy(hass, system, start="2026-03-15")
    assert (rest["requests"], rest["missing_requests"]) == (1, 0)
    await settle(hass)
    last = await copy(hass, system, start="2026-03-15")
    assert (last["requests"], last["missing_requests"], last["importing"]) == (0, 0, False)
    hours = await hours_of(hass, METER, midnight(date(2026, 3, 15), plant.zone), first)
    assert_days(hours, plant, date(2026, 3, 15), date(2026, 6, 7))


REFUSED: tuple[tuple[str, dict[str, Any] | None, str], ...] = (
    ("sensor.nothing", None, "copy_target_unknown"),
    (OURS, None, "copy_target_ours"),
    ("sensor.mean", {"has_sum": False}, "copy_target_no_energy"),
    ("sensor.gas", {"unit_of_measurement": "m³", "unit_class": "volume"}, "copy_target_no_energy"),
    ("sensor.plain", {"unit_of_measurement": None, "unit_class": None}, "copy_target_no_energy"),
    ("sensor.empty", {}, "copy_target_empty"),
)


async def test_a_target_that_nothing_can_be_copied_to_is_refused_with_its_reason(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    system = await enphase(hass, cloud, freezer, YOUNG)
    for target, meta, key in REFUSED:
        if meta is not None:
            changes = {} if target == "sensor.empty" else {YOUNG.replace(minute=0) - DAY: 5.0}
            await write_meter(hass, changes, target=target, **meta)
        for dry_run in (True, False):
            with pytest.raises(ServiceValidationError) as refused:
                await copy(hass, system, target, dry_run=dry_run)
            assert refused.value.translation_key == key, target


async def test_a_flow_without_hours_and_a_target_of_another_flow_are_refused(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    system = await enphase(hass, cloud, freezer, YOUNG)
    ours = await hours_of(hass, OURS, BEGIN, YOUNG)
    await write_meter(hass, {hour: energy for hour, energy in ours.items() if hour >= YOUNG - 3 * DAY})
    await copy(hass, system)
    for flow, key in (("battery_charge", "copy_target_taken"), ("battery_charge", "no_statistics_yet")):
        with pytest.raises(HomeAssistantError) as refused:
            await copy(hass, system, flow=flow)
        assert refused.value.translation_key == key
        if key == "copy_target_taken":
            await undo(hass, system)
    with pytest.raises(ServiceValidationError) as nothing:
        await undo(hass, system)
    assert nothing.value.translation_key == "copy_not_found"


async def test_only_an_administrator_may_copy_and_undo(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, hass_read_only_user: User
) -> None:
    system = await enphase(hass, cloud, freezer, YOUNG)
    for action, more in (("copy_history", {"flow": "production"}), ("undo_copy_history", {})):
        with pytest.raises(Unauthorized):
            await hass.services.async_call(
                DOMAIN,
                action,
                {"system": system, "target": METER} | more,
                blocking=True,
                context=Context(user_id=hass_read_only_user.id),
            )
