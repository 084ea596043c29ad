"""The judge finds a product that was broken on purpose."""

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest

from simulator.scenarios import LIBRARY

from ..home.conftest import Cloud
from .broken import VARIANTS, broken
from .runner import Run

pytestmark = pytest.mark.slow("days of a whole Home Assistant for each way in which a product is broken")


@pytest.mark.parametrize("name", VARIANTS)
async def test_a_broken_product_is_caught(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, name: str
) -> None:
    with broken(VARIANTS[name]):
        (judge,) = await Run(hass, cloud, freezer, LIBRARY["clean"], "enphase_v4", "start").play()
    assert VARIANTS[name].law in judge.found.laws, "\n".join(map(str, judge.found))
