"""The laws of a value hold whenever in a day an account begins: the first night, and the hours after midnight, too."""

from datetime import datetime, timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest

from simulator.scenarios import CloudKind, Scenario, Stage

from ..home.conftest import Cloud
from .runner import BEGIN, Run

CLOUDS: tuple[CloudKind, ...] = ("enphase_v2", "enphase_v4", "solaredge_key", "solaredge_oauth")
HOURS = (0, 9, 13, 17, 18)
"""Morning, afternoon, evening, and the first two hours of a day in Europe; in California it is nine hours earlier."""


def undisturbed(begin: datetime) -> Scenario:
    def nothing(stage: Stage) -> None:
        """Let the cloud be as it is."""

    return Scenario(
        name="undisturbed",
        source="",
        clouds=CLOUDS,
        system={},
        begin=begin,
        hours=26,
        more={},
        quick=(),
        disturb=nothing,
    )


@pytest.mark.parametrize(
    ("kind", "hour"),
    [
        pytest.param(
            kind,
            hour,
            marks=[]
            if (kind, hour) == ("enphase_v4", 17)
            else pytest.mark.slow("a day of a whole Home Assistant, judged at each reading; one is played in any case"),
        )
        for kind in CLOUDS
        for hour in HOURS
    ],
)
async def test_no_law_is_broken_on_the_first_day(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, kind: CloudKind, hour: int
) -> None:
    run = Run(hass, cloud, freezer, undisturbed(BEGIN + timedelta(hours=hour)), kind, "start")

    judges = await run.play()

    assert [one for judge in judges for one in judge.found] == []
