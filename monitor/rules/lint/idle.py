"""Parts of a rule that change nothing, and rules that can therefore never fire: MM201, MM202."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from monitor.errors import Problem
from monitor.rules.describe import describe
from monitor.rules.lint.implied import Implied, meaning, unwrapped
from monitor.rules.tree import (
    Actor,
    AllOf,
    AnyOf,
    Clause,
    Definition,
    Exact,
    In,
    Limit,
    Near,
    Node,
    NoneOf,
    Regex,
    Term,
    Use,
    walk,
)
from monitor.rules.vocabulary import ACTOR_MARK
from monitor.rules.written import Written

_LISTS = frozenset({"terms", "any", "actors", "all", "near", "exact", "re", "use", "none"})

# -- what excludes what ------------------------------------------------------------------------------------------------


def lint_none(definition: Definition, written: Written) -> Iterator[Problem]:
    """Find words that count only in texts that `none` throws away; where nothing else is left, the rule cannot fire."""
    unwanted = Implied(node for clause in definition.clauses for node in _excluding(clause.node))
    if not unwanted.parts:
        return
    for clause in definition.clauses:
        if isinstance(clause.node, NoneOf):
            continue
        culprits = _excluded(clause.node, unwanted)
        if culprits:
            message = f"the rule can never fire: whatever satisfies `{clause.key}` holds {culprits[0]} of `none`"
            hint = "take it out of `none`, or out of what is asked for"
            yield from written.warning("MM201", message, hint, key=clause.key)
            continue
        for node in walk(clause.node):
            if isinstance(node, Term | Exact | Regex) and (over := _excluded(node, unwanted)):
                message = f"{describe(node)} never counts: a text that holds it holds {over[0]} of `none` too"
                yield from written.warning(
                    "MM202", message, "remove one of the two", key=clause.key, text=_as_written(node, clause.key)
                )


def _excluding(node: Node | Limit) -> Iterator[Node]:
    """Yield the parts each of which is enough to throw a text away."""
    if isinstance(node, NoneOf):
        for part in node.parts:
            yield from _alternatives(part)


def _alternatives(node: Node) -> Iterator[Node]:
    yield node
    if isinstance(node, AnyOf):
        for part in node.parts:
            yield from _alternatives(part)
    elif isinstance(node, Actor) and not node.unless:  # else a name may stand there and not count
        yield from node.names


def _excluded(node: Node | Limit, unwanted: Implied) -> tuple[str, ...]:
    """Name the unwanted parts that hold wherever this holds; () = it may hold without any."""
    if isinstance(node, Limit):
        return ()
    if (wide := next(unwanted.over(node), None)) is not None:
        return (describe(unwanted.parts[wide]),)
    match node:
        case Actor() | AnyOf():
            found = [_excluded(part, unwanted) for part in (node.names if isinstance(node, Actor) else node.parts)]
            return tuple(name for names in found for name in names) if all(found) else ()
        case AllOf() | Near():
            parts = node.parts if isinstance(node, AllOf) else node.of
            return next((names for part in parts if (names := _excluded(part, unwanted))), ())
        case In() if not any(isinstance(part, NoneOf | Use) for part in walk(node.part)):
            return _excluded(node.part, unwanted)  # what stands in these fields stands in the rule's
        case _:
            return ()


# -- what says nothing new ---------------------------------------------------------------------------------------------


def lint_redundant(definition: Definition, written: Written) -> Iterator[Problem]:
    """Of lists that mean any, find what a wider item covers; of `all`, what a narrower one implies."""
    for key in dict.fromkeys(clause.key for clause in definition.clauses):
        parts = [part for clause in definition.clauses if clause.key == key for part in _listed(clause)]
        if key in _LISTS and len(parts) > 1:
            yield from _lint_list(key, parts, written)


def _lint_list(key: str, parts: Sequence[Node], written: Written) -> Iterator[Problem]:
    listed = Implied(parts)
    for number, part in enumerate(listed.parts):
        for other in listed.over(part):
            wide = listed.parts[other]
            twins = meaning(wide) == meaning(part)
            if other == number or (twins and other > number):
                continue
            implied = key == "all" and not twins
            idle, busy = (wide, part) if implied else (part, wide)
            said = "holds it" if implied else "finds it already"
            message = f"{describe(idle)} adds nothing to `{key}`: {describe(busy)} {said}"
            yield from written.warning("MM202", message, "remove it", key=key, text=_as_written(idle, key))
            break


def _listed(clause: Clause) -> tuple[Node, ...]:
    """Return the items of a list; each item of `all` is a clause of its own."""
    node = clause.node
    items = node.parts if clause.key != "all" and isinstance(node, AnyOf | NoneOf) else (node,)
    return tuple(item for item in map(unwrapped, items) if not isinstance(item, Limit))


def _as_written(node: Node, key: str) -> str:
    """Return the text by which a part may be found under a key in its file, "" = it has none."""
    match node:
        case Actor():
            return node.id if key == "actors" else f"{ACTOR_MARK}{node.id}"
        case Term() | Exact():
            return node.text
        case Regex():
            return node.pattern
        case Use():
            return node.rule
        case _:
            return ""
