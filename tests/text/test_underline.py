"""The place of a mistake in its line."""

import pytest

from monitor.text.underline import underlined


@pytest.mark.parametrize(
    ("source", "start", "length", "shown"),
    [
        ("term: [foo]", 0, 4, ("", "term", ": [foo]")),
        ("a\tb", 2, 1, ("a ", "b", "")),
        ("0123456789" * 3, 2, 3, ("01", "234", "567890123456789…")),
        ("0123456789" * 3, 25, 3, ("…678901234", "567", "89")),
        ("0123456789" * 3, 12, 90, ("…3456789012"[:10], "23456789012345678901"[:10], "…")),
        ("x", 5, 1, ("x", "", "")),
    ],
)
def test_a_line_is_cut_around_its_place(source: str, start: int, length: int, shown: tuple[str, str, str]) -> None:
    before, marked, after = underlined(source, start, length, width=20)
    assert (before, marked, after) == shown
    assert len(before + marked) <= 20
