"""The tables in the documentation: current, complete, and made from the descriptions alone."""

from pathlib import Path
import sys
from typing import Any

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import UnitOfEnergy
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

import entities_table

from custom_components.solar_cloud.entities import sensors as sensor_descriptions
from custom_components.solar_cloud.entities.sensors import DeviceSensorDescription, Noise
from custom_components.solar_cloud.model.elements import DeviceKind, Vendor

TEXTS: dict[str, Any] = {
    "sensor": {
        "import_today": {"name": "Import today"},
        "cycles": {"name": "Cycles", "unit_of_measurement": "cycles"},
    },
    "binary_sensor": {},
}
IMPORT_TODAY = DeviceSensorDescription(
    key="import_today",
    translation_key="import_today",
    device_class=SensorDeviceClass.ENERGY,
    state_class=SensorStateClass.TOTAL_INCREASING,
    native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
    suggested_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
    jobs=frozenset({"energy"}),
    kinds=frozenset({DeviceKind.METER}),
    noise=Noise.LOUD,
    vendors=frozenset({Vendor.SOLAREDGE}),
    value_fn=lambda *_: None,
    exists_fn=lambda _: True,
)
CYCLES = DeviceSensorDescription(
    key="cycles",
    translation_key="cycles",
    entity_registry_enabled_default=False,
    jobs=frozenset({"inventory"}),
    kinds=frozenset({DeviceKind.METER, DeviceKind.BATTERY}),
    value_fn=lambda *_: None,
    exists_fn=lambda _: True,
)


@pytest.fixture
def other_sensors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the integration have two sensors of devices only."""
    monkeypatch.setattr(entities_table.account_sensors, "ACCOUNT_SENSORS", ())
    monkeypatch.setattr(sensor_descriptions, "SYSTEM_SENSORS", ())
    monkeypatch.setattr(sensor_descriptions, "DEVICE_SENSORS", (IMPORT_TODAY, CYCLES))
    for name in ("FLOW_SENSORS", "HARDWARE_SENSORS", "DEVICE_FLOW_SENSORS", "FACT_SENSORS"):
        monkeypatch.setattr(entities_table.flow_sensors, name, ())
    monkeypatch.setattr(entities_table.history_sensors, "HISTORY_SENSORS", ())
    monkeypatch.setattr(entities_table.binary_sensors, "SYSTEM_BINARY_SENSORS", ())
    monkeypatch.setattr(entities_table.binary_sensors, "DEVICE_BINARY_SENSORS", ())
    monkeypatch.setattr(entities_table.cloud_sensors, "CLOUD_SENSORS", ())
    monkeypatch.setattr(entities_table.performance_sensors, "PERFORMANCE_SENSORS", ())
    monkeypatch.setattr(entities_table.buttons, "SYSTEM_BUTTONS", ())
    monkeypatch.setattr(entities_table.event, "EVENTS", ())


def test_the_tables_in_the_documentation_are_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert entities_table.main(["--check"]) == 0, capsys.readouterr().err


def test_a_page_that_is_not_current_fails_the_check_and_is_not_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "docs").mkdir()
    for name in ("entities.md", "status.md"):
        text = (entities_table.ROOT / "docs" / name).read_text("utf-8")
        (tmp_path / "docs" / name).write_text(text.replace("Status", "State"), "utf-8")
    monkeypatch.setattr(entities_table, "ROOT", tmp_path)
    page = tmp_path / "docs" / "entities.md"
    old = page.read_text("utf-8")
    assert entities_table.main(["--check"]) == 1
    assert "docs/entities.md is not current" in capsys.readouterr().err
    assert page.read_text("utf-8") == old
    assert entities_table.main([]) == 0
    assert "| Status | `status` |" in page.read_text("utf-8")
    assert entities_table.main(["--check"]) == 0


@pytest.mark.usefixtures("other_sensors")
def test_a_table_says_all_that_a_description_does() -> None:
    tables = entities_table.entity_tables(TEXTS)
    assert tables[DeviceKind.METER].splitlines() == [
        "| entity | key | unit | class | category | default | Enphase v2 | Enphase v4 | SolarEdge |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        (
            "| Import today | `import_today` | kWh | energy, total_increasing | | "
            "off above 20 inverters | – | – | `energy` |"
        ),
        "| Cycles | `cycles` | cycles | | | off | `inventory` | – | `inventory` |",
    ]
    assert tables[DeviceKind.BATTERY].splitlines()[2:] == [
        "| Cycles | `cycles` | cycles | | | off | – | – | `inventory` |"
    ]
    assert DeviceKind.INVERTER not in tables


def test_a_kind_of_device_without_a_place_on_the_page_is_refused() -> None:
    page = "# Entities\n\n<!-- table: meter -->\nold\n<!-- end -->\nprose\n"
    assert entities_table.filled(page, {"meter": "| new |"}) == (
        "# Entities\n\n<!-- table: meter -->\n\n| new |\n\n<!-- end -->\nprose\n"
    )
    with pytest.raises(ValueError, match="battery"):
        entities_table.filled(page, {"meter": "| new |", "battery": "| new |"})
    with pytest.raises(ValueError, match="meter"):
        entities_table.filled(page, {})
