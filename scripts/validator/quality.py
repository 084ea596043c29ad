"""quality_scale.yaml: the honest checklist of Home Assistant's integration quality scale, state of late 2026."""

from collections.abc import Iterator
from typing import Any

from .project import Project
from .rules import rule
from .words import words

_FILE = "quality_scale.yaml"

TIERS = {
    "bronze": words("""
        action-setup appropriate-polling brands common-modules config-flow config-flow-test-coverage
        dependency-transparency docs-actions docs-conditions docs-high-level-description docs-installation-instructions
        docs-removal-instructions docs-triggers entity-event-setup entity-unique-id has-entity-name runtime-data
        test-before-configure test-before-setup unique-config-entry
        """),
    "silver": words("""
        action-exceptions config-entry-unloading docs-configuration-parameters docs-installation-parameters
        entity-unavailable integration-owner log-when-unavailable parallel-updates reauthentication-flow test-coverage
        """),
    "gold": words("""
        devices diagnostics discovery discovery-update-info docs-data-update docs-examples docs-known-limitations
        docs-supported-devices docs-supported-functions docs-troubleshooting docs-use-cases dynamic-devices
        entity-category entity-device-class entity-disabled-by-default entity-translations exception-translations
        icon-translations reconfiguration-flow repair-issues stale-devices
        """),
    "platinum": words("async-dependency inject-websession strict-typing"),
}
RULE_NAMES = {name for names in TIERS.values() for name in names}
_STATES = {"done", "todo", "exempt"}


@rule(_FILE)
def every_quality_rule_is_answered(project: Project) -> Iterator[str]:
    """Check that all 54 rules are answered, and no others."""
    if not project.has("quality_scale.yaml"):
        return  # files.required_files_exist tells
    for name in sorted(RULE_NAMES - project.quality_scale.keys()):
        yield f"rule {name} is missing"
    for name in sorted(project.quality_scale.keys() - RULE_NAMES):
        yield f"there is no rule {name}"


@rule(_FILE)
def quality_rule_states(project: Project) -> Iterator[str]:
    """Check that a rule is done, to do, or exempt with a reason."""
    for name, value in project.quality_scale.items():
        state = _state(value)
        if state not in _STATES:
            yield f"{name}: {value!r} is none of done, todo, exempt"
        elif state == "exempt" and not (isinstance(value, dict) and str(value.get("comment") or "").strip()):
            yield f"{name}: exempt needs a comment that says why"
        if isinstance(value, dict) and (unknown := value.keys() - {"status", "comment"}):
            yield f"{name}: unknown keys {', '.join(sorted(unknown))}"


@rule(_FILE)
def claimed_tier_is_reached(project: Project) -> Iterator[str]:
    """Check that the manifest claims no tier whose rules, or a lower tier's, are still to do."""
    claimed = project.manifest.get("quality_scale")
    if claimed not in TIERS or not project.quality_scale:
        return
    for tier, names in TIERS.items():
        for name in names:
            if _state(project.quality_scale.get(name)) == "todo":
                yield f"the manifest claims {claimed}, but {name} ({tier}) is still to do"
        if tier == claimed:
            return


def _state(value: Any) -> Any:
    return value.get("status") if isinstance(value, dict) else value
