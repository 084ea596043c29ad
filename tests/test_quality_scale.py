"""quality_scale.yaml is true: what it names as its proof is there. What no other test looks at is looked at here."""

import ast
from pathlib import Path
import re
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
INTEGRATION = ROOT / "custom_components" / "solar_cloud"
RULES: dict[str, dict[str, Any]] = yaml.safe_load((INTEGRATION / "quality_scale.yaml").read_text("utf-8"))["rules"]
PROOF = re.compile(r"(?P<file>(?:tests|scripts|docs)/[\w./-]*\w|README\.md)(?:::(?P<test>\w+))?")
PLATFORMS = sorted(INTEGRATION / f"{name}.py" for name in ("binary_sensor", "button", "event", "sensor"))


def trees() -> dict[Path, ast.Module]:
    """Return the syntax of each file of the integration."""
    return {path: ast.parse(path.read_text("utf-8")) for path in sorted(INTEGRATION.rglob("*.py"))}


@pytest.mark.parametrize("rule", sorted(RULES))
def test_a_rule_that_is_done_names_what_shows_it(rule: str) -> None:
    found = list(PROOF.finditer(RULES[rule]["comment"]))
    assert found or RULES[rule]["status"] == "exempt"
    for proof in found:
        path = ROOT / proof["file"]
        assert path.is_file(), proof["file"]
        assert not proof["test"] or f"def {proof['test']}(" in path.read_text("utf-8"), proof[0]


@pytest.mark.parametrize("platform", PLATFORMS, ids=lambda path: path.stem)
def test_every_platform_says_how_many_updates_it_takes_at_once(platform: Path) -> None:
    assert re.search(r"^PARALLEL_UPDATES = \d$", platform.read_text("utf-8"), re.MULTILINE)


def test_there_is_no_platform_that_is_not_looked_at() -> None:
    from custom_components.solar_cloud import PLATFORMS as SET_UP

    assert [path.stem for path in PLATFORMS] == sorted(SET_UP)


def test_every_entity_has_a_name_of_its_own() -> None:
    """The two bases say so for all entities that follow a coordinator; there are no others."""
    named, bases = set[str](), dict[str, set[str]]()
    for tree in trees().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                bases[node.name] = {ast.unparse(base).partition("[")[0] for base in node.bases}
                if any(ast.unparse(line) == "_attr_has_entity_name = True" for line in node.body):
                    named.add(node.name)

    def is_named(name: str) -> bool:
        return name in named or any(is_named(base) for base in bases.get(name, ()))

    entities = {name for name, of in bases.items() if "CoordinatorEntity" in of or of & named}
    assert entities
    assert [name for name in sorted(entities) if not is_named(name)] == []


def test_no_session_but_home_assistants_own_is_used() -> None:
    made = [
        f"{path.name}:{node.lineno}"
        for path, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).endswith(("ClientSession", "async_create_clientsession"))
    ]
    assert made == []
    assert "async_get_clientsession(hass)" in (INTEGRATION / "account" / "clients.py").read_text("utf-8")
