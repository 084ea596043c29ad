"""The notice of a small plan: only where something can be done, with an advice to follow and true numbers."""

from datetime import UTC, datetime
import json
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.solar_cloud.budget.plan import PLANS, Limits, has_larger, is_enough_for_one
from custom_components.solar_cloud.budget.rates import budget_of
from custom_components.solar_cloud.upkeep.issues import SmallPlan, raise_plan_too_small

from ..home.conftest import Cloud, add_account, solaredge_input
from ..home.lives import set_up
from ..home.sign_in import signed_in

PV, METERED, STORING = "4200001", "4200002", "4200003"
TEXTS = json.loads(
    (Path(__file__).parents[2] / "custom_components/solar_cloud/translations/en.json").read_text("utf-8")
)["issues"]


def notices(hass: HomeAssistant) -> list[ir.IssueEntry]:
    """Return the notices of a small plan."""
    return [issue for (_, key), issue in ir.async_get(hass).issues.items() if key.startswith("plan_too_small")]


@pytest.mark.parametrize("month", [6, 12])
@pytest.mark.parametrize("system", [PV, METERED, STORING])
async def test_one_system_on_watt_has_its_reading_in_two_hours_and_no_notice(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, system: str, month: int
) -> None:
    freezer.move_to(datetime(2026, month, 1, 10, 2, 30, tzinfo=UTC))
    entry = await signed_in(hass, cloud, (system,))
    await set_up(hass, entry)
    (coordinator,) = entry.runtime_data.coordinators.values()
    metered = coordinator.metered
    readings = metered.pacing.readings_per_hour(coordinator.system.key, budget_of(metered.ledger, datetime.now(UTC)))
    assert readings is not None
    assert readings >= 0.5
    assert not notices(hass)


async def test_one_site_on_the_free_plan_has_no_notice_however_little_it_gives(
    hass: HomeAssistant, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.solar_cloud.upkeep.notices.FEWEST_READINGS", 1000)
    await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    assert not notices(hass)


async def test_systems_that_share_a_plan_are_told_with_what_can_be_done(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to(datetime(2026, 6, 1, 10, 2, 30, tzinfo=UTC))
    entry = await signed_in(hass, cloud, (PV, METERED, STORING))
    await set_up(hass, entry)
    assert notices(hass)
    for issue in notices(hass):
        assert issue.translation_key == "plan_too_small"
        assert issue.translation_placeholders is not None
        assert issue.translation_placeholders["systems"] == "3"
        assert issue.translation_placeholders["limit"] == "1000"
        assert int(issue.translation_placeholders["hours"]) >= 2


@pytest.mark.parametrize(
    ("systems", "has_larger", "text"),
    [
        (1, True, "plan_too_small_alone"),
        (1, False, "plan_too_small_alone"),
        (2, True, "plan_too_small"),
        (2, False, "plan_too_small_largest"),
    ],
)
async def test_the_advice_can_be_followed(hass: HomeAssistant, systems: int, has_larger: bool, text: str) -> None:
    plan = SmallPlan(per_month=100, systems=systems, has_larger=has_larger)
    raise_plan_too_small(hass, "one", "Account", "System", 0.25, plan)
    (issue,) = notices(hass)
    assert issue.translation_key == text
    assert issue.issue_id == "plan_too_small_one"
    assert issue.translation_placeholders is not None
    said = TEXTS[text]["description"].format(**issue.translation_placeholders)
    assert "once in 4 hours" in said
    assert ("fewer systems" in said) == (systems > 1)
    assert ("larger plan" in said) == (text != "plan_too_small_largest")
    assert "1 systems" not in said


async def test_hardly_any_reading_has_a_number_too(hass: HomeAssistant) -> None:
    raise_plan_too_small(hass, "one", "A", "B", 0, SmallPlan(per_month=1, systems=2, has_larger=True))
    (issue,) = notices(hass)
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["hours"] == "999"


@pytest.mark.parametrize("cloud", PLANS)
def test_the_plan_that_the_dialog_proposes_is_enough_for_one(cloud: str) -> None:
    proposed = next(iter(PLANS[cloud].values()))
    assert is_enough_for_one(cloud, proposed)
    assert not is_enough_for_one(cloud, Limits(per_minute=10, per_month=proposed.per_month - 1))


def test_a_larger_plan_is_advised_where_there_is_one() -> None:
    assert has_larger("enphase_v4", PLANS["enphase_v4"]["watt"])
    assert not has_larger("enphase_v4", PLANS["enphase_v4"]["partner"])
    assert has_larger("solaredge", PLANS["solaredge"]["free"])
