"""The Envoys that are asked for together with their sleeping inverters."""

from dataclasses import replace
from datetime import datetime, timedelta

import aiohttp
import pytest

from custom_components.solar_cloud.cloud.account import Account
from custom_components.solar_cloud.cloud.enphase_v2.client import EnphaseV2
from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import Device, DeviceKind, DeviceReading

from ..conftest import NOW, FakeCloud
from .helpers import known, make_client

INVERTERS, ENVOYS = "/api/v2/systems/inverters_summary_by_envoy_or_site", "/api/v2/systems/67/envoys"


@pytest.fixture
def client(session: aiohttp.ClientSession, account: Account, cloud: FakeCloud) -> EnphaseV2:
    return make_client(session, account, cloud)


def before(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def system(heard: float | None, *gateways: float | None) -> SystemData:
    """Return a system and its Envoys, each with the minutes since its last report."""
    data = known("67", last_report=None if heard is None else before(heard))
    serials = {f"e{number}": ago for number, ago in enumerate(gateways)}
    return replace(
        data,
        devices={serial: Device(kind=DeviceKind.GATEWAY, serial=serial) for serial in serials},
        readings={serial: DeviceReading(last_report=before(ago)) for serial, ago in serials.items() if ago is not None},
    )


def inverters(cloud: FakeCloud, *ago: float | None) -> None:
    """Line up the inverters' words."""
    rows = [
        {"serial_number": f"i{number}", "last_report_date": None if one is None else int(before(one).timestamp())}
        for number, one in enumerate(ago)
    ]
    cloud.answer(INVERTERS, [{"micro_inverters": rows}])


@pytest.mark.parametrize(
    ("data", "words", "asked"),
    [
        (system(5, 60, 60), (40, 45), True),
        (system(5, 60, None), (40, 45), True),
        # One of them is awake.
        (system(5, 60, 60), (9, 45), False),
        # Nobody reports any more: that is no darkness.
        (system(40, 60, 60), (40, 45), False),
        (system(None, 60, 60), (40, 45), False),
        # Both were heard of since, a few hours ago at most.
        (system(5, 28, 29), (40, 45), False),
        (system(5, 28, 179), (400, 400), False),
        (system(5, 28, 181), (400, 400), True),
        # The system's own report is that of a single Envoy.
        (system(5, 60), (40, 45), False),
        (system(5), (40, 45), False),
        (system(5, 60, 60), (None,), False),
    ],
)
async def test_envoys_are_asked_for_when_the_inverters_sleep_and_they_do_not(
    client: EnphaseV2, cloud: FakeCloud, data: SystemData, words: tuple[float | None, ...], asked: bool
) -> None:
    inverters(cloud, *words)
    rows = [
        {"serial_number": "e0", "last_report_at": int(before(5).timestamp())},
        # What was reported in between may hold more than the inverters' words.
        {"serial_number": "e1", "last_report_at": int(before(-0.1).timestamp())},
    ]
    cloud.answer(ENVOYS, {"system_id": 67, "envoys": rows})
    update = await client.job("inverters").run(data, NOW)
    assert cloud.paths == ([INVERTERS, ENVOYS] if asked else [INVERTERS])
    reported = {serial: reading.last_report for serial, reading in update.readings.items() if serial.startswith("e")}
    assert reported == ({"e0": before(5), "e1": None} if asked else {})
    assert update.complete == frozenset()


async def test_envoys_that_do_not_answer_do_not_cost_the_inverters(client: EnphaseV2, cloud: FakeCloud) -> None:
    inverters(cloud, 40)
    cloud.answer(ENVOYS, {"errorCode": 7}, status=500)
    update = await client.job("inverters").run(system(5, 60, 60), NOW)
    assert set(update.readings) == {"i0"}
