"""Amounts that are small enough to be stored as the cloud gives them, and no longer once they are in W or Wh."""

from custom_components.solar_cloud.cloud.solaredge.parse import parse_overview, parse_site
from custom_components.solar_cloud.cloud.solaredge.parse_buckets import Labels, read_buckets
from custom_components.solar_cloud.cloud.solaredge.units import Quantity
from custom_components.solar_cloud.cloud.solaredge.windows import Resolution

from .helpers import BERLIN

NO_VALUE = 253402300800
"""In kW or kWh."""


def test_a_peak_power_that_no_site_has_is_not_known() -> None:
    site = parse_site({"siteId": 1, "peakPower": NO_VALUE})
    assert site is not None
    assert site.peak_power_w is None


def test_an_energy_that_no_site_has_is_not_known_and_takes_nothing_else_with_it() -> None:
    side = {"unit": "KWH", "total": NO_VALUE, "toGrid": 2.5}
    overview = parse_overview({"siteId": 1, "production": side}, "1")
    assert overview.production.total_wh is None
    assert overview.production.parts_wh == {"toGrid": 2500.0}


def test_a_bucket_that_no_site_has_is_empty() -> None:
    labels = Labels(Quantity.ENERGY, Resolution.QUARTER_HOUR, BERLIN, None, None)
    rows = [
        {"timestamp": "2026-06-20T10:00:00+02:00", "value": 0.5},
        {"timestamp": "2026-06-20T10:15:00+02:00", "value": NO_VALUE},
    ]
    assert [bucket.value for bucket in read_buckets(rows, labels, 1000.0)] == [500.0, None]
