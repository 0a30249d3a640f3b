"""One file's content, and where each piece of it stands."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, final

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


@dataclass(frozen=True, slots=True)
class Places:
    """Where each value and each key stands; some 300 bytes each."""

    spans: dict[Loc, Span] = field(default_factory=dict)
    key_spans: dict[Loc, Span] = field(default_factory=dict)


Reread = Callable[[str, str], tuple[Any, Places]]
"""Read a file's name and text again: its value, and the place of everything in it."""


@dataclass(slots=True)
class _Content:
    text: str
    value: Any
    places: Places | None  # None = nobody has asked yet
    lines: list[str] = field(default_factory=list)


@final
class Document:
    """One file's content as plain str, None, list and dict, with the place of each value and key.

    Most files hold no mistake, and nobody asks where things stand in them: that is looked up in the text when somebody
    does. A document that is folded keeps its text packed and nothing else, and is read again when somebody asks; any
    thread may.
    """

    __slots__ = ("__weakref__", "_content", "_lines_of_keys", "_packed", "_reread", "_used", "file", "is_as_written")

    def __init__(
        self,
        *,
        file: str,
        text: str,
        value: Any = None,
        places: Places | None = None,
        reread: Reread | None = None,
        lines_of_keys: dict[Loc, int] | None = None,
        is_as_written: bool = False,
    ) -> None:
        """Hold what is known of a file; without `reread` all places that there are must be given, and nothing folds.

        `lines_of_keys` are those of its sections and of what they name, from 0. `is_as_written` says that a quote at
        a text's beginning is a character of it.
        """
        self.file = file
        self.is_as_written = is_as_written
        self._reread = reread
        self._content: _Content | None = _Content(text, value, places or (None if reread else Places()))
        self._lines_of_keys = lines_of_keys or {}
        self._packed = b""
        self._used = True  # since it was last to be folded

    def __repr__(self) -> str:
        return f"Document(file={self.file!r})"

    def fold(self, *, at_once: bool = True) -> bool:
        """Keep no more than its packed text; unless `at_once`, only where nobody has asked since the last time.

        Return whether that was done: one that cannot be read again stays as it is.
        """
        content, used, self._used = self._content, self._used, False
        if content is None or self._reread is None or (used and not at_once):
            return False
        self._packed = self._packed or zlib.compress(content.text.encode(), 1)
        self._content = None
        return True

    @property
    def is_folded(self) -> bool:
        """Whether it would have to be read again."""
        return self._content is None

    def _open(self) -> _Content:
        self._used = True
        content = self._content
        if content is None:
            text = zlib.decompress(self._packed).decode()
            content = self._content = _Content(text, *self._read_again(text))
        return content

    def _placed(self) -> Places:
        content = self._open()
        places = content.places
        if places is None:
            _, places = self._read_again(content.text)
            content.places = places
        return places

    def _read_again(self, text: str) -> tuple[Any, Places]:
        assert self._reread is not None  # noqa: S101 - what cannot be read again is never folded, and has its places
        return self._reread(self.file, text)

    @property
    def text(self) -> str:
        """What stands in the file, without a byte order mark."""
        return self._open().text

    @property
    def value(self) -> Any:
        """What the text says."""
        return self._open().value

    @property
    def spans(self) -> dict[Loc, Span]:
        """Where each value stands."""
        return self._placed().spans

    @property
    def key_spans(self) -> dict[Loc, Span]:
        """Where each key stands."""
        return self._placed().key_spans

    def line_of_key(self, section: str, *names: str) -> int | None:
        """Return the line, from 0, in which a section begins, or what a section names; None = it does not stand there.

        This much is known without asking for all places.
        """
        return self._lines_of_keys.get((section, *names))

    def with_value(self, value: Any) -> Document:
        """Return the same file as if it said something else."""
        return Document(
            file=self.file, text=self.text, value=value, places=self._placed(), is_as_written=self.is_as_written
        )

    def problem(self, loc: Sequence[str | int], message: str, hint: str = "", *, at_key: bool = False) -> Problem:
        """Name a mistake at `loc`, or at the nearest thing around it that was really written."""
        path = self.locate(loc)
        key = self.key_spans.get(path)
        span = key if at_key and key else self.spans.get(path) or key
        return self.problem_at(span, message, hint)

    def locate(self, loc: Sequence[str | int]) -> Loc:
        """Return the part of `loc` that stands in the file: a validator's path may hold steps that nobody wrote."""
        path: Loc = ()
        if self._reread is None:  # its value may hold what stands nowhere
            spans = self.spans
            for step in loc:
                if (*path, step) in spans:
                    path = (*path, step)
            return path
        value = self.value
        for step in loc:
            if step in value if isinstance(value, dict) else isinstance(step, int) and _is_at(value, step):
                path, value = (*path, step), value[step]
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
        content = self._open()
        if not content.lines:  # only a file with a mistake in it needs them
            content.lines = _LINE_BREAK.split(content.text)
        return content.lines[number] if number < len(content.lines) else ""

    def span_at(self, offset: int) -> Span:
        """Return the place of one character, by its offset into the text."""
        before = _LINE_BREAK.split(self.text[:offset])
        return Span(len(before) - 1, len(before[-1]), 1)


def _is_at(value: Any, step: int) -> bool:
    return isinstance(value, list) and 0 <= step < len(value)
