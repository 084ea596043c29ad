"""Secrets are taken out of what a cloud says, because its words end up in logs and on pages.

A secret is found in any case of its letters, url-encoded or escaped as in JSON, in base64, and in pieces: whatever has
twelve characters of it in a row.
"""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
import re
from types import MappingProxyType
from typing import Any, Self

HIDDEN = "**"
PIECE = 12
"""Characters of a secret that may appear by chance are fewer."""
LONGEST = 4096
"""Characters that are kept of a text that is written in escapes; no name or message is longer."""
DEEPEST = 5
"""How deep the texts of an error lie at most; every known one lies higher."""

_BLOCK = PIECE // 2
"""A text is looked at in steps of so many characters: a whole step lies in every piece."""
_LEAST_ENCODED = 8
"""Characters; what is shorter looks like any word in base64."""
_ESCAPED = re.compile(r"(?:%|\\x|\\u00)([0-9a-f]{2})|&#x([0-9a-f]{2});|\\([/+=&\"\\\\])", re.ASCII)
_LEVELS = 3
"""How often a text may be encoded on top of being encoded."""


@dataclass(frozen=True, slots=True)
class _Written:
    """The ways in which one secret may be written, and what each piece of one of them has in it."""

    forms: tuple[str, ...]
    blocks: frozenset[str]

    @classmethod
    def of(cls, secret: str) -> Self:
        """Work out the forms; takes a millisecond for a token."""
        forms = tuple(dict.fromkeys(_lower(form) for form in _encoded(secret)))
        long = (form for form in forms if len(form) >= PIECE)
        return cls(forms, frozenset(form[at : at + _BLOCK] for form in long for at in range(len(form) - _BLOCK + 1)))


class Secrets:
    """What must not leave: the secrets of one request, in every way in which they may be written."""

    def __init__(self, secrets: Iterable[str], written: Mapping[str, _Written] = MappingProxyType({})) -> None:
        """Take the secrets, and what is known of them; the rest is worked out when a text is looked at."""
        self.given = tuple(dict.fromkeys(secret for secret in secrets if secret))
        self.written = written
        """How some of the secrets may be written."""
        self._forms: tuple[str, ...] | None = None
        self._short: tuple[str, ...] = ()
        self._blocks: frozenset[str] = frozenset()

    def with_more(self, secrets: Iterable[str], most: int) -> Secrets:
        """Return these and other secrets; of more than `most` the ones that were given first are left out."""
        new = tuple(secrets)
        given = tuple(secret for secret in self.given if secret not in new) + tuple(filter(None, new))
        return self if set(given) == set(self.given) else Secrets(given[-most:], self.written)

    def scrub(self, text: str, *, short: bool = True) -> str:
        """Return a text without the secrets; without `short` those of fewer than twelve characters stay.

        They would be found in ids and numbers by chance.
        """
        if not short and len(text) < PIECE:
            return text
        if is_escaped := _is_escaped(text):
            text = text[:LONGEST]
        found = self._found(_lower(text), short=short)
        for plain, places in _decoded(text) if is_escaped else ():
            found += [(places[first][0], places[last - 1][1]) for first, last in self._found(plain, short=short)]
        parts, end = [], 0
        for first, last in _joined(found):
            parts += [text[end:first], HIDDEN]
            end = last
        return "".join([*parts, text[end:]]) if parts else text

    def _found(self, plain: str, *, short: bool) -> list[tuple[int, int]]:
        return [*self._pieces(plain), *(self._whole(plain) if short else ())]

    def scrubbed(self, answer: Any, depth: int | None = None, *, short: bool = True) -> Any:
        """Return JSON without secrets in its texts and names, as deep as is said, else all of it.

        Raises `RecursionError` for what is nested too deeply to be read.
        """
        if isinstance(answer, str):
            return self.scrub(answer, short=short)
        if depth == 0:
            return answer
        deeper = None if depth is None else depth - 1
        if isinstance(answer, list):
            return [self.scrubbed(item, deeper, short=short) for item in answer]
        if isinstance(answer, dict):
            return {
                self.scrub(key, short=short): self.scrubbed(item, deeper, short=short) for key, item in answer.items()
            }
        return answer

    def may_be_in(self, text: str) -> bool:
        """Return whether a text has to be looked at in full; takes a few milliseconds for a quarter of a megabyte."""
        self._prepared()
        return _is_escaped(text) or self._has_block(_lower(text))

    def _has_block(self, plain: str) -> bool:
        return not self._blocks.isdisjoint([plain[at : at + _BLOCK] for at in range(0, len(plain), _BLOCK)])

    def _pieces(self, plain: str) -> Iterable[tuple[int, int]]:
        """Yield where twelve or more characters of a secret stand in a decoded text."""
        forms, blocks = self._prepared(), self._blocks
        if not self._has_block(plain):
            return
        done = 0
        for at in range(0, len(plain) - _BLOCK + 1, _BLOCK):
            if at < done or plain[at : at + _BLOCK] not in blocks:
                continue
            for first in range(max(0, at - _BLOCK + 1), min(at, len(plain) - PIECE) + 1):
                if last := _end_of_piece(plain, first, forms):
                    yield first, last
                    # Another piece may begin within the last characters of this one.
                    done = last - PIECE
                    break

    def _whole(self, plain: str) -> Iterable[tuple[int, int]]:
        """Yield where a secret, or a form of it, stands that is too short to have pieces."""
        self._prepared()
        for form in self._short:
            at = plain.find(form)
            while at >= 0:
                yield at, at + len(form)
                at = plain.find(form, at + 1)

    def _prepared(self) -> tuple[str, ...]:
        if self._forms is None:
            self.written = {secret: self.written.get(secret) or _Written.of(secret) for secret in self.given}
            forms = dict.fromkeys(form for written in self.written.values() for form in written.forms)
            self._short = tuple(form for form in forms if len(form) < PIECE)
            self._forms = tuple(form for form in forms if len(form) >= PIECE)
            self._blocks = frozenset().union(*(written.blocks for written in self.written.values()))
        return self._forms


def _encoded(secret: str) -> Iterable[str]:
    """Yield a secret as it is, and as it stands within something that was encoded with base64."""
    # Percent signs are decoded one byte after the other.
    data = secret.encode(errors="surrogatepass")
    yield from (secret, data.decode("latin-1"))
    if len(data) < _LEAST_ENCODED:
        return
    for before in range(3):
        # A character at the end that it shares with the bytes beside it depends on them.
        begin, end = (0, 2, 3)[before], (before + len(data)) * 8 // 6
        text = b64encode(b"\0" * before + data).decode()[begin:end]
        yield from (text, text.replace("+", "-").replace("/", "_"))


def _lower(text: str) -> str:
    """Return a text in lower case, every character in its place."""
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(character.lower()[0] for character in text)


def _is_escaped(text: str) -> bool:
    """Return whether a text has escapes; they are rare, and looking for them is slow."""
    return ("%" in text or "\\" in text or "&#" in text) and _ESCAPED.search(_lower(text)) is not None


def _decoded(text: str) -> Iterable[tuple[str, list[tuple[int, int]]]]:
    """Yield a text in lower case with its escapes replaced, once and again, and where each of its characters stood."""
    plain = _lower(text)
    places = [(at, at + 1) for at in range(len(plain))]
    for _ in range(_LEVELS):
        parts: list[str] = []
        moved: list[tuple[int, int]] = []
        end = 0
        for escape in _ESCAPED.finditer(plain):
            start, stop = escape.span()
            code = escape[1] or escape[2]
            parts += [plain[end:start], _lower(chr(int(code, 16))) if code else escape[3]]
            moved += [*places[end:start], (places[start][0], places[stop - 1][1])]
            end = stop
        if not parts:
            return
        plain, places = "".join([*parts, plain[end:]]), [*moved, *places[end:]]
        yield plain, places


def _end_of_piece(plain: str, first: int, forms: Iterable[str]) -> int:
    """Return where a piece of a form that begins in a text ends; 0: there is none."""
    piece, last = plain[first : first + PIECE], 0
    for form in forms:
        if (at := form.find(piece)) >= 0:
            length = PIECE
            while plain[first + length : first + length + 1] == form[at + length : at + length + 1] != "":
                length += 1
            last = max(last, first + length)
    return last


def _joined(found: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the spans in order, those that touch each other as one."""
    joined: list[tuple[int, int]] = []
    for first, last in sorted(found):
        if joined and first <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(last, joined[-1][1])
        else:
            joined.append((first, last))
    return joined
