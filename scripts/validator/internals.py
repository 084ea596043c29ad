"""What is used of Home Assistant's inner life: it stands in one module, where a test looks at it."""

import ast
from collections.abc import Iterator

from .project import Project
from .rules import rule
from .words import words

_FILE = "home_assistant_internals.py"

_OPEN = words("""
    homeassistant.components.binary_sensor.const homeassistant.components.recorder.history
    homeassistant.components.recorder.models homeassistant.components.recorder.statistics
    """)
"""Modules inside a component of Home Assistant that other integrations are meant to import."""
_INSIDE = {
    "homeassistant.components.energy": words("data helpers sensor validate websocket_api"),
    "homeassistant.components.recorder": words("core db_schema migration purge queries table_managers tasks util"),
}
"""Modules that can be imported from a component as if they were names of it."""
_CLOSED = words("""
    DATA_INSTANCE DATA_RECORDER async_adjust_statistics async_db_ready async_get_commit_future deleted_entities
    queue_task _async_write_data _async_handle_write_data _reconfigure_subentry_id
    """)
"""Names of the inner life that look like others."""


@rule(_FILE)
def inner_life_is_used_in_one_module(project: Project) -> Iterator[str]:
    """Check that no other file imports, calls or overrides what Home Assistant keeps to itself."""
    for path, tree in project.source.trees.items():
        if str(path) == _FILE:
            continue
        for node in ast.walk(tree):
            for name in _used(node):
                yield f"{path} uses {name}, which is Home Assistant's own: that belongs into {_FILE}"


def _used(node: ast.AST) -> Iterator[str]:
    """Give what a node uses of the inner life."""
    match node:
        case ast.Import(names=names):
            yield from (alias.name for alias in names if _is_inside(alias.name))
        case ast.ImportFrom(module=str(module), names=names, level=0) if module.startswith("homeassistant"):
            inside = _INSIDE.get(module, set())
            for alias in names:
                if _is_inside(module) or alias.name in inside or alias.name in _CLOSED or alias.name.startswith("_"):
                    yield f"{module}.{alias.name}"
        case ast.Attribute(attr=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            if name in _CLOSED:
                yield name


def _is_inside(module: str) -> bool:
    """Return whether a module lies inside a component, and is none that is open to others."""
    return module.startswith("homeassistant.components.") and module.count(".") > 2 and module not in _OPEN
