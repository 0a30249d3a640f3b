"""Turn the tree into conditions over numbered terms and regular expressions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import final

from monitor.model import Field
from monitor.rules.conditions import Condition, Either, Every, Neither, OneOf
from monitor.rules.limits import Before, FromSource, InLanguage, Often
from monitor.rules.near import Together
from monitor.rules.scope import Used, Within
from monitor.rules.tree import (
    Actor,
    AllOf,
    AnyOf,
    Clause,
    Definition,
    Exact,
    In,
    Languages,
    Limit,
    Near,
    Node,
    NoneOf,
    Regex,
    Sources,
    Term,
    Times,
    Until,
    Use,
)
from monitor.rules.wording import Literally, Matching, OneOfUnless


@cache  # one set for all rules that look in the same fields
def field_numbers(fields: tuple[Field, ...]) -> frozenset[int]:
    """Return the numbers by which places name these fields."""
    return frozenset(number for number, field in enumerate(Field) if field in fields)


@final
class Lowering:
    """Turn clauses into conditions; `number` knows every term and actor, `patterns` are all regular expressions."""

    def __init__(
        self, definitions: Mapping[str, Definition], number: Callable[[Term | Actor], int], patterns: Sequence[str]
    ) -> None:
        self._definitions = definitions  # rules that can be used, by id
        self._number = number
        self._pattern_numbers = {pattern: number for number, pattern in enumerate(patterns)}
        self._used: dict[tuple[str, frozenset[int]], Used] = {}

    def conditions(self, clauses: Sequence[Clause], fields: frozenset[int]) -> tuple[Condition, ...]:
        """Lower the clauses of a rule that looks in these fields; one condition each, in their order."""
        watching = {
            number: self._node(clause.node, fields)
            for number, clause in enumerate(clauses)
            if not isinstance(clause.node, Limit)
        }
        counted = tuple(watching.values())
        return tuple(
            _limit(clause.node, counted) if isinstance(clause.node, Limit) else watching[number]
            for number, clause in enumerate(clauses)
        )

    def _node(self, node: Node, fields: frozenset[int]) -> Condition:
        match node:
            case AnyOf():
                return self._any_of(node, fields)
            case AllOf():
                return Every(tuple(self._node(part, fields) for part in node.parts))
            case NoneOf():
                return Neither(tuple(self._node(part, fields) for part in node.parts))
            case Near():
                return Together(tuple(self._node(part, fields) for part in node.of), node.within, node.ordered)
            case In():
                inner = fields & field_numbers(node.fields)
                return Within(inner, self._node(node.part, inner))
            case _:
                return self._leaf(node, fields)

    def _leaf(self, node: Term | Exact | Regex | Actor | Use, fields: frozenset[int]) -> Condition:
        match node:
            case Term():
                return OneOf({self._number(node): node.text})
            case Exact():
                return Literally(self._number(Term(text=node.text, words=node.words)), node.text, node.lead)
            case Regex():
                return Matching(self._pattern_numbers[node.pattern], node.pattern)
            case Actor():
                names = {self._number(node): node.id}
                unless = frozenset(map(self._number, node.unless))
                return OneOfUnless(names, unless) if unless else OneOf(names)
            case _:
                return self._use(node.rule, fields)

    def _use(self, rule: str, fields: frozenset[int]) -> Used:
        definition = self._definitions[rule]
        inner = fields & field_numbers(definition.fields)
        if (rule, inner) not in self._used:
            clauses = tuple(clause for clause in definition.clauses if not isinstance(clause.node, Until))
            self._used[rule, inner] = Used(inner, clauses, self.conditions(clauses, inner))
        return self._used[rule, inner]

    def _any_of(self, node: AnyOf, fields: frozenset[int]) -> Condition:
        names: dict[int, str] = {}
        for part in node.parts:
            match part:
                case Term():
                    names.setdefault(self._number(part), part.text)
                case Actor(unless=()):
                    names.setdefault(self._number(part), part.id)  # two actors may have one name, the same
                case _:
                    parts = tuple(self._node(part, fields) for part in node.parts)
                    return parts[0] if len(parts) == 1 else Either(parts)
        return OneOf(names)


def _limit(limit: Limit, counted: tuple[Condition, ...]) -> Condition:
    match limit:
        case Languages():
            return InLanguage(frozenset(limit.codes))
        case Sources():
            return FromSource(limit.only, limit.never)
        case Times():
            return Often(limit.least, counted)
        case _:
            return Before(limit.day)
