"""Boolean search, the second spelling of a rule's conditions: a query's text to the tree.

    query  = unit { AND unit } | unit { OR unit }       AND may be left out; AND and OR together need parentheses
    unit   = [ NOT ] near
    near   = one { NEAR/n one } | one { ONEAR/n one }   one number throughout
    one    = word | "phrase" | begin* | ( query ) | title: one | actor: id | use: id | exact: "text" | re: "pattern"

A recursive descent, linear in the text, its depth bounded. How terms, actors and other rules are looked up is the
caller's business (`Names`).
"""

from __future__ import annotations

from typing import Protocol

from monitor.model import Field
from monitor.rules.query_words import Kind, Piece, QueryError, cut_query
from monitor.rules.term import ReadingError
from monitor.rules.tree import Actor, AllOf, AnyOf, Exact, In, Near, Node, NoneOf, Regex, Term, Use, watches

LONGEST_QUERY = 10_000
DEEPEST_QUERY = 20
MOST_NEAR = 5
WIDEST_NEAR = 1000
NEARABLE = "only words, phrases, actors and groups that mean any of them can stand near something"


class Names(Protocol):
    """What the words of a query mean; each raises ReadingError where they mean nothing."""

    def term(self, text: str) -> Term:
        """Read a word or phrase."""
        ...

    def exact(self, text: str) -> Exact:
        """Read a text to be found as it stands."""
        ...

    def regex(self, text: str) -> Regex:
        """Read a regular expression."""
        ...

    def actor(self, text: str) -> Actor:
        """Look an actor up by its id."""
        ...

    def use(self, text: str) -> Use:
        """Look another rule up by its id."""
        ...


def parse_query(text: str, names: Names) -> Node:
    """Read a query.

    Raises:
        QueryError: it cannot be meant; with the bounds of what is at fault.
    """
    if len(text) > LONGEST_QUERY:
        message = f"a query of {len(text):,} characters: {LONGEST_QUERY:,} are the most"
        raise QueryError(message, "make a rule of each part, and join them by `use:`", 0, 1)
    return _Parser(cut_query(text), names).query()


class _Parser:
    """Walk over the pieces once, from left to right."""

    def __init__(self, pieces: list[Piece], names: Names) -> None:
        self._pieces = pieces
        self._names = names
        self._at = 0
        self._open: list[Piece] = []  # parentheses and NOTs around the place where we are

    def query(self) -> Node:
        """Read all of it."""
        if self._next.kind is Kind.END:
            raise self._next.error("an empty query")
        node = self._group()
        if self._next.kind is Kind.CLOSE:
            raise self._next.error("this parenthesis closes nothing")
        if not watches(node):
            denied = next(piece for piece in self._pieces if piece.kind is Kind.NOT)
            message = "this holds where nothing at all is found: `NOT` takes away from something"
            raise denied.error(message, "write `Syria NOT football`")
        return node

    @property
    def _next(self) -> Piece:
        return self._pieces[self._at]

    def _take(self) -> Piece:
        piece = self._pieces[self._at]
        self._at += 1
        return piece

    def _group(self) -> Node:
        """Read units up to a closing parenthesis or the end, joined by AND or by OR."""
        parts = [self._unit()]
        joined: Kind | None = None
        while self._next.kind not in (Kind.CLOSE, Kind.END):
            between = self._next
            join = Kind.OR if between.kind is Kind.OR else Kind.AND
            if joined and join is not joined:
                message = "AND and OR side by side: programs differ in which they take first"
                raise between.error(message, "put parentheses around what belongs together; a blank is an AND")
            joined = join
            if between.kind in (Kind.AND, Kind.OR):
                self._take()
            parts.append(self._unit())
        if len(parts) == 1:
            return parts[0]
        return AnyOf(parts=tuple(parts)) if joined is Kind.OR else AllOf(parts=tuple(parts))

    def _unit(self) -> Node:
        if self._next.kind is not Kind.NOT:
            return self._near()
        denied = self._take()
        self._descend(denied)
        node = NoneOf(parts=(self._unit(),))
        self._open.pop()
        return node

    def _near(self) -> Node:
        """Read operands joined by NEAR, or one that stands alone."""
        first, node = self._next, self._one()
        if self._next.kind is not Kind.NEAR:
            return node
        near = self._next
        parts = [_nearable(node, first)]
        while self._next.kind is Kind.NEAR:
            again = self._take()
            if (again.number, again.ordered) != (near.number, near.ordered):
                raise again.error("one distance for all that stand near each other", f"write `{near.text}` here too")
            first = self._next
            parts.append(_nearable(self._one(), first))
        if not 1 <= near.number <= WIDEST_NEAR:
            raise near.error(f"words are 1 to {WIDEST_NEAR:,} apart, and neighbours 1", "write for example `NEAR/10`")
        if len(parts) > MOST_NEAR:
            raise near.error(f"{len(parts)} things near each other: {MOST_NEAR} are the most")
        return Near(of=tuple(parts), within=near.number, ordered=near.ordered)

    def _one(self) -> Node:
        piece = self._take()
        match piece.kind:
            case Kind.WORD | Kind.PHRASE:
                return self._named("term", piece)
            case Kind.OPEN:
                return self._parenthesis(piece)
            case Kind.FIELDS:
                self._descend(piece)
                fields = tuple(field for field in Field if field.value in piece.text.split(","))
                node = In(fields=fields, part=self._one())
                self._open.pop()
                return node
            case Kind.PREFIX:
                return self._prefixed(piece)
        raise self._missing(piece)

    def _parenthesis(self, opened: Piece) -> Node:
        self._descend(opened)
        if self._next.kind is Kind.CLOSE:
            raise self._next.error("nothing between the parentheses")
        node = self._group()
        if self._take().kind is not Kind.CLOSE:
            raise opened.error("this parenthesis is never closed")
        self._open.pop()
        return node

    def _prefixed(self, prefix: Piece) -> Node:
        allowed = (Kind.PHRASE,) if prefix.text == "re" else (Kind.WORD, Kind.PHRASE)
        if self._next.kind not in allowed:
            wanted = {"actor": "the id of an actor", "use": "the id of a rule"}.get(prefix.text, "text in quotes")
            raise prefix.error(f"after `{prefix.text}:` stands {wanted}")
        return self._named({"re": "regex"}.get(prefix.text, prefix.text), self._take())

    def _named(self, kind: str, piece: Piece) -> Node:
        try:
            node: Node = getattr(self._names, kind)(piece.text)
        except ReadingError as error:
            raise piece.error(error.message, error.hint) from None
        return node

    def _descend(self, piece: Piece) -> None:
        self._open.append(piece)
        if len(self._open) > DEEPEST_QUERY:
            message = f"nested deeper than {DEEPEST_QUERY} levels"
            raise piece.error(message, "make a rule of each part, and join them by `use:`")

    def _missing(self, piece: Piece) -> QueryError:
        """Say that something should stand here, blaming what wants it."""
        before = self._pieces[self._at - 2] if self._at > 1 else None
        if before is None:
            return piece.error(f"`{piece.text}` needs something before it")
        if piece.kind is not Kind.END:
            return piece.error(f"`{piece.text}` cannot follow `{before.text}`", "something is missing between them")
        if before.kind is Kind.OPEN:
            return before.error("this parenthesis is never closed")
        return before.error(f"`{before.text}` needs something behind it")


def _nearable(node: Node, piece: Piece) -> Node:
    """Return the node where it has places for NEAR to compare, else blame its first piece."""
    if nearable(node):
        return node
    raise piece.error(NEARABLE, "write `(a NEAR/5 c) AND (b NEAR/5 c)` for `(a AND b) NEAR/5 c`")


def nearable(node: Node) -> bool:
    """Say whether this can stand near something: it has places of whole words."""
    return all(map(nearable, node.parts)) if isinstance(node, AnyOf) else isinstance(node, Term | Exact | Actor)
