"""hacs.json, as the HACS action and Home Assistant's Marketplace read it."""

from collections.abc import Iterator

from awesomeversion import AwesomeVersion, AwesomeVersionException, AwesomeVersionStrategy

from .project import DOMAIN, Project
from .rules import rule

_FILE = "hacs.json"
_TYPES: dict[str, type | tuple[type, ...]] = {
    "name": str,
    "homeassistant": str,
    "hacs": str,
    "filename": str,
    "persistent_directory": str,
    "country": (str, list),
    "content_in_root": bool,
    "zip_release": bool,
    "hide_default_branch": bool,
    "render_readme": bool,
}


@rule(_FILE)
def known_hacs_keys(project: Project) -> Iterator[str]:
    """Check that hacs.json has only keys that the action knows, of the types that the Marketplace takes."""
    for key, value in project.hacs.items():
        if key not in _TYPES:
            yield f"unknown key {key}"
        elif not isinstance(value, _TYPES[key]):
            yield f"{key} has the wrong type: {value!r}"


@rule(_FILE)
def hacs_name(project: Project) -> Iterator[str]:
    """Check that there is a name, the same as in the manifest."""
    if not project.hacs:
        return
    name = project.hacs.get("name")
    if not name:
        yield "name is missing"
    elif name != project.manifest.get("name", name):
        yield f"name {name!r} differs from the manifest's {project.manifest['name']!r}"


@rule(_FILE)
def hacs_minimum_version(project: Project) -> Iterator[str]:
    """Check that the oldest supported Home Assistant is named."""
    if not project.hacs:
        return
    version = project.hacs.get("homeassistant")
    if not version:
        yield "homeassistant, the oldest supported version, is missing"
        return
    try:
        AwesomeVersion(str(version), ensure_strategy=[AwesomeVersionStrategy.CALVER])
    except AwesomeVersionException:
        yield f"homeassistant is no version of it: {version!r}"


@rule(_FILE)
def hacs_zip_release(project: Project) -> Iterator[str]:
    """Check that a zipped release names the zip, after the domain."""
    filename = project.hacs.get("filename")
    if project.hacs.get("zip_release") and not filename:
        yield "zip_release needs filename"
    if filename and filename != f"{DOMAIN}.zip":
        yield f"filename should be {DOMAIN}.zip: {filename!r}"
