"""An energy that is read more seldom than its power stands as long as its own readings allow."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant

from custom_components.solar_cloud.model.elements import Momentary, Update

from .test_freshness import BUY, HOUR, MORNING, SELL, House, P, power


async def test_powers_that_are_read_often_take_no_energy_away(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    house = House(hass, freezer)
    for minutes in range(0, 9 * 60, 30):
        house.at(MORNING + timedelta(minutes=minutes))
        instant = Momentary(measured_at=house.now - timedelta(minutes=10), powers={P: 900.0, BUY: 0.0, SELL: 40.0})
        house.answer("latest", Update(momentary=instant))
        if minutes % 180 == 30:
            house.energy()
            house.meters()
        if minutes > 30:
            assert power(house.values.flow_today(BUY))[1] is None, minutes
            assert power(house.values.production_today())[1] is None, minutes
    # Rows that do not come any more are missed all the same.
    for minutes in range(0, 13 * 60, 30):
        house.at(MORNING + 9 * HOUR + timedelta(minutes=minutes))
        instant = Momentary(measured_at=house.now - timedelta(minutes=10), powers={P: 0.0, BUY: 0.0, SELL: 0.0})
        house.answer("latest", Update(momentary=instant))
    assert house.values.flow_today(BUY).amount is None
