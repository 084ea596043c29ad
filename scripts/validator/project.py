"""The repository as the rules see it: each file read once, an absent or broken one as nothing."""

from functools import cached_property
import json
from pathlib import Path
import tomllib
from typing import Any

import yaml  # type: ignore[import-untyped]

from .source import Source

DOMAIN = "solar_cloud"


class DuplicateKeyError(ValueError):
    """A JSON object says the same key twice; the second would win in silence."""


class Project:
    """One repository with one integration."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.integration = root / "custom_components" / DOMAIN

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """manifest.json."""
        return self._object(self.integration / "manifest.json")

    @cached_property
    def hacs(self) -> dict[str, Any]:
        """hacs.json."""
        return self._object(self.root / "hacs.json")

    @cached_property
    def translations(self) -> dict[str, Any]:
        """translations/en.json."""
        return self._object(self.integration / "translations" / "en.json")

    @cached_property
    def languages(self) -> dict[str, dict[str, Any]]:
        """The other files of translations/ by language; a broken one is left out."""
        files = sorted((self.integration / "translations").glob("*.json"))
        found = {path.stem: self._object(path) for path in files if path.stem != "en"}
        return {language: texts for language, texts in found.items() if texts}

    @cached_property
    def terms(self) -> list[dict[str, str]]:
        """The names of Home Assistant's menus in each language, from scripts/validator/terms.toml."""
        return [dict(term) for term in self._toml("terms.toml").get("menu", [])]

    @cached_property
    def same(self) -> dict[str, dict[str, str]]:
        """What stays as in English, by language or for `all`: text or key, and why."""
        return {language: dict(entries) for language, entries in self._toml("same_in_languages.toml").items()}

    @cached_property
    def icons(self) -> dict[str, Any]:
        """icons.json."""
        return self._object(self.integration / "icons.json")

    @cached_property
    def services(self) -> dict[str, Any]:
        """services.yaml."""
        return self._mapping(self.integration / "services.yaml")

    @cached_property
    def quality_scale(self) -> dict[str, Any]:
        """The rules of quality_scale.yaml."""
        rules = self._mapping(self.integration / "quality_scale.yaml").get("rules")
        return rules if isinstance(rules, dict) else {}

    @cached_property
    def source(self) -> Source:
        """The integration's Python files."""
        return Source(self.integration)

    def has(self, name: str) -> bool:
        """Tell whether the integration has a file or folder of that name."""
        return (self.integration / name).exists()

    @staticmethod
    def _object(path: Path) -> dict[str, Any]:
        try:
            content = read_json(path)
        except OSError, ValueError:
            return {}  # files.json_files_parse tells
        return content if isinstance(content, dict) else {}

    def _toml(self, name: str) -> dict[str, Any]:
        """Return a file of the validator's own; nothing where it is missing, for a project without languages."""
        path = self.root / "scripts" / "validator" / name
        return tomllib.loads(path.read_text("utf-8")) if path.is_file() else {}

    @staticmethod
    def _mapping(path: Path) -> dict[str, Any]:
        try:
            content = yaml.safe_load(path.read_text("utf-8"))
        except OSError, ValueError, yaml.YAMLError:
            return {}  # files.yaml_files_parse tells
        return content if isinstance(content, dict) else {}


def read_json(path: Path) -> Any:
    """Return a JSON file's content; raises OSError, ValueError, DuplicateKeyError."""
    return json.loads(path.read_text("utf-8"), object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise DuplicateKeyError(f"key {next(key for key in keys if keys.count(key) > 1)!r} appears twice")
    return found
