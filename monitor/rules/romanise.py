"""Write a Russian or Ukrainian name in Latin letters, as the press of several languages does.

One table: a letter a line, a way of writing a column. What depends on a letter's neighbours is replaced before, by a
few patterns a column. The columns follow BGN/PCGN 1947 and what English papers make of it, ISO 9:1995 without its signs
for the hard and soft sign, and the usage of French, German (Duden), Polish (PWN) and Spanish papers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

WAYS: Mapping[str, tuple[str, ...]] = {
    "en": ("bgn", "press"),
    "iso": ("iso",),
    "fr": ("french",),
    "de": ("german",),
    "pl": ("polish",),
    "es": ("spanish",),
}
"""The ways of writing, by the language of the paper; `iso` is what libraries use."""

_TABLE = """
    bgn   press iso french german polish spanish
а   a     a     a   a      a      a      a
б   b     b     b   b      b      b      b
в   v     v     v   v      w      w      v
г   g     g     g   g      g      g      g
д   d     d     d   d      d      d      d
е   e     e     e   e      e      e      e
ё   yo    yo    ë   io     jo     jo     io
ж   zh    zh    ž   j      sch    ż      zh
з   z     z     z   z      s      z      z
и   i     i     i   i      i      i      i
й   y     i     j   ï      i      j      i
к   k     k     k   k      k      k      k
л   l     l     l   l      l      ł      l
м   m     m     m   m      m      m      m
н   n     n     n   n      n      n      n
о   o     o     o   o      o      o      o
п   p     p     p   p      p      p      p
р   r     r     r   r      r      r      r
с   s     s     s   s      s      s      s
т   t     t     t   t      t      t      t
у   u     u     u   ou     u      u      u
ф   f     f     f   f      f      f      f
х   kh    kh    h   kh     ch     ch     j
ц   ts    ts    c   ts     z      c      ts
ч   ch    ch    č   tch    tsch   cz     ch
ш   sh    sh    š   ch     sch    sz     sh
щ   shch  shch  ŝ   chtch  schtsch szcz  shch
ъ   -     -     -   -      -      -      -
ы   y     y     y   y      y      y      y
ь   -     -     -   -      -      -      -
э   e     e     è   e      e      e      e
ю   yu    yu    û   iou    ju     ju     yu
я   ya    ya    â   ia     ja     ja     ya
є   ye    ie    ê   ie     je     je     ye
і   i     i     ì   i      i      i      i
ї   yi    i     ï   ï      ji     ji     yi
ґ   g     g     g̀   g      g      g      g
"""

_SOFT = "еёиіїєюяь"
_VOWELS = "аеёиоуыэюяєіїьъ"
_BETWEEN = r"(?<=[аеёиоуыэюя])с(?=[аеёиоуыэюя])"
# By way of writing: patterns over Cyrillic small letters, and the Latin letters they become.
_NEIGHBOURS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "bgn": ((rf"(?:\b|(?<=[{_VOWELS}]))е", "ye"),),
    "press": ((r"[иы]й\b", "y"), (r"\bе", "ye")),
    "french": ((r"[иыі]й\b", "i"), (_BETWEEN, "ss"), (rf"г(?=[{_SOFT}])", "gu"), (r"(?<=и)н\b", "ne"), (r"\bе", "ie")),
    "german": (
        (r"(?<=ьк)ый\b", "yj"),
        (r"[иы]й\b", "i"),
        (_BETWEEN, "ss"),
        (rf"(?:\b|(?<=[{_VOWELS}]))е", "je"),
        (r"кс", "x"),
    ),
    "polish": (
        (r"(?<=ьк)ый\b", "i"),
        (r"(?<=к)ий\b", "i"),
        (r"[иы]й\b", "y"),
        (rf"л(?=[{_SOFT}])", "l"),
        (rf"(?:\b|(?<=[{_VOWELS}]))е", "je"),
        (r"(?<=[бвгкмнпрстфхдз])е", "ie"),
        (r"(?<=[шжчцщр])и", "y"),
    ),
    "spanish": ((r"[иыі]й\b", "i"), (rf"г(?=[{_SOFT}])", "gu"), (r"\bе", "ye")),
}
_UKRAINIAN = re.compile("[іїєґ]|[сц]ьк", re.IGNORECASE)
# Ukrainian letters as the Russian ones that sound alike; ISO 9 goes by the letter, whatever it sounds like.
_AS_RUSSIAN = str.maketrans({"г": "h", "и": "ы", "е": "э"})


def _columns() -> dict[str, dict[int, str]]:
    header, *lines = (line.split() for line in _TABLE.strip("\n").split("\n"))
    return {
        way: {ord(line[0]): "" if line[number] == "-" else line[number] for line in lines}
        for number, way in enumerate(header, 1)
    }


_COLUMNS = _columns()


def is_cyrillic(text: str) -> bool:
    """Say whether a name is written in the letters this module reads."""
    letters = [letter for letter in text.lower() if letter.isalpha()]
    return bool(letters) and all(ord(letter) in _COLUMNS["bgn"] for letter in letters)


def is_ukrainian(name: str) -> bool:
    """Say whether a Cyrillic name is spelt in a way that only Ukrainian is."""
    return bool(_UKRAINIAN.search(name))


def romanise(name: str, languages: Iterable[str] = tuple(WAYS)) -> list[str]:
    """Write a Cyrillic name in the ways of these languages (keys of `WAYS`), each spelling once, in their order."""
    ways = (way for language in languages for way in WAYS[language])
    return list(dict.fromkeys(_written(name, way) for way in ways))


def _written(name: str, way: str) -> str:
    sounds = _AS_RUSSIAN if way != "iso" and is_ukrainian(name) else {}
    joined = name.replace("’", "").replace("'", "").replace("ʼ", "")  # an apostrophe is a hard sign in Ukrainian
    return re.sub(r"\w+", lambda word: _cased(_spelt(word[0].lower().translate(sounds), way), like=word[0]), joined)


def _spelt(word: str, way: str) -> str:
    for pattern, latin in _NEIGHBOURS.get(way, ()):
        word = re.sub(pattern, latin, word)
    return word.translate(_COLUMNS[way])


def _cased(latin: str, *, like: str) -> str:
    if like[0].islower():
        return latin
    return latin.upper() if len(like) > 1 and like.isupper() else latin[:1].upper() + latin[1:]
