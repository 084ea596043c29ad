"""The rules of scripts/validate.py about the languages beside English: each finds what it is there for."""

from collections.abc import Callable
from copy import deepcopy
import json
from pathlib import Path
import sys
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from validator import RULES, Project
from validator.languages import emphasised
from validator.terms import names

ENGLISH: dict[str, Any] = {
    "title": "Solar Cloud",
    "config": {
        "step": {
            "user": {
                "title": "Sign in",
                "description": "Open **Reconfigure** in *Settings → Devices & services*, or *Sign in* at {name}.",
                "menu_options": {"guide": "See the [guide]({guide})", "code": "Enter `{code}`:\n\n- once\n- twice"},
            }
        },
        "error": {"unknown": "Why?", "table": "| One | Two |\n| --- | --- |\n| {a} | {b} |"},
    },
    "entity": {"sensor": {"status": {"name": "Status"}, "pair": {"name": "{a} {b}"}}},
}
GERMAN: dict[str, Any] = {
    "title": "Solar Cloud",
    "config": {
        "step": {
            "user": {
                "title": "Anmelden",
                "description": (
                    "Öffnen Sie **Neu konfigurieren** in *Einstellungen → Geräte & Dienste* oder *Anmelden* bei {name}."
                ),
                "menu_options": {
                    "guide": "Siehe die [Anleitung]({guide})",
                    "code": "Geben Sie `{code}` ein:\n\n- einmal\n- zweimal",
                },
            }
        },
        "error": {"unknown": "Warum?", "table": "| Eins | Zwei |\n| --- | --- |\n| {a} | {b} |"},
    },
    "entity": {"sensor": {"status": {"name": "Status"}, "pair": {"name": "{a} {b}"}}},
}
TERMS = """
[[menu]]
en = "Settings"
from = "panel.config"
de = "Einstellungen"

[[menu]]
en = "Devices & services"
from = "ui.panel"
de = "Geräte & Dienste"

[[menu]]
en = "Reconfigure"
from = "ui.reconfigure"
de = "Neu konfigurieren"
"""
SAME = """
[all]
"Solar Cloud" = "a name"

[de]
"entity.sensor.status.name" = "the same word"
"""
RULES_ABOUT_LANGUAGES = [
    "texts_are_plain",
    "placeholders_are_names",
    "languages_have_the_same_keys",
    "languages_have_the_same_placeholders",
    "languages_have_the_same_markdown",
    "languages_end_like_english",
    "languages_are_translated",
    "reasons_are_needed",
    "names_of_menus_are_home_assistants",
    "terms_are_in_every_language",
]

type Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a repository with English and German."""
    (tmp_path / "custom_components/solar_cloud/translations").mkdir(parents=True)
    (tmp_path / "scripts/validator").mkdir(parents=True)
    (tmp_path / "scripts/validator/terms.toml").write_text(TERMS, "utf-8")
    (tmp_path / "scripts/validator/same_in_languages.toml").write_text(SAME, "utf-8")
    write(tmp_path, "en", ENGLISH)
    write(tmp_path, "de", GERMAN)
    return tmp_path


def write(root: Path, language: str, content: Any) -> None:
    """Write the file of a language."""
    path = root / f"custom_components/solar_cloud/translations/{language}.json"
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2), "utf-8")


def found(root: Path) -> dict[str, list[str]]:
    """Return the complaints of each rule that has any."""
    project = Project(root)
    return {name: lines for name in RULES_ABOUT_LANGUAGES if (lines := list(RULES[name][1](project)))}


def user(texts: dict[str, Any]) -> dict[str, Any]:
    """Return the texts of the step user."""
    step: dict[str, Any] = texts["config"]["step"]["user"]
    return step


def description(text: str) -> Change:
    """Return a change that gives the step another description."""
    return lambda texts: user(texts).update(description=text)


def option(name: str, text: str) -> Change:
    """Return a change that gives the menu another text."""
    return lambda texts: user(texts)["menu_options"].update({name: text})


def test_a_language_that_says_what_english_says_is_fine(root: Path):
    assert not found(root)


def test_a_project_without_other_languages_and_without_lists_is_fine(root: Path):
    for path in (*root.glob("scripts/validator/*"), *root.rglob("de.json")):
        path.unlink()
    assert not found(root)


BAD: list[tuple[str, Change, str]] = [
    ("languages_have_the_same_keys", lambda de: user(de).pop("title"), "config.step.user.title is missing"),
    ("languages_have_the_same_keys", lambda de: de.update(extra="Mehr"), "extra is not in English"),
    (
        "languages_have_the_same_keys",
        lambda de: de.update(config=de.pop("config")),
        "entity.sensor.status.name stands in another place",
    ),
    ("languages_have_the_same_placeholders", option("code", "Geben Sie ein:\n\n- a\n- b"), "lacks code"),
    ("languages_have_the_same_placeholders", option("guide", "[Hilfe]({guide}) {more}"), "has more, which"),
    ("languages_have_the_same_markdown", option("guide", "Siehe [Hilfe]({help})"), "other links"),
    ("languages_have_the_same_markdown", option("guide", "Siehe {guide}"), "other links"),
    ("languages_have_the_same_markdown", option("code", "Code {code}:\n\n- a\n- b"), "other pieces of code"),
    ("languages_have_the_same_markdown", option("code", "Code `{code}`:\n\n- a"), "other items of lists"),
    (
        "languages_have_the_same_markdown",
        description("Öffnen Sie *Neu konfigurieren* in *Einstellungen → Geräte & Dienste*, *Anmelden* bei {name}."),
        "other bold words",
    ),
    ("languages_have_the_same_markdown", option("guide", "*Siehe* [Hilfe]({guide})"), "other slanted words"),
    ("languages_have_the_same_markdown", option("guide", "Siehe* [Hilfe]({guide})"), "belongs to no other"),
    (
        "languages_have_the_same_markdown",
        lambda de: de["config"]["error"].update(table="| Eins |\n| --- | --- |\n| {a} | {b} |"),
        "other tables",
    ),
    ("languages_end_like_english", option("guide", "Siehe [Hilfe]({guide})."), "ends with ., in English with none"),
    (
        "languages_end_like_english",
        lambda de: de["config"]["error"].update(unknown="Warum"),
        "ends with no mark, in English with ?",
    ),
    ("languages_are_translated", lambda de: user(de).update(title="Sign in"), "is English: 'Sign in'"),
    (
        "reasons_are_needed",
        lambda de: de["entity"]["sensor"]["status"].update(name="Zustand"),
        "de: 'entity.sensor.status.name' is not needed",
    ),
    ("reasons_are_needed", lambda de: de.update(title="Sonnenwolke"), "all: 'Solar Cloud' is not needed"),
    (
        "names_of_menus_are_home_assistants",
        description("**Neu konfigurieren** in *Einstellungen → Geräte*, *Anmelden* bei {name}."),
        "speaks of *Devices & services*, which is called *Geräte & Dienste* there",
    ),
    (
        "names_of_menus_are_home_assistants",
        description("**Ändern** in *Einstellungen → Geräte & Dienste* oder *Anmelden* bei {name}."),
        "*Neu konfigurieren*",
    ),
    (
        "names_of_menus_are_home_assistants",
        description("**Neu konfigurieren** in *Einstellungen → Geräte & Dienste* oder *Login* bei {name}."),
        "speaks of *Sign in*, which is called *Anmelden* there",
    ),
    (
        "texts_are_plain",
        option("guide", "Siehe  die [Hilfe]({guide})"),
        "de: config.step.user.menu_options.guide has",
    ),
    ("texts_are_plain", option("guide", " Siehe die [Hilfe]({guide})"), "has spaces around it"),
    ("texts_are_plain", option("guide", "<b>Siehe</b> [Hilfe]({guide})"), "has HTML in it"),
    ("texts_are_plain", lambda de: user(de).update(title=7), "de: config.step.user.title is no text"),
    ("placeholders_are_names", option("guide", "Die Hilfe d'{guide}"), "after a straight apostrophe"),
    ("placeholders_are_names", option("guide", "Siehe {guide"), "de: config.step.user.menu_options.guide"),
]


@pytest.mark.parametrize(("rule", "change", "said"), BAD)
def test_a_language_that_says_something_else_is_found(root: Path, rule: str, change: Change, said: str):
    german = deepcopy(GERMAN)
    change(german)
    write(root, "de", german)
    assert any(said in line for line in found(root).get(rule, [])), found(root)


def test_every_rule_about_languages_has_a_case_that_it_complains_about():
    ours = {name for name, (_, check) in RULES.items() if check.__module__ == "validator.languages"}
    assert ours | {"names_of_menus_are_home_assistants"} <= {case[0] for case in BAD}


def test_a_reason_that_is_none_is_found(root: Path):
    (root / "scripts/validator/same_in_languages.toml").write_text(SAME.replace('"the same word"', '" "'), "utf-8")
    assert found(root) == {"reasons_are_needed": ["de: 'entity.sensor.status.name' has no reason"]}


def test_a_reason_for_a_language_that_is_not_there_yet_waits(root: Path):
    path = root / "scripts/validator/same_in_languages.toml"
    path.write_text(f'{SAME}\n[pl]\n"Status" = "the same word"\n', "utf-8")
    assert not found(root)


def test_a_menu_that_has_no_name_in_a_language_is_found(root: Path):
    path = root / "scripts/validator/terms.toml"
    path.write_text(TERMS.replace('de = "Einstellungen"\n', "") + TERMS[: TERMS.index("[[menu]]", 5)], "utf-8")
    assert found(root)["terms_are_in_every_language"] == ["Settings has no de", "Settings stands twice"]


def test_a_broken_file_is_another_rules_matter(root: Path):
    (root / "custom_components/solar_cloud/translations/de.json").write_text("{", "utf-8")
    assert not found(root)
    assert list(RULES["json_files_parse"][1](Project(root)))


def test_names_are_read_step_by_step_and_not_in_code():
    text = "See *Settings → System → Repairs*, **Status**, `*code*` and **two *nested* words**."
    assert names(text)[:4] == ["Status", "two *nested* words", "Settings", "System"]
    assert emphasised("2 * 3 * 4") == []
