"""services.yaml, against the code that registers actions and the texts that describe them."""

from collections.abc import Iterator

from .project import DOMAIN, Project
from .rules import rule
from .source import called_name

_FILE = "services.yaml"
_ACTION_KEYS = {"target", "fields"}
_FIELD_KEYS = {"required", "example", "default", "selector", "advanced", "filter", "collapsed", "fields"}


@rule(_FILE)
def registered_actions_are_described(project: Project) -> Iterator[str]:
    """Check that each action that the code registers is described."""
    for _, call in project.source.files_with_calls:
        if called_name(call) != "async_register" or len(call.args) < 2:
            continue
        if project.source.text(call.args[0]) == DOMAIN:
            name = project.source.text(call.args[1])
            if name is not None and name not in project.services:
                yield f"action {name} is registered but not described"


@rule(_FILE)
def described_actions_are_registered(project: Project) -> Iterator[str]:
    """Check that each action that is described is in the code: else it would be shown and fail."""
    for name in project.services:
        if not project.source.mentions(name):
            yield f"action {name} is described but not in the code"


@rule(_FILE)
def action_keys(project: Project) -> Iterator[str]:
    """Check that each field has a selector, and that texts are left to en.json."""
    for name, action in project.services.items():
        if action is None:
            continue
        if not isinstance(action, dict):
            yield f"{name} is no mapping"
            continue
        for key in action.keys() - _ACTION_KEYS:
            yield f"{name}: unknown key {key}"
        for field, content in (action.get("fields") or {}).items():
            if not isinstance(content, dict) or not ("selector" in content or "fields" in content):
                yield f"{name}: field {field} has no selector"
                continue
            for key in content.keys() - _FIELD_KEYS:
                yield f"{name}: field {field} has the unknown key {key}"


@rule(_FILE)
def actions_are_translated(project: Project) -> Iterator[str]:
    """Check that every action and field has a name and a description, and none has them without being there."""
    texts = project.translations.get("services", {})
    for name, action in project.services.items():
        text = texts.get(name, {})
        yield from (f"{name} has no {key} in en.json" for key in ("name", "description") if not text.get(key))
        fields = (action or {}).get("fields") or {}
        for field in fields.keys() - text.get("fields", {}).keys():
            yield f"{name}: field {field} has no text in en.json"
        for field in text.get("fields", {}).keys() - fields.keys():
            yield f"{name}: en.json describes the field {field}, which does not exist"
    for name in texts.keys() - project.services.keys():
        yield f"en.json describes the action {name}, which does not exist"
