"""Rules that use rules: no circles, and no chains without end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from monitor.document import Document, Loc
from monitor.errors import Problem

LONGEST_CHAIN = 16


@dataclass(frozen=True, slots=True)
class Uses:
    """What one rule uses, and where it says so."""

    document: Document
    rules: Mapping[str, Loc]

    def blame(self, rule: str, message: str, hint: str = "") -> Problem:
        """Name a mistake where that rule is used."""
        return self.document.problem(self.rules[rule], message, hint)


def find_circles(uses: Mapping[str, Uses]) -> Iterator[Problem]:
    """Yield each circle once, where it closes, and each rule whose chain is too long; in linear time."""
    height: dict[str, int] = {}  # rules below, of those that are done; a circle counts nothing
    for first in uses:
        path: list[tuple[str, Iterator[str]]] = []
        on_path: dict[str, None] = {}
        following: str | None = first if first not in height else None
        while following or path:
            if following:
                path.append((following, iter(uses[following].rules)))
                on_path[following] = None
            rule, rest = path[-1]
            following = None
            for used in rest:
                if used in on_path:
                    yield uses[rule].blame(used, _circle([*on_path], used))
                elif used in uses and used not in height:
                    following = used
                    break
            else:
                height[rule] = 1 + max((height.get(used, 0) for used in uses[rule].rules), default=-1)
                if height[rule] == LONGEST_CHAIN + 1:
                    used = max(uses[rule].rules, key=lambda name: height.get(name, 0))
                    yield uses[rule].blame(used, f"a chain of more than {LONGEST_CHAIN} rules that use each other")
                path.pop()
                del on_path[rule]


def _circle(path: Sequence[str], closing: str) -> str:
    rules = [*path[path.index(closing) :], closing]
    shown = rules if len(rules) <= LONGEST_CHAIN else [*rules[:LONGEST_CHAIN], "…"]
    return "a circle: " + " uses ".join(f"`{rule}`" for rule in shown)
