"""A healthy cloud is never said to have stopped reporting, whenever an account begins and however seldom it reads."""

from datetime import datetime, timedelta
from typing import override

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest

from custom_components.solar_cloud.model.value import Reason
from simulator.scenarios import CloudKind, Scenario, Stage

from ..home.conftest import Cloud
from .judge import Judge
from .runner import BEGIN, Run

CLOUDS: tuple[CloudKind, ...] = ("enphase_v2", "enphase_v4", "solaredge_key", "solaredge_oauth")
HOURS = (0, 9, 13, 17, 18)
"""Morning, afternoon, evening, and the first two hours of a day in Europe; in California it is nine hours earlier."""


class Night(Run):
    """A run that notes what any value says of its cloud."""

    said: set[tuple[datetime, str]]

    @override
    def _look(self, judges: list[Judge]) -> None:
        super()._look(judges)
        self.said |= {
            (state.last_updated, state.entity_id)
            for state in self.hass.states.async_all()
            if state.attributes.get("reason") == Reason.NOT_REPORTED
        }


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
        pytest.param(kind, hour, marks=[] if (kind, hour) == ("enphase_v4", 17) else pytest.mark.slow)
        for kind in CLOUDS
        for hour in HOURS
    ],
)
async def test_a_healthy_cloud_has_not_stopped_reporting_anything(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, kind: CloudKind, hour: int
) -> None:
    run = Night(hass, cloud, freezer, undisturbed(BEGIN + timedelta(hours=hour)), kind, "start")
    run.said = set()

    judges = await run.play()

    assert [one for judge in judges for one in judge.found] == []
    assert sorted(run.said) == []
