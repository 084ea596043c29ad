"""Which files there must be, and that they can be read at all."""

from collections.abc import Iterator

import yaml  # type: ignore[import-untyped]

from .project import Project, read_json
from .rules import rule

_REQUIRED = ("hacs.json", "README.md", "LICENSE", "info.md")
_REQUIRED_OF_INTEGRATION = (
    "__init__.py",
    "manifest.json",
    "translations/en.json",
    "icons.json",
    "quality_scale.yaml",
    "brand/icon.png",
)


@rule("repository")
def required_files_exist(project: Project) -> Iterator[str]:
    """Check that the files are there that HACS, hassfest and this project's own standards need."""
    for name in _REQUIRED:
        if not (project.root / name).is_file():
            yield f"{name} is missing"
    for name in _REQUIRED_OF_INTEGRATION:
        if not (project.integration / name).is_file():
            yield f"{(project.integration / name).relative_to(project.root)} is missing"


@rule("custom_components")
def one_integration_only(project: Project) -> Iterator[str]:
    """Check that there is one integration, since HACS takes no more of a repository."""
    folders = [path.name for path in project.integration.parent.glob("*/") if not path.name.startswith(("_", "."))]
    if len(folders) > 1:
        yield f"more than one integration: {', '.join(sorted(folders))}"


@rule("strings.json")
def no_strings_json(project: Project) -> Iterator[str]:
    """Check that no text is where only Home Assistant's own build would find it."""
    if project.has("strings.json"):
        yield "is ignored in a custom integration; its texts belong in translations/en.json"


@rule("*.json")
def json_files_parse(project: Project) -> Iterator[str]:
    """Check that JSON has no syntax errors and no double keys."""
    for path in [project.root / "hacs.json", *sorted(project.integration.rglob("*.json"))]:
        try:
            read_json(path) if path.is_file() else None
        except ValueError as err:
            yield f"{path.relative_to(project.root)}: {err}"


@rule("*.yaml")
def yaml_files_parse(project: Project) -> Iterator[str]:
    """Check that YAML has no syntax errors."""
    for path in sorted(project.integration.rglob("*.yaml")):
        try:
            yaml.safe_load(path.read_text("utf-8"))
        except (ValueError, yaml.YAMLError) as err:
            yield f"{path.relative_to(project.root)}: {' '.join(str(err).split())}"
