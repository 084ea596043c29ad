"""Which packages Home Assistant would install while it starts: none, when requirements/demo.txt is complete."""

import ast
from collections.abc import Iterable, Iterator
from functools import cache
import json
from pathlib import Path
from typing import Any

from homeassistant import auth, bootstrap, components
from homeassistant.util.package import is_installed

# What Home Assistant's bootstrap lists, but only sets up when the configuration names it.
_ONLY_WHEN_NAMED = {"sentry", "debugpy", "zeroconf"}


def missing_requirements(integrations: Iterable[str]) -> dict[str, str]:
    """Return each requirement that is not installed in this environment, with what asks for it.

    integrations are the domains in the configuration; those that Home Assistant always sets up are added. Like
    Home Assistant itself this follows dependencies and after_dependencies.
    """
    wanted = dict(_auth_requirements())
    for domain in _closure({*integrations, *_always_set_up()}):
        for requirement in _manifest(domain).get("requirements", []):
            wanted.setdefault(requirement, domain)
    return {requirement: by for requirement, by in sorted(wanted.items()) if not is_installed(requirement)}


def _always_set_up() -> set[str]:
    stages = set().union(*(domains for _, domains, _ in bootstrap.STAGE_0_INTEGRATIONS))
    return {*bootstrap.CORE_INTEGRATIONS, *bootstrap.DEFAULT_INTEGRATIONS, *stages} - _ONLY_WHEN_NAMED


def _closure(domains: set[str]) -> set[str]:
    seen: set[str] = set()
    todo = list(domains)
    while todo:
        if (domain := todo.pop()) not in seen:
            seen.add(domain)
            manifest = _manifest(domain)
            todo += manifest.get("dependencies", []) + manifest.get("after_dependencies", [])
    return seen


@cache
def _manifest(domain: str) -> dict[str, Any]:
    path = Path(components.__path__[0]) / domain / "manifest.json"
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}


def _auth_requirements() -> Iterator[tuple[str, str]]:
    """Give what the second-factor modules need: these name it in a constant, and have no manifest."""
    for path in sorted((Path(auth.__path__[0]) / "mfa_modules").glob("*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "REQUIREMENTS":
                for requirement in ast.literal_eval(node.value):
                    yield requirement, f"auth.mfa_modules.{path.stem}"
