"""What an index is asked for a rule: never narrower than the rule."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import LONGEST_WORD, HasAll, HasAny, HasWord, Wanted
from monitor.rules.match import Ruleset
from monitor.rules.wanted import MOST_WORDS, wanted_by_any, wanted_words
from monitor.text.fold import tokenize
from tests.rules.building import entry, ruleset

A, B, C = HasWord("a1"), HasWord("b1"), HasWord("c1")
ACTORS = "actors: {who: {names: [A1, B1 C1, цар*], not: [A1 Paris]}}\n"


def asked(rules: Ruleset, *names: str) -> Wanted | None:
    usable = {name: compiled.definition for name, compiled in rules.compiled.items()}
    return wanted_by_any([usable[name] for name in names or ("r",)], usable)


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        ("a1", A),
        ("A1-b1", HasAll((A, B))),
        ("a1*", HasWord("a1", begins=True)),
        ("a1 b1*", HasAll((A, HasWord("b1", begins=True)))),
        ("[a1, b1]", HasAny((A, B))),
        ("{all: [a1, b1], terms: [b1, c1]}", HasAll((HasAny((B, C)), A, B))),
        ("{terms: a1, none: [b1]}", A),
        ("{terms: a1, lang: ru, sources: {only: wire}, expires: 2027-01-01}", A),
        ("{near: {of: [a1, b1], within: 5}}", HasAll((A, B))),
        ("{terms: [{exact: A1}], in: title}", A),
        ("{query: 'title: (a1 OR b1) AND c1'}", HasAll((HasAny((A, B)), C))),
        ("{query: 'a1 AND (b1 OR NOT c1)'}", A),
        ("{query: 'a1 OR re: \"b+\"'}", None),
        ("{terms: [{re: 'b+'}]}", None),
        ("{query: 'a1 AND re: \"b+\"'}", A),
        ("{actors: who}", HasAny((A, HasAll((B, C)), HasWord("цар", begins=True)))),
        ("{query: 'use: other'}", B),
        ("x" * 100, HasWord("x" * LONGEST_WORD)),
        ("x" * 100 + "*", HasWord("x" * LONGEST_WORD)),
        ("x" * LONGEST_WORD + "*", HasWord("x" * LONGEST_WORD)),
        ("x" * (LONGEST_WORD - 1) + "*", HasWord("x" * (LONGEST_WORD - 1), begins=True)),
        ("绍伊古", HasAll((HasWord("绍"), HasWord("伊"), HasWord("古")))),
    ],
)
def test_what_a_rule_needs(rule: str, wanted: Wanted | None) -> None:
    assert asked(ruleset(f"{ACTORS}rules: {{r: {rule}, other: {{all: b1}}}}")) == wanted


def test_several_rules_need_what_one_of_them_needs() -> None:
    rules = ruleset("rules: {r: a1, s: [b1, c1], t: {terms: [{re: 'b+'}]}}")
    assert asked(rules, "r", "s") == HasAny((A, B, C))
    assert asked(rules, "r", "t") is None
    assert wanted_by_any([], {}) is None


def test_a_rule_that_is_not_there_may_need_anything() -> None:
    definition = ruleset("rules: {r: {query: 'use: other AND a1'}, other: b1}").compiled["r"].definition
    assert wanted_words(definition, {}) == A


def test_too_many_words_are_no_question() -> None:
    many = ", ".join(f"w{number}" for number in range(MOST_WORDS))
    rules = ruleset(f"rules: {{r: [{many}], s: [{many}, more], t: a1}}")
    assert asked(rules, "r") is not None
    assert asked(rules, "s") is None
    assert asked(rules, "r", "t") is None


def satisfied(wanted: Wanted, words: set[str]) -> bool:
    match wanted:
        case HasWord(word, begins):
            return any(each == word or (begins and each.startswith(word)) for each in words)
        case HasAll(parts):
            return all(satisfied(part, words) for part in parts)
        case _:
            return any(satisfied(part, words) for part in wanted.parts)


WORDS = st.sampled_from(["a1", "B1", "c1", "a1x", "绍伊古", "O'Brien's", "ÉLAN", "ﬁn", "½"])
LEAVES = st.one_of(
    WORDS.filter(lambda word: "'" not in word and word != "½"),
    st.sampled_from(["a1*", '"a1 b1"', 'exact: "B1"', "actor: who", "title: c1", 're: "[bc]1"', "a1 NEAR/3 c1"]),
)
QUERIES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({' AND '.join(parts)})"),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({' OR '.join(parts)})"),
        st.tuples(inner, inner).map(lambda two: f"({two[0]} NOT {two[1]})"),
    ),
    max_leaves=5,
)
TEXTS = st.lists(WORDS, max_size=6).map(" ".join)


@given(QUERIES, st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=6))
def test_whatever_matches_has_what_is_wanted(query: str, texts: list[tuple[str, str]]) -> None:
    quoted = query.replace("'", "''")
    rules = ruleset(f"{ACTORS}rules: {{r: {{query: '{quoted}'}}}}")
    wanted = asked(rules)
    for title, body in texts:
        if wanted is not None and rules.match(entry(title, body=body)).matches:
            words = {word[:LONGEST_WORD] for text in (title, body) for word in tokenize(text).words}
            assert satisfied(wanted, words)
