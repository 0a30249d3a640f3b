"""Write a change to a YAML file as a patch that a person reads, and that `patch -p0` or `git apply -p0` takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from monitor.document import Document, Loc
from monitor.document.patch import diff, lines_of, says, value_at, written

Item = str | Mapping[str, str]


def add_to_list(document: Document, loc: Loc, items: Sequence[Item]) -> str:
    """Return a unified diff that adds items to the list at `loc`, or makes a list of them and the one item there.

    Returns "" where that cannot be done by changing one line or adding some, such as behind an item of several lines.
    """
    value = value_at(document.value, loc)
    lines = lines_of(document.text)
    span = document.spans.get((*loc, len(value) - 1) if isinstance(value, list) else loc)
    if span is None or span.line >= len(lines) or not items:
        return ""
    line, new = lines[span.line], [written(item) for item in items]
    before, item, after = _cut(line, span.column, span.width)
    if not isinstance(value, list):
        changed = [f"{before}[{', '.join([item, *new])}]{after}"]
    elif _in_brackets(document, loc):
        changed = [before + ", ".join([item, *new]) + after]
    else:
        changed = [line.removesuffix("\n") + "\n", *(f"{before}{text}\n" for text in new)]
    text = "".join([*lines[: span.line], *changed, *lines[span.line + 1 :]])
    wanted = [*(value if isinstance(value, list) else [value]), *items]
    return diff(document.file, document.text, text) if says(text, wanted, loc) else ""


def add_under(document: Document, loc: Loc, key: str, items: Sequence[Item]) -> str:
    """Return a unified diff that adds items to the list under a key of the mapping at `loc`, with the key if need be.

    Returns "" as `add_to_list` does, and where there is no mapping.
    """
    value = value_at(document.value, loc)
    if not isinstance(value, dict):
        return ""
    if key in value:
        return add_to_list(document, (*loc, key), items)
    lines, span = lines_of(document.text), document.spans[loc]
    new = f"{key}: {written(items)}"
    line = lines[span.line]
    if line[span.column : span.column + 1] == "{":
        more = ", " if value else ""
        changed = [f"{line[: span.column + 1]}{new}{more}{line[span.column + 1 :]}"]
    else:
        changed = [f"{line[: span.column]}{new}\n", line] if not line[: span.column].strip() else [line]
    text = "".join([*lines[: span.line], *changed, *lines[span.line + 1 :]])
    return diff(document.file, document.text, text) if says(text, {**value, key: list(items)}, loc) else ""


def _cut(line: str, column: int, width: int) -> tuple[str, str, str]:
    return line[:column], line[column : column + width], line[column + width :]


def _in_brackets(document: Document, loc: Loc) -> bool:
    span = document.spans[loc]
    return document.line(span.line)[span.column : span.column + 1] == "["
