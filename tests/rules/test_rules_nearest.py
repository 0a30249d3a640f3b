"""What comes nearest: named where a hit fails, and never where it is another word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.rules.examples import run_examples
from monitor.rules.nearest import edit_distance, nearest_miss
from monitor.rules.term import read_term
from monitor.rules.tree import NoneOf
from tests.rules.building import ruleset

ACTORS = "actors: {shoygu: [Shoygu, Choïgou, Шойгу, 绍伊古], carter: [Ash Carter], us: [US], lavrov: [Лавров]}\n"


def hint(body: str, hit: str) -> str:
    """Run a rule's one hit, which fails; return what is said of it."""
    (result,) = run_examples(ruleset(f'{ACTORS}rules: {{r: {{{body}, hits: ["{hit}"]}}}}'))
    assert not result.passed
    return result.problem.hint


@pytest.mark.parametrize(
    ("body", "hit", "said"),
    [
        ("actors: shoygu", "Le ministre Choïgu parle", "“Choïgu” is one letter from shoygu's “Choïgou”: add it to shoygu"),
        ("actors: shoygu", "Shoigoo speaks", "“Shoigoo” is two letters from shoygu's “Choïgou”: add it to shoygu"),
        ("actors: shoygu", "Министр Шайгу", "“Шайгу” is one letter from shoygu's “Шойгу”: add it to shoygu"),
        ("actors: shoygu", "绍依古谈", "“绍依古” is one letter from shoygu's “绍伊古”: add it to shoygu"),
        ("actors: carter", "Ash-Carters plane", "“Ash-Carters” is one letter from carter's “Ash Carter”: add it to carter"),
        ("terms: [talks, deconflict*]", "The talk", "“talk” is one letter from `talks`: add it to the rule"),
        ("terms: deconflict*", "A decnofliction line", "“decnofliction” is one letter from `deconflict*`: add it to the rule"),
        ("terms: Syria, all: [talks, 'actor:carter']", "Syria talks: Ash Cartr", "“Ash Cartr” is one letter from carter's “Ash Carter”: add it to carter"),
        ("terms: [Syrai, talks]", "Syria", "“Syria” is one letter from `Syrai`: add it to the rule"),
        ("terms: [talks]", "Tlaks and talk", "“Tlaks” is one letter from `talks`: add it to the rule"),
        ("actors: lavrov", "Lavrov speaks", "“Lavrov” is how others write lavrov: add it to lavrov"),
        ("actors: lavrov", "M. Lavrov, ou Лавровым", "“Lavrov” is how others write lavrov: add it to lavrov"),
        ("actors: lavrov", "Встреча с Лавровым", "“Лавровым” is how others write lavrov: add it to lavrov"),
        # another word is no miss
        ("actors: shoygu", "Rain", ""),
        ("actors: us", "UK", ""),
        ("terms: war", "A far cry", ""),
        ("terms: talks", "x", ""),
        ("in: summary, terms: talks", "talk", ""),
        ("terms: talks, none: rain", "Talks in the rain", ""),
    ],
)  # fmt: skip
def test_the_nearest_word_is_named(body: str, hit: str, said: str) -> None:
    assert hint(body, hit) == said


def test_what_must_not_stand_there_is_not_looked_for() -> None:
    assert nearest_miss([NoneOf(parts=(read_term("talks"),))], ["talk"]) is None


def test_a_long_text_is_read_only_so_far() -> None:
    term = read_term("deconfliction")
    assert nearest_miss([term], ["word " * 999 + "deconflictoin"]) is not None
    assert nearest_miss([term], ["word " * 1000 + "deconflictoin"]) is None


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [("talks", "talks", 0), ("talk", "talks", 1), ("tlaks", "talks", 1), ("atlsk", "talks", 2), ("abc", "xyz", 3), ("", "ab", 2)],
)  # fmt: skip
def test_letters_are_counted(one: str, other: str, distance: int) -> None:
    assert edit_distance(one, other, 9) == distance


letters = st.text("abcd", max_size=8)


@given(letters, letters, letters)
def test_distance_is_a_distance(one: str, other: str, more: str) -> None:
    distance = edit_distance(one, other, 20)
    assert distance == edit_distance(other, one, 20)
    assert (distance == 0) == (one == other)
    assert abs(len(one) - len(other)) <= distance <= max(len(one), len(other))
    assert edit_distance(one + more, other + more, 20) <= distance


@given(letters, letters, st.integers(0, 4))
def test_a_bound_changes_only_what_lies_beyond_it(one: str, other: str, most: int) -> None:
    assert edit_distance(one, other, most) == min(edit_distance(one, other, 20), most + 1)


@given(st.text(max_size=40), st.text("talks tlaks", max_size=40))
def test_any_text_may_be_compared(any_text: str, near_text: str) -> None:
    for text in (any_text, near_text):
        miss = nearest_miss([read_term("talks"), read_term("deconflict*"), read_term("peace talks")], [text])
        assert miss is None or (miss.surface in text and 1 <= miss.distance <= 2 and str(miss))
