"""Tokens and folding: what counts as the same word, in any script."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.text.fold import Tokens, tokenize

# Hypothesis finds a character of interest seldom by itself: many of ours, and everything else, surrogates included.
CURIOUS = (
    "aZ09_ 's'S’ʼ＇\t\n.-–—‑\xa0\xad\u200b\u200c\u200d\u200f\u2060\ufeffßıİŁøæŉﬁſKÅ½²…㎏\u0301\u0308\u0338\u0345\u0340"
    "йЙиё\u0306Ґї绍伊古々㐀\u3099かがカｶﾞｰ한\u1112\u1161\u11abไทยนำ\u0e4d\u0e48ກຳខ្មែរမြန်မာहिन्दी\u093cשָׁלוֹםشُويغـوأٱىيکﹷﱞᾳ\u0374\u1fef\ud800\0"
)
texts = st.text(st.sampled_from(CURIOUS) | st.characters(exclude_categories=()), max_size=40)


def words(text: str) -> list[str]:
    return tokenize(text).words


def surfaces(text: str) -> list[str]:
    tokens = tokenize(text)
    return [text[slice(*tokens.span(number, number))] for number in range(len(tokens.words))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n…!", []),
        ("Hello, WORLD", ["hello", "world"]),
        ("U.S. AT&T C++ 1,000", ["u", "s", "at", "t", "c", "1", "000"]),
        ("snake_case @defence_gov", ["snake", "case", "defence", "gov"]),
        # possessives and apostrophes
        ("Russia's army", ["russia", "army"]),
        ("RUSSIA’S army", ["russia", "army"]),
        ("Joséʼs, Jose\u0301＇s", ["jose", "jose"]),
        ("Шойгу's", ["шоигу"]),
        ("绍伊古's", ["绍", "伊", "古"]),
        ("the soldiers' boots", ["the", "soldiers", "boots"]),
        ("l'armée", ["l", "armee"]),
        ("O'Brien O’Brien", ["o", "brien", "o", "brien"]),
        ("'s-Hertogenbosch", ["s", "hertogenbosch"]),
        ("Dell's\u0301 Dell'sa", ["dell", "s", "dell", "sa"]),
        ("п'ять Baʿath Gorʹkiĭ ŉ", ["п", "ять", "ba", "ath", "gor", "kii", "n"]),
        # case and letters
        ("Straße STRASSE", ["strasse", "strasse"]),
        ("İstanbul Istanbul ısparta", ["istanbul", "istanbul", "isparta"]),
        (
            "Łódź Đoković Søren Ħal Ærø Œuvre Ðorð Þór",
            ["lodz", "dokovic", "soren", "hal", "aero", "oeuvre", "dord", "thor"],
        ),
        ("Ὀδυσσεύς ΟΔΥΣΣΕΥΣ ᾳ", ["οδυσσευσ", "οδυσσευσ", "α"]),
        ("ШОЙГУ Шойгу Шои\u0306гу Ёлка", ["шоигу", "шоигу", "шоигу", "елка"]),
        ("Choïgou Šojgu Nguyễn", ["choigou", "sojgu", "nguyen"]),
        ("ｆｕｌｌ ﬁne 𝐛old x² Ⅳ", ["full", "fine", "bold", "x2", "iv"]),
        # compatibility forms with separators in them, and symbols
        ("2½ kg", ["2", "1", "2", "kg"]),
        ("10㎏ ™ № …", ["10"]),
        # invisible characters
        ("mili\xadtary Шой\u200dгу a\u2060b\ufeffc\u200f", ["military", "шоигу", "abc"]),
        ("zero\u200bwidth", ["zero", "width"]),
        ("1\ufe0f\u20e3 bo\u034fat", ["1", "boat"]),
        # Hebrew and Arabic
        ("שָׁלוֹם שלום", ["שלום", "שלום"]),
        ("شُويغُو شويغو شويغـــو", ["شويغو"] * 3),
        ("أحمد احمد ٱلله الله", ["احمد", "احمد", "الله", "الله"]),
        ("علی علي على کتاب كتاب", ["علي", "علي", "علي", "كتاب", "كتاب"]),
        # scripts without spaces: one word per character, with its marks
        ("绍伊古访问", ["绍", "伊", "古", "访", "问"]),
        ("ガギｶﾞか\u3099", ["ガ", "ギ", "ガ", "が"]),
        ("ラーメン", ["ラ", "ー", "メ", "ン"]),
        ("นำ นา น้ำ", ["น", "ำ", "น", "า", "น้", "ำ"]),
        ("ລາວ", ["ລ", "າ", "ວ"]),
        ("ខ្មែរ", ["ខ្", "មែ", "រ"]),
        ("မြန်မာ", ["မြ", "န်", "မာ"]),
        ("GDP增长5%", ["gdp", "增", "长", "5"]),
        # scripts with spaces keep their signs
        ("한국 \u1112\u1161\u11ab국", ["한국", "한국"]),
        ("हिन्दी की", ["हिन्दी", "की"]),
        ("க்ஷி", ["க்ஷி"]),
        # what nobody should send
        ("a\0b \ud800c\udfff", ["a", "b", "c"]),
        ("\u0301\u0301 \u200d", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    "joint", ["-", " ", "  ", "\n", "\xa0", "‑", "–", "—", "−", "‐", "/", "_", " \u200b", "’", "-\xad"]
)
def test_hyphens_dashes_and_blanks_are_one_separator(joint: str) -> None:
    assert words(f"Military{joint}to{joint}military") == ["military", "to", "military"]


def test_dakuten_and_nukta_make_another_letter() -> None:
    assert words("か") != words("が")
    assert words("क") != words("क़")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Russia's  army", ["Russia", "army"]),
        ("“Шойгу’s”—нет", ["Шойгу", "нет"]),
        ("mili\xadtary talks", ["mili\xadtary", "talks"]),
        ("Jose\u0301 José", ["Jose\u0301", "José"]),
        ("访问绍伊古。", ["访", "问", "绍", "伊", "古"]),
        ("a½ b", ["a½", "a½", "a½", "b"]),
        ("Baʿath ـ x", ["Ba", "ath", "x"]),
        ("a aa aaa a", ["a", "aa", "aaa", "a"]),
    ],
)
def test_spans_are_of_the_original(text: str, expected: list[str]) -> None:
    assert surfaces(text) == expected


def test_a_span_may_run_over_words_and_be_asked_for_in_any_order() -> None:
    text = "The Military–to–military talks, “again”"
    tokens = tokenize(text)
    assert text[slice(*tokens.span(4, 5))] == "talks, “again"
    assert text[slice(*tokens.span(1, 3))] == "Military–to–military"
    assert text[slice(*tokens.span(5, 5))] == "again"


@given(texts)
def test_spans_are_in_order_and_inside_and_hold_their_words(text: str) -> None:
    tokens = tokenize(text)
    end = 0
    for number in range(len(tokens.words)):
        start, stop = tokens.span(number, number)
        assert (start, stop) == tokens.span(number - 1, number - 1) if start < end else end <= start < stop <= len(text)
        assert tokens.words[number] in words(text[start:stop])
        end = stop


@pytest.mark.parametrize(
    "text", ["a, b a, a b a, a", "  ab,  a ab ... ab a", "aaa, aa, a", "a b, a, b", "b a a  a a, a a"]
)
def test_words_are_found_however_often_they_stand_there(text: str) -> None:
    expected = [word.span() for word in re.finditer("[a-z]+", text)]
    tokens = tokenize(text)
    for first, (start, _) in enumerate(expected):
        for last, (_, end) in enumerate(expected[first:], first):
            assert tokens.span(first, last) == (start, end)


@pytest.mark.parametrize("text", ["«Шойгу» – и  Картер, Ash", "“Shoygu” –  and Carter,  Ash"])
def test_words_found_in_the_folded_text_are_bounded_in_the_text(text: str) -> None:
    tokens = tokenize(text)
    start = len(tokens.folded) - len(" ".join(tokens.words[2:]))
    assert text[slice(*tokens.bounds(start, len(tokens.folded)))] == text[text.index("Ка" if "Ка" in text else "Ca") :]
    assert text[slice(*tokens.bounds(0, len(tokens.words[0])))] == text[1:7].rstrip("»")


@given(st.lists(st.sampled_from(["a", "aa", "b", " ", ", ", "   "]), max_size=30).map("".join))
def test_words_among_gaps_are_found_where_they_stand(text: str) -> None:
    tokens = tokenize(text)
    expected = [word.span() for word in re.finditer("[a-z]+", text)]
    assert [tokens.span(number, number) for number in range(len(tokens.words))] == expected
    assert [tokens.span(0, number)[1] for number in range(len(tokens.words))] == [end for _, end in expected]


@given(texts)
def test_folding_is_idempotent(text: str) -> None:
    folded = words(text)
    assert words(" ".join(folded)) == folded
    assert all(words(word) == [word] for word in folded)


@given(texts)
def test_composed_and_decomposed_text_have_the_same_words(text: str) -> None:
    assert words(unicodedata.normalize("NFC", text)) == words(unicodedata.normalize("NFD", text)) == words(text)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_case_never_matters(text: str) -> None:
    assert words(text.casefold()) == words(text)


@given(texts, texts)
def test_a_blank_between_texts_puts_their_words_side_by_side(left: str, right: str) -> None:
    assert words(f"{left} | {right}") == words(left) + words(right)


@pytest.mark.no_cover
def test_every_character_folds_and_stays_folded() -> None:
    for first in range(0, 0x110000, 0x400):
        block = " ".join(map(chr, range(first, first + 0x400)))
        folded = words(block)
        assert words(" ".join(folded)) == folded


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "text",
    [
        "a" * 250_000,
        "é" * 250_000,
        "a'" * 75_000,
        "é's" * 75_000,
        "'s\xad" * 75_000,
        "\u0301" * 250_000,
        "a\u0301" * 250_000,
        "绍" * 75_000,
        "½" * 75_000,
        "\xad" * 250_000 + "é",
        "é'" + "\xad" * 250_000,
        "é " * 75_000,
    ],
    ids=lambda text: ascii(text[:4]),
)
def test_hostile_text_costs_linear_time(text: str) -> None:
    """Quadratic work on these would take many minutes; the suite's timeout is a minute."""
    tokens = tokenize(text)
    last = len(tokens.words) - 1
    assert last < 0 or tokens.span(last, last)[1] <= len(text)


def test_remembered_tokens_are_bounded() -> None:
    many = " ".join(f"é{number}" for number in range(200_000))
    assert words(many) == [f"e{number}" for number in range(200_000)]
    from monitor.text import fold

    assert len(fold._FOLDS) <= fold._FOLDS._MOST
    long = "é" * 1_000
    assert words(long) == ["e" * 1_000]
    assert long not in fold._FOLDS


def test_tokens_of_an_empty_text_have_no_span() -> None:
    tokens = tokenize("")
    assert isinstance(tokens, Tokens)
    with pytest.raises(IndexError):
        tokens.span(0, 0)
