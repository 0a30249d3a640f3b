"""One file's content, and where each piece of it stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from monitor.errors import Problem
from monitor.text.plain import one_line, shorten

MESSAGE_LENGTH = 300

# YAML 1.1, 5.4: what libyaml counts as the end of a line; `str.splitlines` knows more kinds.
_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")

Loc = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """Where a key or value stands: line and column from 0, width in characters on that line."""

    line: int
    column: int
    width: int


@dataclass(slots=True)
class Document:
    """One file's content as plain str, None, list and dict, with the place of each value and key."""

    file: str
    text: str = field(repr=False)
    value: Any = field(default=None, repr=False)
    spans: dict[Loc, Span] = field(default_factory=dict, repr=False)
    key_spans: dict[Loc, Span] = field(default_factory=dict, repr=False)
    is_as_written: bool = field(default=False, repr=False)  # a quote at a text's beginning is a character of it
    _lines: list[str] = field(default_factory=list, init=False, repr=False)

    def problem(self, loc: Sequence[str | int], message: str, hint: str = "", *, at_key: bool = False) -> Problem:
        """Name a mistake at `loc`, or at the nearest thing around it that was really written."""
        path = self.locate(loc)
        key = self.key_spans.get(path)
        span = key if at_key and key else self.spans.get(path) or key
        return self.problem_at(span, message, hint)

    def locate(self, loc: Sequence[str | int]) -> Loc:
        """Return the part of `loc` that stands in the file: a validator's path may hold steps that nobody wrote."""
        path: Loc = ()
        for step in loc:
            if (*path, step) in self.spans:
                path = (*path, step)
        return path

    def problem_at(self, span: Span | None, message: str, hint: str = "") -> Problem:
        """Name a mistake at a place, or in the file as a whole.

        The message may quote what was written: it is made one line, without control characters, and bounded.
        """
        message, hint = (shorten(one_line(text), MESSAGE_LENGTH) for text in (message, hint))
        if span is None:
            return Problem(file=self.file, message=message, hint=hint)
        return Problem(
            file=self.file,
            line=span.line + 1,
            column=span.column + 1,
            width=max(1, span.width),
            message=message,
            hint=hint,
            source=self.line(span.line),
        )

    def blot(self, problem: Problem, paths: Iterable[Loc]) -> Problem:
        """Blot out the values at these places where the problem's source line shows them: it will stand in a log."""
        source = problem.source
        for path in paths:
            span = self.spans[path]
            if span.line == problem.line - 1:
                end = span.column + span.width if span.width > 1 else len(source)
                source = source[: span.column] + "*" * (end - span.column) + source[end:]
        return replace(problem, source=source)

    def line(self, number: int) -> str:
        """Return one line, counted from 0 as libyaml counts, without its end; "" behind the last."""
        if not self._lines:  # only a file with a mistake in it needs them
            self._lines = _LINE_BREAK.split(self.text)
        return self._lines[number] if number < len(self._lines) else ""

    def span_at(self, offset: int) -> Span:
        """Return the place of one character, by its offset into the text."""
        before = _LINE_BREAK.split(self.text[:offset])
        return Span(len(before) - 1, len(before[-1]), 1)
