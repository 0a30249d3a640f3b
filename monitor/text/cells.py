"""How wide a text stands on a terminal, and where its lines may end."""

from __future__ import annotations

import re
import unicodedata

_SGR = r"\x1b\[[\d;]*m"  # colour and weight (ECMA-48, 8.3.117): no width of their own
# Scripts without blanks between words; a line may end behind each character, but not before what closes a clause.
_SPACELESS = "\u2e80-\u2fff\u3003-\u9fff\uf900-\ufaff\uff66-\uff9d\U00020000-\U0003fffd"
_CLOSING = "\u3001\u3002\u300b\u300d\u300f\u3011\uff01\uff09\uff0c\uff0e\uff1a\uff1b\uff1f\u2019\u201d…"
_PIECE = re.compile(
    rf" +|(?:{_SGR})*[{_SPACELESS}][{_CLOSING}]*(?:\x1b\[0m[{_CLOSING}]*)?|(?:{_SGR}|[^ \x1b{_SPACELESS}])+"
)


def cells(text: str) -> int:
    """Count the columns that a text takes on a terminal: two for a wide character, none for a combining one."""
    return sum(
        0 if unicodedata.category(character) in ("Mn", "Me") else 1 + (unicodedata.east_asian_width(character) in "WF")
        for character in text
    )


def wrap(line: str, width: int, indent: str) -> str:
    """Break one line, which may hold colours, into lines of at most `width` columns; all but the first are indented.

    A word that is longer than a line stays whole: a terminal breaks it, and it can still be copied.
    """
    wrapped: list[str] = []
    column, gap = 0, ""
    for piece in _PIECE.findall(line):
        if piece.isspace():
            gap = piece
            continue
        size = cells(re.sub(_SGR, "", piece))
        if column and column + len(gap) + size > width:
            wrapped.append("\n")
            column, gap = 0, indent
        wrapped.append(gap + piece)
        column, gap = column + len(gap) + size, ""
    return "".join(wrapped)
