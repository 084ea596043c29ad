"""The validator counts the sentences that people read: between full stops, without tables, headings and code."""

import json
from pathlib import Path
import sys
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from validator import Project, findings
from validator.sentences import sentences

RULES = {
    "sentences_are_short",
    "sentences_are_short_on_average",
    "sentences_of_texts_are_short",
    "sentences_of_texts_are_short_on_average",
}


def words(count: int) -> str:
    """Return a sentence of so many words."""
    return f"{' '.join(['word'] * count)}."


def complaints(root: Path) -> list[str]:
    """Return what the validator says of the sentences of a folder."""
    return [str(finding) for finding in findings(Project(root)) if finding.rule in RULES]


def write_texts(root: Path, texts: dict[str, Any]) -> None:
    """Write the texts of the owner, en.json."""
    folder = root / "custom_components" / "solar_cloud" / "translations"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "en.json").write_text(json.dumps(texts), "utf-8")


def lengths(page: str) -> list[int]:
    """Return how many words each sentence of a page has."""
    return [len(sentence) for sentence in sentences(page)]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("One two three. Four five!\nSix? Seven", [3, 2, 1, 1]),
        ("A sentence goes on\nin the next line.", [8]),
        ("(In brackets it ends, too.) And goes on.", [5, 3]),
        ("**It is bold.** *And slanted.* Then not.", [3, 2, 2]),
        ("Version 0.1.0 needs 1.5 kWh at docs/status.md now.", [8]),
        ("One half; the other half: all one sentence.", [8]),
        ("Production + import − export – three words.", [5]),
    ],
    ids=["ends", "line", "brackets", "bold", "points", "semicolon", "signs"],
)
def test_a_sentence_ends_with_its_full_stop(page: str, expected: list[int]) -> None:
    assert lengths(page) == expected


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("No full stop here\n\nnor here", [4, 2]),
        ("A list:\n- one two\n  three\n* four\n+ five\n1. six seven\n2) eight", [2, 3, 1, 1, 2, 1]),
        ("- outer one\n  - inner one two", [2, 3]),
        ("> [!NOTE]\n> A note that\n> goes on. Another.\n>\n> And so on", [5, 1, 3]),
        ("Above\n\n---\n\nbelow it", [1, 2]),
    ],
    ids=["paragraph", "list", "inner list", "note", "rule"],
)
def test_a_sentence_ends_with_its_paragraph_or_item(page: str, expected: list[int]) -> None:
    assert lengths(page) == expected


@pytest.mark.parametrize(
    "page",
    [
        "# A heading. Of two sentences.",
        "| a table | of words. And more. |\n| --- | --- |",
        "```sh\nscripts/test and more words. A line.\n\n# no heading\n```",
        "- \n  ```yaml\n  a: list of words. With code.\n  ```",
        "~~~\ncode. More code.\n~~~",
        "<!-- A comment.\n\nOf two paragraphs. -->",
        "![A picture of words.](docs/images/icon.png)",
        '<p align="center"><img src="a.png" alt="A picture."></p>',
        "[home]: https://example.com/a-page",
        "",
    ],
    ids=["heading", "table", "code", "inner code", "tildes", "comment", "picture", "tags", "address", "nothing"],
)
def test_what_is_no_sentence_has_none(page: str) -> None:
    assert lengths(f"Before it.\n\n{page}\n\nAfter it all.") == [2, 3]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("Run `scripts/test -m slow. And more` now.", ["Run", "code", "now."]),
        ("Run ``a ` tick`` now.", ["Run", "code", "now."]),
        ("See [the long page](docs/a.md).", ["See", "the", "long", "page."]),
        ("See [`a.md`](docs/a%20b.md#c) and [it][home].", ["See", "code", "and", "it."]),
        ("[![Badge](https://a.b/c.svg)](https://a.b) It works.", ["It", "works."]),
        ("Press <kbd>A key</kbd>.", ["Press", "A", "key."]),
    ],
    ids=["code", "ticks", "link", "links", "badge", "tags"],
)
def test_a_sentence_has_the_words_that_are_read(page: str, expected: list[str]) -> None:
    assert [word for sentence in sentences(page) for word in sentence] == expected


@pytest.mark.parametrize("name", ["README.md", "info.md", "docs/page.md", "docs/development/page.md"])
def test_a_sentence_above_thirty_words_is_named_with_its_page_and_first_words(tmp_path: Path, name: str) -> None:
    (tmp_path / "docs" / "development").mkdir(parents=True)
    (tmp_path / name).write_text(f"Short. {words(30)} The first words of it are {words(25)} {'Short. ' * 10}", "utf-8")

    assert complaints(tmp_path) == [
        f"*.md: {name}: a sentence of 31 words, 30 at most: The first words of it are … [sentences_are_short]"
    ]


def test_each_sentence_that_is_too_long_is_a_complaint(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(f"{words(31)} {words(40)} {'Short. ' * 10}", "utf-8")

    assert len(complaints(tmp_path)) == 2


def test_the_average_is_that_of_the_sentences_of_all_pages_together(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "README.md").write_text(f"{words(20)} {words(20)}", "utf-8")
    (tmp_path / "docs" / "page.md").write_text(f"{words(2)}\n\n{words(14)}", "utf-8")
    assert complaints(tmp_path) == []

    (tmp_path / "info.md").write_text(words(15), "utf-8")
    assert complaints(tmp_path) == [
        "*.md: the sentences of all pages have 14.20 words on average, 14 at most [sentences_are_short_on_average]"
    ]


def test_a_page_in_another_folder_below_the_docs_is_for_nobody_to_read(tmp_path: Path) -> None:
    (tmp_path / "docs" / "notes").mkdir(parents=True)
    (tmp_path / "docs" / "notes" / "page.md").write_text(words(99), "utf-8")

    assert complaints(tmp_path) == []


def test_a_page_that_is_no_text_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_bytes(b"\xff\xfe One two. Three.")

    assert complaints(tmp_path) == []


def test_a_sentence_of_a_text_above_thirty_words_is_named_with_its_keys(tmp_path: Path) -> None:
    write_texts(tmp_path, {"issues": {"spent": {"description": f"{words(31)}\n\n{'Short. ' * 10}Short."}}})

    assert complaints(tmp_path) == [
        (
            "translations/en.json: issues.spent.description: a sentence of 31 words, 30 at most: "
            "word word word word word word … [sentences_of_texts_are_short]"
        )
    ]


def test_the_sentences_of_texts_have_an_average_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(words(14), "utf-8")
    write_texts(tmp_path, {"a": words(10), "b": {"c": words(12)}})
    assert complaints(tmp_path) == []

    write_texts(tmp_path, {"a": words(10), "b": {"c": words(13)}})
    assert complaints(tmp_path) == [
        (
            "translations/en.json: the sentences of all texts have 11.50 words on average, 11 at most "
            "[sentences_of_texts_are_short_on_average]"
        )
    ]


def test_a_text_in_several_places_counts_once(tmp_path: Path) -> None:
    write_texts(tmp_path, {"a": words(20), "b": words(1), "c": words(1), "d": words(1)})
    assert complaints(tmp_path) == []

    write_texts(tmp_path, {"a": words(20), "b": words(3), "c": words(3), "d": words(3)})
    assert len(complaints(tmp_path)) == 1


@pytest.mark.parametrize("text", [words(40).rstrip("."), f"{words(40)} {{reason}}", f"{words(40).rstrip('.')}?"])
def test_a_text_without_a_full_stop_at_its_end_has_no_sentence(tmp_path: Path, text: str) -> None:
    write_texts(tmp_path, {"a": text})

    assert complaints(tmp_path) == []


def test_a_placeholder_is_one_word_and_so_is_a_piece_of_code() -> None:
    assert lengths("In {hours} hours `a b c` of the [long guide]({guide}) **Set up** ends.") == [11]
