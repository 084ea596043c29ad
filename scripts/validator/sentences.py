"""How long the sentences are that people read: README.md, info.md, docs/*.md, docs/development/*.md and en.json."""

from collections.abc import Iterator
import re

from .project import Project
from .rules import rule
from .translations import texts

_TEXTS = "translations/en.json"

MOST_WORDS = 30
"""Of one sentence."""
MOST_WORDS_ON_AVERAGE = 14
"""Of the sentences of all pages together."""
MOST_WORDS_OF_A_TEXT_ON_AVERAGE = 11
"""Of the sentences of all texts in en.json together: a dialog is read in passing."""

_SHOWN = 6
"""So many words of a sentence are enough to find it."""
_PIECE_OF_CODE = "code"
"""Stands for a piece of code within a sentence: it is read as one word."""

_LEFT_OUT = re.compile(
    r"^[ \t]*(?P<fence>```+|~~~+).*?^[ \t]*(?P=fence)[ \t]*$|<!--.*?-->|^[ \t]*\[[^\]]+\]:[ \t]+\S+.*?$",
    re.DOTALL | re.MULTILINE,
)
"""Blocks of code, comments, and the addresses of links that stand by themselves."""
_QUOTE = re.compile(r"^\s*>")
_NO_TEXT = re.compile(r"\||#{1,6}\s|[-*_=]{3,}$|\[!\w+\]$")
"""How the line of a table, a heading, a rule or the kind of a note begins."""
_ITEM = re.compile(r"(?:[-*+]|\d+[.)])\s+")
_CODE = re.compile(r"(?P<ticks>`+)(?P<inside>.+?)(?P=ticks)")
_IMAGE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
_LINK = re.compile(r"\[(?P<text>[^\]]*)\](?:\([^)]*\)|\[[^\]]*\])")
_TAG = re.compile(r"</?[a-zA-Z][^>]*>")
_END = re.compile(r"(?<=[.!?…])[)\"”’*_]*\s+")
_WORD = re.compile(r"\w")


def sentences(page: str) -> list[list[str]]:
    """Return the words of each sentence of a page in Markdown.

    A sentence ends with its full stop, and with its paragraph or item of a list. Tables, headings and blocks of code
    have none.
    """
    return [
        words
        for paragraph in _paragraphs(page)
        for sentence in _END.split(_plain(paragraph))
        if (words := [word for word in sentence.split() if _WORD.search(word)])
    ]


@rule("*.md")
def sentences_are_short(project: Project) -> Iterator[str]:
    """Check that no sentence is too long to be understood at the first reading."""
    for name, page in _pages(project):
        for words in sentences(page):
            if len(words) > MOST_WORDS:
                yield f"{name}: a sentence of {len(words)} words, {MOST_WORDS} at most: {' '.join(words[:_SHOWN])} …"


@rule("*.md")
def sentences_are_short_on_average(project: Project) -> Iterator[str]:
    """Check that the sentences of all pages together are those of a manual."""
    lengths = [len(words) for _, page in _pages(project) for words in sentences(page)]
    if lengths and (mean := sum(lengths) / len(lengths)) > MOST_WORDS_ON_AVERAGE:
        yield f"the sentences of all pages have {mean:.2f} words on average, {MOST_WORDS_ON_AVERAGE} at most"


@rule(_TEXTS)
def sentences_of_texts_are_short(project: Project) -> Iterator[str]:
    """Check that no sentence in en.json is too long to be understood at the first reading."""
    for path, words in _sentences_of_texts(project):
        if len(words) > MOST_WORDS:
            yield f"{path}: a sentence of {len(words)} words, {MOST_WORDS} at most: {' '.join(words[:_SHOWN])} …"


@rule(_TEXTS)
def sentences_of_texts_are_short_on_average(project: Project) -> Iterator[str]:
    """Check that the sentences in en.json together are those of a good dialog."""
    lengths = [len(words) for _, words in _sentences_of_texts(project)]
    most = MOST_WORDS_OF_A_TEXT_ON_AVERAGE
    if lengths and (mean := sum(lengths) / len(lengths)) > most:
        yield f"the sentences of all texts have {mean:.2f} words on average, {most} at most"


def _sentences_of_texts(project: Project) -> Iterator[tuple[str, list[str]]]:
    """Yield the words of each sentence in en.json, with the path of the first text that has it.

    Only a text that ends with a full stop has sentences. The others are names, states, labels, buttons and titles.
    A text that stands in several places counts once. A placeholder is one word.
    """
    first: dict[str, str] = {}
    for path, text in texts(project.translations):
        if isinstance(text, str) and text.endswith("."):
            first.setdefault(text, path)
    for text, path in first.items():
        yield from ((path, words) for words in sentences(text))


def _pages(project: Project) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each page that there is."""
    docs = project.root / "docs"
    of_owners, of_developers = sorted(docs.glob("*.md")), sorted((docs / "development").glob("*.md"))
    for path in (project.root / "README.md", project.root / "info.md", *of_owners, *of_developers):
        if path.is_file():  # files.required_files_exist tells
            yield path.relative_to(project.root).as_posix(), path.read_text("utf-8", errors="replace")


def _paragraphs(page: str) -> Iterator[str]:
    """Yield each paragraph and each item of a list, as one line."""
    lines: list[str] = []
    for line in [*_LEFT_OUT.sub("", page).splitlines(), ""]:
        text = _QUOTE.sub("", line).strip()
        item = _ITEM.match(text)
        nothing = not text or _NO_TEXT.match(text)
        if (item or nothing) and lines:
            yield " ".join(lines)
            lines = []
        if not nothing:
            lines.append(text[item.end() :] if item else text)


def _plain(paragraph: str) -> str:
    """Return a paragraph as it is read: the texts of links, one word for a piece of code, no images and tags."""
    text = _CODE.sub(_PIECE_OF_CODE, paragraph)
    return _TAG.sub("", _LINK.sub(r"\g<text>", _IMAGE.sub("", text)))
