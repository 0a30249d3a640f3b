"""What a rule needs is learnt from its tree: as much as can be told of it, and never more."""

from __future__ import annotations

import pytest

from monitor.rules.needed import Needed
from monitor.rules.terms import Terms
from tests.rules.building import ruleset

_WORLD = """
actors:
  single: Shoygu
  several: [Carter, Ash Carter]
  other: {names: Ford, not: Ford Motor}
rules:
  base: {terms: [b, bb], all: c, lang: en}
"""


@pytest.mark.parametrize(
    ("rule", "needed"),
    [
        ("[a, b b, 'cc*']", [["a", "b b", "cc"]]),
        ("{terms: [a, b], all: [c, a]}", [["a", "b"], ["c"], ["a"]]),
        ("{actors: [single, several]}", [["actor", "shoygu"]]),
        ("{actors: other, terms: [a, 'actor:other']}", [["a", "ford"], ["ford"]]),
        ("{terms: a, none: [b, 'actor:other']}", [["a"]]),
        ("{all: [{exact: US}]}", [["us"]]),
        ("{all: [{re: x+}, a]}", [["a"]]),
        ("{terms: [{re: x+}, a]}", []),
        ("{near: [{of: [a, [b, c]], within: 3}]}", [["a"], ["b", "c"]]),
        ("{terms: a, lang: en, min_count: 2}", [["a"]]),
        ("{use: base}", [["c"]]),
        ("{terms: [a, {use: base}]}", [["a", "c"]]),
        ("{query: '(a AND (b OR c)) OR (d AND NOT e)'}", [["a", "d"]]),
        ("{query: '((a OR b) AND c) OR title:d'}", [["c", "d"]]),
    ],
)
def test_a_rule_needs_what_all_texts_hold_that_it_holds_in(rule: str, needed: list[list[str]]) -> None:
    rules = ruleset(_WORLD + f"  r: {rule}\n")
    definitions = {each: rules.compiled[each].definition for each in rules.rules}
    terms = Terms()
    learning = Needed(definitions, terms)
    for _ in range(2):  # the second time all of it is met already
        groups = learning.groups(definitions["r"].clauses)
        written = terms.patterns()
        said = [sorted("actor" if number < 0 else written[number].strip() for number in group) for group in groups]
        assert sorted(said) == sorted(needed)


def test_whatever_a_rule_speaks_of_has_a_number() -> None:
    rules = ruleset(_WORLD + "  r: {terms: a, none: [d, 'actor:other', {re: x+}, {exact: US}], use: base}\n")
    terms = Terms()
    learning = Needed({each: rules.compiled[each].definition for each in rules.rules}, terms)
    learning.groups(rules.compiled["r"].definition.clauses)
    written = {pattern.strip() for pattern in terms.patterns()} - {""}
    assert written == {"a", "b", "bb", "c", "d", "ford", "ford motor", "us"}
    assert [*learning.patterns] == ["x+"]
