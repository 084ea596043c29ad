"""The device tree: who hangs on whom, what moves and what goes, and that it costs nothing while nothing changes."""

from datetime import timedelta
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest

from custom_components.solar_cloud.const import DOMAIN
from simulator.ready import ENPHASE_SINGLE_USER_ID

from ..home.conftest import Cloud, add_account, enphase_input, pass_time, settle, solaredge_input, state_of

MOVING = "121703000003"
ENVOY_OF_67 = "010731000003"
ENVOY_OF_72 = "121703014455"
SUMMARY = "*/inverters_summary_by_envoy_or_site"
DAY = timedelta(hours=25)
STEP = timedelta(minutes=30)
ENTITIES = ("energy_lifetime", "power", "status")

type Body = dict[str, Any]


def device_of(hass: HomeAssistant, serial: str) -> dr.DeviceEntry | None:
    """Return the one device of a piece of hardware; `None` when there is none."""
    identifiers = {(DOMAIN, f"enphase_{serial}"), (DOMAIN, f"solaredge_{serial}")}
    devices = dr.async_get(hass).async_get_devices(identifiers=identifiers)
    assert len(devices) <= 1
    return devices[0] if devices else None


def hangs_on(hass: HomeAssistant, serial: str) -> str | None:
    """Return the serial number of the device that a piece of hardware hangs on."""
    device = device_of(hass, serial)
    assert device is not None
    parent = dr.async_get(hass).async_get(device.via_device_id or "", include_child_devices=False)
    return parent and parent.serial_number


def places(hass: HomeAssistant, serial: str) -> set[str]:
    """Return the titles of the systems that a device and its entities are registered under."""
    device = device_of(hass, serial)
    if device is None:
        return set()
    entities = er.async_entries_for_device(er.async_get(hass), device.id, include_disabled_entities=True)
    found = set()
    for registered in (device, *entities):
        entry = hass.config_entries.async_get_entry(registered.config_entry_id or "")
        assert entry is not None
        found.add(entry.subentries[registered.config_subentry_id or ""].title)
    return found


def drop_from_72(cloud: Cloud) -> None:
    """Let the inventory of system 72 leave the moving inverter out."""

    def drop(body: Body) -> Body:
        return body | {"inverters": [row for row in body["inverters"] if row["sn"] != MOVING]}

    cloud.simulator.mutate("*/72/inventory", drop)


def add_to_67(cloud: Cloud) -> None:
    """Let system 67 list the moving inverter, and the list of its Envoy have it."""

    def regroup(groups: list[Body]) -> list[Body]:
        rows = [row for group in groups for row in group["micro_inverters"] if row["serial_number"] != MOVING]
        if any(row["envoy_serial_number"] == ENVOY_OF_67 for row in rows):
            rows.append(rows[0] | {"serial_number": MOVING, "envoy_serial_number": ENVOY_OF_67})
        return [groups[0] | {"micro_inverters": rows}]

    cloud.simulator.mutate(SUMMARY, regroup)
    cloud.simulator.mutate(
        "*/67/inventory", lambda body: body | {"inverters": [*body["inverters"], {"sn": MOVING, "model": "IQ7PLUS"}]}
    )


async def add_systems(hass: HomeAssistant, cloud: Cloud, *, accounts: int) -> list[ConfigEntry]:
    """Add systems 67 and 72, in one account or in one each."""
    if accounts == 1:
        return [await add_account(hass, "enphase_v2", enphase_input(cloud))]
    return [
        await add_account(hass, "enphase_v2", enphase_input(cloud), ["67"]),
        await add_account(hass, "enphase_v2", enphase_input(cloud, user_id=ENPHASE_SINGLE_USER_ID)),
    ]


def name_it(hass: HomeAssistant) -> str:
    """Let the owner name the moving inverter and one of its entities; return the id of the device."""
    device = device_of(hass, MOVING)
    assert device is not None
    dr.async_get(hass).async_update_device(device.id, name_by_user="Above the garage")
    registry = er.async_get(hass)
    entity_id = registry.async_get_entity_id("sensor", DOMAIN, f"enphase_{MOVING}_energy_lifetime")
    assert entity_id is not None
    registry.async_update_entity(entity_id, new_entity_id="sensor.garage", name="Garage")
    return device.id


def assert_works_in_67(hass: HomeAssistant) -> None:
    assert places(hass, MOVING) == {"Eich Residence"}
    assert hangs_on(hass, MOVING) == ENVOY_OF_67
    for key in ENTITIES:
        assert state_of(hass, f"enphase_{MOVING}_{key}") not in {None, "unknown", "unavailable"}, key
    assert er.async_get(hass).async_get_entity_id("sensor", DOMAIN, f"enphase_{MOVING}_energy_lifetime") == (
        "sensor.garage"
    )
    assert er.async_get(hass).entities["sensor.garage"].name == "Garage"


@pytest.mark.parametrize(
    "accounts",
    [
        1,
        pytest.param(
            2,
            marks=pytest.mark.slow(
                "three days of a whole Home Assistant; with one account they are played in any case"
            ),
        ),
    ],
)
async def test_an_inverter_that_its_new_system_lists_first_moves_with_name_and_entities(
    hass: HomeAssistant,
    cloud: Cloud,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    accounts: int,
) -> None:
    entries = await add_systems(hass, cloud, accounts=accounts)
    assert places(hass, MOVING) == {"Sample Residence"}
    device_id = name_it(hass)
    add_to_67(cloud)
    await pass_time(hass, freezer, DAY, step=STEP)
    assert_works_in_67(hass)
    # The old system still has it in its list; a restart does not give it back.
    for entry in entries:
        await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert_works_in_67(hass)
    await pass_time(hass, freezer, DAY, step=STEP)
    assert_works_in_67(hass)
    drop_from_72(cloud)
    await pass_time(hass, freezer, DAY, step=STEP)
    assert_works_in_67(hass)
    device = device_of(hass, MOVING)
    assert device is not None
    assert (device.id, device.name_by_user) == (device_id, "Above the garage")
    assert "does not generate unique IDs" not in caplog.text
    assert "assigns an existing device" not in caplog.text


@pytest.mark.parametrize(
    "accounts",
    [
        1,
        pytest.param(
            2, marks=pytest.mark.slow("days of a whole Home Assistant; with one account they are played in any case")
        ),
    ],
)
async def test_an_inverter_that_its_old_system_drops_first_comes_back_under_the_new_one(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, accounts: int
) -> None:
    await add_systems(hass, cloud, accounts=accounts)
    name_it(hass)
    # What 72 has left out must not come back through its list of inverters.
    cloud.simulator.mutate(
        SUMMARY,
        lambda groups: [
            group | {"micro_inverters": [row for row in group["micro_inverters"] if row["serial_number"] != MOVING]}
            for group in groups
        ],
    )
    drop_from_72(cloud)
    await pass_time(hass, freezer, DAY, step=STEP)
    assert device_of(hass, MOVING) is None
    assert state_of(hass, f"enphase_{MOVING}_power") is None
    add_to_67(cloud)
    await pass_time(hass, freezer, DAY, step=STEP)
    assert_works_in_67(hass)


async def test_an_inverter_that_goes_back_before_its_old_system_missed_it_is_there_again(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    await add_systems(hass, cloud, accounts=1)
    add_to_67(cloud)
    await pass_time(hass, freezer, DAY, step=STEP)
    assert places(hass, MOVING) == {"Eich Residence"}
    cloud.simulator.clear_faults()
    await pass_time(hass, freezer, DAY, step=STEP)
    assert places(hass, MOVING) == {"Sample Residence"}
    assert hangs_on(hass, MOVING) == ENVOY_OF_72
    assert state_of(hass, f"enphase_{MOVING}_power") not in {None, "unknown", "unavailable"}


async def test_an_inverter_that_changes_its_envoy_hangs_on_the_new_one(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    await add_account(hass, "enphase_v2", enphase_input(cloud), ["67"])
    serial = "121100000007"
    assert hangs_on(hass, serial) == ENVOY_OF_67

    def reports_through(envoy: str) -> None:
        cloud.simulator.clear_faults()
        cloud.simulator.mutate(
            SUMMARY,
            lambda groups: [
                group
                | {
                    "micro_inverters": [
                        row | ({"envoy_serial_number": envoy} if row["serial_number"] == serial else {})
                        for row in group["micro_inverters"]
                    ]
                }
                for group in groups
            ],
        )

    reports_through("010814000001")
    await pass_time(hass, freezer, timedelta(hours=1), step=timedelta(minutes=10))
    assert hangs_on(hass, serial) == "010814000001"
    # An Envoy that is not listed: the inverter hangs on the system.
    reports_through("999999999999")
    await pass_time(hass, freezer, timedelta(hours=1), step=timedelta(minutes=10))
    assert hangs_on(hass, serial) == "67"


async def test_inverters_that_name_each_other_as_their_gateway_are_there_all_the_same(
    hass: HomeAssistant, cloud: Cloud
) -> None:
    ring = {"7F16E777-F1": "731CD555-E9", "731CD555-E9": "7F16E777-F1"}

    def tie(rows: list[Body]) -> list[Body]:
        return [row | {"connectedTo": ring.get(row["serialNumber"], row["connectedTo"])} for row in reversed(rows)]

    cloud.simulator.mutate("*/devices", tie)
    await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    assert hangs_on(hass, "731CD555-E9") == "1148616"
    assert hangs_on(hass, "7F16E777-F1") == "731CD555-E9"
    assert hangs_on(hass, "BAT-0001") == "7F16E777-F1"


async def test_new_firmware_shows_on_the_device(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    await add_account(hass, "solaredge_key", solaredge_input(cloud), ["222881711"])
    before = device_of(hass, "7E0A4C21-B8")
    cloud.simulator.mutate("*/devices", lambda rows: [row | {"firmwareVersion": "4.26.1"} for row in rows])
    await pass_time(hass, freezer, DAY, step=STEP)
    after = device_of(hass, "7E0A4C21-B8")
    assert before is not None
    assert after is not None
    assert (before.id, before.sw_version, after.sw_version) == (after.id, "4.25.13", "4.26.1")


async def test_replaced_hardware_goes_with_its_entities(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    await add_account(hass, "enphase_v2", enphase_input(cloud), ["72"])
    cloud.simulator.retire_inverter("enphase_72", MOVING)
    new = cloud.simulator.add_inverter("enphase_72")
    await pass_time(hass, freezer, DAY, step=STEP)
    serials = {entry.unique_id.split("_")[1] for entry in er.async_get(hass).entities.values()}
    assert device_of(hass, MOVING) is None
    assert MOVING not in serials
    assert new.serial in serials


async def test_a_whole_kind_that_one_inventory_leaves_out_stays_and_goes_with_the_second(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    await add_account(hass, "enphase_v2", enphase_input(cloud), ["72"])
    cloud.simulator.mutate("*/72/inventory", lambda body: body | {"inverters": []})
    cloud.simulator.mutate(SUMMARY, lambda groups: [group | {"micro_inverters": []} for group in groups])
    await pass_time(hass, freezer, DAY, step=STEP)
    assert device_of(hass, MOVING) is not None
    assert state_of(hass, f"enphase_{MOVING}_energy_lifetime") not in {None, "unavailable"}
    await pass_time(hass, freezer, DAY, step=STEP)
    assert device_of(hass, MOVING) is None
    assert device_of(hass, ENVOY_OF_72) is not None


async def test_two_hundred_inverters_are_registered_once_and_left_alone_when_unchanged(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    more = [f"1217031{number:05d}" for number in range(188)]
    cloud.simulator.mutate(
        "*/72/inventory", lambda body: body | {"inverters": [*body["inverters"], *({"sn": serial} for serial in more)]}
    )

    def with_more(body: Any) -> Any:
        """Let the cloud tell something of them: what it only names is no device."""
        envoy, *others = body
        first = envoy["micro_inverters"][0]
        return [
            envoy | {"micro_inverters": [*envoy["micro_inverters"], *(first | {"serial_number": one} for one in more)]},
            *others,
        ]

    cloud.simulator.mutate(SUMMARY, with_more)
    await add_account(hass, "enphase_v2", enphase_input(cloud), ["72"])
    assert {hangs_on(hass, serial) for serial in more} == {ENVOY_OF_72}
    assert hangs_on(hass, MOVING) == ENVOY_OF_72
    power = state_of(hass, "enphase_72_power")
    with patch.object(dr.DeviceRegistry, "async_get_or_create") as register:
        await pass_time(hass, freezer, timedelta(hours=2), step=timedelta(minutes=10))
    assert state_of(hass, "enphase_72_power") != power
    register.assert_not_called()


async def test_no_entity_id_is_numbered_and_hardware_without_a_serial_number_in_its_name_carries_its_systems(
    hass: HomeAssistant, cloud: Cloud
) -> None:
    await add_account(hass, "solaredge_key", solaredge_input(cloud))
    ids = [entry.entity_id for entry in er.async_get(hass).entities.values()]
    assert not [entity_id for entity_id in ids if entity_id.endswith("_2")]
    hardware = {one.serial_number: one.name for one in dr.async_get(hass).devices if one.entry_type is None}
    plain = [name for serial, name in hardware.items() if name and serial and serial not in name]
    assert plain
    assert all(name.startswith(("Doe, Jane ", "Janssen ")) for name in plain), plain


async def test_hardware_that_is_registered_already_keeps_its_name(hass: HomeAssistant, cloud: Cloud) -> None:
    entry = await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    registry = dr.async_get(hass)
    (coordinator,) = entry.runtime_data.coordinators.values()
    serial, listed = next(
        (key, one) for key, one in coordinator.data.devices.items() if one.name and key not in one.name
    )
    device = device_of(hass, serial)
    assert device is not None
    assert device.name == f"Doe, Jane {listed.name}"
    registry.async_update_device(device.id, name=listed.name)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await settle(hass)
    device = device_of(hass, serial)
    assert device is not None
    assert device.name == listed.name
