"""What else finds many words in a text, under one roof: each makes a function from folded text to the terms in it.

Texts come folded, as ` words between blanks `, one line a field; terms as their words, with their number and whether
their last word may go on. So whole words cost no peer a look-around, and all pay the same for folding.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from monitor.rules.tree import Actor, Clause, Definition, Limit, Term, walk

Finder = Callable[[str], set[int]]
Decider = Callable[[str, str], set[str]]
Patterns = Sequence[tuple[int, str]]


def actors_of(clause: Clause) -> Iterator[Actor]:
    """Yield the actors of a clause."""
    assert not isinstance(clause.node, Limit)
    return (node for node in walk(clause.node) if isinstance(node, Actor))


def terms_of(clause: Clause) -> Iterator[Term]:
    """Yield the terms of a clause, those of its actors too."""
    assert not isinstance(clause.node, Limit)
    for node in walk(clause.node):
        if isinstance(node, Term):
            yield node
        elif isinstance(node, Actor):
            yield from node.names


def pattern(term: Term) -> str:
    """Write a term as the text that it is found by."""
    return f" {' '.join(term.words)}" + ("" if term.prefix else " ")


def regex_loop(definitions: Sequence[Definition]) -> Decider:
    """Ask each rule by its own regexes: what most people write first."""

    def search(clause: Clause) -> Any:
        words = (re.escape(" ".join(term.words)) + (r"\w*" if term.prefix else "") for term in terms_of(clause))
        return re.compile(rf"\b(?:{'|'.join(words)})\b").search

    asked = [
        (
            each.rule.id,
            len(each.fields) < 3,
            [search(clause) for clause in each.clauses if clause.key != "none"],
            [search(clause) for clause in each.clauses if clause.key == "none"],
        )
        for each in definitions
    ]

    def decide(text: str, head: str) -> set[str]:
        hits = set()
        for name, only_head, wanted, unwanted in asked:
            where = head if only_head else text
            if all(search(where) for search in wanted) and not any(search(where) for search in unwanted):
                hits.add(name)
        return hits

    return decide


def re2_set(patterns: Patterns) -> Finder:
    """google-re2: one automaton of all terms."""
    import re2

    options = re2.Options()
    options.max_mem = 4 << 30
    options.literal = True
    automaton = re2.Set.SearchSet(options)
    for _, text in patterns:
        automaton.Add(text)
    automaton.Compile()
    numbers = [number for number, _ in patterns]
    return lambda text: {numbers[found] for found in automaton.Match(text)}


def hyperscan_literals(patterns: Patterns) -> Finder:
    """hyperscan: a database of literals, each reported once."""
    import hyperscan

    database = hyperscan.Database()
    database.compile(
        expressions=[text.encode() for _, text in patterns],
        ids=[number for number, _ in patterns],
        elements=len(patterns),
        flags=hyperscan.HS_FLAG_SINGLEMATCH,
        literal=True,
    )

    def find(text: str) -> set[int]:
        found: set[int] = set()
        database.scan(text.encode(), match_event_handler=lambda number, *_: found.add(number))
        return found

    return find


def aho_corasick(patterns: Patterns) -> Finder:
    """ahocorasick-rs: the classic automaton, with overlaps."""
    import ahocorasick_rs

    automaton = ahocorasick_rs.AhoCorasick([text for _, text in patterns])
    numbers = [number for number, _ in patterns]

    return lambda text: {numbers[found] for found, _, _ in automaton.find_matches_as_indexes(text, overlapping=True)}


def flashtext(patterns: Patterns) -> Finder:
    """flashtext2: whole words only, longest first, no overlaps: it finds less, and no beginnings of words."""
    import flashtext2

    processor = flashtext2.KeywordProcessor(case_sensitive=True)
    numbers = {text.strip(): number for number, text in patterns if text.endswith(" ")}
    processor.add_keywords_from_iter(numbers)
    return lambda text: {numbers[found] for found in processor.extract_keywords(text)}


FINDERS: dict[str, tuple[str, Callable[[Patterns], Finder]]] = {
    "google-re2 Set": ("google-re2", re2_set),
    "hyperscan": ("hyperscan", hyperscan_literals),
    "ahocorasick-rs": ("ahocorasick-rs", aho_corasick),
    "flashtext2": ("flashtext2", flashtext),
}
"""By name: the package that brings it, and how to make it."""

LITERALS_ONLY = frozenset({"flashtext2"})
"""Those that cannot find all that rules ask for."""
