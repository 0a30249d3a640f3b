"""The place of a piece of a text, however YAML writes the text."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from monitor.document import Document, parse_document
from monitor.document.inside import span_inside


def document(text: str) -> Document:
    parsed, problems = parse_document(text.encode(), name="f.yaml")
    assert parsed is not None, problems
    return parsed


@pytest.mark.parametrize(
    "text",
    [
        "q: one XX two",
        "q: 'one XX two'",
        "q: 'it''s one of XX two'",
        'q: "one XX two"',
        r'q: "\"one\" \x41 \u00e9 \U0001F600 XX two"',
        "q: >\n  one\n  and XX two\n",
        "q: |\n  one\n\n  XX two\n",
        "q: >-  # folded\n  one XX two",
        "q: one\n  and more\n\n  of XX two",
        "q: 'one\n  and\n\n  XX two'",
        'q: "one \\\n  and XX two"',
        "q:\n  - a\n  - one XX two",
        "{q: [a, one XX two]}",
        "q: é绍😀 XX two",
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_word_is_found_where_it_is_written(text: str, end: str) -> None:
    text = text.replace("\n", end)
    read = document(text)
    loc: tuple[str | int, ...] = ("q", 1) if isinstance(read.value["q"], list) else ("q",)
    value = read.value["q"][1] if len(loc) > 1 else read.value["q"]
    at = value.index("XX")
    span = span_inside(read, loc, at, at + 2)
    assert span is not None
    line = read.line(span.line)
    assert line[span.column : span.column + span.width] == "XX"


def test_an_escaped_character_is_underlined_whole() -> None:
    read = document(r'q: "a \u0058\x58 b"')
    span = span_inside(read, ("q",), 2, 4)
    assert span is not None
    assert read.line(span.line)[span.column : span.column + span.width] == r"\u0058\x58"


def test_a_piece_that_fills_two_lines_is_underlined_on_its_first() -> None:
    read = document("q: one XX\n  XX two")
    span = span_inside(read, ("q",), 4, 9)
    assert (span and (span.line, span.column, span.width)) == (0, 7, 3)


def test_behind_the_last_character_is_a_place() -> None:
    read = document("q: (a")
    span = span_inside(read, ("q",), 2, 2)
    assert (span and (span.line, span.column, span.width)) == (0, 5, 1)


def test_what_is_no_text_has_its_own_place() -> None:
    read = document("q: [a]")
    assert span_inside(read, ("q",), 0, 1) == read.spans["q",]
    assert span_inside(Document(file="f", text=""), (), 0, 1) is None


@given(
    st.text(st.sampled_from("ab é绍\"'\\:#\n"), max_size=30),
    st.text(st.sampled_from("ab é\"'\\\n"), max_size=30),
    st.sampled_from([None, "'", '"', "|", ">"]),
)
def test_any_text_in_any_style(before: str, behind: str, style: str | None) -> None:
    text = yaml.safe_dump({"q": f"{before}ZZ{behind}"}, default_style=style, allow_unicode=True, width=20)
    read = document(text)
    value = next(iter(read.value.values()))
    at = value.index("ZZ")
    span = span_inside(read, tuple(read.value), at, at + 2)
    assert span is not None
    assert read.line(span.line)[span.column : span.column + span.width] == "ZZ"
