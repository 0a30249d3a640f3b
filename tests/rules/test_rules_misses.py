"""The rules that nearly fire."""

import pytest

from monitor.errors import NotFoundError
from monitor.rules.find import find_definition
from monitor.rules.misses import nearest_misses
from tests.rules.building import entry, ruleset

RULES = """
actors: {shoygu: [Shoygu]}
rules:
  fires: {terms: talks}
  one-clause: {terms: talks, actors: shoygu}
  two-clauses: {terms: talks, actors: shoygu, all: [Syria]}
  excluded: {terms: [talks, peace], none: [football]}
  far: {terms: earthquake}
"""


def test_the_nearest_rule_comes_first_and_says_what_failed() -> None:
    found = nearest_misses(ruleset(RULES), entry("Peace talks and football"), limit=5)
    assert [miss.rule.id for miss in found] == ["excluded", "one-clause", "two-clauses"]
    assert [clause.key for clause in found[0].failed] == ["none"]
    assert [miss.rule.id for miss in nearest_misses(ruleset(RULES), entry("Peace talks"), limit=1)] == ["one-clause"]


def test_a_text_without_any_word_is_near_to_nothing() -> None:
    assert nearest_misses(ruleset(RULES), entry("Calm"), limit=5) == ()


def test_a_rule_is_found_by_its_id_or_the_one_that_was_meant_is_named() -> None:
    assert find_definition(ruleset(RULES), "far").rule.id == "far"
    with pytest.raises(NotFoundError, match=r"no rule `fare`: did you mean `far`\?"):
        find_definition(ruleset(RULES), "fare")
    with pytest.raises(NotFoundError, match="no rule `x`: `monitor rules list` lists them"):
        find_definition(ruleset("rules: {}"), "x")


def test_words_that_stand_and_do_not_make_a_clause_hold_bring_no_rule_nearer() -> None:
    rules = ruleset(
        "rules: {near: {near: {of: [peace, talks], within: 2}}, kept: {terms: flood, none: {all: [peace, x]}}}"
    )
    assert nearest_misses(rules, entry("peace for all who are at the talks"), limit=5) == ()


def test_each_rule_is_asked_in_its_own_fields() -> None:
    rules = ruleset(
        "rules: {title: {terms: talks, all: [Syria], in: title}, body: {terms: talks, all: [Syria], in: body}}"
    )
    found = nearest_misses(rules, entry("talks", body="nothing"), limit=5)
    assert [(miss.rule.id, [str(clause) for clause in miss.failed]) for miss in found] == [
        ("title", ["all: `Syria`: not found"])
    ]
