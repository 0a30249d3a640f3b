"""Spell a part of a rule as a query."""

from __future__ import annotations

import re

from monitor.rules.query_words import QUOTES, reads_as_word
from monitor.rules.spell import normal
from monitor.rules.tree import Actor, AllOf, AnyOf, Exact, In, Near, Node, NoneOf, Regex, Term, Use

_PLAIN = re.compile(r"\w[\w-]*\*?")


def spell_query(node: Node) -> str:
    """Spell a tree as a query that reads as the same tree."""
    return _spell(normal(node))


def _spell(node: Node) -> str:
    match node:
        case AllOf():
            return "".join(_joined(part, first=not number) for number, part in enumerate(node.parts))
        case AnyOf():
            return " OR ".join(map(_one, node.parts))
        case NoneOf():
            return f"NOT {_one(node.parts[0])}"
        case Near():
            return f" {'O' * node.ordered}NEAR/{node.within} ".join(map(_one, node.of))
        case _:
            return _one(node)


def _joined(part: Node, *, first: bool) -> str:
    if isinstance(part, NoneOf):
        return f"{'' if first else ' '}{_spell(part)}"
    # NEAR binds closer than AND, so it needs no parentheses here
    said = _spell(part) if isinstance(part, Near) else _one(part)
    return f"{'' if first else ' AND '}{said}"


def _one(node: Node) -> str:
    """Spell a part so that nothing beside it can change what it means."""
    match node:
        case Term():
            return node.text if _is_plain(node.text) else f'"{_without_quotes(node.text)}"'
        case In():
            return f"{','.join(node.fields)}:{_one(node.part)}"
        case Actor() | Use() | Exact() | Regex():
            return _prefixed(node)
        case _:
            return f"({_spell(node)})"


def _prefixed(node: Actor | Use | Exact | Regex) -> str:
    match node:
        case Actor():
            return f"actor:{node.id}"
        case Use():
            return f"use:{node.rule}"
        case Exact():
            return f"exact:{_verbatim(node.text)}"
        case _:
            return f"re:{_verbatim(node.pattern)}"


def _is_plain(text: str) -> bool:
    return bool(_PLAIN.fullmatch(text)) and reads_as_word(text)


def _without_quotes(text: str) -> str:
    """Leave quotes out: they separate words just as a blank does."""
    return re.sub(f"[{QUOTES}]", " ", text).strip()


def _verbatim(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'
