"""What the dialogs say: each choice and its guide, each situation its own text, and nothing given that no text uses."""

import json
from pathlib import Path
import re
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.solar_cloud.account.urls import GUIDES
from custom_components.solar_cloud.const import DOMAIN
from simulator.ready import SOLAREDGE_CLIENT_ID, SOLAREDGE_CLIENT_SECRET

from ..home.conftest import Cloud, add_account, enphase_input, open_reconfigure, solaredge_input
from ..home.sign_in import add_application

ROOT = Path(__file__).parents[2]
TEXTS = json.loads((ROOT / "custom_components/solar_cloud/translations/en.json").read_text("utf-8"))["config"]
SIGN_INS = ("enphase_v4", "solaredge_oauth")


def used_in(*texts: Any) -> set[str]:
    """Return the placeholders of texts, and of all texts below them."""
    return {name for text in texts for name in re.findall(r"{(\w+)}", json.dumps(text))}


async def choose(hass: HomeAssistant, item: str) -> Any:
    """Open the dialog that adds an account, and choose from its menu."""
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": "user"})
    return await hass.config_entries.flow.async_configure(result["flow_id"], {"next_step_id": item})


@pytest.mark.parametrize("item", GUIDES)
async def test_each_form_links_its_guide_and_gives_only_what_its_texts_use(
    hass: HomeAssistant, cloud: Cloud, item: str
) -> None:
    await add_application(hass)
    await add_application(hass, SOLAREDGE_CLIENT_ID, SOLAREDGE_CLIENT_SECRET, "SolarEdge")
    result = await choose(hass, item)
    assert result["step_id"] == item
    given = result["description_placeholders"]
    page, _, anchor = given["guide"].partition("#")
    guide = ROOT / "docs" / page.rpartition("/docs/")[2]
    headings = [re.sub(r"[^\w -]", "", line.lstrip("# ").lower()) for line in guide.read_text("utf-8").splitlines()]
    assert not anchor or anchor.replace("-", " ") in headings
    assert given.keys() == used_in(TEXTS["step"][item], TEXTS["error"]) & given.keys()
    assert used_in(TEXTS["step"][item]) <= given.keys()


async def test_the_form_of_a_change_gives_only_what_its_texts_use(hass: HomeAssistant, cloud: Cloud) -> None:
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud), ["67"])
    result = await open_reconfigure(hass, entry)
    assert set(result["description_placeholders"]) == {"host"}


def test_each_choice_says_who_needs_it() -> None:
    for step in ("user", "reconfigure", "sign_in"):
        text = TEXTS["step"][step]
        assert text["menu_option_descriptions"].keys() == text["menu_options"].keys()


@pytest.mark.parametrize("item", SIGN_INS)
async def test_the_menu_is_not_shown_again_after_an_application_was_entered(
    hass: HomeAssistant, cloud: Cloud, item: str
) -> None:
    assert await async_setup_component(hass, "application_credentials", {})
    result = await choose(hass, item)
    assert result["reason"] == "missing_credentials"
    await add_application(hass)
    # Home Assistant's page begins the dialog anew.
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": "user"})
    assert result["step_id"] == item
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": "user"})
    assert result["step_id"] == "user"


async def test_the_menu_is_shown_again_where_no_application_was_entered(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, cloud: Cloud
) -> None:
    assert await async_setup_component(hass, "application_credentials", {})
    await choose(hass, "enphase_v4")
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": "user"})
    assert result["step_id"] == "user"


async def test_a_change_that_lacks_its_application_says_nothing_of_the_next_account(
    hass: HomeAssistant, cloud: Cloud
) -> None:
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud), ["67"])
    assert await async_setup_component(hass, "application_credentials", {})
    menu = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": "reconfigure", "entry_id": entry.entry_id}
    )
    result = await hass.config_entries.flow.async_configure(menu["flow_id"], {"next_step_id": "enphase_v4"})
    assert result["reason"] == "missing_credentials"
    await add_application(hass)
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": "user"})
    assert result["step_id"] == "user"


async def test_what_is_set_up_already_says_under_which_account(hass: HomeAssistant, cloud: Cloud) -> None:
    entry = await add_account(hass, "solaredge_key", solaredge_input(cloud))
    result = await choose(hass, "solaredge_key")
    result = await hass.config_entries.flow.async_configure(result["flow_id"], solaredge_input(cloud))
    assert result["reason"] == "already_configured"
    assert result["description_placeholders"] == {"account": entry.title}
    (result,) = [
        await hass.config_entries.subentries.async_init((entry.entry_id, "system"), context={"source": "user"})
    ]
    assert result["reason"] == "already_configured"
    assert result["description_placeholders"] == {"account": entry.title}
