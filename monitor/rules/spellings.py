"""The spellings of actors as they stand in the files, and those that could be added."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from monitor.document import Loc
from monitor.errors import Problem
from monitor.rules.cover import Cover
from monitor.rules.endings import decline
from monitor.rules.romanise import WAYS, is_cyrillic, is_ukrainian, romanise
from monitor.rules.term import read_term
from monitor.rules.tree import Term
from monitor.rules.written import Written

LANGUAGES = (*WAYS, "ru", "uk")
"""What can be asked for: the ways of romanising, and the case endings of Russian and of Ukrainian names."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spelling:
    """One spelling of an actor as it stands in a file."""

    written: Written
    loc: Loc
    term: Term
    number: int  # among all spellings

    def warning(self, code: str, message: str, hint: str) -> list[Problem]:
        """Warn at this spelling."""
        return self.written.warning_at(self.loc, code, message, hint)

    @property
    def place(self) -> str:
        """Name its place as file:line."""
        span = self.written.document.spans[self.loc]
        return f"{self.written.document.file}:{span.line + 1}"


def read_spellings(actors: Mapping[str, Written]) -> list[Spelling]:
    """Read every spelling that can be read, twins included; the others are mistakes, reported elsewhere."""
    found: list[Spelling] = []
    for written in actors.values():
        for loc, text in written.texts("names"):
            try:
                term = read_term(text)
            except ValueError:
                continue
            found.append(Spelling(written=written, loc=loc, term=term, number=len(found)))
    return found


def suggest_spellings(
    known: Sequence[str], *, taken: Iterable[Term] = (), languages: Collection[str] = LANGUAGES
) -> list[str]:
    """Propose spellings for somebody whose spellings `known` are: romanisations of the Cyrillic ones, and their cases.

    What the known ones find already is left out, and what is `taken` by somebody else. A Cyrillic name that none of
    the Latin spellings romanises is itself transcribed («Картер»): writing it in Latin letters would make a name that
    nobody bears, so only its cases are proposed.
    """
    terms = [read_term(text) for text in known]
    cover = Cover((term, None) for term in (*terms, *taken))
    latin = {term.words for term, text in zip(terms, known, strict=True) if text.isascii() or not is_cyrillic(text)}
    proposed: dict[tuple[str, ...], str] = {}
    for text in _proposals(_nominatives(known), latin, languages):
        term = read_term(text)
        if not any(cover.over_whole(term)):
            proposed.setdefault(term.words, text)
    return list(proposed.values())


def _nominatives(known: Sequence[str]) -> list[str]:
    """Return the Cyrillic names that are no case of another one."""
    names = [text for text in known if is_cyrillic(text) and not text.endswith("*")]
    bent = {form for name in names for form in decline(name)}
    return [name for name in names if name not in bent]


def _proposals(names: Sequence[str], latin: Collection[tuple[str, ...]], languages: Collection[str]) -> Iterator[str]:
    for name in names:
        native = not latin or any(read_term(text).words in latin for text in romanise(name))
        if native:
            yield from romanise(name, [language for language in WAYS if language in languages])
    for name in names:
        if ("uk" if is_ukrainian(name) else "ru") in languages:
            yield from decline(name)
