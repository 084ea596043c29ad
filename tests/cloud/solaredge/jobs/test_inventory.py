"""The inventory of a SolarEdge site."""

import pytest

from custom_components.solar_cloud.model.elements import Device, DeviceKind

from ..helpers import bench, system_data, text
from .helpers import SITE

pytestmark = pytest.mark.usefixtures("socket_enabled")


async def test_the_inventory_gives_devices_without_virtual_meters_and_doubles():
    async with bench() as it:
        it.cloud.answer("/sites/1234567/devices", text("devices.json"))
        update = await it.run("inventory", system_data())
        assert update.devices == (
            Device(
                kind=DeviceKind.INVERTER,
                serial="7A000001-10",
                name="Inverter 1",
                manufacturer="SolarEdge",
                model="SE5000H-EXAMPLE",
                part_number="SE5000H-EXAMPLE",
                firmware="4.25.13",
                communication="ETHERNET",
                optimizers=14,
            ),
            Device(
                kind=DeviceKind.METER,
                serial="5000001",
                manufacturer="SolarEdge",
                parent="7A000001-10",
            ),
            Device(
                kind=DeviceKind.BATTERY,
                serial="BAT-0001",
                name="Battery 1",
                manufacturer="SolarEdge",
                model="Home Battery",
                parent="7A000001-10",
            ),
        )
        assert update.complete == {DeviceKind.INVERTER, DeviceKind.METER, DeviceKind.BATTERY, DeviceKind.GATEWAY}
        assert [value for _, value in it.cloud.asked[0].query] == ["INVERTER", "METER", "BATTERY", "GATEWAY"]


@pytest.mark.parametrize(
    ("row", "complete"),
    [
        ({"type": "INVERTER", "serialNumber": "B", "active": False}, "inverter meter battery gateway"),
        ({"type": "OPTIMIZER", "serialNumber": "B"}, "inverter meter battery gateway"),
        ({"type": "BATTERY_MODULE", "serialNumber": None}, "inverter meter battery gateway"),
        ({"type": "INVERTER", "serialNumber": None}, "meter battery gateway"),
        ({"type": None, "serialNumber": "B"}, ""),
        ("junk", ""),
    ],
)
async def test_a_row_that_is_no_device_is_left_out_and_an_unreadable_one_retires_nothing(row, complete):
    async with bench() as it:
        it.cloud.answer("/sites/1234567/devices", [{"type": "inverter", "serialNumber": "A"}, row])
        update = await it.run("inventory", system_data())
        assert [device.serial for device in update.devices] == ["A"]
        assert update.complete == {DeviceKind(kind) for kind in complete.split()}


async def test_a_meter_inside_an_inverter_does_not_take_the_inverter_s_place():
    async with bench() as it:
        rows = [
            {"type": "METER", "serialNumber": "A", "connectedTo": "A"},
            {"type": "INVERTER", "serialNumber": "A", "active": True},
        ]
        it.cloud.answer("/sites/1234567/devices", rows)
        [device] = (await it.run("inventory", system_data())).devices
        assert (device.kind, device.parent) == (DeviceKind.INVERTER, None)


async def test_a_device_is_not_its_own_parent():
    async with bench() as it:
        it.cloud.answer("/sites/1234567/devices", [{"type": "METER", "serialNumber": "A", "connectedTo": "A"}])
        assert (await it.run("inventory", system_data())).devices[0].parent is None


async def test_rows_with_one_serial_are_one_device_and_rows_without_or_not_in_use_are_none():
    async with bench() as it:
        meter = {"type": "METER", "serialNumber": "5000001", "connectedTo": "I", "active": True}
        it.cloud.answer(
            f"{SITE}/devices",
            [
                {**meter, "name": "Export Meter", "meterType": "FeedIn"},
                {**meter, "name": "Import Meter", "meterType": "Purchased"},
                {**meter, "serialNumber": None, "name": "Self Consumption", "meterType": "SelfConsumption"},
                {**meter, "serialNumber": "4000001", "active": False},
            ],
        )
        data = await it.run_and_merge("inventory", system_data())
        assert data.devices.keys() == {"5000001"}
        assert data.devices["5000001"].name is None
