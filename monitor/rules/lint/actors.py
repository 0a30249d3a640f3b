"""Actors whose spellings do not do what they seem to: MM101 to MM105, MM211."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from monitor.errors import Problem
from monitor.rules.cover import Cover
from monitor.rules.lint.terms import complain_of, complain_of_hyphen
from monitor.rules.spellings import Spelling, read_spellings
from monitor.rules.tree import Term
from monitor.rules.written import Written


def lint_actors(actors: Mapping[str, Written], *, used: Collection[str] | None) -> Iterator[Problem]:
    """Warn of spellings and actors; `used` are the actors that rules name, None = not known."""
    spellings = read_spellings(actors)
    cover = Cover((spelling.term, spelling) for spelling in spellings)
    for spelling in spellings:
        complaint = complain_of(spelling.term) or _complain_of_hyphen(spelling, cover)
        if complaint:
            yield from spelling.warning(*complaint)
        twin = _twin(spelling, cover)
        if twin is not None and twin.written is spelling.written:
            yield from _dead(spelling, twin)
        elif twin is not None:
            yield from _shared(spelling, twin)
    for name, written in actors.items():
        if used is not None and name not in used:
            message = f"no rule names the actor `{name}`: its spellings are not looked for"
            yield from written.warning("MM105", message, f"add `actors: [{name}]` to a rule, or remove it")


def _complain_of_hyphen(spelling: Spelling, cover: Cover[Spelling]) -> tuple[str, str, str] | None:
    def is_spelt(term: Term) -> bool:
        return any(other.written is spelling.written for _, other in cover.over_whole(term))

    return complain_of_hyphen(spelling.term, is_spelt, key="names")


def _twin(spelling: Spelling, cover: Cover[Spelling]) -> Spelling | None:
    """Find another spelling that is found wherever this one is found: of the same actor, if there is one."""
    others = [
        other
        for _, other in cover.over_whole(spelling.term)
        if not _same(other, spelling) or other.number < spelling.number
    ]
    return min(others, key=lambda other: (other.written is not spelling.written, other.number), default=None)


def _same(one: Spelling, other: Spelling) -> bool:
    return (one.term.words, one.term.prefix) == (other.term.words, other.term.prefix)


def _dead(spelling: Spelling, twin: Spelling) -> list[Problem]:
    if _same(spelling, twin):
        why = "is the same to the matcher: case, accents, dashes and possessives do not matter"
    else:
        why = "finds it already"
    message = f"`{spelling.term.text}` adds nothing: `{twin.term.text}` {why}"
    return spelling.warning("MM103", message, "remove it")


def _shared(spelling: Spelling, twin: Spelling) -> list[Problem]:
    message = (
        f"`{spelling.term.text}` is also found by `{twin.term.text}` of the actor `{twin.written.id}` in {twin.place}:"
        " a text with it counts for both"
    )
    return spelling.warning("MM104", message, "give each actor forms that mean it alone, such as the full name")
