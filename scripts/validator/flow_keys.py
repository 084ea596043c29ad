"""The flows' code against their texts in en.json: steps, fields, menus, errors and aborts."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .project import Project
from .rules import rule
from .source import argument, called_name, literal_keys
from .translations import flows, placeholders_in, steps
from .words import words

_FILE = "translations/en.json"
# Steps that Home Assistant calls and that show nothing themselves.
_SILENT_STEPS = {
    "reauth",
    "import",
    "system",
    "oauth_create_entry",
    "creation",
    "sign_in_here",
    "sign_in_again",
    "authorize_rejected",
}
# Texts that Home Assistant has itself.
_SHARED_ABORTS = {"missing_credentials"}
# Aborts that come from Home Assistant's own code, by the call that leads to them.
_ABORTS_OF_CALLS = {
    "_abort_if_unique_id_configured": {"already_configured"},
    "_async_abort_entries_match": {"already_configured"},
    "async_update_and_abort": {"reauth_successful", "reconfigure_successful"},
    "async_update_reload_and_abort": {"reauth_successful", "reconfigure_successful"},
}
# What shows something: the call, its argument with the key of the texts, and where these are.
_SHOWN = (
    ("async_show_form", "step_id", "step"),
    ("async_show_menu", "step_id", "step"),
    ("async_abort", "reason", "abort"),
)
_OAUTH_ABORTS = words(
    """
    already_in_progress authorize_url_timeout missing_configuration missing_credentials no_url_available oauth_error
    oauth_failed oauth_implementation_unavailable oauth_timeout oauth_unauthorized user_rejected_authorize
    """
)


@rule(_FILE)
def flow_steps_have_texts(project: Project) -> Iterator[str]:
    """Check that each step of a flow is described in en.json."""
    for area, flow in _flow_classes(project):
        described = {step for path, texts in _area(project, area) for step in texts.get("step", {})}
        for name in _step_methods(flow):
            if name not in described | _SILENT_STEPS:
                yield f"{area}: step {name} is missing"


@rule(_FILE)
def step_texts_are_used(project: Project) -> Iterator[str]:
    """Check that each step in en.json is a method of a flow."""
    methods: dict[str, set[str]] = {}
    for area, flow in _flow_classes(project):
        methods.setdefault(area, set()).update(_step_methods(flow))
    for path, texts in flows(project):
        for name in texts.get("step", {}).keys() - methods.get(path.split(".")[0], set()) - {"pick_implementation"}:
            yield f"{path}.step.{name}: no flow has such a step"


@rule(_FILE)
def menus_have_texts(project: Project) -> Iterator[str]:
    """Check that each item of a menu has its text, and leads to a step."""
    for area, flow in _flow_classes(project):
        steps_of_flow = {step for other, one in _flow_classes(project) if other == area for step in _step_methods(one)}
        described = {
            item for _, texts in _area(project, area) for step in texts.get("step", {}).values()
            for item in step.get("menu_options", {})
        }  # fmt: skip
        for call in _calls(flow, "async_show_menu"):
            for item in _strings_in(argument(call, "menu_options")):
                if item not in described:
                    yield f"{area}: menu item {item} is missing"
                if item not in steps_of_flow:
                    yield f"{area}: menu item {item} leads to no step"
        yield from (f"{area}: menu item {item} leads to no step" for item in sorted(described - steps_of_flow))


@rule(_FILE)
def menu_titles_name_nothing(project: Project) -> Iterator[str]:
    """Check that no title of a menu has a placeholder: Home Assistant's page does not fill it in."""
    for path, step in steps(project):
        if "menu_options" in step and "{" in step.get("title", ""):
            yield f"{path}.title: a menu's title cannot have a placeholder"


@rule(_FILE)
def fields_have_texts(project: Project) -> Iterator[str]:
    """Check that each field of a form has its label."""
    labels = {label for _, step in steps(project) for label in _labels(step)}
    for field in sorted(_fields(project) - labels):
        yield f"field {field} has no label in any step"


@rule(_FILE)
def labels_belong_to_fields(project: Project) -> Iterator[str]:
    """Check that each label in en.json is a field's."""
    fields = _fields(project)
    for path, step in steps(project):
        yield from (f"{path}: no form has a field {label}" for label in sorted(_labels(step) - fields))


@rule(_FILE)
def flow_placeholders_are_used(project: Project) -> Iterator[str]:
    """Check that what a form, a menu or an abort is given is in its texts, or in those of its errors."""
    found = set()
    for area, flow in _flow_classes(project):
        for name, argument_name, kind in _SHOWN:
            for call in _calls(flow, name):
                key = project.source.text(argument(call, argument_name))
                passed = argument(call, "description_placeholders")
                given = None if passed is None else literal_keys(passed)
                if key is None or given is None:
                    continue  # not to be seen here
                shown = [
                    part for _, one in _area(project, area) for part in (one.get(kind, {}).get(key), one.get("error"))
                ]
                for extra in sorted(given - set().union(*map(placeholders_in, shown))):
                    found.add(f"{area}: {kind} {key} is given {extra}, which no text of it uses")
    yield from sorted(found)


@rule(_FILE)
def flow_errors_have_texts(project: Project) -> Iterator[str]:
    """Check that each error that a form shows is in en.json."""
    described = {error for _, texts in flows(project) for error in texts.get("error", {})}
    for error in sorted(_errors(project) - described):
        yield f"error {error} is missing"


@rule(_FILE)
def flow_aborts_have_texts(project: Project) -> Iterator[str]:
    """Check that each reason to stop a flow is in en.json."""
    for area, flow in _flow_classes(project):
        described = {reason for _, texts in _area(project, area) for reason in texts.get("abort", {})}
        for reason in sorted(_aborts(project, flow) - described - _SHARED_ABORTS):
            yield f"{area}: abort {reason} is missing"


@rule(_FILE)
def error_and_abort_texts_are_used(project: Project) -> Iterator[str]:
    """Check that each error and abort in en.json can happen."""
    by_home_assistant = _OAUTH_ABORTS | {
        reason for _, flow in _flow_classes(project) for reason in _aborts(project, flow)
    }
    for path, texts in flows(project):
        for kind in ("error", "abort"):
            for key in texts.get(kind, {}):
                if not project.source.mentions(key) and key not in by_home_assistant:
                    yield f"{path}.{kind}.{key} is not in the code"


def _area(project: Project, area: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the texts of the flows of an area: config, options, config_subentries or issues."""
    return ((path, texts) for path, texts in flows(project) if path.split(".")[0] == area)


def _flow_classes(project: Project) -> Iterator[tuple[str, ast.ClassDef]]:
    """Give each class of a flow with the area of its texts; one that flows of several areas share comes with each."""
    classes = [
        node for tree in project.source.trees.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
    ]
    own = {node.name: node for node in classes}
    areas = {node.name: _area_of(node, own) for node in classes}
    for node in classes:
        if (area := areas[node.name]) is not None:
            yield area, node
            for base in sorted(_bases(node)):
                if base in own and areas[base] is None:
                    yield area, own[base]


def _area_of(node: ast.ClassDef, own: dict[str, ast.ClassDef]) -> str | None:
    """Return the area of a flow's texts by what its class, or its base class, is derived from."""
    bases = _bases(node)
    # A flow may be divided into several classes.
    bases |= {name for base in bases if base in own for name in _bases(own[base])}
    if any(base.endswith("SubentryFlow") for base in bases):
        return "config_subentries"
    if any(base.endswith("RepairsFlow") for base in bases):
        return "issues"
    if any("OptionsFlow" in base for base in bases):
        return "options"
    return "config" if any(base.endswith(("ConfigFlow", "OAuth2FlowHandler")) for base in bases) else None


def _bases(node: ast.ClassDef) -> set[str]:
    return {ast.unparse(base).split("[")[0].split(".")[-1] for base in node.bases}


def _flow_trees(project: Project) -> Iterator[tuple[Path, ast.Module]]:
    """Give the files that make forms: those with a flow's class in them, config_flow.py and forms.py."""
    classes = {id(flow) for _, flow in _flow_classes(project)}
    for path, tree in project.source.trees.items():
        if path.name in {"config_flow.py", "forms.py"} or any(id(node) in classes for node in ast.walk(tree)):
            yield path, tree


def _step_methods(flow: ast.ClassDef) -> set[str]:
    prefix = "async_step_"
    return {
        node.name.removeprefix(prefix)
        for node in flow.body
        if isinstance(node, ast.AsyncFunctionDef) and node.name.startswith(prefix)
    }


def _calls(node: ast.AST, name: str) -> Iterator[ast.Call]:
    return (call for call in ast.walk(node) if isinstance(call, ast.Call) and called_name(call) == name)


def _strings_in(node: ast.AST | None) -> list[str]:
    parts = ast.walk(node) if node is not None else ()
    return [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]


def _labels(step: dict[str, Any]) -> set[str]:
    return {*step.get("data", {}), *step.get("sections", {})}


def _fields(project: Project) -> set[str]:
    """Return the names of all fields and sections of all forms."""
    found = set()
    for _, tree in _flow_trees(project):
        for name in ("Required", "Optional", "Secret"):
            found |= {project.source.text(call.args[0]) for call in _calls(tree, name) if call.args}
    return {field for field in found if field is not None}


def _errors(project: Project) -> set[str]:
    """Return the errors in {"base": "…"} and errors["…"] = "…"."""
    found = set()
    for _, tree in _flow_trees(project):
        for node in ast.walk(tree):
            match node:
                case ast.Dict(keys=[ast.Constant(value="base")], values=[ast.Constant(value=str(error))]):
                    found.add(error)
                case ast.Assign(
                    targets=[ast.Subscript(value=ast.Name(id="errors"))], value=ast.Constant(value=str(error))
                ):
                    found.add(error)
    return found


def _aborts(project: Project, flow: ast.ClassDef) -> set[str]:
    """Return the reasons that a flow's own code names, and those that Home Assistant's helpers use."""
    found = {
        reason
        for call in _calls(flow, "async_abort")
        for reason in ([project.source.text(argument(call, "reason"))] if argument(call, "reason") else [])
    }
    for call in _calls(flow, "async_abort"):
        if isinstance(choice := argument(call, "reason"), ast.IfExp):
            found |= {project.source.text(choice.body), project.source.text(choice.orelse)}
    for name, reasons in _ABORTS_OF_CALLS.items():
        calls = list(_calls(flow, name))
        # A reason that is given takes the place of Home Assistant's own.
        found |= {project.source.text(reason) for call in calls if (reason := argument(call, "reason"))}
        if any(argument(call, "reason") is None for call in calls):
            found |= {
                reason
                for reason in reasons
                if f"async_step_{reason.split('_')[0]}" in _names(project, flow) or len(reasons) == 1
            }
    for call in _calls(flow, "_abort_if_unique_id_mismatch"):
        found.add(project.source.text(argument(call, "reason")) or "unique_id_mismatch")
    return {reason for reason in found if reason is not None}


def _names(project: Project, flow: ast.ClassDef) -> set[str]:
    """Return the names of a flow's coroutines, those of the classes that it is divided into among them."""
    parts = [flow, *(one for _, one in _flow_classes(project) if one.name in _bases(flow))]
    return {node.name for part in parts for node in part.body if isinstance(node, ast.AsyncFunctionDef)}
