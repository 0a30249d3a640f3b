"""Say which words an entry needs for a rule to hold: a question for an index, and never narrower than the rule.

What no word decides is left out of it, such as `NOT`, distances, fields, languages and regular expressions: the
matcher decides about every entry that is found so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from monitor.model import LONGEST_WORD, HasAll, HasAny, HasWord, Wanted
from monitor.rules.tree import Actor, AllOf, AnyOf, Definition, Exact, In, Limit, Near, Node, Term, Use, parts_of

MOST_WORDS = 1_000
"""A question of more words is none: looking them all up would cost more than looking at the entries."""


def wanted_words(definition: Definition, usable: Mapping[str, Definition]) -> Wanted | None:
    """Return what an entry needs for this rule to hold, None = nothing that an index would know.

    `usable` are the rules that may be used, by id; one that is not there may need anything.
    """
    wanted = _all_of((clause.node for clause in definition.clauses), usable)
    return wanted if wanted is not None and _size(wanted) <= MOST_WORDS else None


def wanted_by_any(definitions: Iterable[Definition], usable: Mapping[str, Definition]) -> Wanted | None:
    """Return what an entry needs for one of these rules to hold, None = nothing that an index would know."""
    wanted = [wanted_words(definition, usable) for definition in definitions]
    known = tuple(each for each in wanted if each is not None)
    if not known or len(known) < len(wanted) or sum(map(_size, known)) > MOST_WORDS:
        return None
    return _joined(HasAny, known)


def _node(node: Node | Limit, usable: Mapping[str, Definition]) -> Wanted | None:
    match node:
        case Term():
            wanted: Wanted | None = _words(node.words, begins=node.prefix)
        case Exact():
            wanted = _words(node.words)
        case Actor():
            wanted = _joined(HasAny, tuple(_words(name.words, begins=name.prefix) for name in node.names))
        case AnyOf():
            wanted = _any_of(node.parts, usable)
        case AllOf() | Near() | In():
            wanted = _all_of(parts_of(node), usable)
        case Use() if node.rule in usable:
            wanted = _all_of((clause.node for clause in usable[node.rule].clauses), usable)
        case _:
            wanted = None
    return wanted


def _words(words: tuple[str, ...], *, begins: bool = False) -> Wanted:
    last = len(words) - 1
    return _joined(
        HasAll,
        tuple(
            # a word that was cut may go on in the entry, where it is cut as well
            HasWord(word[:LONGEST_WORD], begins and number == last and len(word) < LONGEST_WORD)
            for number, word in enumerate(words)
        ),
    )


def _all_of(nodes: Iterable[Node | Limit], usable: Mapping[str, Definition]) -> Wanted | None:
    known = (wanted for node in nodes if (wanted := _node(node, usable)) is not None)
    some = tuple(known)
    return _joined(HasAll, some) if some else None


def _any_of(nodes: Iterable[Node], usable: Mapping[str, Definition]) -> Wanted | None:
    found = []
    for node in nodes:
        wanted = _node(node, usable)
        if wanted is None:
            return None
        found.append(wanted)
    return _joined(HasAny, tuple(found))


def _joined(kind: type[HasAll | HasAny], parts: tuple[Wanted, ...]) -> Wanted:
    """Join questions of which each is asked once; those that are joined so already are taken apart."""
    flat: dict[Wanted, None] = {}
    for part in parts:
        flat.update(dict.fromkeys(part.parts if isinstance(part, kind) else (part,)))
    return next(iter(flat)) if len(flat) == 1 else kind(tuple(flat))


def _size(wanted: Wanted) -> int:
    return 1 if isinstance(wanted, HasWord) else sum(map(_size, wanted.parts))
