"""Read YAML strictly, and remember where everything stood.

The YAML that people write by hand: mappings, lists and scalars, nothing else. Anchors, aliases, tags, merge keys,
several documents and duplicate keys are errors. Every scalar stays the text that was written (`NO`, `22:00` and `010`
are what they look like); the models that the text is validated against decide what is a number or a duration. Only an
empty plain scalar, `~` and `null` are None.

The document is built from libyaml's event stream without recursion: its own composer overflows the C stack on deeply
nested input, and expands aliases before anyone can count them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import yaml
from yaml.error import Mark

from monitor.document.place import Document, Loc, Places, Span
from monitor.document.syntax import syntax_problem
from monitor.errors import Problem

MAX_BYTES = 64 * 1024 * 1024  # a million one-line rules fit
MAX_VALUES = 5_000_000  # keys and values: what bounds the memory
MAX_DEPTH = 32
_SHOWN_LEVELS = 2  # sections, and what they name

# Written as an escape, for libyaml refuses the character itself; no text we watch for holds one, and databases,
# headers and file names cannot.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")


def read_document(path: Path, *, name: str | None = None) -> tuple[Document | None, list[Problem]]:
    """Read a YAML file; `name` is what messages call it.

    Returns the document, or None where it could not be read to its end, and every problem found on the way.
    """
    name = name or str(path)
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return None, [Problem(file=name, message="file not found")]
    except OSError as error:
        return None, [Problem(file=name, message=f"cannot be read: {error.strerror or error}")]
    return parse_document(raw, name=name)


def parse_document(raw: bytes, *, name: str, max_values: int = MAX_VALUES) -> tuple[Document | None, list[Problem]]:
    """Parse YAML bytes of at most `max_values` keys and values; see `read_document`."""
    refusal = _refusal(raw)
    if refusal:
        return None, [Problem(file=name, message=refusal[0], hint=refusal[1])]
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return None, [_encoding_problem(error, name)]
    source = Document(file=name, text=text)
    builder = _Builder(source, max_values)
    try:
        builder.read(text)
    except _Stop as stop:
        return None, [*builder.problems, stop.problem]
    except yaml.YAMLError as error:
        return None, [*builder.problems, syntax_problem(source, error, builder.open_bracket())]
    document = Document(file=name, text=text, value=builder.root, reread=_reread, lines_of_keys=builder.lines_of_keys)
    return document, builder.problems


def _reread(name: str, text: str) -> tuple[Any, Places]:
    """Read what has been read before: it holds nothing that would end the reading."""
    places = Places()
    builder = _Builder(Document(file=name, text=text), MAX_VALUES, places)
    builder.read(text)
    return builder.root, places


def _refusal(raw: bytes) -> tuple[str, str] | None:
    """Say why these bytes are no text file, and what to do."""
    if len(raw) > MAX_BYTES:
        return f"larger than {MAX_BYTES // 1024 // 1024} MB", "split it into several files"
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in raw[:4]:
        return "written in UTF-16 or UTF-32, or no text at all", "save it as UTF-8"
    if b"\0" in raw:
        return "a binary file, not YAML (it holds a NUL byte)", "name a text file"
    return None


def _encoding_problem(error: UnicodeDecodeError, name: str) -> Problem:
    raw = error.object  # without a byte order mark
    document = Document(file=name, text=raw.decode(errors="replace"))
    span = document.span_at(len(raw[: error.start].decode()))
    return document.problem_at(span, f"byte 0x{raw[error.start]:02x} is not UTF-8", "save the file as UTF-8")


class _Stop(Exception):  # noqa: N818 - it only carries the problem that ends the reading out of the builder
    def __init__(self, problem: Problem) -> None:
        self.problem = problem


@dataclass(slots=True)
class _Container:
    """A mapping or list that is not closed yet."""

    value: dict[str, Any] | list[Any]
    path: Loc  # () for what lies deep, where nobody asks for places
    bracket: Span | None  # where its `[` or `{` stands, None = it is written by indentation
    key: str | None = None  # of a mapping: the key that waits for its value
    lines: dict[str, int] = field(default_factory=dict)  # of a mapping: where its keys stand


class _Builder:
    """Turn the event stream into plain values, one event at a time; `places` is given what stands where.

    It is a third of the work and most of the memory, and seldom asked for: without it only the lines of sections and of
    what they name are kept.
    """

    def __init__(self, document: Document, max_values: int, places: Places | None = None) -> None:
        self.document = document
        self.lines_of_keys: dict[Loc, int] = {}
        self._places = places
        self.problems: list[Problem] = []
        self.root: Any = None
        self._documents = 0
        self._values = 0
        self._max_values = max_values
        self._open: list[_Container] = []  # innermost last

    def open_bracket(self) -> Span | None:
        """Return the place of the innermost bracket, where the innermost container has one."""
        return self._open[-1].bracket if self._open else None

    def read(self, text: str) -> None:
        """Take all of a text.

        Raises:
            _Stop: something in it cannot be understood.
            YAMLError: it is no YAML.
        """
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            self.add(event)

    def add(self, event: yaml.Event) -> None:
        """Take the next event.

        Raises:
            _Stop: nothing behind it can be understood.
        """
        if isinstance(event, yaml.ScalarEvent):
            self._admit(event)
            self._scalar(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._admit(event)
            self._start(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._open.pop()
        elif isinstance(event, yaml.AliasEvent):
            self._stop(event, "aliases (`*name`) are not allowed", "quote text that begins with `*`")
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._stop(event, "a second document (`---`) in one file", "use a file each")

    def _admit(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        self._values += 1
        if self._values > self._max_values:
            self._stop(event, f"more than {self._max_values:,} values in one file", "split it into several files")
        if event.anchor:
            self._stop(event, "anchors (`&name`) are not allowed", "quote text that begins with `&`")
        if event.tag:
            self._stop(event, "tags (`!name`) are not allowed", "quote text that begins with `!`")

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        text: str = event.value
        control = _CONTROL.search(text) if event.style == '"' else None
        if control:
            self._add_problem(event, f"an escape for the control character U+{ord(control[0]):04X}", "leave it out")
            text = _CONTROL.sub("", text)
        if self._expects_key():
            self._key(text, event)
        else:
            self._put(None if not event.style and text in ("", "~", "null") else text, event)

    def _start(self, event: yaml.CollectionStartEvent) -> None:
        if self._expects_key():
            self._stop(event, "a list or mapping cannot be a key", "quote text that begins with `{`, `[` or `?`")
        if len(self._open) >= MAX_DEPTH:
            self._stop(event, f"nested deeper than {MAX_DEPTH} levels", "brackets or indentation have gone wrong")
        value: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        path = self._put(value, event)
        self._open.append(_Container(value, path, _span(event) if event.flow_style else None))

    def _expects_key(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1].value, dict) and self._open[-1].key is None

    def _key(self, key: str, event: yaml.ScalarEvent) -> None:
        container = self._open[-1]
        if key == "<<":
            self._stop(event, "merge keys (`<<`) are not allowed", "write the keys out")
        line = _start(event).line
        first = container.lines.setdefault(key, line)
        if key in container.value:
            self._add_problem(event, f"duplicate key `{key}`", f"it stands in line {first + 1} already")
        if len(self._open) <= _SHOWN_LEVELS:
            self.lines_of_keys.setdefault((*container.path, key), line)
        if self._places is not None:
            self._places.key_spans.setdefault((*container.path, key), _span(event))
        container.key = key

    def _put(self, value: Any, event: yaml.NodeEvent) -> Loc:
        """Store a value where the innermost open container wants it, of duplicates the first; return its path."""
        if not self._open:
            self.root = value
            if self._places is not None:
                self._places.spans[()] = _span(event)
            return ()
        container = self._open[-1]
        step: str | int
        if isinstance(container.value, list):
            step = len(container.value)
            container.value.append(value)
        else:
            step, container.key = container.key or "", None
            container.value.setdefault(step, value)
        if self._places is None and len(self._open) >= _SHOWN_LEVELS:
            return ()
        where = (*container.path, step)
        if self._places is not None:
            self._places.spans.setdefault(where, _span(event))
        return where

    def _add_problem(self, event: yaml.Event, message: str, hint: str) -> None:
        self.problems.append(self.document.problem_at(_span(event), message, hint))

    def _stop(self, event: yaml.Event, message: str, hint: str) -> NoReturn:
        raise _Stop(self.document.problem_at(_span(event), message, hint))


def _start(event: yaml.Event) -> Mark:
    start: Mark = event.start_mark  # type: ignore[assignment]  # libyaml gives each event both; the stubs do not know
    return start


def _span(event: yaml.Event) -> Span:
    start, end = _start(event), event.end_mark
    assert end is not None  # noqa: S101 - the same
    width = end.column - start.column if end.line == start.line else 1
    return Span(start.line, start.column, width)
