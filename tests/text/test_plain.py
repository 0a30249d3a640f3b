"""Plain text: cleaning, shortening, the sentence around a place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.text.plain import clean, one_line, sentence_around, shorten

texts = st.text(
    st.sampled_from("ab .!?…\"'”)\n\t\r\x00\x85\u2028\xa0\u202e。") | st.characters(exclude_categories=()), max_size=80
)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("  a \t b  ", "a b"),
        ("a\r\nb\rc\x0bd\x85e\u2028f", "a\nb\nc\nd\ne\nf"),
        ("a \n \n\n b", "a\nb"),
        ("a\x00b\x1b[31mc\x9f", "ab[31mc"),
        ("\u202eevil\u202c \u2066x\u2069 \ufeff", "evil x"),
        ("\ud800x\udfff\ufffe", "x"),
        ("می\u200cخواهم 👩\u200d🚀", "می\u200cخواهم 👩\u200d🚀"),
    ],
)
def test_clean(raw: str, expected: str) -> None:
    assert clean(raw) == expected


@given(texts)
def test_clean_is_idempotent_and_leaves_nothing_unwanted(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    assert cleaned == cleaned.strip()
    assert not any(char < " " and char != "\n" for char in cleaned)
    cleaned.encode()  # no lone surrogate is left


@given(texts)
def test_one_line_is_one_line(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert one_line(line) == line


def test_shorten_leaves_short_text_alone_and_cuts_at_a_blank() -> None:
    assert shorten("one two", 7) == "one two"
    assert shorten("one two three", 10) == "one two…"
    assert shorten("onetwothree four", 12) == "onetwothree…"
    assert shorten("a " + "b" * 50, 12) == "a bbbbbbbbb…"


@given(texts, st.integers(1, 100))
def test_shorten_keeps_its_limit(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert len(short) <= limit
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))


def around(text: str, word: str, *, limit: int = 300) -> str:
    start = text.index(word)
    left, right = sentence_around(text, start, start + len(word), limit=limit)
    return text[left:right]


@pytest.mark.parametrize(
    ("text", "word", "expected"),
    [
        ("One. Two Syria three. Four.", "Syria", "Two Syria three."),
        ("One! “Two Syria?” Four.", "Syria", "“Two Syria?”"),
        ("Gen. Gerasimov met U.S. troops in Syria. He left.", "Syria", "Gen. Gerasimov met U.S. troops in Syria."),
        ("A headline\nSyria talks\nmore", "Syria", "Syria talks"),
        ("第一句。绍伊古访问了北京。第三句。", "绍伊古", "绍伊古访问了北京。"),
        ("Version 2.5 of Syria.com is out. Bye.", "Syria", "Version 2.5 of Syria.com is out."),
        ("Syria", "Syria", "Syria"),
        ("  Syria is  ", "Syria", "Syria is"),
        ("Wait... what about Syria?! Nothing.", "Syria", "what about Syria?!"),
    ],
)
def test_sentence_around(text: str, word: str, expected: str) -> None:
    assert around(text, word) == expected


def test_a_long_sentence_is_cut_at_blanks_around_the_place() -> None:
    text = "left " * 100 + "Syria" + " right" * 100
    cut = around(text, "Syria", limit=60)
    assert cut.startswith("left ")
    assert cut.endswith(" right")
    assert "Syria" in cut
    assert len(cut) <= 60


def test_a_long_sentence_without_blanks_is_cut_anyway() -> None:
    text = "左" * 500 + "绍伊古" + "右" * 500
    cut = around(text, "绍伊古", limit=60)
    assert "绍伊古" in cut
    assert len(cut) == 60


def test_a_place_longer_than_the_limit_stays_whole() -> None:
    text = "x " * 50
    assert sentence_around(text, 10, 90, limit=20) == (10, 90)


@given(texts, texts, texts, st.integers(0, 100))
def test_the_sentence_always_holds_the_place(before: str, place: str, after: str, limit: int) -> None:
    text = before + place + after
    start, end = len(before), len(before + place)
    left, right = sentence_around(text, start, end, limit=limit)
    assert 0 <= left <= start <= end <= right <= len(text)
    assert right - left <= max(limit, len(place))


@pytest.mark.parametrize(
    "middle", ["!" * 500_000, ".'" * 250_000, '."' + "'" * 500_000, "\n" * 500_000, "a. " * 150_000, " " * 500_000]
)
def test_hostile_text_costs_linear_time(middle: str) -> None:
    """Quadratic work on these would take hours; the suite's timeout is a minute."""
    text = f"a{middle}b"
    assert clean(clean(text)) == clean(text)
    left, right = sentence_around(text, 0, len(text))
    assert (left, right) == (0, len(text))
    assert sentence_around(text, len(text) - 1, len(text))[1] == len(text)
