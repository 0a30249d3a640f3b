"""Make words comparable: tokenise and fold a text once, and know where each word stood.

A word is a run of letters, digits and their marks. Everything else separates: blanks, every hyphen and dash,
apostrophes, underscores, punctuation, symbols; so "military-to-military" and "military to military" are the same three
words. What only shapes a word's display (soft hyphen, joiners, variation selectors) is neither: it vanishes inside
words. A possessive 's belongs to no word. Scripts that write without spaces give one word per character, so that a name
is found inside a sentence, as a phrase.

Folding takes away compatibility forms, case, accents, Hebrew and Arabic points and the Arabic tatweel. It keeps what
makes another letter: the dakuten of kana, nuktas, viramas, the vowel and tone signs of Indic scripts and Thai.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect
from collections.abc import Callable, Iterable
from itertools import accumulate, chain, count
from operator import add
from typing import final

# -- the classes of characters, as pieces of regular expressions ------------------------------------------------------

# Modifier letters that stand for an apostrophe in Ukrainian, in romanised Arabic and Hebrew, and in Russian soft signs.
# U+0374 is the same character as U+02B9 to Unicode.
_APOSTROPHES = "\u02b9-\u02bf\u0374"
# Invisible and without meaning for the word they stand in.
_JOINERS = "\xad\u061c\u180e\u200c-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
_HAN_AND_KANA = (
    "\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303c\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9d\U0001aff0-\U0001b16f\U00020000-\U0003ffff"
)


def _ranges(blocks: Iterable[tuple[int, int]], belongs: Callable[[str], bool]) -> str:
    """Write the characters of these blocks that belong as ranges for a character class."""
    ranges: list[list[int]] = []
    for first, last in blocks:
        for code in range(first, last + 1):
            if not belongs(chr(code)):
                continue
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)


_THAI_LAO_KHMER_MYANMAR = _ranges(
    ((0xE01, 0xEFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0xA9E0, 0xA9FF), (0xAA60, 0xAA7F)), str.isalnum
)
_UNSPACED = _HAN_AND_KANA + _THAI_LAO_KHMER_MYANMAR
_MARKS = _ranges(
    ((0x300, 0x30FF), (0xA600, 0xABFF), (0xFB00, 0xFFFF), (0x10000, 0x1FFFF), (0xE0100, 0xE01EF)),
    lambda char: unicodedata.category(char)[0] == "M" or char in "\uff9e\uff9f",  # half-width (han)dakuten
)
_LETTER = rf"[^\W_\uff9e\uff9f{_APOSTROPHES}{_UNSPACED}]"
_INSIDE = f"[{_MARKS}{_JOINERS}]"
# The look-aheads settle most places by one cheap comparison: the classes are long.
_WORD = re.compile(f"(?![\0-/])(?:{_LETTER}+(?:(?![\0-\x7f]){_INSIDE}+{_LETTER}*)*|[{_UNSPACED}]{_INSIDE}*)")

_POSSESSIVE = re.compile(rf"'[sS](?<=[^\W_]..|{_INSIDE}..)(?![{_JOINERS}]*(?:[^\W_]|[{_MARKS}]))", re.DOTALL)

# -- one character ----------------------------------------------------------------------------------------------------

# Letters that Unicode does not take apart, and readers do.
_ALIKE = str.maketrans({
    "ı": "i", "ø": "o", "ł": "l", "đ": "d", "ħ": "h", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th",
    "ٱ": "ا", "ى": "ي", "ی": "ي", "ک": "ك",
})  # fmt: skip
# Joiners, the Arabic tatweel, and selectors of a character's look.
_INVISIBLE = re.compile(f"[{_JOINERS}\u0640\u034f\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_SEPARATOR = re.compile(rf"[^\w{_MARKS}]|[_{_APOSTROPHES}]")


def _is_ornament(char: str) -> bool:
    place = unicodedata.combining(char)  # Unicode's canonical combining class
    points = 10 <= place <= 35  # noqa: PLR2004 - the classes of Hebrew and Arabic points
    accents = 200 <= place <= 240  # noqa: PLR2004 - the classes of what stands above, below and around a letter
    return points or accents or unicodedata.category(char) == "Me" or bool(_INVISIBLE.match(char))


def _bare(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not _is_ornament(char))


class _Characters(dict[int, str]):
    """Folded characters by code point, filled as they are met: a table for `str.translate`."""

    def __missing__(self, code: int) -> str:
        folded = _bare(_bare(chr(code)).casefold()).translate(_ALIKE)
        if _SEPARATOR.search(folded):
            folded = f" {folded} "  # "2½" is 2 1 2, not 21 2
        self[code] = folded
        return folded


# Sara am stays whole: its compatibility form would lose the nikhahit that tells นำ from นา.
_CHARACTERS = _Characters({0xE33: "\u0e33", 0xEB3: "\u0eb3"})

# -- one token --------------------------------------------------------------------------------------------------------


class _Folds(dict[str, tuple[str, ...]]):
    """Folded words by token, filled as they are met and bounded: most tokens are one word, some none or several."""

    _MOST = 65_536
    _LONGEST = 64

    def __missing__(self, token: str) -> tuple[str, ...]:
        words = tuple(_WORD.findall(unicodedata.normalize("NFC", token.translate(_CHARACTERS))))
        if len(token) <= self._LONGEST:
            if len(self) >= self._MOST:
                self.clear()
            self[token] = words
        return words


_FOLDS = _Folds()

# -- a text -----------------------------------------------------------------------------------------------------------

_ASCII = b"".join(bytes([code]).lower() if bytes([code]).isalnum() else b" " for code in range(256))
_GAP = re.compile("  +")
# What makes most English text leave ASCII, and never stands in a word. One character for one: offsets stay.
_TYPOGRAPHIC = tuple((char, plain) for plain, chars in (("'", "’‘ʼ＇"), (" ", "“”«»„–—‑…\xa0")) for char in chars)


@final
class Tokens:
    """A text's folded words in order, each with its place in the text as it was given; for one thread."""

    __slots__ = ("_ends", "_folded", "_gaps", "_shifts", "_spaced", "_starts", "words")

    def __init__(self, words: list[str], spaced: str) -> None:
        self.words = words
        self._spaced = spaced  # as long as the original, and each token at its place
        self._folded = ""
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._gaps: list[int] = []
        self._shifts: list[int] = []

    @property
    def folded(self) -> str:
        """All words between single blanks."""
        self._folded = self._folded or " ".join(self.words)
        return self._folded

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Return the bounds in the text of the words from number `first` to number `last`, both included."""
        if not self._ends:
            self._place()
        if not self._spaced.isascii():
            return self._starts[first], self._ends[last]
        return self.bounds(self._ends[first] - len(self.words[first]), self._ends[last])

    def bounds(self, start: int, end: int) -> tuple[int, int]:
        """Return the bounds in the text of the words that stand from `start` to `end` in the folded text."""
        if not self._spaced.isascii():
            first = self.folded.count(" ", 0, start)
            return self.span(first, first + self.folded.count(" ", start, end))
        words, moved = self.folded[start:end], len(self._spaced) - len(self.folded)
        at = self._spaced.find(words, start)
        if at <= start + moved and self._stand_once(words, start, max(0, at - moved), at):  # as most do
            return at, at + end - start
        if not self._gaps:
            self._measure()
        shift, after = (self._shifts[bisect(self._gaps, at) - 1] for at in (start, end - 1))
        return start + shift, end + after

    def _stand_once(self, words: str, start: int, first: int, last: int) -> bool:
        """Say whether these words begin in that part of the folded text, at `start` and nowhere else."""
        find = self.folded.find
        return find(words, first) == start <= last and find(words, start + 1, last + len(words)) < 0

    def _place(self) -> None:
        """Find all words: few texts are asked for places, and nobody else pays for it."""
        if self._spaced.isascii():  # where they stand in the folded text
            self._ends = [*map(add, accumulate(map(len, self.words)), count())]
        else:  # words that come of one token have one place
            found = [token for token in _WORD.finditer(self._spaced) for _ in _FOLDS[token[0]]]
            self._starts = [token.start() for token in found]
            self._ends = [token.end() for token in found]

    def _measure(self) -> None:
        """Find out how far the words behind each gap have moved: in ASCII all are as long as they were."""
        self._gaps, self._shifts, shift = [0], [0], 0
        for gap in _GAP.finditer(f" {self._spaced}"):
            shift += gap.end() - gap.start() - 1
            self._gaps.append(gap.end() - 1 - shift)
            self._shifts.append(shift)


def tokenize(text: str) -> Tokens:
    """Split any text into folded words, in linear time.

    A character that folds into several words ("½") gives them all one span.
    """
    spaced = text
    for char, plain in _TYPOGRAPHIC:
        if spaced.isascii():
            break
        spaced = spaced.replace(char, plain)
    if "'" in spaced:
        spaced = _POSSESSIVE.sub("  ", spaced)
    if spaced.isascii():
        spaced = spaced.encode().translate(_ASCII).decode()  # bytes are translated at three times the speed
        return Tokens(spaced.split(), spaced)
    words = chain.from_iterable(map(_FOLDS.__getitem__, _WORD.findall(spaced)))
    return Tokens([*words], spaced)
