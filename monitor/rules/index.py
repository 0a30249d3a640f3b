"""Number and find the terms and actors of a rule set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

from monitor.rules.automaton import Automaton
from monitor.rules.dictionary import Dictionary
from monitor.rules.reading import Finder, Reading
from monitor.rules.terms import Terms
from monitor.rules.tree import Actor, Term
from monitor.text.fold import Tokens

MOST_IN_AUTOMATON = 100_000
"""Terms; the automaton of more would fill memory and wait for it."""


@final
class Index:
    """All terms and actors of a rule set; immutable but for what it remembers, which any thread may fill."""

    __slots__ = ("_finder", "_terms")

    def __init__(self, terms: Terms, *, most_in_automaton: int = MOST_IN_AUTOMATON) -> None:
        self._terms = terms
        self._finder: Finder = (Automaton if terms.size <= most_in_automaton else Dictionary)(terms)

    def number(self, what: Term | Actor) -> int:
        """Return the number of a term or actor of these rules.

        Raises:
            KeyError: none of them speaks of it.
        """
        number = self._terms.find(what)
        if number is None:
            raise KeyError(what)
        return number

    def read(self, fields: Sequence[Tokens]) -> Reading:
        """Find all terms and actors in the words of some fields."""
        return self._finder.read(fields)
