"""Fields that are named where naming them changes nothing: MM207."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from monitor.document import Loc
from monitor.errors import Problem
from monitor.model import Field
from monitor.rules.parts import fields_in
from monitor.rules.query_words import Kind, Piece, QueryError, cut_query
from monitor.rules.written import Written

_NESTING = ("terms", "any", "all", "none", "near", "of")  # under these keys, a mapping holds conditions

Fields = tuple[Field, ...]
Warn = Callable[[int | None, str, str], list[Problem]]  # which name (None = all), what is wrong with it, what to do


def lint_fields(written: Written) -> Iterator[Problem]:
    """Warn of each `in` of a rule, and each field of its queries, that leaves what is read as it is.

    A rule's own `in` takes the place of its file's `defaults`; one inside it narrows the one around it.
    """
    rule, top = written.value, written.document.value
    if isinstance(rule, dict):
        usual = fields_in(top.get("defaults")) or tuple(Field)
        own = fields_in(rule)
        warn = partial(_warn_at, written, (*written.loc, "in"))
        if own:
            yield from _lint_doubled(_named(rule), warn)
        if own == usual:
            yield from _idle(usual, warn)
        yield from _lint_group(written, written.loc, rule, own or usual)


def _lint_group(written: Written, loc: Loc, group: dict[str, Any], fields: Fields) -> Iterator[Problem]:
    for key in (key for key in group if key in _NESTING):
        for number, item in enumerate(_listed(group[key])):
            where = written.document.locate((*loc, key, number))
            for mapping, at in _mappings(item, where):
                own = fields_in(mapping)
                if own:
                    yield from _lint_names(_named(mapping), fields, partial(_warn_at, written, (*at, "in")))
                narrowed = tuple(field for field in own if field in fields)
                yield from _lint_group(written, at, mapping, narrowed or fields)
    if isinstance(group.get("query"), str):
        yield from _lint_query(written, (*loc, "query"), group["query"], fields)


def _mappings(item: Any, loc: Loc) -> Iterator[tuple[dict[str, Any], Loc]]:
    """Yield an item that is a mapping, or those in an item that is a list: `near` takes lists in its list."""
    if isinstance(item, dict):
        yield item, loc
    elif isinstance(item, list):
        for number, each in enumerate(item):
            if isinstance(each, dict):
                yield each, (*loc, number)


def _lint_query(written: Written, loc: Loc, query: str, fields: Fields) -> Iterator[Problem]:
    try:
        pieces = cut_query(query)
    except QueryError:  # a mistake, which is reported as such
        return
    for piece in pieces:
        if piece.kind is Kind.FIELDS:
            yield from _lint_names(piece.text.split(","), fields, partial(_warn_in, written, loc, piece))


def _lint_names(names: Sequence[str], outer: Fields, warn: Warn) -> Iterator[Problem]:
    """Warn of names inside a rule: one that stands there twice, all that change nothing, one that is not read."""
    yield from _lint_doubled(names, warn)
    if set(outer) <= set(names):
        yield from _idle(outer, warn)
        return
    for name in dict.fromkeys(names):
        if name not in outer:
            message = f"`{name}` changes nothing here: {_listing(outer)} alone is read"
            yield from warn(names.index(name), message, "leave it out, or name it in the `in` around this as well")


def _lint_doubled(names: Sequence[str], warn: Warn) -> Iterator[Problem]:
    counted = Counter(names)
    for name in counted:
        if counted[name] > 1:
            yield from warn(names.index(name, names.index(name) + 1), f"`{name}` stands there twice", "name it once")


def _idle(outer: Fields, warn: Warn) -> list[Problem]:
    read = "all fields are" if len(outer) == len(Field) else f"{_listing(outer)} alone is"
    return warn(None, f"naming fields changes nothing here: {read} read anyway", "leave them out")


def _named(group: dict[str, Any]) -> list[str]:
    return [str(name) for name in _listed(group["in"])]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _listing(fields: Fields) -> str:
    return " and ".join(f"`{field}`" for field in fields)


def _warn_at(written: Written, loc: Loc, number: int | None, message: str, hint: str) -> list[Problem]:
    return written.warning_at(loc if number is None else (*loc, number), "MM207", message, hint)


def _warn_in(written: Written, loc: Loc, piece: Piece, _number: int | None, message: str, hint: str) -> list[Problem]:
    return written.warning_inside(loc, (piece.start, piece.end), "MM207", message, hint)
