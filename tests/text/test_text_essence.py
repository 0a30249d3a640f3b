"""What changes in a news item without changing what it says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.text.essence import essential_words
from monitor.text.fold import tokenize


@pytest.mark.parametrize(
    "noisy",
    [
        "Updated 1 March 2026 at 14:05 GMT. Talks go on",
        "Talks go on (14:05 GMT)",
        "14:05\nTalks go on",
        "Talks go on\n2 hours ago",
        "Talks go on. 1,234 views",
        "Talks go on. Comments (12)",
        "Talks go on 2026-03-01T14:05:00+00:00",
        "5 min read: talks go on",
        "Stand: 12.03.2026, 14.05 Uhr. Talks go on",
        "vor 3 Minuten. Talks go on",
        "Talks go on. il y a 3 heures",
        "Talks go on. hace 3 horas",
        "3 часа назад. Talks go on",
        "Talks go on. 15 комментариев",
    ],
)
def test_stamps_and_counters_are_noise(noisy: str) -> None:
    assert essential_words(noisy) == ["talks", "go", "on"]


@pytest.mark.parametrize(
    "marked",
    ["UPDATE 2-Talks go on", "UPDATED: Talks go on", "Talks go on (update)", "[UPDATE 3] Talks go on - UPDATE"],
)
def test_marks_of_a_headline_are_noise_in_a_headline(marked: str) -> None:
    assert essential_words(marked, headline=True) == ["talks", "go", "on"]
    assert "talks" in essential_words(marked)
    assert len(essential_words(marked)) > 3


@pytest.mark.parametrize("fact", ["Talks move from 14:00 to 16:00", "The storm kills 50", "Prices rise to 3.50"])
def test_numbers_in_a_sentence_are_facts(fact: str) -> None:
    assert essential_words(fact) == tokenize(fact).words


@given(st.text())
def test_nothing_is_added(text: str) -> None:
    assert set(essential_words(text, headline=True)) <= set(tokenize(text).words) | set(tokenize(f"{text}\n").words)


@pytest.mark.parametrize("piece", ["updated ", "1 ", "((", "update - ", "9", "2026-03-01 ", "14:05 ", "3 hours "])
def test_long_texts_are_read_to_their_end(piece: str) -> None:
    assert essential_words(piece * 5_000 + "\nend")[-1] == "end"


NOISE = (
    "Updated at 14:05 GMT",
    "14:05",
    "(14:05 Uhr)",
    "2 hours ago",
    "1,234 views",
    "Comments (12)",
    "il y a 3 jours",
)
FACT = ("Talks move from 14:00 to 16:00", "The storm kills 50", "Ministers meet")


@given(st.lists(st.tuples(st.sampled_from((*NOISE, *FACT)), st.integers(1, 60)), max_size=6))
def test_noise_is_found_wherever_numbers_stand(pieces: list[tuple[str, int]]) -> None:
    text = "\n".join(f"{piece}\n{'harbours ' * rest}" for piece, rest in pieces)
    expected = [word for piece, rest in pieces for word in (*essential_words(piece), *["harbours"] * rest)]
    assert essential_words(text) == expected


def test_what_ends_a_line_in_the_middle_of_a_text_ends_none() -> None:
    text = "The train leaves at (14:05" + " late" * 60
    assert essential_words(text) == tokenize(text).words
