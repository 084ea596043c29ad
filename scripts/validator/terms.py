"""The names between asterisks: those of Home Assistant's menus, and our own, are the ones that the owner sees."""

from collections import defaultdict
from collections.abc import Iterator
import re

from .languages import emphasised, pairs
from .project import Project
from .rules import rule

_ARROW = re.compile(r"\s*(?:→|>)\s*")


def names(text: str) -> list[str]:
    """Return the names between asterisks, each step of a path by itself: *Settings → System → Repairs* has three."""
    return [name.strip() for span in emphasised(text) for name in _ARROW.split(span) if name.strip()]


@rule("translations/*.json")
def names_of_menus_are_home_assistants(project: Project) -> Iterator[str]:
    """Check that what English calls by a menu's name has in a language the name that the menu has there."""
    known = _known_names(project)
    for language, path, english, text in pairs(project):
        own = names(text)
        for name in dict.fromkeys(names(english)):
            wanted = known[language].get(name, set())
            if wanted and not wanted.intersection(own):
                yield f"{language}: {path} speaks of *{name}*, which is called *{'* or *'.join(sorted(wanted))}* there"


@rule("terms.toml")
def terms_are_in_every_language(project: Project) -> Iterator[str]:
    """Check that each name of a menu has a name in every language that there is, and that none stands twice."""
    seen: set[str] = set()
    for term in project.terms:
        for key in ("en", "from", *project.languages):
            if not term.get(key):
                yield f"{term.get('en') or 'a term'} has no {key}"
        if term.get("en", "") in seen:
            yield f"{term['en']} stands twice"
        seen.add(term.get("en", ""))


def _known_names(project: Project) -> dict[str, dict[str, set[str]]]:
    """Return what each language calls an English name: as Home Assistant does, or as our own texts do."""
    found: dict[str, dict[str, set[str]]] = {language: defaultdict(set) for language in project.languages}
    for language, path, english, text in pairs(project):
        if not path.endswith(".description"):
            found[language][english].add(text)
    for term in project.terms:
        for language, called in found.items():
            if "en" in term and language in term:
                called[term["en"]].add(term[language])
    return found
