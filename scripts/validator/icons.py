"""icons.json, against its schema and the texts' keys."""

from collections.abc import Iterator
import re
from typing import Any

from .code_keys import NAMED_BY_DEVICE_CLASS
from .project import Project
from .rules import rule

_FILE = "icons.json"
_TOP = {"entity", "services", "issues", "conditions", "triggers"}
_ICON = re.compile(r"mdi:[a-z0-9]+(-[a-z0-9]+)*")


@rule(_FILE)
def known_icon_keys(project: Project) -> Iterator[str]:
    """Check that there are only keys that hassfest knows."""
    for key in project.icons.keys() - _TOP:
        yield f"unknown key {key}"
    for path, icon in _entity_icons(project):
        for key in icon.keys() - {"default", "state", "state_attributes", "range"}:
            yield f"{path}: unknown key {key}"


@rule(_FILE)
def icon_names(project: Project) -> Iterator[str]:
    """Check that icons are named as those of Material Design."""
    for path, value in _leaves(project.icons):
        if not path.endswith(".default") and ".range." in path:
            continue
        if not isinstance(value, str) or not _ICON.fullmatch(value):
            yield f"{path} is no icon as mdi:solar-power: {value!r}"


@rule(_FILE)
def default_icons(project: Project) -> Iterator[str]:
    """Check that an entity has a default icon, and no state repeats it."""
    for path, icon in _entity_icons(project):
        default = icon.get("default")
        if default is None:
            yield f"{path} has no default"
        for state, value in icon.get("state", {}).items():
            if value == default:
                yield f"{path}: state {state} repeats the default"


@rule(_FILE)
def icons_belong_to_something(project: Project) -> Iterator[str]:
    """Check that each icon belongs to an entity or action that exists."""
    texts = project.translations.get("entity", {})
    for platform, entities in project.icons.get("entity", {}).items():
        for key, icon in entities.items():
            text = texts.get(platform, {}).get(key)
            if text is None and (platform, key) not in NAMED_BY_DEVICE_CLASS:
                yield f"entity.{platform}.{key}: en.json has no such entity"
                continue
            text = text or {}
            states = text.get("state", {})
            for state in icon.get("state", {}).keys() - states.keys() if states else ():
                yield f"entity.{platform}.{key}: en.json has no state {state}"
            for attribute in icon.get("state_attributes", {}).keys() - text.get("state_attributes", {}).keys():
                yield f"entity.{platform}.{key}: en.json has no attribute {attribute}"
    for name in project.icons.get("services", {}).keys() - project.services.keys():
        yield f"services.{name}: there is no such action"


@rule(_FILE)
def actions_have_icons(project: Project) -> Iterator[str]:
    """Check that every action has an icon."""
    for name in project.services.keys() - project.icons.get("services", {}).keys():
        yield f"action {name} has no icon"


def _entity_icons(project: Project) -> Iterator[tuple[str, dict[str, Any]]]:
    for platform, entities in project.icons.get("entity", {}).items():
        for key, icon in entities.items():
            yield f"entity.{platform}.{key}", icon if isinstance(icon, dict) else {}


def _leaves(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if not isinstance(node, dict):
        yield path, node
        return
    for key, value in node.items():
        yield from _leaves(value, f"{path}.{key}" if path else key)
