"""Find a piece of a scalar's value in the file: quotes, escapes and folded lines stand between the two."""

from __future__ import annotations

import re
from collections.abc import Sequence

from monitor.document.place import Document, Span

# YAML 1.1, 5.7: what one character of the value may be written as, inside double quotes
_ESCAPE = re.compile(r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)")
_BLOCK = re.compile(r"[|>][-+0-9]*\s*(?:#.*)?$")


def span_inside(document: Document, loc: Sequence[str | int], start: int, end: int) -> Span | None:
    """Return where the characters from `start` to `end` of the text at `loc` stand, as far as they fill one line.

    Where they cannot be told apart, the place of the whole text.
    """
    whole = document.spans.get(document.locate(loc))
    value = document.value
    for step in document.locate(loc):
        value = value[step]
    if whole is None or not isinstance(value, str):
        return whole
    if document.is_as_written:
        return Span(whole.line, whole.column + start, max(1, end - start))
    walk = _Walk(document, whole)
    places = [walk.step(char) for char in value[: max(end, start + 1)]]
    if start >= len(places):
        places.append(walk.here())  # behind the last character
    line, column, _ = places[start]
    last = [place for place in places[start:end] if place[0] == line]
    width = last[-1][1] + last[-1][2] - column if last else 1
    return Span(line, column, max(1, width))


class _Walk:
    """Walk over the source of one scalar, a character of its value at a time."""

    def __init__(self, document: Document, span: Span) -> None:
        self._document = document
        self._lines = document.text.count("\n") + 1
        self._quote = document.line(span.line)[span.column : span.column + 1]
        self._enter(span.line)
        self._column = span.column
        if self._quote in ("'", '"'):
            self._column += 1
        elif _BLOCK.match(self._text, self._column):
            self._enter(self._line + 1)

    def here(self) -> tuple[int, int, int]:
        return self._line, self._column, 1

    def step(self, char: str) -> tuple[int, int, int]:
        """Return line, column and width of the next character of the value."""
        if char in " \n" and self._column >= self._end and not self._joined:
            place = self.here()
            self._enter(self._line + 1)
            while char == " " and self._column >= self._end and self._line < self._lines:
                self._enter(self._line + 1)
            return place
        while self._column >= self._end and self._line < self._lines:
            self._enter(self._line + 1)  # a line's end that the value does not show: an escaped one
        written = self._text[self._column : self._column + 1]
        if char == " " and written not in (" ", "\t") and not (self._quote == '"' and written == "\\"):
            return (self._line, max(0, self._column - 1), 1)  # a blank of the value that counted as indentation
        width = self._width(char)
        place = (self._line, self._column, width)
        self._column += width
        return place

    def _width(self, char: str) -> int:
        if self._quote == '"':
            escape = _ESCAPE.match(self._text, self._column)
            return len(escape[0]) if escape else 1
        return 2 if self._quote == char == "'" else 1

    def _enter(self, line: int) -> None:
        self._line = line
        self._text = self._document.line(line)
        self._column = len(self._text) - len(self._text.lstrip(" \t"))
        written = self._text.rstrip(" \t")
        # inside double quotes a backslash at the end of a line joins it with the next; two are one of the text
        backslashes = len(written) - len(written.rstrip("\\"))
        self._joined = self._quote == '"' and backslashes % 2 == 1
        self._end = len(written) - self._joined
