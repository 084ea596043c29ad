"""The YAML in docs/dashboard.md can be pasted: its cards are Home Assistant's own, its entities those of the demo."""

from pathlib import Path
import re
from typing import Any

from homeassistant.core import HomeAssistant
import yaml

from ..home.conftest import Cloud, add_account, solaredge_input
from .page import cards, entities_of

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "dashboard.md").read_text("utf-8")
BLOCKS: list[dict[str, Any]] = [
    yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
]
VIEW = BLOCKS[-1]
CARDS = {"heading", "tile", "gauge", "history-graph", "statistics-graph"}
"""Of Home Assistant's own cards those that the page needs."""


def test_the_page_shows_the_strategy_of_a_dashboard_and_of_a_view() -> None:
    dashboard, views, _ = BLOCKS
    assert dashboard == {"strategy": {"type": "custom:solar-cloud"}}
    assert [view["strategy"]["type"] for view in views["views"]] == ["custom:solar-cloud"]


def test_the_view_has_cards_of_home_assistant_alone() -> None:
    assert VIEW["type"] == "sections"
    assert {section["type"] for section in VIEW["sections"]} == {"grid"}
    assert {card["type"] for card in cards(VIEW)} == CARDS


async def test_the_view_has_entities_and_statistics_of_the_demo(hass: HomeAssistant, cloud: Cloud) -> None:
    await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    for shown in entities_of(VIEW):
        if shown.startswith("solar_cloud:"):
            assert re.fullmatch(r"solar_cloud:solaredge_1148616_(production|grid_import|grid_export)", shown)
        else:
            assert hass.states.get(shown) is not None, shown
