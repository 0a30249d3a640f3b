"""What is kept of an entry to compare it by: its words as numbers, in order, and little else; under a kilobyte."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TypeAlias
from zlib import crc32

from monitor.model import Entry
from monitor.stories.keys import link_key
from monitor.stories.numbers import join_figures, read_numbers
from monitor.stories.words import CALENDAR_TERMS, TERMS, is_number, pair_unspaced, sounds_serial
from monitor.stories.wrapping import Unwrapped, unwrap_text, unwrap_title
from monitor.text.fold import tokenize

_TITLE = 32  # words
_TEXT = 64
_BODY = 64
_SPELT = 400  # characters
_OLDEST = timedelta(days=4)  # a date further back than this says nothing of when a report came
_LABEL = 4  # words that may stand before a colon and name a series
_ENDS = tuple(".!?:;…-–—|")
_OPENINGS = "\"'“”«„‘([*"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Words: TypeAlias = "array[int]"
"""Terms in the order of their words; see `monitor.stories.words.TERMS`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gist:
    """What an entry says, as far as stories are concerned."""

    entry_id: str
    feed: str
    at: float  # hours since 1970: when it was published, if that is likely, else seen
    words: Words  # title, text, body and names, one after the other: one array takes less room than four
    text_at: int
    body_at: int
    names_at: int
    link: bytes  # key of the canonical link, b"" = none that tells
    lead: int  # how the title begins, its numbers and days aside: what a series repeats
    serial: bool  # the title goes by a name that recurring items have
    corrects: bool
    title_cut: bool
    text_cut: bool

    @property
    def title(self) -> Words:
        """The headline."""
        return self.words[: self.text_at]

    @property
    def text(self) -> Words:
        """The summary, else the beginning of the body."""
        return self.words[self.text_at : self.body_at]

    @property
    def body(self) -> Words:
        """The beginning of the body, where there is a summary too."""
        return self.words[self.body_at : self.names_at]

    @property
    def names(self) -> Words:
        """What is written with a capital within a sentence, each once."""
        return self.words[self.names_at :]

    @property
    def numbers(self) -> frozenset[int]:
        """The numbers of title, text and body."""
        return numbers_in(self.words)


def numbers_in(words: Iterable[int]) -> frozenset[int]:
    """Return the terms that are numbers."""
    return frozenset([term for term in words if term & 1])


def read_gist(entry: Entry) -> Gist:
    """Read an entry for comparing, in bounded time whatever its length."""
    title = unwrap_title(entry.title)
    text = unwrap_text(entry.summary or entry.body)
    body = unwrap_text(entry.body) if entry.summary and entry.body else Unwrapped("", cut=False, corrects=False)
    title_words = _words(title.text)[:_TITLE]
    words = array("I", _terms(title_words))
    words.extend(_terms(_words(text.text)[:_TEXT]))
    body_at = len(words)
    words.extend(_terms(_words(body.text)[:_BODY]))
    names_at = len(words)
    words.extend(sorted({*_names(title.text), *_names(text.text)}))
    return Gist(
        entry_id=entry.id,
        feed=entry.feed,
        at=(_moment(entry) - _EPOCH) / timedelta(hours=1),
        words=words,
        text_at=len(title_words),
        body_at=body_at,
        names_at=names_at,
        link=link_key(entry),
        lead=_lead(title.text, title_words),
        serial=sounds_serial(title_words) or sounds_serial(tokenize(entry.title[:_SPELT]).words),
        corrects=title.corrects or text.corrects,
        title_cut=title.cut,
        text_cut=text.cut,
    )


def _moment(entry: Entry) -> datetime:
    published = entry.published
    return published if published and entry.seen_at - _OLDEST <= published <= entry.seen_at else entry.seen_at


def spellings(entry: Entry) -> dict[int, str]:
    """Return the words of an entry's title and text by their terms, for explanations."""
    words = _words(entry.title[:_SPELT]) + _words((entry.summary or entry.body)[:_SPELT])
    return {TERMS[word]: word.removeprefix("#") for word in words}


def _words(text: str) -> list[str]:
    return pair_unspaced(read_numbers(tokenize(join_figures(text)).words))


def _terms(words: Iterable[str]) -> list[int]:
    return [TERMS[word] for word in words]


def _names(text: str) -> Iterable[int]:
    """Find the words with a capital that no beginning of a sentence explains; in a title all in capitals, none."""
    pieces = [piece.strip(_OPENINGS) for piece in text.split()]
    capital = [piece for before, piece in pairwise(pieces) if piece[:1].isupper() and not before.endswith(_ENDS)]
    if len(capital) * 2 > len(pieces):
        return ()
    return map(TERMS.__getitem__, tokenize(" ".join(capital)).words)


def _lead(title: str, words: list[str]) -> int:
    label, colon, _ = title.partition(":")
    count = label.count(" ") + 1 if colon else 0
    length = count if 0 < count <= _LABEL else 3
    masked = ["#" if is_number(TERMS[word]) or TERMS[word] in CALENDAR_TERMS else word for word in words[:length]]
    return crc32(" ".join(masked).encode("utf-8", "surrogatepass")) if len(words) >= length else 0
