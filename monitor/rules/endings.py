"""Decline Russian and Ukrainian names: the forms in which a text may hold a name that a list has in the nominative.

Five cases are made: genitive, dative, accusative, instrumental, prepositional (locative). Which table of endings a word
follows is told by how it ends; a word that fits none, such as Шойгу or Ткаченко in Russian, stays as it is. Endings
cannot tell a woman's surname from a man's where both end in a consonant, so a person reviews what is proposed.

Source: the paradigms of Zaliznyak's grammatical dictionary (Russian) and of the 2019 orthography (Ukrainian).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from monitor.rules.romanise import is_ukrainian

_Table = Sequence[tuple[str, int, str]]
# What a word ends with, how many letters of that are dropped, and the endings of the five cases; the first that fits.
_RUSSIAN: _Table = (
    # adjectives: Зеленский, Грозный, Толстой; Зеленская
    (r"[гкх]ий", 2, "ого ому ого им ом"),
    (r"[жшчщн]ий", 2, "его ему его им ем"),
    (r"ый", 2, "ого ому ого ым ом"),
    (r"[кх]ой", 2, "ого ому ого им ом"),
    (r"[дтвн]ой", 2, "ого ому ого ым ом"),
    (r"[жшчщ]ая", 2, "ей ей ую ей ей"),
    (r"ая", 2, "ой ой ую ой ой"),
    # surnames in -ов, -ин: nouns with one adjective's ending; Захарова, Путина
    (r"(?:[оеё]в|[иы]н)", 0, "а у а ым е"),
    (r"(?:[оеё]в|[иы]н)а", 1, "ой ой у ой ой"),
    # nouns: Мария, Илья, Кучма, Никита; Дмитрий, Сергей, Игорь, Гоголь
    (r"ия", 1, "и и ю ей и"),
    (r"[ьйи]?я", 1, "и е ю ей е"),
    (r"[жшчщц]а", 1, "и е у ей е"),
    (r"[гкх]а", 1, "и е у ой е"),
    (r"[бвдзлмнпрстф]а", 1, "ы е у ой е"),
    (r"ий", 1, "я ю я ем и"),
    (r"[аеоуэюя]й", 1, "я ю я ем е"),
    (r"ь", 1, "я ю я ем е"),
    # consonants: Лукашевич, Кравчук; -их, -ых stay
    (r"[иы]х", 0, ""),
    (r"[жшчщц]", 0, "а у а ем е"),
    (r"[бвгдзклмнпрстфх]", 0, "а у а ом е"),
)
_UKRAINIAN: _Table = (
    (r"[оеєї]в|[иії]н", 0, "а у а им і"),
    (r"(?:[оеєї]в|[иії]н)а", 1, "ої ій у ою ій"),
    (r"[сцз]ька", 1, "ої ій у ою ій"),
    (r"ій", 1, "я ю я єм ї"),
    (r"[иы]й", 2, "ого ому ого им ому"),
    (r"ія", 1, "ї ї ю єю ї"),
    (r"[жшчщц]а", 1, "і і у ею і"),
    (r"[бвгґдзклмнпрстфх]а", 1, "и і у ою і"),
    (r"я", 1, "і і ю ею і"),
    (r"[бвгґдзклмнпрстфх]о", 1, "а у а ом ові"),
    (r"[аеоу]й", 1, "я ю я єм ї"),
    (r"ь", 1, "я ю я ем еві"),
    (r"[жшчщц]", 0, "а у а ем еві"),
    (r"[бвгґдзклмнпрстфх]", 0, "а у а ом ові"),
)
# Given names whose stem changes.
_STEMS = {"павел": "павл", "пётр": "петр", "лев": "льв"}
_CASES = 5
_PARTICLES = {"аль", "эль", "ибн", "бин", "ван", "фон", "де", "ль"}
# Men whose given names end like women's; after another name in -а or -я, what ends in a consonant or -о stays.
_MEN = {"никита", "илья", "фома", "лука", "кузьма", "савва", "микола", "микита", "ілля", "данила", "сава", "хома"}


def decline(name: str) -> list[str]:
    """Return the forms of a Cyrillic name other than itself, each once, in the order of the cases; all its words bend.

    A name with a Ukrainian letter, or -ськ, -цьк, is declined as Ukrainian.
    """
    table = _UKRAINIAN if is_ukrainian(name) else _RUSSIAN
    words = re.split(r"(\w+)", name)
    given = words[1].lower() if len(words) > 3 else ""  # noqa: PLR2004 - the given name, with what stands around it
    if given.endswith(("а", "я")) and given not in _MEN:
        table = [(pattern, dropped, endings) for pattern, dropped, endings in table if pattern.endswith(("а", "я"))]
    forms = [[_cased(form, like=word) for form in _forms(word, table)] for word in words]
    phrases = ("".join(bent) for bent in zip(*forms, strict=True))
    return [phrase for phrase in dict.fromkeys(phrases) if phrase != name]


def _forms(word: str, table: _Table) -> list[str]:
    """Decline one word, in small letters; what does not bend is the same in all cases."""
    small = word.lower()
    if small in _STEMS:
        return [_STEMS[small] + ending for ending in ("а", "у", "а", "ом", "е")]
    if small in _PARTICLES:
        return [small] * _CASES
    for pattern, dropped, endings in table:
        if re.search(rf"(?:{pattern})$", small) and len(small) > dropped + 1:
            stem = small[: len(small) - dropped]
            return [stem + ending for ending in endings.split()] or [small] * _CASES
    return [small] * _CASES


def _cased(form: str, *, like: str) -> str:
    if like[:1].islower():
        return form
    return form.upper() if len(like) > 1 and like.isupper() else form[:1].upper() + form[1:]
