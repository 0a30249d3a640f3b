"""Change a YAML file by adding or cutting lines: everything else stays as a person wrote it, comments too.

Whatever was changed is read again; a change that would say anything else than was wanted is none.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from monitor.document.place import Document, Loc, Span
from monitor.document.read import parse_document

_PLAIN = re.compile(r"[^\W\d_][\w .'’-]*(?<! )")  # needs no quotes, in brackets or out of them
_PLAIN_URL = re.compile(r"https?://[\w./~%?=&+;:@!*()-]*[\w/=]", re.ASCII)
_WORDS_FOR_NOTHING = ("null", "Null", "NULL")
_LINES = re.compile(r"[^\n]*\n|[^\n]+")
_NO_CONTENT = re.compile(r"\s*(?:#.*)?$", re.DOTALL)
_MARK = "\ufeff"
INDENT = "  "
FEW = 3  # entries that are added to one line


def quoted(text: str) -> str:
    """Write a text as YAML, in double quotes where it needs them."""
    plain = (_PLAIN.fullmatch(text) and text not in _WORDS_FOR_NOTHING) or _PLAIN_URL.fullmatch(text)
    return text if plain else json.dumps(text, ensure_ascii=False)


def written(value: Any) -> str:
    """Write text, and lists and mappings of them, on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(written(item) for item in value) + "]"
    return quoted(str(value))


def value_at(value: Any, loc: Loc) -> Any:
    """Return what stands at a place in nested values, None = nothing does."""
    for step in loc:
        try:
            value = value[step]
        except (LookupError, TypeError):
            return None
    return value


def lines_of(text: str) -> list[str]:
    """Split a text into lines, each with its end."""
    return _LINES.findall(text)


def diff(file: str, old: str, new: str) -> str:
    """Return a unified diff that `patch -p0` and `git apply -p0` take; "" where nothing has changed."""
    lines = difflib.unified_diff(lines_of(old), lines_of(new), file, file, n=1)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def says(text: str, wanted: Any, loc: Loc = ()) -> bool:
    """Read a changed text again, and say whether it holds at `loc` what was wanted, and no mistake."""
    document, problems = parse_document(text.encode(), name="patched")
    return document is not None and not problems and value_at(document.value, loc) == wanted


def add_entries(document: Document, section: str, entries: Mapping[str, Any]) -> str:
    """Return the file's text with more entries in a section at its top, behind those that it has.

    Returns "" where that cannot be done by adding lines, such as in a file that is no mapping.
    """
    old = document.value if document.value is not None else {}
    if not isinstance(old, dict) or not isinstance(old.get(section) or {}, dict):
        return ""
    there = old.get(section)
    if not there and document.line(_line(document, section)).find("{") < 0:
        text = _with_section(document, section, entries)
    elif document.line((span := document.spans[(section,)]).line)[span.column : span.column + 1] == "{":
        text = _with_flow(document, section, entries)
    else:
        text = _with_block(document, section, entries)
    return text if says(text, {**old, section: {**(there or {}), **entries}}) else ""


def remove_entry(document: Document, section: str, key: str) -> str:
    """Return the file's text without one entry of a section at its top; comments stay.

    Returns "" where that cannot be done by cutting it out, or there is no such entry.
    """
    there = value_at(document.value, (section,))
    if not isinstance(there, dict) or key not in there:
        return ""
    span = document.spans[(section,)]
    flow = document.line(span.line)[span.column : span.column + 1] == "{"
    text = _without_flow(document, section, key) if flow else _without_block(document, section, key)
    rest = {name: value for name, value in there.items() if name != key}
    empty = rest or ({} if flow else None)
    return text if says(text, {**document.value, section: empty}) else ""


def entry_text(document: Document, section: str, key: str) -> str:
    """Return the lines of one entry of a section at the file's top, as if it stood at the margin."""
    if _is_flow(document, section):
        return f"{key}: {written(document.value[section][key])}\n"
    lines, start = lines_of(document.text), document.key_spans[section, key].line
    end = _end_of(lines, _next_key(document, start, levels=2))
    column = document.key_spans[section, key].column
    own = "".join((line[column:] or "\n") if not line[:column].strip() else line for line in lines[start:end])
    return own if own.endswith("\n") else f"{own}\n"


def put_entry(document: Document, section: str, key: str, lines: str) -> str:
    """Return the file's text with an entry, whose lines stand at the margin, in place of its old ones or as the last.

    Returns "" where that cannot be done by changing lines, or the lines are no such entry.
    """
    read, problems = parse_document(lines.encode(), name="entry")
    there = value_at(document.value, (section,))
    if problems or read is None or not isinstance(read.value, dict) or list(read.value) != [key]:
        return ""
    if not isinstance(there, dict) or not there or _is_flow(document, section):
        return "" if key in (there or {}) else add_entries(document, section, read.value)
    old = lines_of(document.text)
    start, end = _place_of(document, old, section, key)
    column = min(span.column for loc, span in document.key_spans.items() if len(loc) == 2 and loc[0] == section)  # noqa: PLR2004 - section, key
    added = [f"{' ' * column}{line}" if line.strip() else line for line in lines_of(lines)]
    text = _inserted(document, [*old[:start], *old[end:]], start, added)
    return text if says(text, {**document.value, section: {**there, **read.value}}) else ""


def _place_of(document: Document, lines: Sequence[str], section: str, key: str) -> tuple[int, int]:
    """Return the lines of an entry, from and to, or the empty place behind the last."""
    if (section, key) in document.key_spans:
        start = document.key_spans[section, key].line
        return start, _end_of(lines, _next_key(document, start, levels=2))
    at = _end_of(lines, _next_key(document, _last(document, section), levels=1))
    return at, at


def _is_flow(document: Document, section: str) -> bool:
    span = document.spans[section,]
    return document.line(span.line)[span.column : span.column + 1] == "{"


def replace_file(path: Path, old: str, new: str) -> bool:
    """Write a file anew, whole or not at all; False = it no longer says what was read, and stays as it is.

    Raises:
        OSError: it cannot be written.
    """
    target = Path(os.path.realpath(path))
    raw = target.read_bytes()
    if raw.decode("utf-8-sig", "replace") != old:
        return False
    mark = _MARK if raw.startswith(_MARK.encode()) else ""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write((mark + new).encode())
        Path(name).chmod(target.stat().st_mode & 0o7777)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return True


def _line(document: Document, section: str) -> int:
    span = document.key_spans.get((section,))
    return span.line if span else len(lines_of(document.text))


def _end(document: Document) -> str:
    return "\r\n" if "\r\n" in document.text else "\n"


def _as_lines(document: Document, entries: Mapping[str, Any], indent: str) -> list[str]:
    return [f"{indent}{key}: {written(value)}{_end(document)}" for key, value in entries.items()]


def _with_section(document: Document, section: str, entries: Mapping[str, Any]) -> str:
    """Begin the section, or fill one that is empty."""
    lines, added = lines_of(document.text), _as_lines(document, entries, INDENT)
    if (section,) in document.key_spans:
        return _inserted(document, lines, _line(document, section) + 1, added)
    blank = [_end(document)] if lines and lines[-1].strip() else []
    return _inserted(document, lines, len(lines), [*blank, f"{section}:{_end(document)}", *added])


def _inserted(document: Document, lines: list[str], at: int, added: Sequence[str]) -> str:
    before = "".join(lines[:at])
    if before and not before.endswith("\n"):
        before += _end(document)
    return before + "".join([*added, *lines[at:]])


def _with_block(document: Document, section: str, entries: Mapping[str, Any]) -> str:
    """Add lines behind the last entry; comments that follow it stay behind them."""
    lines = lines_of(document.text)
    column = min(span.column for loc, span in document.key_spans.items() if len(loc) == 2 and loc[0] == section)  # noqa: PLR2004 - section, key
    at = _end_of(lines, _next_key(document, _last(document, section), levels=1))
    return _inserted(document, lines, at, _as_lines(document, entries, " " * column))


def _last(document: Document, section: str) -> int:
    return max(span.line for loc, span in document.key_spans.items() if loc[0] == section)


def _next_key(document: Document, line: int, *, levels: int) -> int:
    """Return the line of the next key behind a line that lies at most so deep, or the number of lines."""
    behind = (span.line for loc, span in document.key_spans.items() if len(loc) <= levels and span.line > line)
    return min(behind, default=len(lines_of(document.text)))


def _end_of(lines: Sequence[str], at: int) -> int:
    """Go back over blank lines and comments: they belong to what follows."""
    while at and _NO_CONTENT.match(lines[at - 1]):
        at -= 1
    return at


def _with_flow(document: Document, section: str, entries: Mapping[str, Any]) -> str:
    """Add to a mapping in braces: behind its last entry where that ends with a text, else before its first.

    What would make a line of many entries gets a line for each.
    """
    comma = ", " if len(entries) <= FEW else f",{_end(document)}{INDENT}"
    told = comma.join(f"{key}: {written(value)}" for key, value in entries.items())
    keys = _keys(document, section)
    if not keys:
        at = _offset(document, document.spans[(section,)]) + 1
        return document.text[:at] + told + document.text[at:]
    last = _text_end(document, (section, keys[-1]))
    if last is not None:
        return f"{document.text[:last]}{comma}{told}{document.text[last:]}"
    at = _offset(document, document.key_spans[section, keys[0]])
    return f"{document.text[:at]}{told}{comma}{document.text[at:]}"


def _keys(document: Document, section: str) -> list[str]:
    """Return the keys of a section in the order in which they stand there."""
    return [str(key) for key in document.value[section] or {}]


def _offset(document: Document, span: Span) -> int:
    return sum(map(len, lines_of(document.text)[: span.line])) + span.column


def _text_end(document: Document, loc: Loc) -> int | None:
    """Return the offset behind a text that stands on one line, None = it is none."""
    if not isinstance(value_at(document.value, loc), str):
        return None
    span = document.spans[loc]
    return _offset(document, span) + span.width


def _without_block(document: Document, section: str, key: str) -> str:
    lines = lines_of(document.text)
    start = document.key_spans[section, key].line
    end = _end_of(lines, _next_key(document, start, levels=2))
    return "".join([*lines[:start], *lines[end:]])


def _without_flow(document: Document, section: str, key: str) -> str:
    text, keys = document.text, _keys(document, section)
    start, number = _offset(document, document.key_spans[section, key]), keys.index(key)
    if number + 1 < len(keys):
        return text[:start] + text[_offset(document, document.key_spans[section, keys[number + 1]]) :]
    end = _text_end(document, (section, key))
    before = _text_end(document, (section, keys[number - 1])) if number else start
    return "" if end is None or before is None else text[:before] + text[end:]
