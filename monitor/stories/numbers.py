"""Numbers as news writes them, in figures of any script and in words, so that "kills 10" and "kills fifty" differ.

A number is one word: "#" and its value. "1,200", "1.200", "1 200" written with a narrow blank, "twelve hundred" and
"۱۲۰۰" are all "#1200". Words for one that are articles too ("un", "ein", "一") count as no number.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from monitor.text.fold import tokenize

_FIGURES = re.compile(r"\d{1,30}(?:[.,\u066b\u066c'’\u00a0\u202f]\d{1,30}){0,8}")
_GROUPS = re.compile(r"\d+")
_POINT = "q"  # "5.6" is written "5q6" on its way through the tokeniser, which splits at points
_FIGURE = re.compile(rf"(\d{{1,30}})(?:{_POINT}(\d{{1,30}}))?(\D{{0,4}})", re.ASCII)
_SCALE_SUFFIXES = {"k": 1e3, "m": 1e6, "mn": 1e6, "mio": 1e6, "bn": 1e9, "mrd": 1e9, "tn": 1e12}
_THOUSANDS = 3  # digits a group
_LONGEST = 40  # characters

# -- the words ---------------------------------------------------------------------------------------------------------

_UNITS = {
    "en": "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty",
    "en ordinals": "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
    "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth",
    "de": "- zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn "
    "achtzehn neunzehn zwanzig",
    "fr": "- deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit "
    "dix-neuf vingt",
    "es": "- dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete "
    "dieciocho diecinueve veinte",
    "it": "- due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici "
    "diciassette diciotto diciannove venti",
    "pt": "- dois três quatro cinco seis sete oito nove dez onze doze treze catorze quinze dezesseis dezessete dezoito "
    "dezenove vinte",
    "ru": "один два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать тринадцать четырнадцать "
    "пятнадцать шестнадцать семнадцать восемнадцать девятнадцать двадцать",
    "ru genitive": "одного двух трёх четырёх пяти шести семи восьми девяти десяти одиннадцати двенадцати тринадцати "
    "четырнадцати пятнадцати шестнадцати семнадцати восемнадцати девятнадцати двадцати",
    "uk": "- два три чотири п’ять шість сім вісім дев’ять десять одинадцять дванадцять тринадцять чотирнадцять "
    "п’ятнадцять шістнадцять сімнадцять вісімнадцять дев’ятнадцять двадцять",
    "ar": "- اثنان ثلاثة أربعة خمسة ستة سبعة ثمانية تسعة عشرة",
    "ar feminine": "- اثنين ثلاث أربع خمس ست سبع ثماني تسع عشر",
    "zh": "- 二 三 四 五 六 七 八 九",
    "zh measure": "- 两",
}
_TENS = {
    "en": "ten twenty thirty forty fifty sixty seventy eighty ninety",
    "de": "zehn zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
    "fr": "dix vingt trente quarante cinquante soixante",
    "es": "diez veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    "it": "dieci venti trenta quaranta cinquanta sessanta settanta ottanta novanta",
    "pt": "dez vinte trinta quarenta cinquenta sessenta setenta oitenta noventa",
    "ru": "десять двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто",
    "ru genitive": "десяти двадцати тридцати сорока пятидесяти шестидесяти семидесяти восьмидесяти",
    "uk": "десять двадцять тридцять сорок п’ятдесят шістдесят сімдесят вісімдесят дев’яносто",
    "ar": "عشرة عشرون ثلاثون أربعون خمسون ستون سبعون ثمانون تسعون",
    "ar oblique": "عشر عشرين ثلاثين أربعين خمسين ستين سبعين ثمانين تسعين",
}
_SCALES = {
    10: "十",
    100: "hundred hundert cent cientos cien cento сто 百 مئة مائة",
    1_000: "thousand tausend mille mil mila тысяча тысячи тысяч тыс тисяч 千 ألف آلاف",
    10_000: "万 萬",
    1_000_000: "million millions mio millionen millón millones milione milioni milhões миллион миллиона миллионов млн "
    "мільйон мільйонів مليون ملايين",
    100_000_000: "亿 億",
    1_000_000_000: "billion billions bn milliarde milliarden milliard milliards mrd miliardo миллиард миллиарда "
    "миллиардов млрд مليار",
    1_000_000_000_000: "trillion billionen billón триллион триллиона триллионов трлн",
}
_RUSSIAN_ORDINALS = """
перв втор трет четверт пят шест седьм восьм девят десят одиннадцат двенадцат тринадцат четырнадцат пятнадцат шестнадцат
семнадцат восемнадцат девятнадцат двадцат
"""
_RUSSIAN_ENDINGS = ("ый", "ой", "ий", "ого", "ому", "ым", "ом", "ая", "ую", "ое", "ые", "ых", "ье", "ья")
_GERMAN_ORDINALS = """
erste zweite dritte vierte fünfte sechste siebte achte neunte zehnte elfte zwölfte dreizehnte vierzehnte fünfzehnte
sechzehnte siebzehnte achtzehnte neunzehnte zwanzigste
"""


def _fold(word: str) -> str:
    return "".join(tokenize(word).words)


def _word_values() -> Iterator[tuple[str, int]]:
    for words in _UNITS.values():
        yield from ((word, value) for value, word in enumerate(words.split(), 1) if word != "-")
    for words in _TENS.values():
        yield from ((word, 10 * value) for value, word in enumerate(words.split(), 1))
    for value, stem in enumerate(_RUSSIAN_ORDINALS.split(), 1):
        yield from ((stem + ending, value) for ending in _RUSSIAN_ENDINGS)
    for value, word in enumerate(_GERMAN_ORDINALS.split(), 1):
        yield from ((word + ending, value) for ending in ("", "n", "r", "s", "m"))
    units = ["ein", *_UNITS["de"].split()[1:9]]
    for tens, ten in enumerate(_TENS["de"].split()[1:], 2):
        yield from ((f"{unit}und{ten}", 10 * tens + value) for value, unit in enumerate(units, 1))


_VALUES = {_fold(word): value for word, value in _word_values()}
_SCALE_VALUES = {_fold(word): scale for scale, words in _SCALES.items() for word in words.split()}
_WORDS = _VALUES.keys() | _SCALE_VALUES.keys()
_LEAST_SCALE_OF_ITS_OWN = 1_000

# -- reading -----------------------------------------------------------------------------------------------------------


def join_figures(text: str) -> str:
    """Write each number in figures as one word that the tokeniser leaves whole; everything else stays as it is."""
    return _FIGURES.sub(_one_word, text)


def _one_word(found: re.Match[str]) -> str:
    figures = found[0]
    if not figures.isascii():
        figures = "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in figures)
    first, *groups = _GROUPS.findall(figures)
    if not groups:
        return str(first)
    if all(len(group) == _THOUSANDS for group in groups) and len(first) <= _THOUSANDS and first != "0":
        return "".join((first, *groups))
    if len(groups) == 1:
        return f"{first}{_POINT}{groups[0]}"
    return " ".join((first, *groups))  # a date, a version, a list


def read_numbers(words: list[str]) -> list[str]:
    """Replace the numbers among folded words by "#" and their value; a number of several words becomes one."""
    if _WORDS.isdisjoint(words) and not any(word[0].isdecimal() for word in words):
        return words
    return [*_read(words)]


def _read(words: Iterable[str]) -> Iterator[str]:
    number = _Number()
    for word in words:
        if (value := _VALUES.get(word)) is not None:
            if not number.add(value):
                yield number.end()
                number.add(value)
        elif (scale := _SCALE_VALUES.get(word)) is not None:
            number.scale(scale)
        else:
            if number.begun:
                yield number.end()
            if not word[0].isdecimal():
                yield word
            elif figure := _FIGURE.fullmatch(word):
                number.set(figure)
            else:
                yield f"#{word[:_LONGEST]}"  # "737max": a name as likely as a number, and as telling
    if number.begun:
        yield number.end()


class _Number:
    """A number in the making: thousands and more, hundreds and tens, and a unit that a scale may yet follow."""

    __slots__ = ("_high", "_low", "_unit", "begun")

    def __init__(self) -> None:
        self.begun = False
        self._high = self._low = self._unit = 0.0

    def set(self, figure: re.Match[str]) -> None:
        """Begin with a number in figures; nothing but a scale may follow."""
        whole, fraction, suffix = figure.groups()
        self.begun = True
        self._unit = float(f"{whole}.{fraction or 0}") * _SCALE_SUFFIXES.get(suffix, 1)

    def add(self, value: int) -> bool:
        """Go on with a number word, or say that it begins another number."""
        room = 10 if value < 10 else 100  # noqa: PLR2004 - a unit may follow tens, tens may follow hundreds
        if self._unit or self._low % room:
            return False
        self.begun = True
        if value < 10:  # noqa: PLR2004
            self._unit = value
        else:
            self._low += value
        return True

    def scale(self, scale: int) -> None:
        """Multiply what came before: only the unit by hundreds, all below it by thousands and more."""
        self.begun = True
        if scale < _LEAST_SCALE_OF_ITS_OWN:
            self._low += (self._unit or 1) * scale
        else:
            self._high += (self._low + self._unit or 1) * scale
            self._low = 0
        self._unit = 0

    def end(self) -> str:
        """Return the number, and be ready for the next."""
        value = self._high + self._low + self._unit
        self.begun = False
        self._high = self._low = self._unit = 0.0
        return f"#{value:.12g}"
