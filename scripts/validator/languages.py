"""The languages beside English: each says what translations/en.json says, text by text."""

from collections import Counter
from collections.abc import Callable, Iterator
import re

from .project import Project
from .rules import rule
from .translations import placeholders_in, texts

_FILE = "translations/*.json"
ALL = "all"
"""Stands for every language in same_in_languages.toml."""

_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
_TARGET = re.compile(r"\]\(([^)\s]*)\)")
_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*", re.DOTALL)
_SLANTED = re.compile(r"\*(?=\S)([^*]+?)(?<=\S)\*")
_ITEM = re.compile(r"^\s*(?:[-+]|\d+\.)\s", re.MULTILINE)
_PLACEHOLDER = re.compile(r"\{[^}]*\}")
_LETTER = re.compile(r"[^\W\d_]")
_MARKS = ".:?!…"
_BEHIND_THE_MARK = "*_`)]}\"'”“’»« \u00a0"


def pairs(project: Project) -> Iterator[tuple[str, str, str, str]]:
    """Give language, path, the English text and that of the language, for every text that both have."""
    english = dict(texts(project.translations))
    for language, content in project.languages.items():
        for path, text in texts(content):
            if isinstance(own := english.get(path), str) and isinstance(text, str):
                yield language, path, own, text


@rule(_FILE)
def languages_have_the_same_keys(project: Project) -> Iterator[str]:
    """Check that a language has every text of English, no other, and all in the same order."""
    english = [path for path, _ in texts(project.translations)]
    for language, content in project.languages.items():
        own = [path for path, _ in texts(content)]
        missing, unknown = set(english) - set(own), set(own) - set(english)
        yield from (f"{language}: {path} is missing" for path in english if path in missing)
        yield from (f"{language}: {path} is not in English" for path in own if path in unknown)
        if not missing and not unknown:
            moved = next((path for path, there in zip(own, english, strict=True) if path != there), None)
            if moved is not None:
                yield f"{language}: {moved} stands in another place than in English"


@rule(_FILE)
def languages_have_the_same_placeholders(project: Project) -> Iterator[str]:
    """Check that a text leaves open what the English one leaves open."""
    for language, path, english, text in pairs(project):
        own, there = placeholders_in(text), placeholders_in(english)
        if lacking := there - own:
            yield f"{language}: {path} lacks {', '.join(sorted(lacking))}"
        if extra := own - there:
            yield f"{language}: {path} has {', '.join(sorted(extra))}, which nothing fills in"


@rule(_FILE)
def languages_have_the_same_markdown(project: Project) -> Iterator[str]:
    """Check that a text has the links, the code, the emphasis, the lists and the tables of the English one."""
    for language, path, english, text in pairs(project):
        for what, found in _PARTS.items():
            if found(text) != found(english):
                yield f"{language}: {path} has other {what} than in English"
        if "*" in _marked_text(text) and "*" not in _marked_text(english):
            yield f"{language}: {path} has an asterisk that belongs to no other"


@rule(_FILE)
def languages_end_like_english(project: Project) -> Iterator[str]:
    """Check that a text ends as the English one: with a full stop, a colon, a question mark, or nothing."""
    for language, path, english, text in pairs(project):
        if _end(text) != _end(english):
            yield f"{language}: {path} ends with {_end(text) or 'no mark'}, in English with {_end(english) or 'none'}"


@rule(_FILE)
def languages_are_translated(project: Project) -> Iterator[str]:
    """Check that a text is another than in English, but for what same_in_languages.toml gives a reason for."""
    for language, path, english, text in pairs(project):
        allowed = project.same.get(ALL, {}).keys() | project.same.get(language, {}).keys()
        if text == english and _has_words(text) and not {text, path} & allowed:
            yield f"{language}: {path} is English: {text!r}; same_in_languages.toml gives no reason for it"


@rule("same_in_languages.toml")
def reasons_are_needed(project: Project) -> Iterator[str]:
    """Check that a reason for an English text is about one that is still there, and says something."""
    same: dict[str, set[str]] = {language: set() for language in project.languages}
    for language, path, english, text in pairs(project):
        if text == english:
            same[language] |= {path, text}
    for language, reasons in project.same.items():
        there = set().union(*same.values()) if language == ALL else same.get(language)
        for entry, reason in reasons.items():
            if not isinstance(reason, str) or not reason.strip():
                yield f"{language}: {entry!r} has no reason"
            if same and there is not None and entry not in there:
                yield f"{language}: {entry!r} is not needed: nothing that it is about is as in English"


def plain(text: str) -> str:
    """Return a text without its pieces of code."""
    return _CODE.sub("", text)


def emphasised(text: str) -> list[str]:
    """Return what stands between asterisks, single or double."""
    inside = plain(text)
    return _BOLD.findall(inside) + _SLANTED.findall(_BOLD.sub("", inside))


def _marked_text(text: str) -> str:
    """Return what is left of a text without code and without what stands between asterisks."""
    return _SLANTED.sub("", _BOLD.sub("", plain(text)))


def _has_words(text: str) -> bool:
    return _LETTER.search(_PLACEHOLDER.sub("", text)) is not None


def _end(text: str) -> str:
    """Return the mark that a text ends with; none for a letter, a digit or a sign."""
    last = text.rstrip(_BEHIND_THE_MARK)[-1:]
    return last if last in _MARKS else ""


_PARTS: dict[str, Callable[[str], object]] = {
    "links": lambda text: sorted(_TARGET.findall(plain(text))),
    "pieces of code": lambda text: Counter(_CODE.findall(text)),
    "bold words": lambda text: len(_BOLD.findall(plain(text))),
    "slanted words": lambda text: len(_SLANTED.findall(_BOLD.sub("", plain(text)))),
    "items of lists": lambda text: len(_ITEM.findall(plain(text))),
    "tables": lambda text: [line.count("|") for line in plain(text).splitlines() if "|" in line],
}
"""What a text is made of beside its words, and how it is found."""
