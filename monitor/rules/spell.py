"""Spell a part of a rule as YAML: the same tree that a query spells, in lists and keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from monitor.rules.tree import (
    Actor,
    AllOf,
    AnyOf,
    Exact,
    In,
    Near,
    Node,
    NoneOf,
    Regex,
    Term,
    Use,
)
from monitor.rules.vocabulary import ACTOR_MARK


def normal(node: Node) -> Node:
    """Return the plainest tree that says the same: groups of one and groups in groups of their kind are undone."""
    match node:
        case AnyOf():
            parts = _flat(AnyOf, node.parts)
            return parts[0] if len(parts) == 1 else AnyOf(parts=parts)
        case AllOf():
            parts = _flat(AllOf, node.parts)
            return parts[0] if len(parts) == 1 else AllOf(parts=parts)
        case NoneOf():  # none of two is not the one and not the other
            parts = tuple(NoneOf(parts=(part,)) for part in _flat(AnyOf, node.parts))
            return parts[0] if len(parts) == 1 else AllOf(parts=parts)
        case Near():
            return Near(of=tuple(map(normal, node.of)), within=node.within, ordered=node.ordered)
        case In():
            return In(fields=node.fields, part=normal(node.part))
        case _:
            return node


def _flat(kind: type[AnyOf | AllOf], parts: Sequence[Node]) -> tuple[Node, ...]:
    """Undo groups of one kind inside each other, and say nothing twice."""
    flat: dict[Node, None] = {}
    for part in map(normal, parts):
        flat |= dict.fromkeys(part.parts if isinstance(part, kind) else (part,))
    return tuple(flat)


def spell_conditions(node: Node) -> dict[str, Any]:
    """Spell a whole rule's conditions as the keys of a rule."""
    node = normal(node)
    parts = node.parts if isinstance(node, AllOf) else (node,)
    keys: dict[str, Any] = {}
    for part in parts:
        key = _key(part)
        if key in ("all", "none"):
            said = part.parts if isinstance(part, NoneOf) else (part,)
            keys.setdefault(key, []).extend(map(spell, said))
        elif key in keys:  # a second list of alternatives
            keys.setdefault("all", []).append(spell(part))
        elif isinstance(part, Near):
            keys[key] = spell(part)["near"]
        else:
            keys[key] = [_without_mark(each) if key == "actors" else spell(each) for each in _alternatives(part)]
    return {key: keys[key] for key in ("terms", "any", "actors", "all", "near", "none") if key in keys}


def _key(part: Node) -> str:
    """Choose the key that people would write this under."""
    if isinstance(part, NoneOf):
        return "none"
    if isinstance(part, Near):
        return "near"
    if all(isinstance(each, Actor) for each in _alternatives(part)):
        return "actors"
    if isinstance(part, AnyOf):
        return "terms" if all(isinstance(each, Term) for each in part.parts) else "any"
    return "all"


def _alternatives(part: Node) -> tuple[Node, ...]:
    return part.parts if isinstance(part, AnyOf) else (part,)


def _without_mark(actor: Node) -> str:
    return str(spell(actor)).removeprefix(ACTOR_MARK)


def spell(node: Node) -> Any:
    """Spell one part as it stands in a list."""
    match node:
        case Term():
            # a term cannot begin like an actor: the colon separates words just as well as a blank
            return node.text.replace(":", " ") if node.text.startswith(ACTOR_MARK) else node.text
        case Actor():
            return f"{ACTOR_MARK}{node.id}"
        case Exact():
            return {"exact": node.text}
        case Regex():
            return {"re": node.pattern}
        case Use():
            return {"use": node.rule}
        case _:
            return _spell_group(node)


def _spell_group(node: Near | In | AnyOf | AllOf | NoneOf) -> dict[str, Any]:
    match node:
        case Near():
            near: dict[str, Any] = {"of": [spell(part) for part in node.of], "within": node.within}
            return {"near": {**near, "ordered": True} if node.ordered else near}
        case In():
            return {"in": [field.value for field in node.fields], "all": [spell(node.part)]}
        case AnyOf():
            return {"any": [spell(part) for part in node.parts]}
        case AllOf():
            return {"all": [spell(part) for part in node.parts]}
        case _:
            return {"none": [spell(part) for part in node.parts]}
