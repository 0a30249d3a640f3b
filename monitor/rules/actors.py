"""Read one actor: its names, the longer names that are somebody else's, the titles that stand before it."""

from __future__ import annotations

from monitor.document import Document, Loc, validate
from monitor.errors import Problem
from monitor.rules.models import ActorShape
from monitor.rules.parts import items
from monitor.rules.term import ReadingError
from monitor.rules.tree import Actor, Term
from monitor.rules.vocabulary import Vocabulary

MOST_TITLES = 20
"""Each title is sought before each name."""


def read_actor(
    name: str, document: Document, loc: tuple[str, str], vocabulary: Vocabulary
) -> tuple[Actor, list[Problem]]:
    """Read one actor and every mistake in it."""
    _, problems = validate(document, ActorShape, loc)

    def terms(key: str) -> list[tuple[Loc, Term]]:
        """Return each distinct term under a key with its place, and note what is none."""
        found: dict[tuple[tuple[str, ...], bool], tuple[Loc, Term]] = {}
        for where, text in items(document, loc, document.value[loc[0]][name], key):
            try:
                term = vocabulary.term(text) if isinstance(text, str) else None
            except ReadingError as error:
                problems.append(document.problem(where, error.message, error.hint))
                continue
            if term:
                found.setdefault((term.words, term.prefix), (where, term))
        return list(found.values())

    names = tuple(term for _, term in terms("names"))
    unless, titles = terms("not"), terms("title")
    for where, term in unless:
        if names and not any(_holds(term, spelling) for spelling in names):
            message = f"`{term.text}` holds none of the names, so it can never stand around one"
            problems.append(document.problem(where, message, "write the longer name that is somebody else's"))
    for number, (where, term) in enumerate(titles):
        if term.prefix or number == MOST_TITLES:
            message = "a title is whole words" if term.prefix else f"more than {MOST_TITLES} titles"
            problems.append(document.problem(where, message))
    actor = Actor(
        id=name,
        names=names,
        unless=tuple(term for _, term in unless),
        titles=tuple(term for _, term in titles),
    )
    return actor, problems


def _holds(longer: Term, name: Term) -> bool:
    """Say whether a name stands in a longer phrase."""
    size = len(name.words)
    for start in range(len(longer.words) - size + 1):
        *words, last = longer.words[start : start + size]
        same = last.startswith(name.words[-1]) if name.prefix else last == name.words[-1]
        if same and words == list(name.words[:-1]) and (len(longer.words) > size or longer.words != name.words):
            return True
    return False
