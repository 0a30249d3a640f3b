"""Columns on a terminal, and lines that fit into them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.text.cells import cells, wrap


@pytest.mark.parametrize(("text", "columns"), [("", 0), ("Shoygu", 6), ("习近平", 6), ("e\u0301", 1), ("Шойгу", 5)])
def test_columns(text: str, columns: int) -> None:
    assert cells(text) == columns


@pytest.mark.parametrize(
    ("line", "wrapped"),
    [
        ("short", "short"),
        ("", ""),
        ("four and twenty blackbirds", "four and\n  twenty\n  blackbirds"),
        ("  four and twenty", "  four and\n  twenty"),
        ("x averyveryverylongword y", "x\n  averyveryverylongword\n  y"),
        ("\x1b[1mfour and\x1b[0m twenty.", "\x1b[1mfour and\x1b[0m\n  twenty."),
        ("see \x1b[1mShoygu\x1b[0m.", "see\n  \x1b[1mShoygu\x1b[0m."),
        ("see \x1b[1mShoy\x1b[0m!", "see \x1b[1mShoy\x1b[0m!"),
        ("习近平会谈，绍伊古", "习近平会\n  谈，绍伊\n  古"),
        ("习近平绍\x1b[1m伊\x1b[0m。", "习近平绍\n  \x1b[1m伊\x1b[0m。"),
    ],
)
def test_lines_end_at_blanks_and_between_ideographs(line: str, wrapped: str) -> None:
    assert wrap(line, 10 if "Shoygu" not in line else 9, "  ") == wrapped


@given(st.text(st.sampled_from("ab 习，. \u0301")), st.integers(12, 30))
def test_nothing_is_lost_and_lines_fit(line: str, width: int) -> None:
    wrapped = wrap(line, width, "    ")
    assert re.sub(r"\s", "", wrapped) == re.sub(r"\s", "", line)
    for part in wrapped.split("\n"):
        assert cells(part) <= width or len(part.split()) == 1 or part.startswith(" ")
