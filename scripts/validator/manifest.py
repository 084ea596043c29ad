"""manifest.json, as hassfest and HACS want it of a custom integration."""

import ast
from collections.abc import Iterator
import re
from urllib.parse import urlsplit

from awesomeversion import AwesomeVersion, AwesomeVersionException, AwesomeVersionStrategy

from .project import DOMAIN, Project
from .rules import rule
from .translations import PLATFORMS
from .words import words

_FILE = "manifest.json"
_REQUIRED = ("domain", "name", "codeowners", "documentation", "iot_class", "issue_tracker", "version")
_OPTIONAL = {
    "after_dependencies",
    "bluetooth",
    "config_flow",
    "dependencies",
    "dhcp",
    "disabled",
    "homekit",
    "import_executor",
    "integration_type",
    "loggers",
    "mqtt",
    "quality_scale",
    "requirements",
    "single_config_entry",
    "ssdp",
    "usb",
    "zeroconf",
}
_IOT_CLASSES = {"assumed_state", "calculated", "cloud_polling", "cloud_push", "local_polling", "local_push"}
_TYPES = {"device", "entity", "hardware", "helper", "hub", "service", "system", "virtual"}
_SCALES = ("bronze", "silver", "gold", "platinum", "custom", "no_score", "internal", "legacy")
_NEEDS_OWNER = {"silver", "gold", "platinum"}
_VERSIONS = [
    AwesomeVersionStrategy.CALVER,
    AwesomeVersionStrategy.SEMVER,
    AwesomeVersionStrategy.SIMPLEVER,
    AwesomeVersionStrategy.BUILDVER,
    AwesomeVersionStrategy.PEP440,
]
# Components that any integration may import without naming them: entity platforms, and parts of every installation.
_FREE_COMPONENTS = PLATFORMS | words(
    """
    automation device_automation frontend group homeassistant media_source onboarding persistent_notification script
    system_log timer webhook websocket_api zone
    """
)


@rule(_FILE)
def required_manifest_keys(project: Project) -> Iterator[str]:
    """Check that the keys are there that hassfest or HACS insist on."""
    for key in _REQUIRED:
        if project.manifest and not project.manifest.get(key):
            yield f"{key} is missing"


@rule(_FILE)
def known_manifest_keys(project: Project) -> Iterator[str]:
    """Check that there are only keys that hassfest knows."""
    for key in project.manifest:
        if key not in _OPTIONAL and key not in _REQUIRED:
            yield f"unknown key {key}"


@rule(_FILE)
def sorted_manifest_keys(project: Project) -> Iterator[str]:
    """Check that domain and name come first, the others by the alphabet."""
    keys = list(project.manifest)
    first = [key for key in ("domain", "name") if key in keys]
    wanted = first + sorted(key for key in keys if key not in first)
    if keys != wanted:
        yield f"keys must be in this order: {', '.join(wanted)}"


@rule(_FILE)
def manifest_domain(project: Project) -> Iterator[str]:
    """Check that the domain is the folder's name."""
    domain = project.manifest.get("domain", DOMAIN)
    if domain != project.integration.name:
        yield f"domain {domain!r} differs from the folder {project.integration.name!r}"
    if not re.fullmatch(r"[a-z0-9_]+", str(domain)):
        yield f"domain {domain!r} may have small letters, digits and underscores only"


@rule(_FILE)
def manifest_version(project: Project) -> Iterator[str]:
    """Check that Home Assistant can read the version: else it blocks a custom integration."""
    version = project.manifest.get("version")
    if version is None:
        return
    try:
        AwesomeVersion(str(version), ensure_strategy=_VERSIONS)
    except AwesomeVersionException:
        yield f"version {version!r} is none that Home Assistant reads"


@rule(_FILE)
def manifest_addresses(project: Project) -> Iterator[str]:
    """Check that documentation and issue tracker are https, and not Home Assistant's own pages."""
    for key in ("documentation", "issue_tracker"):
        url = project.manifest.get(key)
        if url is None:
            continue
        parts = urlsplit(str(url))
        if parts.scheme != "https" or not parts.hostname:
            yield f"{key} is no https address: {url}"
        elif parts.hostname.endswith("home-assistant.io"):
            yield f"{key} points to Home Assistant's own pages: {url}"


@rule(_FILE)
def manifest_choices(project: Project) -> Iterator[str]:
    """Check that values that come from a list are on it."""
    for key, known in (("iot_class", _IOT_CLASSES), ("integration_type", _TYPES), ("quality_scale", set(_SCALES))):
        value = project.manifest.get(key)
        if value is not None and value not in known:
            yield f"{key} is none of {', '.join(sorted(known))}: {value!r}"


@rule(_FILE)
def manifest_owners(project: Project) -> Iterator[str]:
    """Check that owners are named as on GitHub, and from silver on there is one."""
    owners = project.manifest.get("codeowners", [])
    if not isinstance(owners, list):
        yield "codeowners is no list"
        return
    for owner in owners:
        if not re.fullmatch(r"@[A-Za-z0-9-]+(/[A-Za-z0-9_-]+)?", str(owner)):
            yield f"{owner!r} is no name as @somebody"
    if not owners and project.manifest.get("quality_scale") in _NEEDS_OWNER:
        yield f"quality scale {project.manifest['quality_scale']} needs an owner"


@rule(_FILE)
def manifest_requirements(project: Project) -> Iterator[str]:
    """Check that requirements are pinned, so that everybody runs the same."""
    for requirement in project.manifest.get("requirements", []):
        if not re.fullmatch(r"[A-Za-z0-9._-]+(\[[A-Za-z0-9,_-]+\])?==[0-9][^*,;\s]*", str(requirement)):
            yield f"requirement {requirement!r} is not pinned with =="


@rule(_FILE)
def manifest_config_flow(project: Project) -> Iterator[str]:
    """Check that config_flow tells whether there is a config_flow.py."""
    if project.manifest and bool(project.manifest.get("config_flow")) != project.has("config_flow.py"):
        yield "config_flow and the presence of config_flow.py contradict each other"


@rule(_FILE)
def imported_components_are_dependencies(project: Project) -> Iterator[str]:
    """Check that components whose code is imported are set up before this integration."""
    declared = {*project.manifest.get("dependencies", []), *project.manifest.get("after_dependencies", [])}
    for path, component in sorted(set(_imported_components(project))):
        own = project.has(f"{component}.py") or project.has(component)
        if component not in declared | _FREE_COMPONENTS and not own:
            yield f"{path} imports homeassistant.components.{component}, which is not among the dependencies"


@rule(_FILE)
def dependencies_are_used(project: Project) -> Iterator[str]:
    """Check that each dependency is used: one that is not only slows the start."""
    used = {component for _, component in _imported_components(project)}
    nodes = (node for tree in project.source.trees.values() for node in ast.walk(tree))
    if any(isinstance(node, ast.Attribute) and node.attr == "http" for node in nodes):
        used.add("http")  # Home Assistant's web server is reached as hass.http.
    for component in project.manifest.get("dependencies", []):
        if component not in used and not project.has(f"{component}.py"):
            yield f"dependency {component} is not used"


def _imported_components(project: Project) -> Iterator[tuple[str, str]]:
    """Give file and component for each import of a component."""
    prefix = "homeassistant.components."
    for path, tree in project.source.trees.items():
        for node in ast.walk(tree):
            match node:
                case ast.ImportFrom(module="homeassistant.components", names=names):
                    yield from ((str(path), name.name) for name in names)
                case ast.ImportFrom(module=str(module)) if module.startswith(prefix):
                    yield str(path), module.removeprefix(prefix).split(".")[0]
                case ast.Import(names=names):
                    for name in names:
                        if name.name.startswith(prefix):
                            yield str(path), name.name.removeprefix(prefix).split(".")[0]
