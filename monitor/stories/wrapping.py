"""What agencies and sites wrap around a headline and a text, taken off: it says who tells, not what is told."""

from __future__ import annotations

import re
from typing import NamedTuple

_LONGEST = 1_000  # characters of a title or text that are looked at
_LEAST_LEFT = 3  # words that a title keeps, whatever looks like wrapping

_AGENCIES = (
    r"(?:reuters|associated press|ap|ap news|"
    r"afp|dpa|tass|тасс|ria novosti|риа новости|interfax|интерфакс|xinhua|新华社|"
    r"kyodo|ansa|efe|europa press|pti|ani|ians|bbc|bbc news|cnn|upi|apa|sda|ats|belga|anp|ntb|tt|ritzau|lusa|pap|mti|"
    r"ukrinform|укринформ|anadolu(?: agency)?|aa|irna|sana|spa|wam|yonhap|bloomberg|pa media)"
)
_CORRECTION = re.compile(
    r"\s*[(\[]?(?:correct(?:ion|ed|s)\b(?: \d+)?|clarification|clarifies|rectificatif|correctif|berichtigung|korrektur|"
    r"korrigiert|corrección|corrige|corregid[ao]|fe de erratas|correzione|rettifica|correção|исправление|исправлено|"
    r"поправка|уточнение|уточнення|виправлення|تصحيح|更正|订正|訂正)\s*(?:[-–—:：)\]]+|(?<=corrects)\s|$)\s*",
    re.IGNORECASE,
)
_CORRECTS = re.compile(
    r"\(\s*(?:corrects|this (?:version )?corrects|refiles to correct)\b[^()]{0,200}\)?\s*", re.IGNORECASE
)
_NEWNESS = re.compile(
    r"\s*(?:"
    r"(?:update|wrapup|refile|rpt|repeat|brief|exclusive|insight|factbox|analysis|timeline|lead|newsalert|alert)"
    r"\s*(?:\d+\s*)?[-–—:]\s*|"
    r"[(\[](?:\d+(?:st|nd|rd|th)\s+)?(?:lead|ld|update|updated|exclusive|urgent|roundup|wrap)(?:\s*#?\d+)?[)\]]\s*[-:]?\s*|"
    r"(?:breaking(?: news)?|just in|urgent|developing|latest|the latest|watch|video|live|updated?|news alert|"
    r"eil(?:meldung)?|update|aktualisiert|liveticker|dernière minute|alerte info|en direct|direct|última hora|urgente|"
    r"actualización|ultim'ora|срочно|молния|обновлено|дополнено|терміново|عاجل|快讯|突发|速報)"
    r"\s*(?:[:：|]|[-–—](?=\s))\s*"
    rf"|{_AGENCIES}\s*(?:[:：|]|[-–—](?=\s))\s*"
    r")",
    re.IGNORECASE,
)
_SUFFIX = re.compile(r"\s+(?:[|·•]|[-–—]{1,2}|::|»)\s+(?P<source>[^|·•–—]{2,40}?)\s*$")
_AGENCY_SUFFIX = re.compile(rf"\s*[(\[–—-]\s*{_AGENCIES}\s*[)\]]?\s*$", re.IGNORECASE)
_DATELINE = re.compile(
    r"\s*(?:[^\W\d_][^!?()\n]{1,60}?)?"  # PARIS, May 5
    rf"(?:[(\[]\s*{_AGENCIES}(?:\s*[/,]\s*[\w ]{{2,20}})?\s*[)\]]\s*[-–—:.]*|"
    rf"(?<=\S)\s*/\s*{_AGENCIES}\s*/\s*[-–—.]*)\s*",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"\s*[A-ZА-ЯÄÖÜÉ][A-ZА-ЯÄÖÜÉ .,/-]{2,40}(?:,?\s+[\w.]{2,10}\s+\d{1,2})?\s*(?:\([^)]{2,20}\))?\s+[-–—]{1,2}\s+"
)
_BYLINE = re.compile(
    r"\s*(?:by|von|par|por)\s+(?:[A-ZÄÖÜÉ][\w.’'-]+\s+){1,3}(?:and\s+(?:[A-ZÄÖÜÉ][\w.’'-]+\s+){2,3})?(?=[A-Z—–-])"
)
_TAIL = re.compile(
    r"\s*(?:\(?(?:additional )?reporting by\b|editing by\b|writing by\b|continue reading\b|read more\b|read the full\b|"
    r"the post .{3,200} (?:first )?appeared (?:first )?on\b|lire la suite\b|weiterlesen\b|mehr lesen\b|leer más\b|"
    r"seguir leyendo\b|читать далее\b|подробнее\b|© ?(?:\d{4}|reuters|afp|dpa)).*$",
    re.IGNORECASE | re.DOTALL,
)
_TAIL_WORDS = (
    *("reporting by", "editing by", "writing by", "continue reading", "read more", "read the full", "the post "),
    *("lire la suite", "weiterlesen", "mehr lesen", "leer más", "seguir leyendo", "читать далее", "подробнее", "©"),
)  # of which `_TAIL` has one in any case
_SUFFIX_MARKS = frozenset("([–—-")  # and so the others
_DATELINE_MARKS = frozenset("([/")
_CUT_MARKS = ("…", "...", "[…", "[...")
_AFTER_CUT = " ]»\"”’'\t\n\xa0"


class Unwrapped(NamedTuple):
    """A headline or a text without its wrapping."""

    text: str
    cut: bool  # it ends in "…": more was written, and the last word is gone with it
    corrects: bool  # it says that it corrects what was told before


def unwrap_title(title: str) -> Unwrapped:
    """Take off what stands before a headline ("UPDATE 2-", "BREAKING:", "Correction:") and behind ("- Reuters")."""
    text, corrects = title[:_LONGEST].strip(), False
    for _ in range(4):  # "UPDATE 2-EXCLUSIVE-", "Reuters: Correction:"
        if found := _CORRECTION.match(text):
            corrects = True
        else:
            found = _NEWNESS.match(text)
        if not found or found.end() >= len(text):
            break
        text = text[found.end() :]
    if not _SUFFIX_MARKS.isdisjoint(text):
        text = _AGENCY_SUFFIX.sub("", text) or text
    if (found := _SUFFIX.search(text)) and _names_a_source(text[: found.start()], found["source"], found[0]):
        text = text[: found.start()]
    return _without_cut(text, corrects=corrects)


def unwrap_text(text: str) -> Unwrapped:
    """Take off dateline, byline and what stands behind a text ("Reporting by", "Read more")."""
    text = text[:_LONGEST]
    corrects = bool(_CORRECTION.match(text))
    if "(" in text:
        text, count = _CORRECTS.subn("", text)
        corrects = corrects or count > 0
    folded = text.casefold()
    if any(words in folded for words in _TAIL_WORDS):  # a tenth of what it costs to look for all of it everywhere
        text = _TAIL.sub("", text)
    for wrapping in (_BYLINE, _DATELINE, _PLACE):
        if wrapping is _DATELINE and _DATELINE_MARKS.isdisjoint(text):
            continue
        if found := wrapping.match(text):
            text = text[found.end() :]
    return _without_cut(text, corrects=corrects)


def _without_cut(text: str, *, corrects: bool) -> Unwrapped:
    text = text.rstrip(_AFTER_CUT)
    cut = text.endswith(_CUT_MARKS)
    if cut:  # the last word may be half of one
        text = text.rstrip("[….").rpartition(" ")[0].rstrip()
    return Unwrapped(text, cut=cut, corrects=corrects)


def _names_a_source(rest: str, source: str, written: str) -> bool:
    """Tell "Ships collide off Crete - The Daily Sail" from "Ships collide - two dead"."""
    words = source.split()
    named = all(word[:1].isupper() or word in {"of", "de", "der", "the", "la"} or "." in word[1:-1] for word in words)
    certain = "|" in written or "·" in written or "•" in written
    few = len(words) <= (5 if certain else 4)
    return (named or certain) and few and len(rest.split()) >= _LEAST_LEFT and not any(map(str.isdigit, source))
