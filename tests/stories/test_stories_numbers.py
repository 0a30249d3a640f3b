"""Numbers in figures and words, in any script."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.stories.numbers import join_figures, read_numbers
from monitor.text.fold import tokenize


def numbers(text: str) -> list[str]:
    return [word for word in read_numbers(tokenize(join_figures(text)).words) if word.startswith("#")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kills 10", ["#10"]),
        ("kills ten", ["#10"]),
        ("погибли десять человек", ["#10"]),
        ("مقتل عشرة", ["#10"]),
        ("مقتل ١٠", ["#10"]),
        ("۱۲۰۰ نفر", ["#1200"]),
        ("十人", ["#10"]),
        ("五十人", ["#50"]),
        ("一百二十人", ["#120"]),
        ("一名男子", []),
        ("1,200 and 1.200 and 1 200", ["#1200", "#1200", "#1", "#200"]),
        ("1\u202f200", ["#1200"]),
        ("5.6 and 0.75", ["#5.6", "#0.75"]),
        ("12th, 12., twelfth", ["#12", "#12", "#12"]),
        ("двенадцатый пакет, zwölfter", ["#12", "#12"]),
        ("twenty-five, fünfundzwanzig, vingt-cinq", ["#25", "#25", "#25"]),
        ("two hundred fifty thousand", ["#250000"]),
        ("million", ["#1000000"]),
        ("5.6 million, $5.6m, 3bn", ["#5600000", "#5600000", "#3000000000"]),
        ("three two", ["#3", "#2"]),
        ("12/05/2026 18:30", ["#12", "#5", "#2026", "#18", "#30"]),
        ("F-16 and 2026qr7x", ["#16", "#2026qr7x"]),
        ("without any", []),
    ],
)
def test_a_number_is_its_value_however_it_is_written(text: str, expected: list[str]) -> None:
    assert numbers(text) == expected


def test_very_many_digits_are_one_number_of_bounded_length() -> None:
    [found] = numbers("9" * 100_000)
    assert len(found) <= 41


@given(st.text())
def test_any_text_keeps_its_words_in_order(text: str) -> None:
    words = tokenize(join_figures(text)).words
    kept = [word for word in read_numbers(words) if not word.startswith("#")]
    others = iter(words)
    assert all(word in others for word in kept)


@given(st.integers(min_value=0, max_value=10**15))
def test_thousands_may_be_set_apart(value: int) -> None:
    assert numbers(f"{value:,}") == numbers(str(value)) == [f"#{value:.12g}"]
