"""Rules that use rules: no circles, and no chains without end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from monitor.document import Document, Loc
from monitor.errors import Problem

LONGEST_CHAIN = 16


@dataclass(frozen=True, slots=True)
class Uses:
    """What one rule uses, and where it says so."""

    document: Document
    rules: Mapping[str, Loc]

    def blame(self, rule: str, message: str) -> Problem:
        """Name a mistake where that rule is used."""
        return self.document.problem(self.rules[rule], message)


def find_circles(uses: Mapping[str, Uses]) -> list[Problem]:
    """List each circle, where it closes; where there is none, each rule whose chain is too long. In linear time."""
    walk = _Walk(uses)
    for first in uses:
        walk.from_(first)
    return walk.circles or walk.chains


class _Walk:
    """Go down all chains, depth first and without recursion."""

    def __init__(self, uses: Mapping[str, Uses]) -> None:
        self.circles: list[Problem] = []
        self.chains: list[Problem] = []
        self._uses = uses
        self._heights: dict[str, int] = {}  # rules in the longest chain below, of those that are done

    def from_(self, first: str) -> None:
        path = {} if first in self._heights else {first: iter(self._uses[first].rules)}
        while path:
            rule, rest = next(reversed(path.items()))
            for used in rest:
                if used in path:
                    self.circles.append(self._uses[rule].blame(used, _circle([*path], used)))
                elif used in self._uses and used not in self._heights:
                    path[used] = iter(self._uses[used].rules)
                    break
            else:
                self._done(rule)
                del path[rule]

    def _done(self, rule: str) -> None:
        longest = max(self._uses[rule].rules, key=lambda used: self._heights.get(used, 0))
        height = self._heights[rule] = 1 + self._heights.get(longest, 0)
        if height == LONGEST_CHAIN + 1:  # those above it are as wrong; one message is enough
            message = f"a chain of more than {LONGEST_CHAIN} rules that use each other"
            self.chains.append(self._uses[rule].blame(longest, message))


def _circle(path: Sequence[str], closing: str) -> str:
    rules = [*path[path.index(closing) :], closing]
    shown = rules if len(rules) <= LONGEST_CHAIN else [*rules[:LONGEST_CHAIN], "…"]
    return "a circle: " + " uses ".join(f"`{rule}`" for rule in shown)
