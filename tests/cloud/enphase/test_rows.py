"""Rows of energy as both generations of Enphase's API have them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.solar_cloud.cloud import clock
from custom_components.solar_cloud.cloud.enphase.parse_energy import METER_LENGTH, read_intervals

NOW = datetime(2026, 6, 10, 12, 7, tzinfo=UTC)


@pytest.fixture
def _noon() -> Iterator[None]:
    token = clock._reading.set(lambda: NOW)
    yield
    clock._reading.reset(token)


@pytest.mark.usefixtures("_noon")
def test_a_row_that_has_not_ended_is_none() -> None:
    ends = [NOW + timedelta(minutes=minutes) for minutes in (-22, -7, 0, 8, 23, 600)]
    rows = [{"end_at": int(end.timestamp()), "enwh": 0} for end in ends]
    assert [row.end for row in read_intervals(rows, METER_LENGTH, ("enwh",))] == ends[:3]
