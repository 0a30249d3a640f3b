from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Excerpt
from monitor.notify.excerpts import Piece, cut, pieces, safe_link, scrub, scrub_line


def test_an_excerpt_falls_into_pieces_at_its_marks() -> None:
    shown = pieces(Excerpt(text="Carter calls Shoygu", marks=((0, 6), (13, 19))))
    assert shown == [Piece("Carter", hit=True), Piece(" calls ", hit=False), Piece("Shoygu", hit=True)]


def test_scrubbing_keeps_offsets() -> None:
    text = "a\x1b[31mb\r\n\ud800c\u202ed\u2028e"
    assert scrub(text) == "a [31mb   c d e"
    assert len(scrub(text)) == len(text)
    assert scrub_line("  a \n b  ", 10) == "a b"


@given(
    st.text(max_size=200),
    st.lists(st.tuples(st.integers(-5, 250), st.integers(-5, 250)), max_size=8),
    st.integers(1, 100),
)
def test_no_marks_however_wrong_lose_or_double_text(text: str, marks: list[tuple[int, int]], limit: int) -> None:
    short = cut(Excerpt(text=text, marks=tuple(marks)), limit=limit, marks=3)
    assert "".join(piece.text for piece in pieces(short)) == short.text
    assert len(short.text) <= limit
    assert len(short.marks) <= 3


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "ftp://example.org/",
        "//example.org/",
        "https://",
        "http://[",
        "https://example.org/\r\nBcc: x@example.org",
        "https://example.org/" + "a" * 3000,
        "data:text/html,<script>",
        "",
    ],
)
def test_what_is_no_web_link_is_not_linked(url: str) -> None:
    assert safe_link(url) == ""


def test_a_link_cannot_break_out_of_any_markup() -> None:
    link = safe_link('https://example.org/a|b>c<d"e f`g\\h?q=ж&r=1')
    assert link == "https://example.org/a%7Cb%3Ec%3Cd%22e%20f%60g%5Ch?q=ж&r=1"
