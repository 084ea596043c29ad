"""The fixtures of a whole Home Assistant with the simulated clouds, and what is read of the past."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pytest

from custom_components.solar_cloud.cloud.archive import Archive
from custom_components.solar_cloud.cloud.enphase_v4.archive import EnphaseV4Archive
from custom_components.solar_cloud.cloud.solaredge.archive import SolarEdgeArchive
from custom_components.solar_cloud.model.data import SystemData

from ..home.conftest import (  # noqa: F401
    auto_enable_custom_integrations,
    clean_time,
    cloud,
    quick_loop,
    snapshot,
    waiting_passes_frozen_time,
)


@dataclass
class Spent:
    """What was read of the past: when, what, of which day, and at what price."""

    calls: list[tuple[datetime, str, date, int]] = field(default_factory=list)

    @property
    def requests(self) -> int:
        return sum(price for *_, price in self.calls)

    def of(self, what: str) -> int:
        return sum(price for _, kind, _, price in self.calls if kind == what)

    @property
    def days(self) -> list[date]:
        """The days on which something was read, UTC."""
        return sorted({moment.date() for moment, *_ in self.calls})


@pytest.fixture
def spent(monkeypatch: pytest.MonkeyPatch) -> Spent:
    """Note what is read of the past from now on."""
    seen = Spent()
    for archive in (SolarEdgeArchive, EnphaseV4Archive):
        totals, detail = archive.totals, archive.detail

        async def read_totals(self: Archive, data: SystemData, *when: Any, _read: Any = totals) -> Any:
            seen.calls.append((datetime.now(UTC), "totals", when[0], self.price(data, when[0], when[1])))
            return await _read(self, data, *when)

        async def read_detail(self: Archive, data: SystemData, *when: Any, _read: Any = detail) -> Any:
            seen.calls.append((datetime.now(UTC), "detail", when[0], self.detail_price(data, *when)))
            return await _read(self, data, *when)

        monkeypatch.setattr(archive, "totals", read_totals)
        monkeypatch.setattr(archive, "detail", read_detail)
    return seen
