"""The keys in the code against those in en.json: each text is used, each key has a text, each placeholder a value."""

import ast
from collections.abc import Iterator
from pathlib import Path

from .project import Project
from .rules import rule
from .source import argument, called_name, literal_keys
from .translations import PLATFORMS, placeholders_in, texts

_FILE = "translations/en.json"
NAMED_BY_DEVICE_CLASS = {
    ("binary_sensor", "problem"),
    ("sensor", "current"),
    ("sensor", "frequency"),
    ("sensor", "stored_energy"),
    ("sensor", "voltage"),
}
"""Entities whose name is that of their device class: Home Assistant has it in every language."""


@rule(_FILE)
def entity_keys_have_texts(project: Project) -> Iterator[str]:
    """Check that each entity's translation key is in en.json, unless Home Assistant names it by its device class."""
    for platform, key in sorted(set(_entity_keys(project)) - NAMED_BY_DEVICE_CLASS):
        if key not in project.translations.get("entity", {}).get(platform, {}):
            yield f"entity.{platform}.{key} is missing"


@rule(_FILE)
def device_classes_name_their_entities(project: Project) -> Iterator[str]:
    """Check that no entity that Home Assistant names by its device class has a name of its own."""
    for platform, key in sorted(NAMED_BY_DEVICE_CLASS):
        if "name" in project.translations.get("entity", {}).get(platform, {}).get(key, {}):
            yield f"entity.{platform}.{key} has a name; leave it to the device class"


@rule(_FILE)
def entity_texts_are_used(project: Project) -> Iterator[str]:
    """Check that each entity in en.json is in the code."""
    used = set(_entity_keys(project))
    for platform, entities in project.translations.get("entity", {}).items():
        for key in entities:
            if (platform, key) not in used and not project.source.mentions(key):
                yield f"entity.{platform}.{key} is not in the code"


@rule(_FILE)
def keys_have_texts(project: Project) -> Iterator[str]:
    """Check that each key of an exception, an issue, a selector or a device is in en.json."""
    for area, key, _ in _keyed_calls(project):
        if key not in project.translations.get(area, {}):
            yield f"{area}.{key} is missing"


@rule(_FILE)
def texts_are_used(project: Project) -> Iterator[str]:
    """Check that each exception, issue, selector, device and common text in en.json is in the code."""
    for area in ("exceptions", "issues", "selector", "device", "common"):
        for key in project.translations.get(area, {}):
            if not project.source.mentions(key):
                yield f"{area}.{key} is not in the code"


@rule(_FILE)
def placeholders_are_given(project: Project) -> Iterator[str]:
    """Check that what a message leaves open is filled in where it is raised."""
    for area, key, call in _keyed_calls(project):
        text = project.translations.get(area, {}).get(key) or {}
        # What repairs an issue fills in its own texts.
        needed = placeholders_in(
            {part: text[part] for part in text if part != "fix_flow"} if area == "issues" else text
        )
        passed = argument(call, "translation_placeholders")
        given = set() if passed is None else literal_keys(passed)
        if given is None or any(keyword.arg is None for keyword in call.keywords):
            continue  # not to be seen here; placeholders_are_in_the_code looks whether it can be at all
        if lacking := needed - given:
            yield f"{area}.{key}: {', '.join(sorted(lacking))} not given in line {call.lineno}"
        if extra := given - needed:
            yield f"{area}.{key}: {', '.join(sorted(extra))} given in line {call.lineno} and not in the text"


@rule(_FILE)
def placeholders_are_in_the_code(project: Project) -> Iterator[str]:
    """Check that the code names every placeholder: one that it does not can never be filled in."""
    for path, text in texts(project.translations):
        for name in sorted(placeholders_in(text)):
            if name not in project.source.strings:
                yield f"{path}: the code has no {name}"


def _entity_keys(project: Project) -> Iterator[tuple[str, str]]:
    """Give platform and translation key of each entity: of descriptions, and of classes that set it themselves."""
    for path, call in project.source.files_with_calls:
        if (platform := _platform(path)) and called_name(call).endswith("Description"):
            key = project.source.text(argument(call, "translation_key"))
            if key is not None:
                yield platform, key
    for path, tree in project.source.trees.items():
        for node in ast.walk(tree):
            match node:
                case ast.Assign(targets=[ast.Name(id="_attr_translation_key")], value=value) if platform := _platform(
                    path
                ):
                    if key := project.source.text(value):
                        yield platform, key


def _platform(path: Path) -> str | None:
    """Return the platform that a file belongs to: sensor.py, anything in a folder sensor, entities/flow_sensors.py."""
    if path.parts[0] == "entities":
        own = [platform for platform in PLATFORMS if f"_{path.stem}".endswith(f"_{platform}s")]
    else:
        name = path.parts[0].removesuffix(".py")
        own = [platform for platform in PLATFORMS if name == platform or name.startswith(f"{platform}_")]
    return max(own, key=len, default=None)


def _keyed_calls(project: Project) -> Iterator[tuple[str, str, ast.Call]]:
    """Give area, key and call of each translation key that is not an entity's."""
    for _, call in project.source.files_with_calls:
        key = project.source.text(argument(call, "translation_key"))
        if key is None or called_name(call).endswith("Description"):
            continue
        match called_name(call):
            case "async_create_issue" | "create_issue":
                yield "issues", key, call
            case "DeviceInfo" | "ChildDeviceInfo" | "async_get_or_create" | "async_get_or_create_child":
                yield "device", key, call
            case name if name.endswith("SelectorConfig"):
                yield "selector", key, call
            case _ if argument(call, "translation_domain") is not None:
                yield "exceptions", key, call
