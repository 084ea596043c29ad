"""The browser script's own logic, without a browser: what is counted, what is raw, what is too much."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from browser_lib.accounts import NAMES, accounts
from browser_lib.console import Console, is_ours
from browser_lib.devices import Entity, lacking, one_of_each_kind
from browser_lib.owner import COPY, HAND, Owner
from browser_lib.result import Result, Visit, table, visits
from browser_lib.texts import what_is_raw
from browser_lib.wording import dashboard_word, left_english, pattern, shown
from demo_lib.credentials import credentials

NOW = datetime(2026, 11, 28, 19, tzinfo=UTC)
TEXTS = json.loads(
    (Path(__file__).parents[1] / "custom_components/solar_cloud/translations/en.json").read_text("utf-8")
)
TARGET: Any = SimpleNamespace(click=lambda: None, fill=lambda text: None)
LOGO = (
    "Failed to load resource: the server responded with a status of 404 (Not Found) http://127.0.0.1:8123/api/brands/"
)


def owner() -> Owner:
    page: Any = None
    return Owner(page, Path())


def test_clicks_and_fields_are_counted_apart_and_what_no_owner_does_is_not() -> None:
    somebody = owner()
    somebody.click(TARGET)
    somebody.begin()
    somebody.click(TARGET)
    somebody.type(TARGET, "a key")
    with somebody.aside():
        somebody.click(TARGET)
        somebody.type(TARGET, "the simulator's address")

    assert (somebody.clicks, somebody.fields) == (1, 1)


def test_the_seconds_have_a_persons_time_for_each_click_and_field_and_none_for_pictures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr("browser_lib.owner.time", SimpleNamespace(monotonic=lambda: now[0]))
    somebody = owner()
    somebody.begin()
    somebody.click(TARGET)
    somebody.type(TARGET, "a key")
    now[0] += 5
    with somebody.resting():
        now[0] += 60

    assert somebody.seconds == pytest.approx(5 + HAND + COPY)


def test_what_is_raw_on_a_page_and_what_is_not_said_there_are_complaints(tmp_path: Path) -> None:
    page: Any = SimpleNamespace(
        wait_for_timeout=lambda milliseconds: None,
        screenshot=lambda path: path.write_bytes(b""),
        evaluate=lambda script: "Prices\nimport_price",
    )
    somebody = Owner(page, tmp_path)
    somebody.look("prices", sees="Prices")
    somebody.look("end", sees="saved")

    assert somebody.complaints == [
        "the page prices shows import_price",
        "the page end shows import_price",
        "the page end does not say saved",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["01_prices.png", "02_end.png"]


@pytest.mark.parametrize(
    "text",
    [
        "component.solar_cloud.config.step.user.title",
        "config.step.enphase_v4",
        "import_price",
        "Costs in {currency}",
        "Translation error: MISSING_VALUE",
    ],
)
def test_keys_names_of_fields_and_open_placeholders_are_raw(text: str) -> None:
    assert what_is_raw(f"First steps\n{text}\nSubmit")


@pytest.mark.parametrize(
    "text",
    [
        "Import price",
        "http://127.0.0.1:8123/api/solar_cloud/solaredge/callback",
        "Tick both scopes, SITE_DATA and DEVICE_DATA.",
        "You find it after site_id= in the address.",
        "sensor.iepenlaan_grid_power",
    ],
)
def test_addresses_and_ids_are_not_raw(text: str) -> None:
    assert what_is_raw(text) == []


def test_errors_of_home_assistants_own_page_are_known_and_no_others() -> None:
    assert not is_ours(f"{LOGO}integration/backup/icon.png?token=1")
    assert is_ours(f"{LOGO}integration/solar_cloud/icon.png?token=1")
    flow = "Failed to load resource: the server responded with a status of 400 (Bad Request) http://127.0.0.1:8123/api"
    assert not is_ours(f"{flow}/config/config_entries/flow/01M8HRKM")
    assert is_ours(f"{flow}/config/config_entries/options/flow/01M8HRKM")
    assert is_ours("Uncaught TypeError: Cannot read properties of undefined")


def test_the_console_keeps_errors_of_pages_and_of_scripts() -> None:
    heard: dict[str, Any] = {}
    page: Any = SimpleNamespace(context=SimpleNamespace(on=heard.__setitem__))
    console = Console(page)
    heard["console"](SimpleNamespace(type="warning", text="slow", location={}))
    heard["console"](SimpleNamespace(type="error", text="broken", location={"url": "http://127.0.0.1"}))
    heard["weberror"](SimpleNamespace(error="TypeError"))

    assert console.errors == ["broken http://127.0.0.1", "TypeError"]


@pytest.mark.parametrize(
    ("took", "complaints"),
    [
        ({"systems": 1, "clicks": 12, "seconds": 180.0}, 0),
        ({"systems": 1, "clicks": 13, "seconds": 10.0}, 1),
        ({"systems": 1, "clicks": 10, "seconds": 181.0}, 1),
        ({"systems": 2, "clicks": 13, "seconds": 181.0}, 0),
    ],
)
def test_an_account_with_one_system_may_take_twelve_clicks_and_three_minutes(
    took: Mapping[str, Any], complaints: int
) -> None:
    result = Result(name="enphase_v4", **took)
    result.judge()

    assert len(result.complaints) == complaints


def test_the_table_has_a_line_for_each_account() -> None:
    lines = table([Result(name="enphase_v4", systems=1, clicks=11, fields=7, seconds=101.4, waited=20)]).splitlines()

    assert lines[0].split() == ["account", "systems", "clicks", "fields", "seconds", "past", "after"]
    assert lines[1].split() == ["enphase_v4", "1", "11", "7", "101", "20", "s"]


def test_every_item_of_the_first_menu_is_an_account_and_reads_the_simulator() -> None:
    menu = TEXTS["config"]["step"]["user"]["menu_options"]
    found = accounts(credentials("http://127.0.0.1:8199"))

    assert tuple(account.name for account in found) == NAMES
    assert {account.menu_item for account in found} == set(menu.values())
    assert {account.own_limits for account in found} <= {
        plans["options"].get("custom") for plans in TEXTS["selector"].values()
    }
    assert all(account.base_url.startswith("http://127.0.0.1:8199/") for account in found)


def test_a_text_is_found_by_its_key_and_without_what_the_page_does_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {"abort": {"done": "**{name}** is in [the list]({url}).\n\nThat was all."}}
    monkeypatch.setattr("browser_lib.wording._texts", lambda language: texts)

    assert shown("abort.done", name="A roof") == "A roof is in the list."
    assert shown("abort.done") == "{name} is in the list."
    for unknown in ("abort.other", "abort"):
        with pytest.raises(KeyError):
            shown(unknown)


def test_a_text_with_placeholders_matches_whatever_stands_in_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("browser_lib.wording._texts", lambda language: {"title": "Add {name}? (It takes {price})"})

    assert pattern("title").fullmatch("Add Doe, Jane? (It takes 12)")
    assert pattern("title").search("Add Doe, Jane") is None


def test_what_a_page_left_english_is_what_the_language_calls_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {
        "en": {
            "entity": {"sensor": {"level": {"name": "Level"}, "status": {"name": "Status", "state": {"ok": "Fine"}}}}
        },
        "de": {
            "entity": {"sensor": {"level": {"name": "Stand"}, "status": {"name": "Status", "state": {"ok": "Gut"}}}}
        },
    }
    monkeypatch.setattr("browser_lib.wording._texts", names.__getitem__)

    assert left_english("Level\nStatus\nGut\nLevel of water", "de") == ["Level"]
    assert left_english("Stand\nFine", "de") == ["Fine"]
    assert left_english("Level\nFine", "en") == []


def test_a_word_of_the_dashboard_is_found_in_its_script() -> None:
    assert dashboard_word("months", "en") == "Month by month"
    assert dashboard_word("months", "de") == "Monat für Monat"
    with pytest.raises(KeyError):
        dashboard_word("nothing", "de")


def test_where_no_chromium_is_there_the_walks_are_left_out_only_if_that_is_allowed() -> None:
    command = ["env", "CHROMIUM=/nowhere/chromium", str(Path(__file__).parents[1] / "scripts/browser")]
    allowed = subprocess.run([*command, "--where-possible"], capture_output=True, text=True, check=False)
    demanded = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (allowed.returncode, demanded.returncode) == (0, 1)
    assert "no Chromium" in allowed.stdout
    assert "no Chromium" in demanded.stderr


def entity(entity_id: str, key: str, state: str = "1", device: str = "Roof", **attributes: str) -> Entity:
    return Entity(
        entity_id=entity_id,
        key=key,
        state=state,
        attributes=attributes,
        device_id=f"id of {device}",
        device=device,
        manufacturer="Enphase",
    )


@pytest.mark.parametrize(
    ("one", "lacks_value"),
    [
        (entity("sensor.power", "power", "0"), False),
        (entity("sensor.power", "power", "unknown"), True),
        (entity("sensor.power", "power", "unavailable"), True),
        (entity("sensor.power", "power", "unknown", reason="not_yet"), False),
        (entity("button.read_now", "refresh", "unknown"), False),
        (entity("event.alerts", "alerts", "unknown"), False),
    ],
)
def test_a_value_is_due_unless_a_reason_is_given_or_nobody_has_done_anything(one: Entity, lacks_value: bool) -> None:
    assert lacking([one], NOW) == [one] * lacks_value


@pytest.mark.parametrize(("silent", "lacks_value"), [(timedelta(minutes=59), True), (timedelta(minutes=61), False)])
def test_a_device_that_has_long_not_reported_has_no_value_of_now(silent: timedelta, lacks_value: bool) -> None:
    power = entity("sensor.power", "power", "unknown")
    report = entity("sensor.last_report", "last_report", (NOW - silent).isoformat())
    other = entity("sensor.other_power", "power", "unknown", device="Other roof")

    assert lacking([power, report, other], NOW) == [power] * lacks_value + [other]


def test_of_devices_with_the_same_entities_one_is_looked_at_and_of_those_with_fewer_none() -> None:
    found = one_of_each_kind(
        [
            entity("sensor.a_power", "power", device="Inverter 1"),
            entity("sensor.a_status", "status", device="Inverter 1"),
            entity("sensor.b_power", "power", device="Inverter 2"),
            entity("sensor.b_status", "status", device="Inverter 2"),
            entity("sensor.c_status", "status", device="Relay"),
            entity("sensor.d_level", "level", device="Battery"),
        ]
    )

    assert sorted(found.values()) == ["Battery", "Inverter 1"]


def test_each_walk_has_a_line() -> None:
    assert visits([Visit(name="house", pictures=90, seconds=61.4, complaints=["cut off"])]) == [
        "walk house: 90 pictures, 1 complaints, 61 seconds"
    ]
