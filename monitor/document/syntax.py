"""Say in plain words what libyaml means, and point at the place where a person would mend it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import yaml

from monitor.document.place import Document, Span
from monitor.errors import Problem

# What libyaml's reader refuses (YAML 1.1, 5.1).
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Copied from a web page or a word processor, not to be seen in an editor, and where a blank should be; inside a text it
# may well be meant.
_INVISIBLE = re.compile("(?:^ *|[:-])([\xa0\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff])")
# A `#` where a value should begin, with a word right behind it: meant as a channel's name, taken for a comment.
_COMMENTED_OUT = re.compile(r"(?:[:,]\s+|[\[{]\s*)(#[^\s#,\]}\"']+)")
_LONGEST_KEY = 1024  # YAML 1.1, 7.4: libyaml looks no further for the `:` of a key


@dataclass(frozen=True, slots=True)
class _Advice:
    """What to say; `{char}` is the character at the place, `{line}` the line in which the construct around it began."""

    message: str
    hint: str
    at_beginning: bool = False  # point at the beginning of the construct, not at where the parser gave up


_NEVER_CLOSED = _Advice(
    "this {char} is never closed", "close it, or quote it if it is meant as a character", at_beginning=True
)
_NO_BEGINNING = _Advice("text cannot begin with {char}", "put the text in quotes", at_beginning=True)
_NO_COLON = _Advice("a : cannot stand here", "put text that holds `: ` in quotes, and check the indentation")
_NO_TAB = _Advice("a tab cannot stand here", "indent with spaces, not tabs")
_NO_TAG = _Advice("tags (`!name`) are not allowed", "quote text that begins with `!`", at_beginning=True)
_NO_DIRECTIVE = _Advice("a line cannot begin with %", "put the text in quotes", at_beginning=True)
_BLOCK = "check the indentation, and quotes that end too early: the block began in line {line}"
_BACKSLASH = "put text that holds a backslash in single quotes"

# libyaml's own words (scanner.c, parser.c) to ours
_BY_PROBLEM = {
    "found unexpected end of stream": _NEVER_CLOSED,
    "found unexpected document indicator": _NEVER_CLOSED,
    "did not find expected ',' or ']'": _Advice(
        "expected , or ] here", "the [ of line {line} is not closed, or a comma is missing"
    ),
    "did not find expected ',' or '}'": _Advice(
        "expected , or }} here", "the {{ of line {line} is not closed, or a comma is missing"
    ),
    "did not find expected node content": _Advice(
        "expected a value here", "{char} cannot begin one: quote it or delete it"
    ),
    "could not find expected ':'": _Advice(
        "expected a : behind this", "a mapping's line is `key: value`", at_beginning=True
    ),
    "mapping values are not allowed in this context": _NO_COLON,
    "found unexpected ':'": _NO_COLON,
    "block sequence entries are not allowed in this context": _Advice(
        "a list cannot begin here", "put each `- ` on a line of its own, or quote the text"
    ),
    "found character that cannot start any token": _NO_BEGINNING,
    "found a tab character that violates indentation": _NO_TAB,
    "found a tab character where an indentation space is expected": _NO_TAB,
    "did not find expected key": _Advice("expected a key here", _BLOCK),
    "did not find expected '-' indicator": _Advice("expected a `- ` here", _BLOCK),
    "did not find expected <document start>": _Advice(
        "nothing can follow here", "check the indentation, and quotes or brackets that end too early"
    ),
    "found unknown escape character": _Advice("unknown escape in double quotes", _BACKSLASH),
    "did not find expected hexdecimal number": _Advice("unfinished escape in double quotes", _BACKSLASH),
    "found invalid Unicode character escape code": _Advice(
        "this escape is no character", "write the character itself, not half of a \\u pair"
    ),
    "found undefined tag handle": _NO_TAG,
    "found incompatible YAML document": _NO_DIRECTIVE,
    "found duplicate %YAML directive": _NO_DIRECTIVE,
}
# for the rest, what it was about to read
_BY_CONTEXT = {
    "while scanning an alias": _NO_BEGINNING,
    "while scanning an anchor": _NO_BEGINNING,
    "while scanning a block scalar": _NO_BEGINNING,
    "while scanning a tag": _NO_TAG,
    "while parsing a tag": _NO_TAG,
    "while scanning a directive": _NO_DIRECTIVE,
    "while scanning a %YAML directive": _NO_DIRECTIVE,
    "while scanning a %TAG directive": _NO_DIRECTIVE,
}


def syntax_problem(document: Document, error: yaml.YAMLError, opened: Span | None) -> Problem:
    """Make a problem of what libyaml says; `opened` is the place of the innermost bracket that is open."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return _reader_problem(document, error)
    here = _span(error.problem_mark)
    commented = _commented_out(document, opened, here) if opened else None
    if commented:
        return commented
    began = _span(error.context_mark) if error.context_mark else here
    if opened and not _char(document, here):  # it gave up at the end of the file, and that place helps nobody
        return _say(document, _NEVER_CLOSED, here, opened)
    advice = _BY_PROBLEM.get(error.problem or "") or _BY_CONTEXT.get(error.context or "")
    if advice is None:
        context = f" ({error.context})" if error.context else ""
        return document.problem_at(here, f"not YAML: {error.problem}{context}")
    if _char(document, here) == "\t":
        advice = _NO_TAB
    return _say(document, advice, here, began)


def _commented_out(document: Document, opened: Span, here: Span) -> Problem | None:
    """Find a value between the open bracket and the place of the error that YAML took for a comment."""
    for number in range(opened.line, here.line + 1):
        line = document.line(number)
        for found in _COMMENTED_OUT.finditer(line, opened.column if number == opened.line else 0):
            before = line[: found.start(1)]
            if before.count('"') % 2 == 0 and before.count("'") % 2 == 0:
                hint = f'put it in quotes: "{found[1]}"'
                span = Span(number, found.start(1), len(found[1]))
                return document.problem_at(span, "`#` begins a comment, to the end of the line", hint)
    return None


def _say(document: Document, advice: _Advice, here: Span, began: Span) -> Problem:
    span = began if advice.at_beginning else here
    char = _char(document, span)
    words = {"char": f"`{char}`" if char else "the end of the line", "line": began.line + 1}
    message, hint = advice.message.format(**words), advice.hint.format(**words)
    invisible = _invisible(document, here.line) or _invisible(document, here.line - 1)
    if invisible:
        hint = invisible
    elif advice is _NO_COLON and span.column > _LONGEST_KEY:
        hint = f"a key has at most {_LONGEST_KEY:,} characters"
    return document.problem_at(span, message, hint)


def _invisible(document: Document, line: int) -> str:
    """Say where an invisible character stands in a line, if one does."""
    found = _INVISIBLE.search(document.line(line)) if line >= 0 else None
    if found is None:
        return ""
    return f"delete the invisible character U+{ord(found[1]):04X} in line {line + 1}, column {found.start(1) + 1}"


def _reader_problem(document: Document, error: yaml.YAMLError) -> Problem:
    found = _UNPRINTABLE.search(document.text)
    if found is None:
        return document.problem_at(None, f"not YAML: {error}")
    span = document.span_at(found.start())
    return document.problem_at(span, f"control character U+{ord(found[0]):04X}", "delete it")


def _span(mark: yaml.Mark) -> Span:
    return Span(mark.line, mark.column, 1)


def _char(document: Document, span: Span) -> str:
    return document.line(span.line)[span.column : span.column + 1]
