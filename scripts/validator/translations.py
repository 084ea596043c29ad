"""translations/en.json by itself: structure and texts, as hassfest checks them of a custom integration.

What can be wrong with a text by itself is checked in every language.
"""

from collections.abc import Iterator
import re
from string import Formatter
from typing import Any

from .project import Project
from .rules import rule
from .words import words

_FILE = "translations/en.json"
_TOP = words(
    """
    title common config config_panel config_subentries options selector entity entity_component device device_automation
    exceptions services issues system_health application_credentials conditions triggers preview_features
    """
)
_FLOW = {"step", "error", "abort", "progress", "create_entry", "flow_title", "initiate_flow"}
_SUBENTRY = {*_FLOW, "entry_type"}
_STEP = words("title description data data_description menu_options menu_option_descriptions sections submit")
_ENTITY = {"name", "state", "state_attributes", "unit_of_measurement"}
_ATTRIBUTE = {"name", "state"}
_OF_HOME_ASSISTANT = {"event_type"}
"""Attributes that an entity's platform sets."""
PLATFORMS = words(
    """
    ai_task air_quality alarm_control_panel assist_satellite binary_sensor button calendar camera climate conversation
    cover date datetime device_tracker event fan geo_location humidifier image image_processing lawn_mower light lock
    media_player notify number remote scene select sensor siren stt switch text time todo tts update vacuum valve
    wake_word water_heater weather
    """
)
_KEY = re.compile(r"[a-z0-9]+([-_][a-z0-9]+)*")
_HTML = re.compile(r"</?[a-zA-Z][^>]*>")
_URL = re.compile(r"\b(https?://|www\.)", re.IGNORECASE)
_BLANKS = re.compile(r"(?<=\S)[ \u00a0\u202f]{2,}")
_QUOTED_PLACEHOLDER = re.compile(r"'\{")
"""Home Assistant's pages take such an apostrophe for the start of a quotation, in which braces are only braces."""


def texts(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Give each text with the path of its keys, as config.step.user.title."""
    if not isinstance(node, dict):
        yield path, node
        return
    for key, value in node.items():
        yield from texts(value, f"{path}.{key}" if path else key)


def all_texts(project: Project) -> Iterator[tuple[str, Any]]:
    """Give each text of each language with the path of its keys; other languages than English stand before it."""
    yield from texts(project.translations)
    for language, content in project.languages.items():
        for path, text in texts(content):
            yield f"{language}: {path}", text


def placeholders(text: str) -> set[str]:
    """Return the names between braces; raises ValueError for unbalanced ones."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def flows(project: Project) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the texts of each flow with their path: of the account, the options, subentry types, and repairs."""
    for name in ("config", "options"):
        if isinstance(flow := project.translations.get(name), dict):
            yield name, flow
    for kind, flow in project.translations.get("config_subentries", {}).items():
        yield f"config_subentries.{kind}", flow
    for key, issue in project.translations.get("issues", {}).items():
        if isinstance(flow := issue.get("fix_flow"), dict):
            yield f"issues.{key}.fix_flow", flow


def steps(project: Project) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the texts of each step of each flow, and of each section in one."""
    for path, flow in flows(project):
        for name, step in flow.get("step", {}).items():
            yield f"{path}.step.{name}", step
            for section, content in step.get("sections", {}).items():
                yield f"{path}.step.{name}.sections.{section}", content


@rule(_FILE)
def known_translation_keys(project: Project) -> Iterator[str]:
    """Check that there are only keys that hassfest knows."""
    for key in project.translations.keys() - _TOP:
        yield f"unknown key {key}"
    for path, flow in flows(project):
        known = _SUBENTRY if path.startswith("config_subentries") else _FLOW
        yield from (f"{path}: unknown key {key}" for key in flow.keys() - known)
    for path, step in steps(project):
        known = _STEP | ({"name"} if ".sections." in path else set())
        yield from (f"{path}: unknown key {key}" for key in step.keys() - known)


@rule(_FILE)
def translation_key_form(project: Project) -> Iterator[str]:
    """Check that keys are small letters, digits, and single separators inside."""
    for path, _ in texts(project.translations):
        for key in path.split("."):
            if not _KEY.fullmatch(key):
                yield f"{path}: {key!r} is no translation key"


@rule("translations/*.json")
def texts_are_plain(project: Project) -> Iterator[str]:
    """Check that a text is a trimmed string without HTML, addresses, double blanks, or references to other texts."""
    for path, text in all_texts(project):
        if not isinstance(text, str) or not text.strip():
            yield f"{path} is no text"
            continue
        if text != text.strip():
            yield f"{path} has spaces around it"
        if _BLANKS.search(text):
            yield f"{path} has two blanks in a row"
        if _HTML.search(text):
            yield f"{path} has HTML in it"
        if _URL.search(text):
            yield f"{path} has an address in it; use a placeholder"
        if "[%key:" in text:
            yield f"{path} refers to another text, which is shown as it stands"


@rule("translations/*.json")
def placeholders_are_names(project: Project) -> Iterator[str]:
    """Check that placeholders are identifiers, never after a straight apostrophe, and never in an entity's states."""
    for path, text in all_texts(project):
        if not isinstance(text, str):
            continue
        try:
            names = placeholders(text)
        except ValueError as err:
            yield f"{path}: {err}"
            continue
        yield from (f"{path}: placeholder {name!r} is no name" for name in sorted(names) if not name.isidentifier())
        if _QUOTED_PLACEHOLDER.search(text):
            yield f"{path}: a placeholder after a straight apostrophe is not filled in"
        if names and "entity." in path and ".state." in path:
            yield f"{path}: a state cannot have placeholders"


@rule(_FILE)
def fields_are_described(project: Project) -> Iterator[str]:
    """Check that each field has a label and a description, and no description is without its field."""
    for path, step in steps(project):
        labels, descriptions = step.get("data", {}), step.get("data_description", {})
        yield from (f"{path}: {field} has no data_description" for field in labels.keys() - descriptions.keys())
        yield from (f"{path}: {field} is described but not in data" for field in descriptions.keys() - labels.keys())


@rule(_FILE)
def subentry_texts(project: Project) -> Iterator[str]:
    """Check that a subentry type needs its name and the text of its button."""
    for kind, flow in project.translations.get("config_subentries", {}).items():
        if not flow.get("entry_type"):
            yield f"config_subentries.{kind} has no entry_type"
        if not flow.get("initiate_flow", {}).get("user"):
            yield f"config_subentries.{kind} has no initiate_flow.user"


@rule(_FILE)
def issue_texts(project: Project) -> Iterator[str]:
    """Check that an issue has a title, and either a description or a flow that repairs it."""
    for key, issue in project.translations.get("issues", {}).items():
        if not issue.get("title"):
            yield f"issues.{key} has no title"
        if ("description" in issue) == ("fix_flow" in issue):
            yield f"issues.{key} needs either description or fix_flow"


@rule(_FILE)
def exception_texts(project: Project) -> Iterator[str]:
    """Check that an exception has a message and nothing else."""
    for key, text in project.translations.get("exceptions", {}).items():
        if not isinstance(text, dict) or set(text) != {"message"}:
            yield f"exceptions.{key} must have a message and nothing else"


@rule(_FILE)
def entity_texts(project: Project) -> Iterator[str]:
    """Check that entities belong to a platform that the integration has."""
    for platform, entities in project.translations.get("entity", {}).items():
        if platform not in PLATFORMS:
            yield f"entity.{platform} is no platform"
        elif not (project.has(f"{platform}.py") or project.has(platform)):
            yield f"entity.{platform}: the integration has no {platform}.py"
        for key, text in entities.items():
            yield from (f"entity.{platform}.{key}: unknown key {extra}" for extra in text.keys() - _ENTITY)
            yield from _attribute_texts(project, f"entity.{platform}.{key}.state_attributes", text)


def _attribute_texts(project: Project, path: str, entity: dict[str, Any]) -> Iterator[str]:
    """Check the texts of an entity's attributes: a name, texts for values, and the attribute in the code."""
    for attribute, text in entity.get("state_attributes", {}).items():
        if not isinstance(text, dict):
            yield f"{path}.{attribute} has neither name nor states"
            continue
        yield from (f"{path}.{attribute}: unknown key {extra}" for extra in text.keys() - _ATTRIBUTE)
        if not isinstance(text.get("state", {}), dict):
            yield f"{path}.{attribute}.state has no states"
        if attribute not in _OF_HOME_ASSISTANT and not project.source.mentions(attribute):
            yield f"{path}.{attribute} is not in the code"


def placeholders_in(node: Any) -> set[str]:
    """Return the placeholders of a text and of all texts below it; none for broken texts, another rule's matter."""
    try:
        return {name for _, text in texts(node) if isinstance(text, str) for name in placeholders(text)}
    except ValueError:
        return set()
