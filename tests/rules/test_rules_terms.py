"""What a term finds, and what it leaves alone."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.rules.term import MOST_WORDS, read_term
from monitor.text.fold import tokenize
from tests.rules.building import entry, hits, ruleset


def finds(term: str, text: str) -> bool:
    return hits(ruleset(f"rules: {{r: {json.dumps(term)}}}"), text) == ["r"]


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("ISIS", "Fight against Isis goes on"),
        ("ISIS", "ISIS's last town"),
        ("ISIS", "(ISIS)"),
        ("military-to-military", "ready for military-to-military talks"),
        ("military-to-military", "Military to Military"),
        ("military-to-military", "military–to—military"),
        ("military-to-military", "military‑to‐military"),
        ("military-to-military", "military\xa0to\xa0military"),
        ("military-to-military", "mili\xadtary-to-mili\xadtary"),
        ("military to military", "military-to-military"),
        ("de-conflict*", "de-confliction"),
        ("deconflict*", "DECONFLICTION"),
        ("deconflict*", "deconflict"),
        ("military talk*", "military talks"),
        ("шойгу", "Шойгу и Картер"),
        ("Шойгу", "ШОИ\u0306ГУ"),
        ("绍伊古", "俄罗斯国防部长绍伊古访问了北京"),
        ("شويغو", "قال شُويغُو اليوم"),
        ("Straße", "in der STRASSE"),
        ("strass*", "Straßenbahn"),
        ("Istanbul", "İstanbul'da"),
        ("Diyarbakır", "DIYARBAKIR"),
        ("Choigou", "M. Choïgou"),
        ("Russia", "Russia’s army"),
        ("Russia's", "Russia"),
        ("O'Brien", "Mr O’Brien"),
        ("NO", "no"),
        ("22:00", "at 22.00 sharp"),
        ("2024", "in 2024"),
        ("null", "the null hypothesis"),
        ("AT&T", "AT&T rises"),
    ],
)
def test_a_term_finds(term: str, text: str) -> None:
    assert finds(term, text)


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("ISIS", "The crisis deepens"),
        ("ISIS", "ISISs"),
        ("military-to-military", "military to the military"),
        ("military talks", "military"),
        ("talks military", "military talks"),
        ("deconflict*", "a conflict"),
        ("military talk*", "military balk"),
        ("绍伊古", "绍伊和古"),
        ("Шойгу", "Шойгуева"),
        ("US", "U.S."),
        ("2024", "20240"),
    ],
)
def test_a_term_leaves_alone(term: str, text: str) -> None:
    assert not finds(term, text)


@pytest.mark.parametrize("scalar", ["NO", "on", "22:00", "2024", "010", "1e3", "2024-05-06", "0x1F"])
def test_yaml_scalars_stay_the_text_that_was_written(scalar: str) -> None:
    rules = ruleset(f"rules:\n  r: {scalar}")
    (match,) = rules.match(entry(f"about {scalar}, yes")).matches
    assert [(mention.name, mention.surface) for mention in match.mentions] == [(scalar, scalar)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty term"),
        ("  ", "empty term"),
        ("*", "without any letter"),
        ("!?", "without any letter"),
        ("\ud800", "without any letter"),
        ("a*b", "only at the end"),
        ("*ism", "only at the end"),
        ("word**", "only at the end"),
        ("mil* talks", "only at the end"),
        ("word *", "directly"),
        ("word-*", "directly"),
        ("Russia's*", "directly"),
        ("a*", "at least 2 letters"),
        ("military t*", "at least 2 letters"),
        ("绍伊古*", "without it"),
        ("w " * (MOST_WORDS + 1), f"{MOST_WORDS} are the most"),
    ],
)
def test_a_term_that_cannot_be_meant_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_term(text)


@given(st.text(st.characters(exclude_categories=()), max_size=30))
def test_any_text_is_a_term_that_finds_itself_or_is_refused_with_a_reason(text: str) -> None:
    try:
        term = read_term(text)
    except ValueError as error:
        reason = str(error)
    else:
        assert term.words
        assert term.text == text.strip()
        assert term.prefix == term.text.endswith("*")
        return
    assert "*" in text or not tokenize(text).words
    assert reason
