"""The rules of scripts/validate.py: one function each, collected by `rule`."""

from . import (
    brand,
    code_keys,
    files,
    flow_keys,
    hacs,
    icons,
    internals,
    languages,
    manifest,
    quality,
    sentences,
    services,
    terms,
    translations,
)
from .project import Project
from .rules import RULES, Finding, findings

__all__ = [
    "RULES",
    "Finding",
    "Project",
    "brand",
    "code_keys",
    "files",
    "findings",
    "flow_keys",
    "hacs",
    "icons",
    "internals",
    "languages",
    "manifest",
    "quality",
    "sentences",
    "services",
    "terms",
    "translations",
]
