"""Change the `include` of monitor.yaml by one pattern; everything else stays as a person wrote it."""

from __future__ import annotations

from monitor.document import Document, Span
from monitor.document.patch import lines_of, quoted, says


def with_include(document: Document, pattern: str) -> str:
    """Return the file's text with one more pattern under `include`, "" where that is for a person to do."""
    old, new = document.value.get("include"), quoted(pattern)
    lines = lines_of(document.text)
    if old is None and ("include",) not in document.key_spans:
        end = "" if not lines or lines[-1].endswith("\n") else "\n"
        text = f"{document.text}{end}\ninclude:\n  - {new}\n"
    else:
        several = isinstance(old, list)
        span = document.spans.get(("include", len(old) - 1) if several else ("include",))
        if not old or span is None:
            return ""
        line = lines[span.line]
        before, item, after = _cut(line, span)
        if not several:
            changed = [f"{before}[{item}, {new}]{after}"]
        elif _in_brackets(document):
            changed = [f"{before}{item}, {new}{after}"]
        else:
            changed = [line.removesuffix("\n") + "\n", f"{before}{new}\n"]
        text = "".join([*lines[: span.line], *changed, *lines[span.line + 1 :]])
    listed = old if isinstance(old, list) else [] if old is None else [old]
    return text if says(text, {**document.value, "include": [*listed, pattern]}) else ""


def without_include(document: Document, pattern: str) -> str:
    """Return the file's text without a pattern under `include`, "" where that is for a person to do."""
    old = document.value.get("include")
    if not isinstance(old, list) or old.count(pattern) != 1:
        return ""
    at = old.index(pattern)
    lines, span = lines_of(document.text), document.spans["include", at]
    if not _in_brackets(document):
        kept = [] if lines[span.line][: span.column].strip() == "-" else [lines[span.line]]
    else:
        before, _, after = _cut(lines[span.line], span)
        near = document.spans.get(("include", at + 1 if at + 1 < len(old) else at - 1)) if len(old) > 1 else None
        if near is not None and near.line != span.line:
            return ""
        if near is not None and near.column > span.column:
            after = lines[span.line][near.column :]
        elif near is not None:
            before = before[: near.column + near.width]
        kept = [before + after]
    text = "".join([*lines[: span.line], *kept, *lines[span.line + 1 :]])
    rest = [each for each in old if each != pattern]
    wanted = rest or ([] if _in_brackets(document) else None)
    return text if says(text, {**document.value, "include": wanted}) else ""


def _cut(line: str, span: Span) -> tuple[str, str, str]:
    end = span.column + span.width
    return line[: span.column], line[span.column : end], line[end:]


def _in_brackets(document: Document) -> bool:
    span = document.spans[("include",)]
    return document.line(span.line)[span.column : span.column + 1] == "["
