"""Write a change to a YAML file as a patch that a person reads, and that `patch -p0` or `git apply -p0` takes."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Sequence
from typing import Any

from monitor.document import Document, Loc, parse_document

_PLAIN = re.compile(r"[^\W\d_][\w .'’-]*(?<! )")  # needs no quotes, in brackets or out of them
_WORDS_FOR_NOTHING = ("null", "Null", "NULL")


def quoted(text: str) -> str:
    """Write a text as YAML, in double quotes where it needs them."""
    plain = _PLAIN.fullmatch(text) and text not in _WORDS_FOR_NOTHING
    return text if plain else json.dumps(text, ensure_ascii=False)


def add_to_list(document: Document, loc: Loc, texts: Sequence[str]) -> str:
    """Return a unified diff that adds texts to the list at `loc`, or makes a list of them and the one text there.

    Returns "" where that cannot be done by changing one line or adding some, such as behind an item of several lines.
    """
    value = _at(document.value, loc)
    lines = re.findall(r"[^\n]*\n|[^\n]+", document.text)
    span = document.spans.get((*loc, len(value) - 1) if isinstance(value, list) else loc)
    if span is None or span.line >= len(lines) or not texts:
        return ""
    line, written = lines[span.line], [quoted(text) for text in texts]
    before, item, after = _cut(line, span.column, span.width)
    if not isinstance(value, list):
        changed = [f"{before}[{', '.join([item, *written])}]{after}"]
    elif _in_brackets(document, loc):
        changed = [before + ", ".join([item, *written]) + after]
    else:
        changed = [line.removesuffix("\n") + "\n", *(f"{before}{text}\n" for text in written)]
    new = [*lines[: span.line], *changed, *lines[span.line + 1 :]]
    wanted = [*(value if isinstance(value, list) else [value]), *texts]
    return _diff(document.file, lines, new) if _says("".join(new), loc, wanted) else ""


def _cut(line: str, column: int, width: int) -> tuple[str, str, str]:
    return line[:column], line[column : column + width], line[column + width :]


def _in_brackets(document: Document, loc: Loc) -> bool:
    span = document.spans[loc]
    return document.line(span.line)[span.column : span.column + 1] == "["


def _says(text: str, loc: Loc, wanted: Sequence[str]) -> bool:
    """Read the changed text again: a patch that would say anything else is none."""
    document, problems = parse_document(text.encode(), name="patched")
    return document is not None and not problems and _at(document.value, loc) == wanted


def _at(value: Any, loc: Loc) -> Any:
    for step in loc:
        try:
            value = value[step]
        except (LookupError, TypeError):
            return None
    return value


def _diff(file: str, old: Sequence[str], new: Sequence[str]) -> str:
    lines = difflib.unified_diff(old, new, file, file, n=1)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
