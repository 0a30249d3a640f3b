"""Cut a query into its pieces, each with its place in the text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from monitor.document import did_you_mean
from monitor.model import Field
from monitor.rules.term import ReadingError

PREFIXES = ("actor", "use", "exact", "re")
"""Before a colon; the names of fields may stand there too, several joined by commas."""


class QueryError(ReadingError):
    """A query that cannot be meant, with the part of its text that is at fault."""

    def __init__(self, message: str, hint: str, start: int, end: int) -> None:
        super().__init__(message, hint)
        self.start = start
        self.end = end


class Kind(Enum):
    """What a piece of a query is."""

    OPEN = auto()
    CLOSE = auto()
    AND = auto()
    OR = auto()
    NOT = auto()
    NEAR = auto()
    FIELDS = auto()  # `title:` and its like
    PREFIX = auto()  # `actor:` and its like
    WORD = auto()
    PHRASE = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece: what it is, what it says, and where it stands."""

    kind: Kind
    text: str  # of a word or phrase, without its quotes; of a field or prefix, without its colon
    start: int
    end: int
    number: int = 0  # of NEAR/n
    ordered: bool = False

    def error(self, message: str, hint: str = "") -> QueryError:
        """Blame this piece."""
        return QueryError(message, hint, self.start, max(self.end, self.start + 1))


_COLON = "Text that holds a colon stands in quotes"
QUOTES = '"“”„‟«»＂'
_PIECE = re.compile(
    r"(?P<space>\s+)|(?P<open>\()|(?P<close>\))|(?P<around>AROUND\s*\([0-9]+\))"
    rf"|(?P<quote>[{QUOTES}])|(?P<prefix>[^\W\d][\w,]*:)|(?P<word>[^\s(){QUOTES}]+)"
)
_QUOTE_END = re.compile(f"[{QUOTES}]")
_VERBATIM = re.compile(r'((?:[^"]|"")*)"')  # in exact: and re: a quote is written twice
_NEAR = re.compile(r"(O?)NEAR/(.*)", re.IGNORECASE | re.DOTALL)
_NUMBER = re.compile(r"[0-9]{1,9}")
_OPERATORS = {"AND": Kind.AND, "OR": Kind.OR, "NOT": Kind.NOT}
_FOREIGN = {
    "&": "AND",
    "&&": "AND",
    "+": "AND",
    "|": "OR",
    "||": "OR",
    "!": "NOT",
    "-": "NOT",
    **dict.fromkeys(("ANDNOT", "AND-NOT", "BUTNOT"), "AND NOT"),
}
_FIELDS = tuple(field.value for field in Field)
# What other search tools have instead. Read as words, these would be watched for, and nothing would ever be found.
_FOREIGN_NEAR = re.compile(r"(?:w|within|n|p|pre|and|not|adj)/[0-9]+|(?:near|onear|adj)[0-9]+", re.IGNORECASE)
_FOREIGN_WILD = re.compile(r"(?<=\w)(?:[?](?=\w)|[!~](?=[0-9.]*$))")
_ELSEWHERE = {
    **dict.fromkeys(("lang", "language"), "a rule says `lang: [en]` beside `query:`, a search `--lang en`"),
    **dict.fromkeys(
        ("site", "source", "sourcename", "host", "domain", "feed", "url", "inurl"),
        "a rule says `sources: [example.org]` beside `query:`, a search `--feed example.org`",
    ),
    **dict.fromkeys(("intitle", "headline", "ti", "allintitle"), "write `title:`"),
    **dict.fromkeys(("intext", "content", "text", "allintext"), "write `body:`"),
}


def reads_as_word(text: str) -> bool:
    """Say whether a text of letters, digits and hyphens means itself in a query."""
    word = text.rstrip("*")
    taken = word.upper() in {*_OPERATORS, *_FOREIGN, "NEAR", "ONEAR"} or word.lower() in PREFIXES
    return not (taken or _FOREIGN_NEAR.fullmatch(word))


def cut_query(text: str) -> list[Piece]:
    """Cut a query into pieces, the last of them END, in linear time.

    Raises:
        QueryError: a piece is none.
    """
    pieces: list[Piece] = []
    at = 0
    while found := _PIECE.match(text, at):
        kind, at = found.lastgroup, found.end()
        if kind == "quote":
            verbatim = pieces[-1].kind is Kind.PREFIX and pieces[-1].text in ("exact", "re") if pieces else False
            pieces.append(_phrase(text, found.start(), verbatim=verbatim))
            at = pieces[-1].end
        elif kind != "space":
            pieces.append(_piece(str(kind), found[0], found.start()))
    return [*pieces, Piece(Kind.END, "", len(text.rstrip()), len(text.rstrip()))]


def _phrase(text: str, start: int, *, verbatim: bool) -> Piece:
    mark = Piece(Kind.PHRASE, "", start, start + 1)
    if verbatim and text[start] != '"':
        raise mark.error('after `exact:` and `re:`, only straight quotes (`"`) are quotes')
    found = _VERBATIM.match(text, start + 1) if verbatim else _QUOTE_END.search(text, start + 1)
    if found is None:
        raise mark.error("this quote is never closed")
    said = found[1].replace('""', '"') if verbatim else text[start + 1 : found.start()]
    return Piece(Kind.PHRASE, said, start, found.end())


def _piece(kind: str, text: str, start: int) -> Piece:
    end = start + len(text)
    match kind:
        case "open":
            return Piece(Kind.OPEN, text, start, end)
        case "close":
            return Piece(Kind.CLOSE, text, start, end)
        case "around":
            mark = Piece(Kind.NEAR, text, start, end)
            raise mark.error(f"`{text}` is no operator here", "write `NEAR/5` between two words")
        case "prefix":
            return _prefix(Piece(Kind.PREFIX, text[:-1], start, end))
    near = _NEAR.fullmatch(text)
    if near:
        return _near(near, start)
    return _word(Piece(_OPERATORS.get(text, Kind.WORD), text, start, end))


def _prefix(piece: Piece) -> Piece:
    named = [name for name in piece.text.split(",") if name]
    if piece.text in PREFIXES:
        return piece
    if named and set(named) <= set(_FIELDS):
        return Piece(Kind.FIELDS, piece.text, piece.start, piece.end)
    hint = _ELSEWHERE.get(piece.text.lower()) or did_you_mean(piece.text, (*_FIELDS, *PREFIXES))
    raise piece.error(f"unknown field `{piece.text}:`", f"{hint}{'' if hint.endswith('?') else '.'} {_COLON}")


def _near(found: re.Match[str], start: int) -> Piece:
    piece = Piece(Kind.NEAR, found[0], start, start + len(found[0]))
    if not _NUMBER.fullmatch(found[2]):
        raise piece.error("after the slash stands a number of words, as in `NEAR/10`")
    return Piece(Kind.NEAR, found[0], start, piece.end, int(found[2]), ordered=bool(found[1]))


def _word(piece: Piece) -> Piece:
    word = piece.text
    if word in _FOREIGN or word[0] == "~":
        said = f"write `{_FOREIGN[word]}`" if word in _FOREIGN else "write `NEAR/n` between two words"
        raise piece.error(f"`{word}` is no operator here", said)
    if word[0] in "-+" and len(word) > 1:
        said = "write `NOT` before it" if word[0] == "-" else "every word is required anyway"
        raise piece.error(f"`{word[0]}` before a word says nothing here", said)
    _refuse_foreign(piece)
    if word[0] in "'‘’":
        raise piece.error("phrases stand in double quotes", 'write `"several words"`')
    if word.upper() in ("NEAR", "ONEAR") and word.isupper():
        raise piece.error(f"`{word}` needs a number of words", f"write `{word}/10`")
    if piece.kind is Kind.WORD and word.upper() in _OPERATORS:
        hint = f'write `{word.upper()}` for the operator, or `"{word}"` for the word'
        raise piece.error(f"`{word}` in small letters could be a word or an operator", hint)
    return piece


def _refuse_foreign(piece: Piece) -> None:
    """Refuse what means something to other search tools, and here would be a word that nobody writes."""
    word, quoted = piece.text, f'put it in quotes if it is a word: `"{piece.text}"`'
    if _FOREIGN_NEAR.fullmatch(word):
        raise piece.error(f"`{word}` is no operator here", f"write `NEAR/5`, or `ONEAR/5` for this order; {quoted}")
    if found := _FOREIGN_WILD.search(word):
        raise piece.error(f"`{found[0]}` stands for no letters here", f"write `begin*`, or each form; {quoted}")
    if word[-1] in ",;" and len(word) > 1:
        raise piece.error(f"`{word[-1]}` says nothing here", "write `OR` for any of them, or quotes around a phrase")
