"""The integration's Python code as trees: which strings are in it, and how they are used."""

import ast
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
import re

_HOME_ASSISTANT_CONSTANT = re.compile(r"^CONF_[A-Z_]+$")


class Source:
    """All Python files below one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def trees(self) -> dict[Path, ast.Module]:
        """Each file's syntax tree, by its path relative to the folder."""
        files = sorted(self._folder.rglob("*.py")) if self._folder.is_dir() else []
        return {path.relative_to(self._folder): ast.parse(path.read_text("utf-8"), str(path)) for path in files}

    @cached_property
    def constants(self) -> dict[str, str]:
        """The module-level names that stand for one string, in all files together."""
        found = {}
        for tree in self.trees.values():
            for node in tree.body:
                name, value = _assignment(node)
                if name and isinstance(value, ast.Constant) and isinstance(value.value, str):
                    found[name] = value.value
        return found

    @cached_property
    def strings(self) -> set[str]:
        """Every string constant in the code."""
        return {
            node.value
            for tree in self.trees.values()
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }

    @cached_property
    def _patterns(self) -> list[re.Pattern[str]]:
        """The f-strings that could make a key: letters, digits and underscores around the gaps."""
        found = []
        for tree in self.trees.values():
            for node in ast.walk(tree):
                if isinstance(node, ast.JoinedStr):
                    texts = [part.value if isinstance(part, ast.Constant) else None for part in node.values]
                    fixed = "".join(text for text in texts if isinstance(text, str))
                    if re.fullmatch(r"[a-z0-9_]*[a-z0-9]{2}[a-z0-9_]*", fixed):
                        gaps = [re.escape(text) if isinstance(text, str) else "[a-z0-9_]+" for text in texts]
                        found.append(re.compile("".join(gaps)))
        return found

    @property
    def files_with_calls(self) -> Iterator[tuple[Path, ast.Call]]:
        """Every call, with the file that it is in."""
        for path, tree in self.trees.items():
            for node in ast.walk(tree):
                if isinstance(node, ast.Call):
                    yield path, node

    def mentions(self, key: str) -> bool:
        """Return whether the code has this string, or an f-string that can become it."""
        return key in self.strings or any(pattern.fullmatch(key) for pattern in self._patterns)

    def text(self, node: ast.expr | None) -> str | None:
        """Return the string that an expression surely is: a constant, or a name that stands for one."""
        match node:
            case ast.Constant(value=str(value)):
                return value
            case ast.Name(id=name) | ast.Attribute(attr=name):
                return self.constants.get(name) or _home_assistant_constant(name)
        return None


def called_name(call: ast.Call) -> str:
    """Return the last part of what is called: async_abort for self.async_abort(…)."""
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def argument(call: ast.Call, name: str) -> ast.expr | None:
    """Return a keyword argument of a call."""
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def literal_keys(node: ast.expr | None) -> set[str] | None:
    """Return the keys of a dictionary literal; None when they cannot be seen here."""
    if not isinstance(node, ast.Dict):
        return None
    keys = [key.value if isinstance(key, ast.Constant) else None for key in node.keys]
    return {str(key) for key in keys} if all(isinstance(key, str) for key in keys) else None


def _assignment(node: ast.stmt) -> tuple[str | None, ast.expr | None]:
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return name, value
        case ast.AnnAssign(target=ast.Name(id=name), value=value):
            return name, value
    return None, None


def _home_assistant_constant(name: str) -> str | None:
    """Return what a CONF_ name of Home Assistant stands for: the name itself in small letters, by its convention."""
    return name.removeprefix("CONF_").lower() if _HOME_ASSISTANT_CONSTANT.match(name) else None
