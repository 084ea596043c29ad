"""A refresh writes what it changes, and each new measurement; of the rest nothing is written."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import EVENT_STATE_CHANGED, EVENT_STATE_REPORTED
from homeassistant.core import Event, EventStateReportedData, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from custom_components.solar_cloud.const import DOMAIN
from custom_components.solar_cloud.model.elements import DeviceKind

from ..home.conftest import Cloud, add_account, enphase_input, pass_time, solaredge_input

STEP = timedelta(minutes=5)


def watch(hass: HomeAssistant) -> tuple[set[str], set[str]]:
    """Return the unique ids that are changed from now on, and those that are reported as they were."""
    registry = er.async_get(hass)
    changed: set[str] = set()
    reported: set[str] = set()

    def note(found: set[str], entity_id: str) -> None:
        if (entry := registry.async_get(entity_id)) is not None and entry.platform == DOMAIN:
            found.add(entry.unique_id)

    @callback
    def on_report(event: Event[EventStateReportedData]) -> None:
        note(reported, event.data["entity_id"])

    hass.bus.async_listen(EVENT_STATE_CHANGED, lambda event: note(changed, event.data["entity_id"]))
    # Home Assistant asks for a filter.
    hass.bus.async_listen(EVENT_STATE_REPORTED, on_report, event_filter=callback(lambda _: True))
    return changed, reported


async def test_a_status_that_stays_is_not_written_again_but_what_is_measured_is(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud), ["67"])
    await pass_time(hass, freezer, timedelta(hours=1), step=STEP)
    (coordinator,) = entry.runtime_data.coordinators.values()
    inverters = {f"enphase_{serial}" for serial in coordinator.data.serials(DeviceKind.INVERTER)}
    changed, reported = watch(hass)
    await pass_time(hass, freezer, timedelta(hours=2), step=STEP)
    assert {"enphase_67_power", "enphase_67_measured_at"} <= changed
    assert {f"{one}_energy_lifetime" for one in inverters} & changed
    assert not {f"{one}_status" for one in inverters} & (changed | reported)


async def test_a_measurement_of_the_same_figure_is_reported(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to("2026-06-10T10:02:30+00:00")
    entry = await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    await pass_time(hass, freezer, timedelta(hours=1), step=STEP)
    (coordinator,) = entry.runtime_data.coordinators.values()
    changed, reported = watch(hass)
    await pass_time(hass, freezer, timedelta(hours=1), step=STEP)
    inverters = {f"solaredge_{serial}" for serial in coordinator.data.serials(DeviceKind.INVERTER)}
    assert {f"{one}_power" for one in inverters} <= changed | reported
    assert {"solaredge_1148616_grid_power", "solaredge_1148616_battery_power"} <= changed | reported


async def test_what_the_inverters_repeat_is_kept_as_it_is(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to("2026-06-10T10:02:30+00:00")
    entry = await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    await pass_time(hass, freezer, timedelta(hours=1), step=STEP)
    (coordinator,) = entry.runtime_data.coordinators.values()
    before = coordinator.data.device_intervals
    await pass_time(hass, freezer, timedelta(hours=1), step=STEP)
    after = coordinator.data.device_intervals
    for serial, series in before.items():
        assert len(after[serial]) > len(series)
        assert all(after[serial][start] is one for start, one in series.items())
