"""What is known survives a restart, to the last digit; what is damaged is refused."""

from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any

from homeassistant.helpers.json import json_dumps, prepare_save_json
from homeassistant.util.json import json_loads
import pytest

from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import (
    DayEnergy,
    Device,
    DeviceKind,
    DeviceReading,
    Flow,
    Interval,
    LifetimeBase,
    Power,
    System,
    Vendor,
)
from custom_components.solar_cloud.model.lifetime import LifetimeCounter
from custom_components.solar_cloud.system.restore import dump, load
from custom_components.solar_cloud.system.schedule import JobState, Schedule

NOW = datetime(2026, 6, 1, 10, 0, 0, 123456, tzinfo=UTC)
INTERVAL = Interval(start=NOW, end=NOW + timedelta(minutes=15), energy_wh=12.5, devices_reporting=3)
DATA = SystemData(
    system=System(
        vendor=Vendor.ENPHASE,
        id="67",
        name="Ümläut",
        timezone="Europe/Berlin",
        size_w=5250.0,
        modules=31,
        last_report=NOW,
    ),
    power=Power(power_w=1.25, measured_at=NOW),
    today=DayEnergy(day=date(2026, 6, 1), energy_wh=0.1),
    lifetime_base=LifetimeBase(day=date(2026, 6, 1), before_wh=19050353.0),
    lifetime=LifetimeCounter(published_wh=19050353.1, as_of=NOW, offset_wh=5.0, suspect_wh=1.0, suspect_since=NOW),
    intervals=MappingProxyType({NOW: INTERVAL}),
    devices=MappingProxyType({"a": Device(kind=DeviceKind.INVERTER, serial="a", parent="b")}),
    doubted=frozenset({DeviceKind.METER}),
    readings=MappingProxyType(
        {"a": DeviceReading(power_w=0.0, last_report=NOW, energy_today=DayEnergy(day=date(2026, 6, 1), energy_wh=3))}
    ),
    device_intervals=MappingProxyType({"a": MappingProxyType({NOW: INTERVAL})}),
)
SCHEDULE = Schedule(
    jobs=MappingProxyType({"summary": JobState(tried_at=NOW, done_at=NOW, failures=2, not_before=NOW, error="x")})
)


NO_ALERTS = SystemData(system=DATA.system, alerts=MappingProxyType({}))


@pytest.mark.parametrize("value", [DATA, SCHEDULE, SystemData(system=DATA.system), NO_ALERTS, Schedule()])
def test_what_was_known_comes_back_the_same_from_json(value: Any) -> None:
    assert load(type(value), json_loads(json_dumps(dump(value)))) == value


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("system",), None),
        (("system",), "text"),
        (("system", "id"), 67),
        (("system", "vendor"), "acme"),
        (("power", "power_w"), "many"),
        (("power", "power_w"), True),
        (("power", "measured_at"), "yesterday"),
        (("power", "measured_at"), "2026-06-01T10:00:00"),
        (("today", "day"), 7),
        (("intervals",), [1, 2]),
        (("intervals",), "1780308000.0:900.0"),
        (("intervals",), "1780308000.0:900.0:"),
        (("intervals",), "1780308000.0:900.0:many"),
        (("intervals",), "1780308000.0:900.0:nan"),
        (("intervals",), "1e30:900.0:12.5"),
        (("intervals",), "1780308000.0:900.0:12.5:1.0:3:4"),
        (("device_intervals", "a"), ":900.0:12.5"),
        (("devices", "a", "kind"), "toaster"),
        (("doubted",), 5),
    ],
)
def test_damaged_data_are_refused(path: tuple[str, ...], value: Any) -> None:
    stored = json_loads(json_dumps(dump(DATA)))
    member = stored
    for key in path[:-1]:
        member = member[key]
    member[path[-1]] = value
    with pytest.raises((AttributeError, KeyError, TypeError, ValueError)):
        load(SystemData, stored)


def test_a_day_of_an_inverter_is_stored_in_a_few_bytes_for_each_interval() -> None:
    starts = [NOW.replace(microsecond=0) + timedelta(minutes=15) * number for number in range(96)]
    series = {start: Interval(start=start, end=start + timedelta(minutes=15), energy_wh=1234.567) for start in starts}
    data = SystemData(system=DATA.system, device_intervals=MappingProxyType({"a": MappingProxyType(series)}))
    empty = SystemData(system=DATA.system)

    written = [len(prepare_save_json(dump(one), encoder=None)[1]) for one in (empty, data)]
    assert written[1] - written[0] < 35 * len(series)
    assert load(SystemData, json_loads(json_dumps(dump(data)))) == data


def test_an_interval_keeps_what_few_clouds_tell() -> None:
    told = (
        INTERVAL,
        Interval(start=NOW, end=NOW + timedelta(seconds=1), energy_wh=-0.1, power_w=0.3),
        Interval(start=NOW, end=NOW + timedelta(days=1), energy_wh=0.0, power_w=1.7, devices_reporting=0),
    )
    for interval in told:
        data = SystemData(system=DATA.system, intervals=MappingProxyType({NOW: interval}))

        assert load(SystemData, json_loads(json_dumps(dump(data)))) == data


def test_a_field_that_a_later_version_wrote_is_ignored() -> None:
    stored = dump(DATA) | {"invented_later": 1}
    assert load(SystemData, stored) == DATA


def test_a_field_that_has_another_name_in_files_keeps_it() -> None:
    system = System(vendor=Vendor.ENPHASE, id="1", name="Roof")
    data = SystemData(system=system, reported=MappingProxyType({"B": frozenset({Flow.GRID_IMPORT})}))
    stored = dump(data)
    assert stored["told"] == {"B": ["grid_import"]}
    assert "reported" not in stored
    assert load(SystemData, stored).reported == {"B": frozenset({Flow.GRID_IMPORT})}
