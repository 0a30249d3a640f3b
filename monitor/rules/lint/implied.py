"""Which parts of a rule hold wherever another part holds."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import final

from monitor.rules.cover import Cover
from monitor.rules.tree import AllOf, AnyOf, Exact, Limit, Node, NoneOf, Term
from monitor.text.fold import tokenize


@final
class Implied:
    """Parts by what they mean; asked in time that does not grow with their number."""

    def __init__(self, parts: Iterable[Node]) -> None:
        self.parts = tuple(parts)
        self._same: dict[Hashable, list[int]] = {}
        for number, part in enumerate(self.parts):
            self._same.setdefault(meaning(part), []).append(number)
        numbered = enumerate(self.parts)
        self._cover = Cover((_folded(part), number) for number, part in numbered if isinstance(part, Term | Exact))

    def over(self, part: Node) -> Iterator[int]:
        """Yield the numbers of the parts that hold wherever this one holds; twins first, itself among them."""
        twins = self._same.get(meaning(part), ())
        yield from twins
        if isinstance(part, Term | Exact):
            for _, number in self._cover.over(_folded(part)):
                if number not in twins and _keeps_form(part, self.parts[number]):
                    yield number


def _folded(part: Term | Exact) -> Term:
    """Return the term that stands wherever this stands."""
    return part if isinstance(part, Term) else Term(text=part.text, words=part.words)


def _keeps_form(narrow: Term | Exact, wide: Node) -> bool:
    """Say whether the words of `wide`, which stand among those of `narrow`, stand there as they must."""
    if isinstance(wide, Term):
        return True
    if not isinstance(narrow, Exact) or not isinstance(wide, Exact):
        return False
    tokens, length = tokenize(narrow.text), len(wide.words)
    starts = (tokens.span(at, at)[0] - wide.lead for at in range(len(narrow.words) - length + 1))
    return any(start >= 0 and narrow.text.startswith(wide.text, start) for start in starts)


def meaning(node: Node | Limit) -> Hashable:
    """Return what is equal for parts that say the same, in whatever order and spelling."""
    node = unwrapped(node)
    if isinstance(node, Term):
        return node.words, node.prefix
    if isinstance(node, AnyOf | AllOf | NoneOf):
        return type(node), frozenset(meaning(part) for part in node.parts)
    return node


def unwrapped(node: Node | Limit) -> Node | Limit:
    """Undo groups of one: `{exact: US}` in a list is read as a group."""
    while isinstance(node, AnyOf | AllOf) and len(node.parts) == 1:
        node = node.parts[0]
    return node
