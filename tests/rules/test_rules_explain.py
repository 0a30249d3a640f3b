"""Explanations and examples: the matcher accounts for itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitor.errors import NotFoundError
from monitor.model import Field
from monitor.rules.compile import compile_rules
from monitor.rules.conditions import OneOf, Seen
from monitor.rules.describe import describe
from monitor.rules.examples import run_examples
from monitor.rules.explain import explain
from monitor.rules.term import read_term
from monitor.rules.tree import Actor, AllOf, AnyOf, NoneOf
from tests.rules.building import entry, ruleset

DESK = """
actors:
  shoygu: [Shoygu, Шойгу]
rules:
  talks:
    terms: [military talks, deconflict*]
    actors: shoygu
    all: [Syria, Moscow]
    none: [football, basketball]
    in: [title, summary]
"""


def test_a_rule_that_holds_says_by_what() -> None:
    article = entry("Shoygu: military talks in Moscow", "Syria and deconfliction, Syria", "football")
    explanation = explain(ruleset(DESK), "talks", article)
    assert explanation.held
    assert explanation.failed == ()
    assert explanation.fields == (Field.TITLE, Field.SUMMARY)
    assert explanation.rule.id == "talks"
    assert [str(clause) for clause in explanation.clauses] == [
        "terms: any of `military talks`, `deconflict*`: title has “military talks”, summary has “deconfliction”",
        "actors: actor `shoygu`: title has “Shoygu”",
        "all: `Syria`: summary has “Syria”",
        "all: `Moscow`: title has “Moscow”",
        "none: no `football`: not where the rule looks, but body has “football”",
        "none: no `basketball`: not found",
    ]
    assert all(clause.held for clause in explanation.clauses)
    assert [mention.surface for mention in explanation.mentions] == [
        "Shoygu", "military talks", "Moscow", "Syria", "deconfliction", "Syria",
    ]  # fmt: skip


def test_a_rule_that_fails_says_which_clauses_and_why() -> None:
    article = entry("Football: Shoygu in Moscow", "", "talks about military talks in Syria")
    explanation = explain(ruleset(DESK), "talks", article)
    assert not explanation.held
    assert explanation.mentions == ()
    assert [str(clause) for clause in explanation.failed] == [
        "terms: any of `military talks`, `deconflict*`: not where the rule looks, but body has “military talks”",
        "all: `Syria`: not where the rule looks, but body has “Syria”",
        "none: no `football`: title has “Football”",
    ]
    (found,) = explanation.failed[2].found
    assert (found.name, found.field, found.start, found.end) == ("football", Field.TITLE, 0, 8)


def test_long_lists_and_long_words_are_cut_short() -> None:
    terms = ", ".join(f"w{number}" for number in range(20))
    rules = ruleset(f"rules: {{r: [{terms}, long*, over lines]}}")
    (clause,) = explain(
        rules, "r", entry(" ".join(f"w{number}" for number in range(20)), "long" * 50, "over\nlines")
    ).clauses
    said = str(clause)
    assert "`w5` and 16 more" in said
    assert "`w6`" not in said
    assert "“w6”" not in said
    assert "long…”" in said or "…”" in said
    assert "“over lines”" in said


def test_an_unknown_rule_is_named_with_the_nearest() -> None:
    with pytest.raises(NotFoundError, match="no rule `talk`: did you mean `talks`"):
        explain(ruleset(DESK), "talk", entry("x"))
    with pytest.raises(NotFoundError, match=r"^no rule `x`: `monitor rules list` lists them$"):
        explain(ruleset("rules:"), "x", entry("x"))


def test_every_part_of_a_tree_has_words() -> None:
    a, b = read_term("a"), read_term("be*")
    x = Actor(id="x", names=(a,))
    assert describe(AllOf(parts=(a, AnyOf(parts=(b, x)), NoneOf(parts=(a, b)), NoneOf(parts=(x,))))) == (
        "all of `a`, (any of `be*`, actor `x`), (none of `a`, `be*`), (no actor `x`)"
    )


def test_nested_groups_name_all_their_words() -> None:
    rules = ruleset("rules: {r: x}")
    node = AnyOf(parts=(AllOf(parts=(read_term("a"), read_term("b"))), NoneOf(parts=(read_term("c"),))))
    definition = rules.compiled["r"].definition
    nested = compile_rules([replace(definition, clauses=(replace(definition.clauses[0], node=node),))])
    (clause,) = explain(nested, "r", entry("a c")).clauses
    assert not clause.held
    assert [mention.surface for mention in clause.found] == ["a", "c"]


# -- examples ----------------------------------------------------------------------------------------------------------

EXAMPLES = """
actors: {shoygu: [Shoygu, Шойгу]}
rules:
  talks:
    terms: talks
    actors: shoygu
    none: football
    hits:
      - Shoygu ready for talks
      - {title: Министр Шойгу, summary: talks, body: more, lang: ru}
      - {body: "Shoygu talks"}
      - Shoygu is silent
    misses:
      - Shoygu talks football
      - Shoygu talks
  single: {terms: one, hits: one, misses: {title: two}}
  none: x
"""


def test_examples_run_in_order_and_say_what_failed() -> None:
    results = run_examples(ruleset(EXAMPLES))
    assert [(result.rule_id, result.kind, result.text, result.passed, result.place) for result in results] == [
        ("talks", "hit", "Shoygu ready for talks", True, "0.yaml:9"),
        ("talks", "hit", "Министр Шойгу", True, "0.yaml:10"),
        ("talks", "hit", "Shoygu talks", True, "0.yaml:11"),
        ("talks", "hit", "Shoygu is silent", False, "0.yaml:12"),
        ("talks", "miss", "Shoygu talks football", True, "0.yaml:14"),
        ("talks", "miss", "Shoygu talks", False, "0.yaml:15"),
        ("single", "hit", "one", True, "0.yaml:16"),
        ("single", "miss", "two", True, "0.yaml:16"),
    ]
    silent, found = (result for result in results if not result.passed)
    assert silent.explanation == "terms: `talks`: not found"
    assert found.explanation == "terms: `talks`: title has “talks”; actors: actor `shoygu`: title has “Shoygu”"
    assert str(silent.problem) == "0.yaml:12:9: rule `talks`: this hit is not found: terms: `talks`: not found"
    assert silent.problem.source == "      - Shoygu is silent"
    assert silent.problem.width == len("Shoygu is silent")
    assert str(found.problem).startswith("0.yaml:15:9: rule `talks`: this miss is found: terms: `talks`: title has")
    assert [result.explanation for result in results if result.passed] == [""] * 6


class Broken(OneOf):
    def holds(self, seen: Seen) -> bool:
        raise ZeroDivisionError(f"{len(seen)} words")


def test_a_rule_that_breaks_fails_its_examples_both_kinds() -> None:
    rules = ruleset("rules: {r: {terms: go, hits: go, misses: go away}}")
    sick = replace(rules.compiled["r"], conditions=(Broken({0: "go"}),))
    results = run_examples(replace(rules, compiled={"r": sick}))
    assert [(result.passed, result.explanation) for result in results] == [(False, "ZeroDivisionError: 1 words")] * 2
