"""Read conditions out of YAML: a rule's own, and those of the groups inside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from monitor.document import Document, Loc
from monitor.document.inside import span_inside
from monitor.errors import Problem
from monitor.model import Field
from monitor.rules.query import NEARABLE, nearable, parse_query
from monitor.rules.query_words import QueryError
from monitor.rules.term import ReadingError
from monitor.rules.tree import AllOf, AnyOf, In, Near, Node, NoneOf, Use, walk
from monitor.rules.vocabulary import Vocabulary

_Found = TypeVar("_Found", bound=Node)


class PartReader:
    """Read the conditions of one rule; `problems` holds what is wrong with them but for their shapes."""

    def __init__(self, document: Document, vocabulary: Vocabulary) -> None:
        self.problems: list[Problem] = []
        self.uses: dict[str, Loc] = {}  # ids of other rules, with the first place of each
        self._document = document
        self._vocabulary = vocabulary

    def conditions(self, loc: Loc, value: Any, fields: tuple[Field, ...]) -> Iterator[tuple[str, Node]]:
        """Yield what the conditions of a rule or group say, each with its key; lists mean any, keys mean all."""
        for key in ("terms", "any"):
            yield from _any_of(key, self._nodes(loc, value, key, fields))
        yield from _any_of("actors", self._named(loc, value, "actors", self._vocabulary.actor))
        yield from (("all", node) for node in self._nodes(loc, value, "all", fields))
        yield from _any_of("near", self._nears(loc, value, fields))
        yield from _any_of("exact", self._named(loc, value, "exact", self._vocabulary.exact))
        yield from _any_of("re", self._named(loc, value, "re", self._vocabulary.regex))
        yield from (("query", node) for node in self._query(loc, value, fields))
        yield from _any_of("use", self._named(loc, value, "use", self._vocabulary.use))
        yield from (("none", NoneOf(parts=(node,))) for node in self._nodes(loc, value, "none", fields))

    def _nodes(self, loc: Loc, value: Any, key: str, fields: tuple[Field, ...]) -> Iterator[Node]:
        nodes = (self._node(where, item, fields) for where, item in items(self._document, loc, value, key))
        return (node for node in nodes if node)

    def _node(self, loc: Loc, item: Any, fields: tuple[Field, ...]) -> Node | None:
        if isinstance(item, str):
            return self._meaning(loc, item, self._vocabulary.term_or_actor)
        return self._group(loc, item, fields) if isinstance(item, dict) else None  # else the shape complains

    def _group(self, loc: Loc, group: dict[str, Any], fields: tuple[Field, ...]) -> Node | None:
        inner = fields_in(group)
        nodes = tuple(node for _, node in self.conditions(loc, group, inner or fields))
        if not nodes:
            return None
        node = nodes[0] if len(nodes) == 1 else AllOf(parts=nodes)
        if not inner:
            return node
        self._require_overlap((*loc, "in"), inner, fields)
        return In(fields=inner, part=node)

    def _named(self, loc: Loc, value: Any, key: str, read: Callable[[str], _Found]) -> Iterator[_Found]:
        for where, item in items(self._document, loc, value, key):
            node = self._meaning(where, item, read) if isinstance(item, str) else None
            if isinstance(node, Use):
                self.uses.setdefault(node.rule, where)
            if node:
                yield node

    def _meaning(self, loc: Loc, text: str, read: Callable[[str], _Found]) -> _Found | None:
        try:
            return read(text)
        except ReadingError as error:
            self._blame(loc, error.message, error.hint)
            return None

    def _nears(self, loc: Loc, value: Any, fields: tuple[Field, ...]) -> Iterator[Near]:
        for where, item in items(self._document, loc, value, "near"):
            if not isinstance(item, dict):
                continue
            parts = tuple(self._near_parts(where, item, fields))
            within, ordered = item.get("within"), item.get("ordered")
            if len(parts) > 1 and isinstance(within, str) and within.isdecimal():
                yield Near(of=parts, within=int(within[:9]), ordered=isinstance(ordered, str) and ordered == "true")

    def _near_parts(self, loc: Loc, near: dict[str, Any], fields: tuple[Field, ...]) -> Iterator[Node]:
        for where, item in items(self._document, loc, near, "of"):
            group = {"any": item} if isinstance(item, list) else item
            part = self._node(where, group, fields)
            if part and not nearable(part):
                hint = "write `near` twice, in `all`, for two things near a third"
                self._blame(where, NEARABLE, hint)
            if part:
                yield part

    def _query(self, loc: Loc, value: Any, fields: tuple[Field, ...]) -> tuple[Node, ...]:
        """Read a query; where all of several parts must hold, return each for itself: people read them one by one."""
        for where, text in items(self._document, loc, value, "query"):
            if not isinstance(text, str):
                continue
            try:
                node = parse_query(text, self._vocabulary)
            except QueryError as error:
                span = span_inside(self._document, where, error.start, error.end)
                self.problems.append(self._document.problem_at(span, error.message, error.hint))
                continue
            for part in walk(node):
                if isinstance(part, Use):
                    self.uses.setdefault(part.rule, where)
                if isinstance(part, In):
                    self._require_overlap(where, part.fields, fields)
            return node.parts if isinstance(node, AllOf) else (node,)
        return ()

    def _require_overlap(self, loc: Loc, inner: tuple[Field, ...], outer: tuple[Field, ...]) -> None:
        if not set(inner) & set(outer):
            places = " and ".join(f"`{field}`" for field in outer)
            self._blame(loc, f"this can never be found: the rule looks only in {places} here")

    def _blame(self, loc: Loc, message: str, hint: str = "") -> None:
        self.problems.append(self._document.problem(loc, message, hint))


def _any_of(key: str, nodes: Iterator[Node]) -> Iterator[tuple[str, Node]]:
    parts = tuple(nodes)
    if parts:
        yield key, AnyOf(parts=parts)


def fields_in(value: Any) -> tuple[Field, ...]:
    """Return the fields that `in` names; what is wrong with it is for the shape to say."""
    written = value.get("in") if isinstance(value, dict) else None
    named = written if isinstance(written, list) else [written]
    return tuple(field for field in Field if field.value in named)


def items(document: Document, loc: Loc, value: Any, key: str) -> Iterator[tuple[Loc, Any]]:
    """Yield what stands under a key, as a list or alone, each value with its place.

    A rule that is no mapping is the value of `terms`, an actor that is none that of `names`.
    """
    held = value.get(key) if isinstance(value, dict) else value if key in ("terms", "names") else None
    if held is None:
        return
    for number, item in enumerate(held if isinstance(held, list) else [held]):
        yield document.locate((*loc, key, number)), item
