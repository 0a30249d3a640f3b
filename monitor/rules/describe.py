"""Put a part of a rule into words."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.rules.tree import (
    Actor,
    AllOf,
    AnyOf,
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

_MOST_SHOWN = 6


def describe(node: Node | Limit) -> str:
    """Say what is asked for, e.g. "any of `talks`, `deconflict*`"."""
    match node:
        case AnyOf() | AllOf() | NoneOf():
            return _several(node)
        case Near():
            order = " in this order" if node.ordered else ""
            return f"{_listed(node.of)} within {node.within} word{'s' if node.within > 1 else ''}{order}"
        case In():
            return f"{_inside(node.part)} in {_quoted(node.fields)}"
        case Languages() | Sources() | Times() | Until():
            return _limit(node)
        case _:
            return _leaf(node)


def _several(node: AnyOf | AllOf | NoneOf) -> str:
    alone = len(node.parts) == 1
    match node:
        case AnyOf():
            return describe(node.parts[0]) if alone else f"any of {_listed(node.parts)}"
        case AllOf():
            return f"all of {_listed(node.parts)}"
        case _:
            return f"no {_inside(node.parts[0])}" if alone else f"none of {_listed(node.parts)}"


def _leaf(node: Term | Exact | Regex | Actor | Use) -> str:
    match node:
        case Term():
            return f"`{node.text}`"
        case Exact():
            return f"exactly `{node.text}`"
        case Regex():
            return f"a match of `{node.pattern}`"
        case Actor():
            return f"actor `{node.id}`"
        case _:
            return f"rule `{node.rule}`"


def _limit(limit: Limit) -> str:
    match limit:
        case Languages():
            return _quoted(limit.codes)
        case Sources():
            only = f"only {_quoted(limit.only)}" if limit.only else ""
            never = f"never {_quoted(limit.never)}" if limit.never else ""
            return ", ".join(filter(None, (only, never)))
        case Times():
            return f"at least {limit.least} place{'s' if limit.least > 1 else ''}"
        case _:
            return f"before {limit.day}"


def _inside(node: Node) -> str:
    """Describe a part so that nobody wonders where it ends."""
    if isinstance(node, AnyOf) and len(node.parts) == 1:
        return _inside(node.parts[0])
    return describe(node) if isinstance(node, Term | Exact | Regex | Actor | Use) else f"({describe(node)})"


def _listed(parts: Sequence[Node]) -> str:
    shown = ", ".join(_inside(part) for part in parts[:_MOST_SHOWN])
    more = len(parts) - _MOST_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def _quoted(words: Sequence[str]) -> str:
    more = len(words) - _MOST_SHOWN
    shown = ", ".join(f"`{word}`" for word in words[:_MOST_SHOWN])
    return f"{shown} and {more} more" if more > 0 else shown
